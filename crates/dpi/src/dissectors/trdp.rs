//! TRDP: Train Real-time Data Protocol (IEC 61375-2-3, annex A): sequence, version 1, kind of message in two letters, sizes.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Trdp;

impl Dissector for Trdp {
    const META: Meta = Meta::tcp_udp(labels::TRDP)
        .ports(&[17224, 17225])
        .specification("IEC 61375-2-3, annex A");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => segment.more(),
        }
    }
}

/// Process data and message data.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    reader.skip(4)?;
    let [major, _, kind @ ..]: [u8; 4] = reader.array()?;
    let is_process = matches!(&kind, b"Pd" | b"Pr" | b"Pp" | b"Pe");
    let is_message = matches!(&kind, b"Mn" | b"Mr" | b"Mp" | b"Mq" | b"Mc" | b"Me");
    if major != 1 || !(is_process || is_message) {
        return Ok(false);
    }
    // Communication id and two counters of the topography.
    reader.skip(12)?;
    let data = reader.u32()?;
    let header = if is_process { 40 } else { 116 };
    let size = (data as usize).checked_next_multiple_of(4).map_or(usize::MAX, |data| data.saturating_add(header));
    Ok(if segment.is_udp() { size == segment.wire_len } else { data <= 65_536 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_kind_and_size() {
        let process = hex(
            "00000000 0100 5064 00000000 00000000 00000000 00000004 00000000 00000000 00000000 ce487aea 48656c6c",
        );
        assert_named(&Exchange::udp(17224).client(&process), labels::TRDP);
        assert_named(&Exchange::tcp(17225).client(&process), labels::TRDP);
        Exchange::tcp(17225).client(&process).assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(17224).client(&process[..40]).verdict_of::<Trdp>(), Verdict::Excluded);
    }
}
