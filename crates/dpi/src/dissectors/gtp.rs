//! GTP: tunnels of mobile networks, user plane and control plane, versions 0 (3GPP TS 09.60), 1 (TS 29.060, TS 29.281) and 2 (TS
//! 29.274), and charging (GTP', TS 32.295). Version, type, length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::{Label, labels};

const USER: u16 = 2152;
const CONTROL: u16 = 2123;
const CHARGING: u16 = 3386;

pub(super) struct Gtp;

impl Dissector for Gtp {
    const META: Meta = Meta::tcp_udp(labels::GTP)
        .also(&[labels::GTP_U, labels::GTP_C, labels::GTP_PRIME])
        .only_on_ports(&[USER, CONTROL, CHARGING])
        .specification("3GPP TS 29.281, TS 29.274, TS 32.295");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let label = match plane(segment) {
            Ok(Some(label)) => label,
            Ok(None) => return Verdict::Excluded,
            Err(Short) => return segment.more(),
        };
        found.application(label);
        Verdict::DONE
    }
}

/// The protocol, if the length in the header is right.
fn plane(segment: &Segment<'_>) -> Result<Option<Label>, Short> {
    let mut reader = segment.reader();
    let (flags, kind, length) = (reader.u8()?, reader.u8()?, usize::from(reader.u16()?));
    let (version, is_gtp) = (flags >> 5, flags & 0x10 != 0);
    // The place from which the length counts.
    let header = match version {
        // Version 0 has one header; that of GTP' is shorter when its lowest bit is set.
        0 if is_gtp || flags & 0x01 == 0 => 20,
        0 if segment.has_port(CHARGING) => 6,
        1 if is_gtp => 8,
        1 if segment.has_port(CHARGING) => 6,
        2 if segment.has_port(CONTROL) || segment.has_port(CHARGING) => 4,
        _ => return Ok(None),
    };
    if segment.has_port(CHARGING) {
        // The bits between version and length of the header are ones.
        let is_charging = is_charging(kind) && flags & 0x0e == 0x0e && fits(segment, header, length);
        return Ok(is_charging.then_some(labels::GTP_PRIME));
    }
    if segment.is_tcp() || !fits(segment, header, length) || !has_identifier(&mut reader, version, flags)? {
        return Ok(None);
    }
    let is_user = segment.has_port(USER) && matches!(kind, 1 | 2 | 26 | 31 | 253..=255);
    let is_control = segment.has_port(CONTROL) && !matches!(kind, 0 | 255);
    Ok(if is_user {
        Some(labels::GTP_U)
    } else {
        is_control.then_some(labels::GTP_C)
    })
}

fn fits(segment: &Segment<'_>, header: usize, length: usize) -> bool {
    header + length == segment.wire_len
}

/// TS 32.295, section 6: echo, version not supported, node alive, redirection, transfer of records.
fn is_charging(kind: u8) -> bool {
    matches!(kind, 1..=7 | 0xf0 | 0xf1)
}

/// The tunnel identifier, which completes a header of version 1 or 2. Spare bits are zero.
fn has_identifier(reader: &mut Reader<'_>, version: u8, flags: u8) -> Result<bool, Short> {
    match version {
        0 => Ok(flags & 0x0e == 0x0e),
        1 => reader.skip(4).map(|()| flags & 0x08 == 0),
        _ => Ok(flags & 0x03 == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_in_all_planes_and_versions() {
        for (port, message, name) in [
            (2152, "30 ff 0004 00000001 45000000", "GTP.GTP_U"),
            (2152, "32 01 0004 00000000 00010000", "GTP.GTP_U"),
            (2123, "32 01 0004 00000000 00010000", "GTP.GTP_C"),
            (2123, "48 20 000c 00000000 000001 00 0300 0100 05", "GTP.GTP_C"),
            (2123, "40 01 0009 000001 00 0300 0100 05", "GTP.GTP_C"),
            (3386, "2e f0 0004 0001 7e01 fc00", "GTP.GTP_PRIME"),
            (3386, "0f 01 0000 0001", "GTP.GTP_PRIME"),
        ] {
            let mut bytes = hex(message);
            if message.starts_with("48") || message.starts_with("40") {
                let length = bytes.len() as u8 - 4;
                bytes[3] = length;
            }
            assert_eq!(Exchange::udp(port).client(bytes).name(), name, "{message}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["30 ff 0005 00000001 45000000", "50 ff 0004 00000001 45000000", "30 77 0004 00000001 45000000"] {
            assert_eq!(Exchange::udp(2152).client(hex(message)).verdict_of::<Gtp>(), Verdict::Excluded);
        }
    }
}
