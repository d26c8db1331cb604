//! Thrift: remote procedure calls (thrift.apache.org, "Thrift Protocol Structure", binary and compact protocol). Version, type,
//! name, number.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Greatest plausible length of a procedure name.
const LONGEST_NAME: usize = 128;

pub(super) struct Thrift;

impl Dissector for Thrift {
    const META: Meta = Meta::tcp_udp(labels::THRIFT)
        .ports(&[6831, 6832, 9090])
        .starts_with(&[b"\x80\x01\x00", b"\x82", b"\0\0"])
        .specification("thrift.apache.org, binary and compact protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader(), segment.is_tcp()))
    }
}

/// Over TCP a message may be in a frame, after its length.
fn is_message(mut reader: Reader<'_>, may_be_framed: bool) -> Result<bool, Short> {
    if may_be_framed && reader.rest().starts_with(&[0]) {
        reader.skip(4)?;
    }
    match reader.u8()? {
        0x80 => is_binary(reader),
        0x82 => is_compact(reader),
        _ => Ok(false),
    }
}

/// After the first byte of the version.
fn is_binary(mut reader: Reader<'_>) -> Result<bool, Short> {
    let [0x01, 0x00, 1..=4] = reader.array()? else { return Ok(false) };
    let length = reader.u32()? as usize;
    if !(1..=LONGEST_NAME).contains(&length) {
        return Ok(false);
    }
    let name = reader.take(length)?;
    reader.skip(4)?;
    Ok(is_name(name) && reader.u8()? <= 16)
}

/// After the protocol's byte: type and version 1, then numbers of seven bits a byte.
fn is_compact(mut reader: Reader<'_>) -> Result<bool, Short> {
    let kind = reader.u8()?;
    if kind & 0x1f != 1 || !(1..=4).contains(&(kind >> 5)) {
        return Ok(false);
    }
    let Some(_) = varint(&mut reader)? else { return Ok(false) };
    let length = varint(&mut reader)?.map_or(0, |length| length as usize);
    if !(6..=LONGEST_NAME).contains(&length) {
        return Ok(false);
    }
    Ok(is_name(reader.take(length)?))
}

fn varint(reader: &mut Reader<'_>) -> Result<Option<u32>, Short> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = reader.u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A service may precede the procedure (multiplexed protocol).
fn is_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-/".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_each_protocol() {
        let call = [&hex("80010001 00000004")[..], b"ping", &hex("00000007 00")].concat();
        let binary = Exchange::tcp(9090).client(&call);
        assert_named(&binary, labels::THRIFT);
        binary.assert_cuts_do_not_matter();
        let framed = [&[0, 0, 0, call.len() as u8], &call[..]].concat();
        assert_named(&Exchange::tcp(9090).client(framed), labels::THRIFT);
        let compact = [&hex("82 81 b28101 09")[..], b"emitBatch\x1c"].concat();
        assert_named(&Exchange::udp(6831).client(compact), labels::THRIFT);
    }

    #[test]
    fn refuses_its_neighbours() {
        for start in ["80010005 00000004 70696e67 00000001 00", "82 42 01 09 656d69744261746368", "0000 0010 16030101 00"] {
            let exchange = Exchange::tcp(9090).client(hex(start));
            assert_eq!(exchange.verdict_of::<Thrift>(), Verdict::Excluded, "{start}");
        }
    }
}
