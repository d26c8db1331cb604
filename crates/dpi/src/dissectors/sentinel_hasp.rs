//! Sentinel HASP: licence managers that look for each other (Thales, Sentinel LDK, "Remote Communications"; the payload from captures).
//! Datagrams to port 1947 in base64: a number, two zeros, and the names of the computer and its user, each with a zero behind it. Over
//! TCP, the managers speak HTTP and name themselves as the server.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 1947;

/// Lengths of the text: the number and the zeros, and a name at least.
const SHORTEST: usize = 16;
const LONGEST: usize = 512;

pub(super) struct SentinelHasp;

impl Dissector for SentinelHasp {
    const META: Meta = Meta::udp(labels::SENTINEL_HASP)
        .only_on_ports(&[PORT])
        .max_segments(2)
        .specification("Thales, Sentinel LDK, Remote Communications; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(segment.dst_port == PORT && is_search(segment.payload))
    }
}

fn is_search(text: &[u8]) -> bool {
    let is_of_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_long_enough = (SHORTEST..=LONGEST).contains(&text.len()) && text.len() % 4 == 0;
    // Six bytes are eight characters; `AA` and a bit more of the next are two zeros.
    let has_zeros = matches!(text.get(8..11), Some([b'A', b'A', b'A'..=b'D']));
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    is_long_enough && has_zeros && padding <= 2 && text.iter().rev().skip(padding).all(is_of_base64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_search() {
        // Zeros, `host`, zero, `me`, zero.
        let search = "icRVoS99AABob3N0AG1lAA==";
        let exchange = Exchange::udp(PORT).client(search);
        assert_named(&exchange, labels::SENTINEL_HASP);
        for other in ["icRVoS99AQBob3N0AG1lAA==", "icRVoS99AABob3N0AG1lAA=", "icRVoS99AABob3N0AG1l\0A==", "icRVoS99AAB="] {
            assert_eq!(Exchange::udp(PORT).client(other).verdict_of::<SentinelHasp>(), Verdict::Excluded, "{other}");
        }
        assert_ne!(Exchange::udp(1948).client(search).name(), "Sentinel_HASP");
    }
}
