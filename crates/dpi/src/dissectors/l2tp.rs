//! L2TP: Layer Two Tunneling Protocol, version 2 (RFC 2661) and version 3 over UDP (RFC 3931, section 4.1.2). Control messages contain
//! their length and begin with an attribute for their type; data messages carry PPP (version 2) or a session number.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Port of control messages and data.
const PORT: u16 = 1701;

/// Bits of the header (RFC 2661, section 3.1); all others but the version are 0.
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const PRIORITY: u16 = 0x0100;

/// Control messages: type, length and sequence numbers are present.
const CONTROL_V2: u16 = 0xc802;
const CONTROL_V3: u16 = 0xc803;
const DATA_V2: u16 = 0x0002;
const DATA_V3: u16 = 0x0003;

const CONTROL_HEADER: u16 = 12;

/// The last assigned message type (IANA).
const LAST_MESSAGE_TYPE: u16 = 27;

/// Numbers of protocols in PPP without address and control (IANA, PPP DLL Protocol Numbers): addresses, IP, IPv6, compressed,
/// in several links; control of compression, IP, IPv6, link; PAP, quality, CHAP, EAP.
const PPP_PROTOCOLS: [u16; 12] = [
    0x0021, 0x0057, 0x00fd, 0x003d, 0x80fd, 0x8021, 0x8057, 0xc021, 0xc023, 0xc025, 0xc223, 0xc227,
];

pub(super) struct L2tp;

impl Dissector for L2tp {
    const META: Meta = Meta::udp(labels::L2TP)
        .ports(&[PORT])
        .starts_with(&[
            b"\xc8\x02", b"\xc8\x03", b"\0\x02", b"\0\x03", b"\x01\x02", b"\x02\x02", b"\x03\x02", b"\x08\x02",
            b"\x09\x02", b"\x0a\x02", b"\x0b\x02", b"\x40\x02", b"\x41\x02", b"\x42\x02", b"\x43\x02", b"\x48\x02",
            b"\x49\x02", b"\x4a\x02", b"\x4b\x02",
        ])
        .specification("RFC 2661; RFC 3931");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment))
    }
}

fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let flags = reader.u16()?;
    match flags {
        CONTROL_V2 | CONTROL_V3 => is_control(reader, segment.wire_len),
        // The answering side may choose its port; the requesting side may use another port, but answers come to it.
        _ if !segment.has_port(PORT) => Ok(false),
        DATA_V3 => is_session_data(reader),
        _ if flags & !(LENGTH | SEQUENCE | OFFSET | PRIORITY) == DATA_V2 => is_ppp(flags, reader, segment.wire_len),
        _ => Ok(false),
    }
}

/// RFC 2661, sections 3.1 and 4.1, RFC 3931, sections 3.2.1 and 5.1: without attributes it acknowledges, else the first is the
/// message's type, which is never hidden.
fn is_control(mut reader: Reader<'_>, wire_len: usize) -> Result<bool, Short> {
    let length = reader.u16()?;
    reader.skip(8)?;
    if usize::from(length) != wire_len || length == CONTROL_HEADER {
        return Ok(usize::from(length) == wire_len);
    }
    let (flags, vendor, attribute, kind) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?);
    Ok(matches!(flags, 0x8008 | 0x0008) && (vendor, attribute) == (0, 0) && (1..=LAST_MESSAGE_TYPE).contains(&kind))
}

/// RFC 3931, section 4.1.2.1: 16 bits are reserved; session 0 is that of control.
fn is_session_data(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.u16()? == 0 && reader.u32()? != 0)
}

/// RFC 2661, section 3.1: the fields that the flags announce, then a frame of PPP, often without address and control (0xff03).
fn is_ppp(flags: u16, mut reader: Reader<'_>, wire_len: usize) -> Result<bool, Short> {
    if flags & LENGTH != 0 && usize::from(reader.u16()?) != wire_len {
        return Ok(false);
    }
    let (tunnel, session) = (reader.u16()?, reader.u16()?);
    if flags & SEQUENCE != 0 {
        reader.skip(4)?;
    }
    if flags & OFFSET != 0 {
        let padding = reader.u16()?;
        reader.skip(padding.into())?;
    }
    let first = reader.u16()?;
    let protocol = if first == 0xff03 { reader.u16()? } else { first };
    // Numbers below 0x100 may have one byte: IP and IPv6, with their first bits.
    let is_short = matches!(protocol.to_be_bytes(), [0x21, 0x45..=0x4f] | [0x57, 0x60..=0x6f]);
    Ok(tunnel != 0 && session != 0 && (is_short || PPP_PROTOCOLS.contains(&protocol)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    /// SCCRQ: message type, protocol version, host name.
    const START: &str = "c802 0024 0000 0000 0000 0000 8008 0000 0000 0001 8008 0000 0002 0100 8008 0000 0007 6c61";

    #[test]
    fn control_is_recognised_on_any_port() {
        for message in [
            START,
            "c802 000c 0001 0000 0001 0001",
            "c803 0014 00000000 0000 0000 0008 0000 0000 0001",
            "c803 000c 00000a0b 0001 0001",
        ] {
            assert_named(&Exchange::udp(1701).client(hex(message)), labels::L2TP);
            assert_named(&Exchange::udp(40002).server(hex(message)), labels::L2TP);
            Exchange::udp(1701).client(hex(message)).assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn data_is_recognised_on_its_port() {
        for message in [
            "0002 0001 0002 ff03 c021 0101 0004",
            "0002 0001 0002 0021 4500",
            "0002 0001 0002 2145",
            "4002 000e 0001 0002 ff03 8021 0101",
            "4a02 0012 0001 0002 0003 0004 0002 0000 c223",
            "0003 0000 00000001 ff030021",
        ] {
            assert_named(&Exchange::udp(1701).server(hex(message)), labels::L2TP);
            let elsewhere = Exchange::udp(1702).server(hex(message));
            assert_eq!(elsewhere.verdict_of::<L2tp>(), Verdict::Excluded, "{message}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [
            "c802 0025 0000 0000 0000 0000 8008 0000 0000 0001 8008 0000 0002 0100 8008 0000 0007 6c61",
            "c802 0014 0000 0000 0000 0000 8008 0000 0001 0001",
            "c801 000c 0001 0000 0001 0001",
            "0002 0001 0002 0022 4500",
            "0002 0000 0002 0021 4500",
            "4002 000f 0001 0002 ff03 8021 0101",
            "0003 0000 00000000 ff030021",
        ] {
            assert_eq!(Exchange::udp(1701).client(hex(message)).verdict_of::<L2tp>(), Verdict::Excluded, "{message}");
        }
    }
}
