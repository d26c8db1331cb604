//! Whois-DAS: WHOIS (RFC 3912) and the domain availability service. The client sends one line, the server answers in text.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const LONGEST_QUESTION: usize = 512;

pub(super) struct WhoisDas;

impl Dissector for WhoisDas {
    const META: Meta = Meta::tcp(labels::WHOIS_DAS).only_on_ports(&[43, 4343]).specification("RFC 3912");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let is_question = [43, 4343].contains(&segment.dst_port);
        let Ok(line) = reader.line() else {
            let is_text = segment.payload.iter().all(is_printable);
            return if is_text && segment.payload.len() < LONGEST_QUESTION { Verdict::More } else { Verdict::Excluded };
        };
        if !line.iter().all(is_printable) || is_question && (line.is_empty() || !reader.is_empty()) {
            return Verdict::Excluded;
        }
        if !is_question && segment.number == 0 {
            // Servers of other protocols send first.
            return Verdict::Wait;
        }
        if is_question && (line.starts_with(b"SSH-") || line.windows(6).any(|part| part == b"HTTP/1")) {
            return Verdict::Excluded;
        }
        if is_question {
            // The requested name comes last.
            found.server_name(line.rsplit(|byte| *byte == b' ').next().unwrap_or(line));
        }
        Verdict::DONE
    }
}

fn is_printable(byte: &u8) -> bool {
    !matches!(byte, 0..=0x08 | 0x0b..=0x0c | 0x0e..=0x1f | 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_line() {
        let exchange = Exchange::tcp(43).client("domain Example.test\r\n").server("% Terms\r\n");
        assert_named(&exchange, labels::WHOIS_DAS);
        assert_eq!(exchange.outcome().server_name(), "example.test");
        exchange.assert_cuts_do_not_matter();
        let other = Exchange::tcp(43).server("SSH-2.0-x\r\n").client("SSH-2.0-y\r\n");
        assert_named(&other, labels::SSH);
        for question in ["GET / HTTP/1.0\r\n", "a\r\nb", "\r\n", "a\x01b\r\n"] {
            assert_eq!(Exchange::tcp(43).client(question).verdict_of::<WhoisDas>(), Verdict::Excluded);
        }
    }
}
