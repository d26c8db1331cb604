//! Traceroute: datagrams that are sent to find the way to a host (traceroute(8)). What the programs put into them is fixed: that of
//! Linux counts from 0x40 on; that of BSD gives number, hop limit and time, and adds the number to the port 33434. Those of macOS,
//! of `tracepath` and of `mtr` are zeros, which could be anything.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// The port of the program of BSD to which it adds the number of the datagram.
const PORT: u16 = 33434;

/// Shortest payload of Linux's that is long enough.
const SHORTEST: usize = 8;

/// Greatest number of datagrams that the program of BSD sends: 64 hops, three times each; more were asked for seldom.
const MOST_NUMBER: u16 = 255;

pub(super) struct Traceroute;

impl Dissector for Traceroute {
    const META: Meta =
        Meta::udp(labels::TRACEROUTE).max_segments(2).specification("traceroute(8) of Linux and BSD; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_of_linux(segment.payload) || is_of_bsd(segment) == Ok(true))
    }
}

/// 0x40, 0x41, ... 0x7f, and again.
fn is_of_linux(payload: &[u8]) -> bool {
    payload.len() >= SHORTEST && payload.iter().zip((0x40_u8..0x80).cycle()).all(|(byte, expected)| *byte == expected)
}

/// Number, hop limit, two bytes of padding, and the time in seconds and microseconds, in either order of bytes.
fn is_of_bsd(segment: &Segment<'_>) -> Result<bool, Short> {
    const MICROSECONDS: u32 = 1_000_000;
    /// From 1995 on.
    const SECONDS: std::ops::RangeInclusive<u32> = 0x2f00_0000..=0xfff0_0000;
    let Some(number) = segment.dst_port.checked_sub(PORT).filter(|number| (1..=MOST_NUMBER).contains(number)) else {
        return Ok(false);
    };
    let mut reader = segment.reader();
    let (own, hops, padding) = (reader.u8()?, reader.u8()?, reader.u16()?);
    let (seconds, microseconds) = (reader.array::<4>()?, reader.array::<4>()?);
    let is_time = |read: fn([u8; 4]) -> u32| SECONDS.contains(&read(seconds)) && read(microseconds) < MICROSECONDS;
    let is_all_zeros_behind = reader.rest().iter().all(|byte| *byte == 0);
    Ok(u16::from(own) == number
        && (1..=64).contains(&hops)
        && hops <= own
        && padding == 0
        && (is_time(u32::from_le_bytes) || is_time(u32::from_be_bytes))
        && is_all_zeros_behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_what_the_programs_send() {
        let of_linux: Vec<u8> = (0x40..0x60).collect();
        let of_bsd = hex("04 02 0000 f9c8e736 24370900");
        for exchange in [Exchange::udp(33434).client(&of_linux), Exchange::udp(53000).client(&of_linux), Exchange::udp(33438).client(&of_bsd)] {
            assert_named(&exchange, labels::TRACEROUTE);
            exchange.assert_cuts_do_not_matter();
        }
        let long: Vec<u8> = (0..100).map(|at| 0x40 + at % 0x40).collect();
        assert_named(&Exchange::udp(33434).client(long), labels::TRACEROUTE);
        for (port, payload) in [(33437, "04 02 0000 f9c8e736 24370900"), (33438, "04 05 0000 f9c8e736 24370900"), (33438, "04 02 0001 f9c8e736 24370900"), (33438, "04 02 0000 f9c8e736 2437ff09"), (33434, "40414243444546"), (33434, "404142434445464748494b")] {
            assert_eq!(Exchange::udp(port).client(hex(payload)).verdict_of::<Traceroute>(), Verdict::Excluded, "{payload}");
        }
    }
}
