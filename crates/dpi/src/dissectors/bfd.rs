//! BFD: detection of forwarding failures (RFC 5880, over UDP RFC 5881). Control packets contain their length; echoes return to their
//! sender, which defines their content.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const ECHO: u16 = 3785;

/// A control packet without authentication.
const SHORTEST: u8 = 24;

/// Ten minutes; real values are a few seconds at most.
const LONGEST_INTERVAL: u32 = 600_000_000;

pub(super) struct Bfd;

impl Dissector for Bfd {
    const META: Meta =
        Meta::udp(labels::BFD).only_on_ports(&[3784, ECHO, 4784, 6784, 7784]).specification("RFC 5880, RFC 5881");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_echo = segment.dst_port == ECHO && segment.src == segment.dst && !segment.src.is_loopback();
        Verdict::matched_if(is_echo || is_control(&mut segment.reader()).unwrap_or(false))
    }
}

/// Section 4.1.
fn is_control(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let [version_and_diagnostic, flags, multiplier, length] = reader.array()?;
    let rest = reader.len() + 4;
    let (version, diagnostic) = (version_and_diagnostic >> 5, version_and_diagnostic & 0x1f);
    let has_authentication = flags & 0x04 != 0;
    let is_multipoint = flags & 0x01 != 0;
    let (my_discriminator, _yours) = (reader.u32()?, reader.u32()?);
    // In microseconds: desired, required, required for echoes (which may be zero).
    let intervals = [reader.u32()?, reader.u32()?, reader.u32()?];
    let are_intervals = intervals.iter().all(|interval| *interval <= LONGEST_INTERVAL) && intervals[0] != 0;
    let authentication = reader.rest().first_chunk::<2>();
    let is_authenticated = authentication.is_some_and(|[kind, its]| matches!(kind, 1..=5) && length.checked_sub(*its) == Some(SHORTEST));
    Ok(matches!(version, 0 | 1)
        && diagnostic <= 9
        && !is_multipoint
        && multiplier != 0
        && my_discriminator != 0
        && are_intervals
        && if has_authentication { is_authenticated } else { length == SHORTEST }
        && usize::from(length) <= rest
        && is_padding(reader.rest().get(usize::from(length).saturating_sub(SHORTEST.into())..)))
}

/// RFC 9764: bytes after a control packet probe the packet size of the path.
fn is_padding(rest: Option<&[u8]>) -> bool {
    rest.is_none_or(|rest| rest.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const CONTROL: &str = "20 40 03 18 00000001 00000000 000f4240 000f4240 0007a120";

    #[test]
    fn recognised_by_its_control_packets_and_echoes() {
        assert_named(&Exchange::udp(3784).client(hex(CONTROL)), labels::BFD);
        assert_named(&Exchange::udp(3785).to([192, 0, 2, 1]).client([0; 12]), labels::BFD);
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("20 40", "60 40"), ("03 18", "00 18"), ("03 18", "03 19"), ("40 03 18", "44 03 18"), ("00000001", "00000000")] {
            let packet = hex(&CONTROL.replacen(what, by, 1));
            assert_eq!(Exchange::udp(3784).client(packet).verdict_of::<Bfd>(), Verdict::Excluded);
        }
        assert_eq!(Exchange::udp(3785).client([0; 12]).verdict_of::<Bfd>(), Verdict::Excluded);
    }
}
