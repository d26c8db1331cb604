//! SOME/IP: service-oriented middleware of vehicles (AUTOSAR PRS_SOMEIPProtocol, section 4.1): message id, length, request id,
//! version 1, kind, return code. Messages follow one another to the datagram's end.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Someip;

/// Message id and client id of service discovery.
const SERVICE_DISCOVERY: u32 = 0xffff_8100;

/// Over TCP on other ports the end of a longer message is not awaited.
const LONGEST_AWAITED: usize = 1 << 14;

impl Dissector for Someip {
    const META: Meta = Meta::tcp_udp(labels::SOMEIP)
        .ports(&[30490, 30491, 30501])
        .specification("AUTOSAR PRS_SOMEIPProtocol, section 4.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match are_messages(&mut segment.reader(), segment) {
            Ok(are_messages) => Verdict::matched_if(are_messages),
            Err(Short) => segment.more(),
        }
    }
}

fn are_messages(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    if !is_header(reader)? {
        return Ok(false);
    }
    let mut rest = segment.reader();
    if segment.is_tcp() {
        let length = rest.rest().get(4..8).and_then(|length| Reader::new(length).u32().ok()).ok_or(Short)? as usize;
        let is_own_port = Someip::META.ports.iter().any(|port| segment.has_port(*port));
        if is_own_port || length > LONGEST_AWAITED {
            return Ok(is_own_port);
        }
        rest.skip(length + 8)?;
        // The next message begins after it, if there is one.
        return Ok(rest.is_empty() || is_header(&mut rest) != Ok(false));
    }
    while !rest.is_empty() {
        let length = rest.rest().get(4..8).and_then(|length| Reader::new(length).u32().ok()).ok_or(Short)?;
        rest.skip((length as usize).saturating_add(8))?;
    }
    Ok(true)
}

fn is_header(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (message, length) = (reader.u32()?, reader.u32()?);
    // Service 0 is reserved, and so is service 0xffff except for discovery.
    let reserved = message >> 16 == 0 || (message >> 16 == 0xffff && message & !0xff != SERVICE_DISCOVERY);
    if reserved && message != 0xffff_0000 || !(8..=0x20000).contains(&length) {
        return Ok(false);
    }
    reader.skip(4)?;
    let [version, _, kind, code]: [u8; 4] = reader.array()?;
    let is_answer = matches!(kind & !0x20, 0x80 | 0x81);
    Ok(version == 1 && matches!(kind & !0x20, 0..=2 | 0x40..=0x42 | 0x80 | 0x81) && (code == 0 || is_answer && code <= 0x5e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let call = hex("12340008 00000009 00000001 01010000 05 12340009 00000008 00000002 01010000");
        assert_named(&Exchange::udp(30501).client(&call), labels::SOMEIP);
        assert_named(&Exchange::tcp(30501).client(&call), labels::SOMEIP);
        Exchange::tcp(30501).client(&call).assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(30501).client(&call[..20]).verdict_of::<Someip>(), Verdict::Excluded);
        let version = hex("12340008 00000008 00000001 02010000");
        assert_eq!(Exchange::udp(30501).client(version).verdict_of::<Someip>(), Verdict::Excluded);
    }
}
