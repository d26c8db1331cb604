//! SSH: Secure Shell (RFC 4253). Both sides open with an identification line, then propose algorithms.

use crate::dissector::{Dissector, Found, Meta, Segment, Then, Verdict};
use crate::labels;
use crate::metadata::Field;
use crate::reader::{Reader, Short};

pub(super) struct Ssh;

impl Dissector for Ssh {
    const META: Meta = Meta::tcp(labels::SSH).ports(&[22]).starts_with(&[b"SSH-"]).specification("RFC 4253");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        match identification(&mut reader) {
            Ok(Some(software)) => {
                let field = if segment.from_source { Field::ClientSoftware } else { Field::ServerSoftware };
                found.field(field, software);
                Verdict::Matched(Then::Wait)
            }
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// Section 4.2: `SSH-protoversion-softwareversion SP comments`, at most 255 bytes with its end. Gives the software.
fn identification<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    if reader.len() > 255 && !reader.rest()[..255].contains(&b'\n') {
        return Ok(None);
    }
    let line = reader.line()?;
    let versions = line.strip_prefix(b"SSH-2.0-").or_else(|| line.strip_prefix(b"SSH-1."));
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn exchange() -> Exchange {
        Exchange::tcp(2222).server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").client("SSH-2.0-PuTTY_Release_0.78\r\n")
    }

    #[test]
    fn recognised_by_its_identification() {
        assert_named(&exchange(), labels::SSH);
        let outcome = exchange().outcome();
        assert_eq!(outcome.field(Field::ClientSoftware), "PuTTY_Release_0.78");
        assert_eq!(outcome.field(Field::ServerSoftware), "OpenSSH_9.2p1 Debian-2");
        exchange().assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["SSH-9.9-x\r\n", "220 SSH-2.0-x\r\n", &format!("SSH-2.0-{}\r\n", "x".repeat(300))] {
            assert_eq!(Exchange::tcp(22).client(line).verdict_of::<Ssh>(), Verdict::Excluded, "{line}");
        }
    }
}
