//! libp2p: connections of peer-to-peer networks (libp2p specifications, "multistream-select"). Both sides of a stream name the
//! protocol that chooses protocols: its length in one byte, its name, a line feed; then those that they want, such as Noise. Over
//! QUIC and TLS, the application protocol is `libp2p`.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::vocabulary::labels;

/// The name after its length.
const MULTISTREAM: &[u8] = b"\x13/multistream/1.0.0\n";
/// TLS as the protocol that protects the connection.
const TLS: &[u8] = b"/tls/1.0.0\n";

pub(super) struct Libp2p;

/// The progress of a connection.
#[derive(Default)]
pub(crate) struct State {
    is_recognised: bool,
    tls: Tunnel,
}

impl Dissector for Libp2p {
    const META: Meta = Meta::tcp(labels::LIBP2P)
        .starts_with(&[MULTISTREAM])
        .max_segments(2)
        .specification("libp2p specifications, multistream-select 1.0.0");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let State { is_recognised, tls } = state;
        if matches!(tls, Tunnel::AskedFor) && segment.payload.starts_with(&[0x16, 0x03]) {
            tls.open();
        }
        if let Some(verdict) = inspect_within(tls, segment, found, labels::LIBP2P) {
            return verdict;
        }
        if !*is_recognised {
            match segment.reader().take(MULTISTREAM.len()) {
                Ok(MULTISTREAM) => *is_recognised = true,
                Ok(_) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
        }
        if memchr::memmem::find(segment.payload, TLS).is_some() {
            *tls = Tunnel::AskedFor;
        }
        // What follows the names is encrypted.
        let has_names = segment.payload.ends_with(b"\n") && segment.payload.contains(&b'/');
        let goes_on = has_names || segment.payload.len() < MULTISTREAM.len() || matches!(tls, Tunnel::AskedFor);
        if goes_on { Verdict::Matched(Then::Wait) } else { Verdict::DONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named};

    const BOTH: &[u8] = b"\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n";

    #[test]
    fn recognised_by_the_choice_of_protocols() {
        let noise = Exchange::tcp(4001).client(MULTISTREAM).server(MULTISTREAM).client(b"\x07/noise\n").server(b"\x07/noise\n");
        assert_named(&noise, labels::LIBP2P);
        noise.assert_cuts_do_not_matter();
        let other = Exchange::tcp(4001).client(b"\x13/multistream/1.1.0\n");
        assert_eq!(other.verdict_of::<Libp2p>(), Verdict::Excluded);
    }

    #[test]
    fn tls_is_followed() {
        let tls = Exchange::tcp(4001).client(BOTH).server(BOTH).client(hello_record("peer.example"));
        assert_named(&tls, labels::LIBP2P);
        assert_eq!(tls.outcome().server_name(), "peer.example");
        let late = Exchange::tcp(4001).client(BOTH).client(hello_record("peer.example")).server(BOTH);
        assert_eq!(late.outcome().server_name(), "peer.example");
    }
}
