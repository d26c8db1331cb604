//! `docs/protocols.md`: every protocol and application, and how it is recognised.

const INTRODUCTION: &str = "\
# Protocols and applications

The values of `application_name`, and how flows are recognised: `nfstream protocols` prints this list. Names, ids, categories and
breeds are those of nDPI 5.0. Names that nDPI does not have get ids from 1000 up, names from a rules file get ids from 10,000 up. This page is generated from the code: `cargo xtask generate`.

- *payload*: by a dissector that inspects payloads; its source is in brackets: a specification, a description or captures.
- *hosts*, *certificate names*, *user agents*, *ALPN names*: by this number of patterns in [applications.toml](../crates/dpi/data/applications.toml), over a
  carrier such as TLS, QUIC, HTTP or DNS; [applications.md](applications.md) describes how to add your own.
- *address*: by the owner of an address, if nothing else gives more.
- *ports*: as a guess, if nothing was recognised.
- *not yet*: the name is known, but flows do not get it: its payloads have no public specification, and no capture of them was available.

";

/// The page.
pub(crate) fn page() -> String {
    INTRODUCTION.to_owned() + &nfstream_cli::protocols_table()
}
