//! Risks of DNS messages (RFC 1035, RFC 6895).

use crate::dissect::Found;
use crate::vocabulary::Risk;

/// Types that are obsolete (IANA, DNS Parameters): MD, MF, MB, MG, MR, NULL, WKS, MINFO, A6, MAILB, MAILA.
const OBSOLETE: [u16; 11] = [3, 4, 7, 8, 9, 10, 11, 14, 38, 253, 254];

/// Longest name that is usual, in bytes.
const LONGEST: usize = 120;

/// What a message says.
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) name: &'a [u8],
    pub(crate) response_code: Option<u16>,
}

impl Message<'_> {
    /// Judges the message.
    pub(crate) fn judge(&self, found: &mut Found<'_>) {
        if !found.wants_risks() {
            return;
        }
        let is_lookup =
            [&b".arpa"[..], b".local"].iter().any(|end| self.name.to_ascii_lowercase().ends_with(end));
        if OBSOLETE.contains(&self.kind) {
            found.risk(Risk::DNS_SUSPICIOUS_TRAFFIC, format!("type {}", self.kind));
        } else if self.name.len() > LONGEST && !is_lookup {
            found.risk(Risk::DNS_SUSPICIOUS_TRAFFIC, self.name);
        }
        if self.name.iter().any(u8::is_ascii_control) {
            found.risk(Risk::INVALID_CHARACTERS, self.name);
        }
        if let Some(code) = self.response_code.filter(|code| *code != 0) {
            found.risk(Risk::ERROR_CODE_DETECTED, format!("DNS {code}"));
        }
    }
}
