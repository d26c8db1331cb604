//! NTP: network time, versions 1 to 4 (RFC 1059, 1119, 1305, 5905), with control (RFC 9327) and private messages (ntpdc). Version
//! and mode share the first byte.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const HEADER: usize = 48;

pub(super) struct Ntp;

impl Dissector for Ntp {
    const META: Meta = Meta::udp(labels::NTP).only_on_ports(&[123]).specification("RFC 5905");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment))
    }
}

fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let first = reader.u8()?;
    let (version, mode) = (first >> 3 & 0x07, first & 0x07);
    match (version, mode) {
        // Version 1 has no modes.
        (1, 0) | (1..=4, 1..=5) => is_time(&mut reader, segment.wire_len),
        (1..=4, 6) => is_control(&mut reader),
        (1..=4, 7) => is_private(&mut reader, first & 0x80 != 0),
        _ => Ok(false),
    }
}

/// RFC 5905, section 7.3. The interval and the precision are powers of two; extensions and a digest may follow.
fn is_time(reader: &mut Reader<'_>, wire_len: usize) -> Result<bool, Short> {
    let [stratum, interval, precision] = reader.array()?;
    let (delay, dispersion) = (reader.u32()? as i32, reader.u32()?);
    // Seconds, with sixteen bits for their fraction.
    let is_near = delay.unsigned_abs() >> 16 <= 0xff && dispersion >> 16 <= 0x0fff;
    let is_power = |byte: u8| matches!(byte as i8, -40..=20);
    let fits = wire_len >= HEADER && wire_len.is_multiple_of(4);
    Ok(fits && stratum <= 16 && is_power(interval) && is_power(precision) && is_near)
}

/// RFC 9327: operation, sequence, status, association, offset, count; data in units of four bytes, then a digest.
fn is_control(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let operation = reader.u8()? & 0x1f;
    reader.skip(6)?;
    let (offset, count) = (reader.u16()?, usize::from(reader.u16()?));
    let behind = reader.len().checked_sub(count);
    Ok(matches!(operation, 0..=12 | 31) && offset < 0x4000 && behind.is_some_and(|behind| behind <= 3 + 24))
}

/// ntpdc: sequence, implementation, request, error and count, size of an item; requests are padded and may be signed.
fn is_private(reader: &mut Reader<'_>, is_response: bool) -> Result<bool, Short> {
    let [_, implementation, _] = reader.array()?;
    let (error, size) = (reader.u16()?, usize::from(reader.u16()?));
    let count = usize::from(error & 0x0fff);
    let fits = if is_response {
        (count * size..count * size + 4).contains(&reader.len())
    } else {
        error >> 12 == 0 && count * size <= reader.len()
    };
    Ok(matches!(implementation, 0 | 2 | 3) && error >> 12 <= 7 && size <= 500 && fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_all_versions_and_modes() {
        let padded = |first: u8, length: usize| [&[first][..], &vec![0; length - 1]].concat();
        for payload in [padded(0x08, 48), padded(0x23, 48), padded(0x1c, 68), padded(0x24, 48), hex("16020001 00000000 00000000")] {
            assert_named(&Exchange::udp(123).client(payload), labels::NTP);
        }
        assert_named(&Exchange::udp(80).by_port(123).client(hex("97000300 2a000000")), labels::NTP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [vec![0x23; 40], vec![0x00; 48], vec![0x23; 48], hex("16020001 00000000 00000001"), hex("97000500 2a000000")] {
            assert_eq!(Exchange::udp(123).client(payload).verdict_of::<Ntp>(), Verdict::Excluded);
        }
    }
}
