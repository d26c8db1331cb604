//! EasyWeather: weather stations at home and the programs that read them (Fine Offset: Ecowitt, Ambient Weather; "Telnet Protocol").
//! Two bytes of ones, a command, a length, a sum; older ones begin with the program's name.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// From writing the network's name to the reading of sensors.
const COMMANDS: std::ops::RangeInclusive<u8> = 0x11..=0x60;

pub(super) struct EasyWeather;

impl Dissector for EasyWeather {
    const META: Meta = Meta::tcp_udp(labels::EASYWEATHER)
        .ports(&[45000, 46000, 59387, 6000])
        .starts_with(&[b"\xff\xff", b"PC2000\0\0", b"HP2000\0\0"])
        .specification("Ambient Weather, Telnet Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        let is_older = match payload.get(..16) {
            Some([b'P' | b'H', _, b'2', b'0', b'0', b'0', 0, 0, command @ ..]) => {
                [&b"SEARCH"[..], b"READ", b"WRITE"].iter().any(|known| command.starts_with(known))
            }
            _ => false,
        };
        Verdict::matched_if(is_older || is_frame(payload))
    }
}

/// The length covers the command, the length itself and the sum; it has two bytes in some answers. The sum covers everything in between.
fn is_frame(payload: &[u8]) -> bool {
    let [0xff, 0xff, counted @ .., sum] = payload else { return false };
    let length = counted.len() + 1;
    let has_length = match counted {
        [command, short] => usize::from(*short) == length && COMMANDS.contains(command),
        [command, high, low, ..] => {
            let long = usize::from(u16::from_be_bytes([*high, *low]));
            COMMANDS.contains(command) && (usize::from(*high) == length || long == length)
        }
        _ => false,
    };
    has_length && counted.iter().fold(0_u8, |total, byte| total.wrapping_add(*byte)) == *sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_length_and_sum() {
        for message in ["ffff 12 03 15", "ffff 12 0007 010203 1f", "ffff 20 05 0102 28"] {
            assert_named(&Exchange::udp(46000).client(hex(message)), labels::EASYWEATHER);
        }
        assert_named(&Exchange::tcp(45000).client(hex("ffff 27 03 2a")), labels::EASYWEATHER);
        assert_named(&Exchange::udp(6000).client(b"PC2000\0\0SEARCH\0\0\0\0\0\0"), labels::EASYWEATHER);
        for message in ["ffff 12 0007 010203 20", "ffff 12 0008 010203 20", "ffff 77 03 7a"] {
            assert_eq!(Exchange::udp(46000).client(hex(message)).verdict_of::<EasyWeather>(), Verdict::Excluded);
        }
    }
}
