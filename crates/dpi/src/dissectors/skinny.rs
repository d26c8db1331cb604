//! Cisco Skinny: Skinny Client Control Protocol, SCCP (from captures and Cisco's message lists). Length, header version and
//! message number, little-endian; the length does not count the first eight bytes.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Skinny;

const LONGEST: u32 = 8192;

impl Dissector for Skinny {
    const META: Meta = Meta::tcp(labels::CISCOSKINNY).ports(&[2000, 2443]).specification("Cisco SCCP messages");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_usual = segment.has_port(2000) || segment.has_port(2443);
        match is_message(&mut segment.reader(), is_usual) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

/// On other than the usual ports, only a registration is specific enough.
fn is_message(reader: &mut Reader<'_>, is_usual: bool) -> Result<bool, Short> {
    // Short numbers, little-endian: zeros in the third and fourth byte.
    if reader.rest().iter().skip(2).take(2).any(|byte| *byte != 0) || matches!(reader.rest(), [_, 0x20..=0xff, ..]) {
        return Ok(false);
    }
    let (length, version) = (reader.u32_le()?, reader.u32_le()?);
    if !(4..LONGEST).contains(&length) || !matches!(version, 0 | 0x0a..=0x20) {
        return Ok(false);
    }
    let number = reader.u32_le()?;
    if !matches!(number, 0x0000..=0x0056 | 0x0081..=0x0165 | 0x8000..=0x8200) {
        return Ok(false);
    }
    let is_registration = number == 0x0001;
    if !is_usual && !is_registration {
        return Ok(false);
    }
    let body = reader.take(length as usize - 4)?;
    Ok(is_usual || is_device_name(body))
}

/// A station registers with its name, at most 15 characters and a zero.
fn is_device_name(body: &[u8]) -> bool {
    let name = body.get(..16).unwrap_or_default();
    let end = name.iter().position(|byte| *byte == 0).unwrap_or_default();
    let (name, padding) = name.split_at(end);
    name.len() > 2
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-')
        && padding.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn register() -> Vec<u8> {
        [hex("18000000 00000000 01000000"), b"SEP001122334455\0".to_vec(), hex("00000000")].concat()
    }

    #[test]
    fn registrations_anywhere_and_others_on_the_port() {
        let exchange = Exchange::tcp(9000).client(register());
        assert_named(&exchange, labels::CISCOSKINNY);
        exchange.assert_cuts_do_not_matter();
        let keep_alive = hex("04000000 00000000 00000000");
        assert_named(&Exchange::tcp(2000).client(&keep_alive), labels::CISCOSKINNY);
        assert_eq!(Exchange::tcp(9000).client(&keep_alive).verdict_of::<Skinny>(), Verdict::Excluded);
        let other = hex("04000000 01000000 00000000");
        assert_eq!(Exchange::tcp(2000).client(other).verdict_of::<Skinny>(), Verdict::Excluded);
    }
}
