//! Steam: discovery of devices in one network for Remote Play (from public documents of In-Home Streaming): a mark, then
//! header and body in Protocol Buffers, each with its length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const MARK: &[u8] = b"\xff\xff\xff\xff\x21\x4c\x5f\xa0";

pub(super) struct Steam;

impl Dissector for Steam {
    const META: Meta = Meta::udp(labels::STEAM)
        .ports(&[27036])
        .starts_with(&[MARK])
        .specification("documents of In-Home Streaming, discovery");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(header_and_body(segment.reader()).unwrap_or(false))
    }
}

fn header_and_body(mut reader: Reader<'_>) -> Result<bool, Short> {
    reader.skip(MARK.len())?;
    let header = reader.u32_le()?;
    reader.skip(header as usize)?;
    let body = reader.u32_le()?;
    Ok(reader.len() == body as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_mark_and_lengths() {
        let message = [MARK, &hex("03000000 080110 02000000 0801")].concat();
        assert_named(&Exchange::udp(27036).client(&message), labels::STEAM);
        let other = [MARK, &hex("03000000 080110 02000000 080102")].concat();
        assert_eq!(Exchange::udp(27036).client(other).verdict_of::<Steam>(), Verdict::Excluded);
    }
}
