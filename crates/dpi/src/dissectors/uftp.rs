//! UFTP: encrypted multicast file transfer (uftp-multicast.sourceforge.net, protocol specification 4 and 5). A header, then the
//! message's own.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// The type of an encrypted message; all lower types are unencrypted.
const ENCRYPTED: u8 = 0x0f;

pub(super) struct Uftp;

impl Dissector for Uftp {
    const META: Meta = Meta::udp(labels::UFTP)
        .ports(&[1044])
        .starts_with(&[&[0x40], &[0x50]])
        .specification("UFTP protocol specification, versions 4 and 5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

/// The header has the type of the message, which the message repeats together with its length in words.
fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let [version, kind, _, _, source @ ..] = reader.array::<8>()?;
    reader.skip(7)?;
    let reserved = reader.u8()?;
    let length = reader.len();
    let [inner_kind, words] = reader.array::<2>()?;
    Ok(matches!(version, 0x40 | 0x50)
        && (1..ENCRYPTED).contains(&kind)
        && kind == inner_kind
        && reserved == 0
        && source != [0; 4]
        && (1..=length).contains(&(usize::from(words) * 4)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_two_headers() {
        let done = hex("40 04 0007 0a000001 96f4c304 00 6a 18 00 04 01 0000 0a000002");
        assert_named(&Exchange::udp(1044).client(done), labels::UFTP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for header in ["40 04 0007 0a000001 96f4c304 00 6a 18 00 05 01 0000", "40 04 0007 0a000001 96f4c304 00 6a 18 00 04 09"] {
            let exchange = Exchange::udp(1044).client(hex(header));
            assert_eq!(exchange.verdict_of::<Uftp>(), Verdict::Excluded, "{header}");
        }
    }
}
