//! `docs/protocols.md`: every protocol and application, and how it is recognised.

const INTRODUCTION: &str = "\
# Protocols and applications

The values of `application_name`, and how flows are recognised: `nfstream protocols` prints this list. Names, ids, categories and
breeds below 1000 are those of nDPI 5.0. Names that it does not have get ids from 1000 up, names from a rules file get ids from 10,000
up. Of those from 1000 up, nDPI 6.0 (August 2026) knows NAMES, too, by ids of its own; the others are ours alone. This page is generated
from the code: `cargo xtask generate`.

- *payload*: by a dissector that inspects payloads; its source is in brackets: a specification, a description or captures.
- *hosts*, *certificate names*, *user agents*, *ALPN names*: by this number of patterns in [applications.toml](../crates/dpi/data/applications.toml), over a
  carrier such as TLS, QUIC, HTTP or DNS; [applications.md](applications.md) describes how to add your own.
- *address*: by the owner of an address, if nothing else gives more.
- *ports*: as a guess, if nothing was recognised.
- *not yet*: the name is known, but flows do not get it: its payloads have no public specification, and no capture of them was available.

";

/// Names from 1000 up for what came with nDPI 6.0, too.
const OF_NDPI_6: [&str; 14] = [
    "FreeFire",
    "Iris",
    "libp2p",
    "Meshtastic",
    "MicrosoftCopilot",
    "MsgPack",
    "Nebula",
    "NetMotion",
    "ProtonCalendar",
    "ProtonDrive",
    "ProtonMail",
    "ProtonPass",
    "SBE",
    "Yggdrasil",
];

/// The page.
pub(crate) fn page() -> String {
    let names = OF_NDPI_6.map(|name| format!("`{name}`")).join(", ");
    INTRODUCTION.replace("NAMES", &names) + &nfstream_cli::protocols_table()
}

#[cfg(test)]
mod tests {
    use nfstream::dpi::Label;

    use super::OF_NDPI_6;

    #[test]
    fn names_of_a_later_vocabulary_are_names_of_ours() {
        for name in OF_NDPI_6 {
            assert!(Label::named(name).is_some_and(|label| label.0 >= 1000), "{name}");
        }
        assert!(OF_NDPI_6.is_sorted_by_key(|name| name.to_lowercase()));
    }
}
