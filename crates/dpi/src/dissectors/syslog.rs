//! Syslog: event messages (RFC 5424, RFC 3164; over TCP RFC 6587). A priority in angle brackets, then a version and a time, or the
//! variants of devices.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict, lines};
use crate::vocabulary::labels;

const PORTS: &[u16] = &[514, 601];

/// 23 facilities of 8 severities, from zero.
const GREATEST_PRIORITY: u32 = 191;

const MONTHS: [&[u8]; 12] =
    [b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ", b"Dec "];

pub(super) struct Syslog;

impl Dissector for Syslog {
    const META: Meta = Meta::tcp_udp(labels::SYSLOG)
        .ports(PORTS)
        .starts_with(&[b"<", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"])
        .specification("RFC 5424");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let begin = segment.payload.get(..32).unwrap_or(segment.payload);
        let Some(message) = without_count(begin, segment) else { return Verdict::Excluded };
        let Some(text) = without_priority(message) else {
            let may_go_on = begin.len() < 12 && message.iter().all(|byte| matches!(byte, b'<' | b'0'..=b'9'));
            return if may_go_on { segment.more() } else { Verdict::Excluded };
        };
        if is_dated(text) {
            return Verdict::DONE;
        }
        if text.len() < 12 && segment.is_tcp() {
            return Verdict::More;
        }
        let is_text = text.len() > 2 && text.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace());
        Verdict::matched_if(is_text && PORTS.iter().any(|port| segment.has_port(*port)))
    }
}

/// RFC 6587, section 3.4.1: over TCP the length may come first.
fn without_count<'a>(begin: &'a [u8], segment: &Segment<'_>) -> Option<&'a [u8]> {
    let digits = begin.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match begin.get(digits..)? {
        rest if digits == 0 => Some(rest),
        _ if segment.is_udp() || digits > 6 => None,
        [] => Some(begin),
        [b' ', message @ ..] => Some(message),
        _ => None,
    }
}

/// RFC 5424, section 6.2.1: one to three digits, without a leading zero.
fn without_priority(message: &[u8]) -> Option<&[u8]> {
    let rest = message.strip_prefix(b"<")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at_checked(digits)?;
    let priority = lines::number(number)?;
    let is_priority = matches!(number, [_] | [b'1'..=b'9', _] | [b'1', _, _]) && priority <= GREATEST_PRIORITY;
    rest.strip_prefix(b">").filter(|_| is_priority)
}

/// RFC 5424: version 1 and a date, or none; RFC 3164: the month's name.
fn is_dated(text: &[u8]) -> bool {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let is_month = MONTHS.iter().any(|month| text.starts_with(month));
    let date = text.strip_prefix(b"1 ").unwrap_or(text);
    let is_date = match date {
        [b'2', b'0', tens, ones, b'-', month @ (b'0' | b'1'), _, b'-', ..] => {
            tens.is_ascii_digit() && ones.is_ascii_digit() && month.is_ascii_digit()
        }
        [b'-', b' ', ..] => date.len() < text.len(),
        _ => false,
    };
    is_month || is_date
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_priority_and_date_anywhere() {
        for message in ["<34>1 2003-10-11T22:14:15.003Z host su - ID47 - failed", "<13>Feb  5 17:32:18 host login", "<191>1 - - - - - -"] {
            assert_named(&Exchange::udp(11000).client(message), labels::SYSLOG);
            let over_tcp = Exchange::tcp(11000).client(message);
            assert_named(&over_tcp, labels::SYSLOG);
            over_tcp.assert_cuts_do_not_matter();
            assert_named(&Exchange::tcp(601).client(format!("{} {message}", message.len())), labels::SYSLOG);
        }
    }

    #[test]
    fn a_priority_of_many_digits_is_none() {
        for message in ["<192>x y", "<9999>x y", &format!("<{}>x y", "9".repeat(40))] {
            assert_eq!(Exchange::udp(514).client(message).verdict_of::<Syslog>(), Verdict::Excluded, "{message}");
        }
    }

    #[test]
    fn recognised_by_its_priority_on_its_port() {
        for message in ["<189>38: R1: *Sep 22 13:39:11.250: %LINK-3", "<30>snmpd[6956]: Connection", "<0>x y"] {
            assert_named(&Exchange::udp(514).client(message), labels::SYSLOG);
            assert_eq!(Exchange::udp(5000).client(message).verdict_of::<Syslog>(), Verdict::Excluded);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["<192>Feb  5 17:32:18 host", "<01>Feb  5 17:32:18", "<>Feb  5 17:32:18", "<html><body></body>", "<1>\0\0\0\0", "1022"] {
            assert_eq!(Exchange::udp(514).client(message).verdict_of::<Syslog>(), Verdict::Excluded, "{message}");
        }
    }
}
