//! Git: the daemon's transport (git-scm.com, gitprotocol-pack). Lines with their length in four hexadecimal digits; the first
//! names a service.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const SERVICES: [&[u8]; 3] = [b"git-upload-pack ", b"git-receive-pack ", b"git-upload-archive "];

pub(super) struct Git;

impl Dissector for Git {
    const META: Meta = Meta::tcp(labels::GIT)
        .ports(&[9418])
        .starts_with(&[b"00", b"01", b"02", b"03", b"04", b"05", b"06", b"07"])
        .specification("git-scm.com, gitprotocol-pack");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_first_line(segment.reader()))
    }
}

/// The client requests a service; the server sends an object name and the name of a reference to it, or its version.
fn is_first_line(mut reader: Reader<'_>) -> Result<bool, Short> {
    let digits = reader.array::<4>()?;
    let length = std::str::from_utf8(&digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
    let Some(length) = length.and_then(|length| length.checked_sub(4)) else { return Ok(false) };
    let line = reader.rest();
    if SERVICES.iter().any(|service| line.starts_with(service)) || line.starts_with(b"version 2\n") {
        return Ok(true);
    }
    if line.first().is_some_and(|byte| !byte.is_ascii_alphanumeric()) {
        return Ok(false);
    }
    let line = reader.take(length.min(46))?;
    let (name, rest) = line.split_at_checked(40).unwrap_or_default();
    let is_reference = rest.starts_with(b" HEAD") || rest.starts_with(b" refs/");
    Ok(is_reference && name.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_on_either_side() {
        let client = Exchange::tcp(9418).client(b"002agit-upload-pack /a.git\0host=example.org\0");
        assert_named(&client, labels::GIT);
        client.assert_cuts_do_not_matter();
        let server = format!("0041{} HEAD\0multi_ack\n", "0123456789abcdef".repeat(3).split_at(40).0);
        assert_named(&Exchange::tcp(9418).server(server), labels::GIT);
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["0041 this is a line of text that is long enough for one.", "00zzgit-upload-pack /a"] {
            assert_eq!(Exchange::tcp(9418).client(line).verdict_of::<Git>(), Verdict::Excluded, "{line}");
        }
    }
}
