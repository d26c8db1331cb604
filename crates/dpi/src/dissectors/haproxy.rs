//! `HAProxy`: the PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt). A header before the first bytes of the connection.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

pub(super) struct Haproxy;

impl Dissector for Haproxy {
    const META: Meta = Meta::tcp(labels::HAPROXY)
        .starts_with(&[b"PROXY ", SIGNATURE])
        .specification("haproxy.org, The PROXY protocol, versions 1 & 2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_text = segment.payload.starts_with(b"P");
        segment.matched_if(if is_text { is_version_1(segment.reader()) } else { is_version_2(segment.reader()) })
    }
}

/// Section 2.1.
fn is_version_1(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.len() > 107 && !reader.rest()[..107].contains(&b'\n') {
        return Ok(false);
    }
    let line = reader.line()?;
    let families: [&[u8]; 4] = [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN ", b"PROXY UNKNOWN"];
    Ok(families.iter().any(|family| line.starts_with(family)))
}

/// Section 2.2.
fn is_version_2(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(12)? == SIGNATURE && matches!(reader.u8()?, 0x20 | 0x21))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_versions() {
        let text = Exchange::tcp(443).client("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n\x16\x03\x01");
        assert_named(&text, labels::HAPROXY);
        text.assert_cuts_do_not_matter();
        let binary = Exchange::tcp(443).client(hex("0d0a0d0a000d0a515549540a 21 11 000c"));
        assert_named(&binary, labels::HAPROXY);
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["PROXY TCP5 a\r\n", &"PROXY TCP4 1".repeat(10)] {
            assert_eq!(Exchange::tcp(80).client(line).verdict_of::<Haproxy>(), Verdict::Excluded, "{line}");
        }
    }
}
