//! TPLINK_SHP: TP-Link's smart home protocol (from captures). JSON, each byte combined with the one before it; over TCP after a
//! length.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Value with which the first byte is combined.
const FIRST_KEY: u8 = 0xab;

/// Number of characters that is enough.
const ENOUGH: usize = 64;

pub(super) struct TplinkShp;

impl Dissector for TplinkShp {
    const META: Meta = Meta::tcp_udp(labels::TPLINK_SHP).only_on_ports(&[9999]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_tcp() {
            match reader.u32() {
                Ok(length) if (2..=0x10_0000).contains(&length) => {}
                Ok(_) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
        }
        let encrypted = reader.rest().get(..ENOUGH).unwrap_or(reader.rest());
        let mut key = FIRST_KEY;
        let mut plain = encrypted.iter().map(|byte| std::mem::replace(&mut key, *byte) ^ byte);
        match (plain.next(), plain.next()) {
            (Some(b'{'), Some(b'"' | b'}')) => Verdict::matched_if(plain.all(|byte| matches!(byte, 0x20..=0x7e))),
            (None | Some(b'{'), None) => segment.more(),
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn encrypted(plain: &str) -> Vec<u8> {
        plain
            .bytes()
            .scan(FIRST_KEY, |key, byte| {
                *key ^= byte;
                Some(*key)
            })
            .collect()
    }

    #[test]
    fn recognised_by_its_json() {
        let query = encrypted(r#"{"system":{"get_sysinfo":{}}}"#);
        assert_named(&Exchange::udp(9999).client(&query), labels::TPLINK_SHP);
        let over_tcp = Exchange::tcp(9999).client([&[0, 0, 0, query.len() as u8][..], &query].concat());
        assert_named(&over_tcp, labels::TPLINK_SHP);
        over_tcp.assert_cuts_do_not_matter();
        let other = Exchange::udp(9999).client(encrypted("{\"\x01\":1}"));
        assert_eq!(other.verdict_of::<TplinkShp>(), Verdict::Excluded);
    }
}
