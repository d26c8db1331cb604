//! `WeChat`: MMTLS, a variant of TLS 1.3 over TCP (Citizen Lab, "Should we chat, too?", 2024). Records as in TLS, with its own
//! version.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct WeChat;

impl Dissector for WeChat {
    const META: Meta = Meta::tcp(labels::WECHAT)
        .starts_with(&[&[0x16, 0xf1], &[0x17, 0xf1], &[0x19, 0xf1]])
        .specification("Citizen Lab, 2024");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_hello(&mut segment.reader()) {
            Ok(is_hello) => Verdict::matched_if(is_hello),
            Err(Short) => Verdict::More,
        }
    }
}

/// Type, version, length; then a handshake message: its length, kind and, for hellos, the version again.
fn is_hello(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(2)?;
    let (minor, length) = (reader.u8()?, reader.u16()?);
    if !matches!(minor, 0x03 | 0x04) || length < 7 {
        return Ok(false);
    }
    let (inner, kind, version) = (reader.u32()?, reader.u8()?, reader.array::<2>()?);
    Ok(inner == u32::from(length) - 4 && matches!(kind, 0x01 | 0x02) && version == [minor, 0xf1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_hello() {
        for hello in ["16f104 0009 00000005 01 04f1 0000", "16f103 0009 00000005 02 03f1 0000"] {
            let exchange = Exchange::tcp(8080).client(hex(hello));
            assert_named(&exchange, labels::WECHAT);
            exchange.assert_cuts_do_not_matter();
        }
        for other in ["16f104 0009 00000006 01 04f1 0000", "16f104 0009 ffffffff 01 04f1 0000"] {
            assert_eq!(Exchange::tcp(8080).client(hex(other)).verdict_of::<WeChat>(), Verdict::Excluded);
        }
    }
}
