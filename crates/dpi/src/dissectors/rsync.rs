//! rsync: the daemon's protocol (rsync(1), "rsyncd"). Both sides open with @RSYNCD: and a version.

use crate::dissect::lines::{first_word, is_text};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Rsync;

impl Dissector for Rsync {
    const META: Meta = Meta::tcp(labels::RSYNC)
        .ports(&[873])
        .starts_with(&[b"@RSYNCD: "])
        .specification("rsync: csprotocol.txt");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        const LONGEST_LINE: usize = 256;
        let Ok(line) = segment.reader().line() else {
            return if segment.payload.len() < LONGEST_LINE { Verdict::More } else { Verdict::Excluded };
        };
        let Some(said) = line.strip_prefix(b"@RSYNCD: ") else { return Verdict::Excluded };
        let is_version = first_word(said).iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let is_state = [&b"OK"[..], b"EXIT", b"AUTHREQD"].iter().any(|state| said.starts_with(state));
        found.field(if segment.from_source { Field::ClientSoftware } else { Field::ServerSoftware }, said);
        Verdict::matched_if((is_version || is_state) && is_text(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_greeting() {
        for exchange in [
            Exchange::tcp(8730).client("@RSYNCD: 31.0 sha512 sha256 md5\n"),
            Exchange::tcp(8730).server("@RSYNCD: 30.0\n"),
        ] {
            assert_named(&exchange, labels::RSYNC);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["@RSYNCD: x\n", "@RSYNCD 30\n", "@RSYNCD: 30\x01\n"] {
            assert_eq!(Exchange::tcp(873).client(line).verdict_of::<Rsync>(), Verdict::Excluded, "{line}");
        }
    }
}
