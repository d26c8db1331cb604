//! `docs/protocols.md`: every protocol and application, and how it is recognised.

const INTRODUCTION: &str = "\
# Protocols and applications

What `application_name` can say, and by what flows are recognised: `nfstream protocols` prints this list. Names, ids, categories and
breeds are those of nDPI 5.0; a name that it does not have has an id from 1000 up, one of a rules file from 10,000 up. This page is generated from the code: `cargo xtask generate`.

- *payload*: by a dissector that inspects what packets carry; in brackets what its form is taken from.
- *hosts*, *certificate names*, *user agents*, *ALPN names*: by so many patterns of [applications.toml](../crates/dpi/data/applications.toml), over a
  carrier such as TLS, QUIC, HTTP or DNS; [applications.md](applications.md) tells how to add one's own.
- *address*: by the owner of an address, where nothing else says more.
- *ports*: as a guess, where nothing was recognised.
- *not yet*: the name is known, flows do not get it: its payloads have no public specification, and no capture of them was at hand.

";

/// The page.
pub(crate) fn page() -> String {
    INTRODUCTION.to_owned() + &nfstream_cli::protocols_table()
}
