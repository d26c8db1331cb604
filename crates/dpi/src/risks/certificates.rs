//! Risks of servers' certificates: names and validity (RFC 5280, RFC 9525; CA/Browser Forum, Baseline Requirements).

use std::net::IpAddr;

use super::Raised;
use crate::metadata::{Certified, Metadata};
use crate::vocabulary::Risk;

/// Before SSL there were no certificates of servers: the clock of such a capture is not set (1995-01-01).
const FIRST_TIME: i64 = 788_918_400;

const DAY: i64 = 86_400;

/// From 2020-09-01 on, authorities issue for 398 days at most.
const LIMITED_FROM: i64 = 1_598_918_400;
const MOST_DAYS: i64 = 398;

/// Judges the certificate at a time, seconds since 1970.
pub(crate) fn judge(metadata: &Metadata, now: i64, raised: &mut Raised) {
    let Some(Certified { validity: [from, to], names }) = metadata.certified.as_deref() else { return };
    let (from, to) = (*from, *to);
    if now < FIRST_TIME {
        // Nothing is known of the time.
    } else if now < from || now > to {
        let edge = if now < from { from } else { to };
        raised.push((Risk::TLS_CERTIFICATE_EXPIRED, edge.to_string()));
    } else if to - now < 30 * DAY && (to - now) * 3 < to - from {
        raised.push((Risk::TLS_CERTIFICATE_ABOUT_TO_EXPIRE, to.to_string()));
    }
    if from >= LIMITED_FROM && to - from > MOST_DAYS * DAY {
        raised.push((Risk::TLS_CERT_VALIDITY_TOO_LONG, format!("{} days", (to - from) / DAY)));
    }
    let asked =
        metadata.server_name.as_deref().filter(|name| name.parse::<IpAddr>().is_err() && !name.is_empty());
    if let Some(asked) = asked
        && !names.is_empty()
        && !names.split(',').any(|name| is_for(name, asked))
    {
        raised.push((Risk::TLS_CERTIFICATE_MISMATCH, format!("{asked}, not {names}")));
    }
}

/// RFC 9525, section 6.3: a wildcard stands for the whole left-most label.
fn is_for(name: &str, asked: &str) -> bool {
    let asked = asked.strip_suffix('.').unwrap_or(asked);
    name == asked
        || name
            .strip_prefix("*.")
            .is_some_and(|rest| asked.split_once('.').is_some_and(|(_, parent)| parent == rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risks(asked: &str, names: &str, validity: [i64; 2], now: i64) -> Vec<Risk> {
        let certified = Some(Box::new(Certified { validity, names: names.into() }));
        let server_name = (!asked.is_empty()).then(|| asked.into());
        let mut metadata = Metadata::default();
        (metadata.server_name, metadata.certified) = (server_name, certified);
        let mut raised = Raised::new();
        judge(&metadata, now, &mut raised);
        raised.into_iter().map(|(risk, _)| risk).collect()
    }

    #[test]
    fn validity() {
        let issued = 1_700_000_000;
        let year = [issued, issued + 397 * DAY];
        assert_eq!(risks("", "", year, issued + DAY), []);
        assert_eq!(risks("", "", year, 42), []);
        assert_eq!(risks("", "", year, issued - 1), [Risk::TLS_CERTIFICATE_EXPIRED]);
        assert_eq!(risks("", "", year, year[1] + 1), [Risk::TLS_CERTIFICATE_EXPIRED]);
        assert_eq!(risks("", "", year, year[1] - 20 * DAY), [Risk::TLS_CERTIFICATE_ABOUT_TO_EXPIRE]);
        // Certificates of 90 days are renewed when a third is left.
        assert_eq!(risks("", "", [issued, issued + 90 * DAY], issued + 59 * DAY), []);
        assert_eq!(
            risks("", "", [issued, issued + 3650 * DAY], issued + DAY),
            [Risk::TLS_CERT_VALIDITY_TOO_LONG]
        );
        assert_eq!(risks("", "", [LIMITED_FROM - 1, LIMITED_FROM + 800 * DAY], LIMITED_FROM), []);
    }

    #[test]
    fn names() {
        let validity = [0, 100 * DAY];
        let mismatch = |asked, names| risks(asked, names, validity, 1) == [Risk::TLS_CERTIFICATE_MISMATCH];
        for (asked, names) in [
            ("a.example", "a.example"),
            ("x.a.example", "b.example,*.a.example"),
            ("192.0.2.1", "a.example"),
            ("a.example", ""),
            ("", "a.example"),
        ] {
            assert!(!mismatch(asked, names), "{asked} {names}");
        }
        for (asked, names) in
            [("a.example", "b.example"), ("x.y.a.example", "*.a.example"), ("a.example", "*.a.example")]
        {
            assert!(mismatch(asked, names), "{asked} {names}");
        }
    }
}
