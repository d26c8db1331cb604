//! EasyWeather: weather stations' gateways that announce themselves (Fine Offset, Ecowitt's telnet interface). Two bytes of ones, a
//! command, a length, a sum.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;

const BROADCAST: u8 = 0x12;

pub(super) struct EasyWeather;

impl Dissector for EasyWeather {
    const META: Meta = Meta::udp(labels::EASYWEATHER)
        .ports(&[46000, 59387])
        .starts_with(&[&[0xff, 0xff, BROADCAST]])
        .specification("Ecowitt, Data exchange TCP protocol for GW1000");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let [0xff, 0xff, counted @ .., sum] = segment.payload else { return Verdict::Excluded };
        let [BROADCAST, high, low, ..] = counted else { return Verdict::Excluded };
        // The length begins with the command, and includes the sum of all between.
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let total = counted.iter().fold(0_u8, |total, byte| total.wrapping_add(*byte));
        Verdict::matched_if(length == counted.len() + 1 && total == *sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_length_and_sum() {
        assert_named(&Exchange::udp(59387).client(hex("ffff 12 0007 010203 1f")), labels::EASYWEATHER);
        for message in ["ffff 12 0007 010203 20", "ffff 12 0008 010203 20"] {
            assert_eq!(Exchange::udp(59387).client(hex(message)).verdict_of::<EasyWeather>(), Verdict::Excluded);
        }
    }
}
