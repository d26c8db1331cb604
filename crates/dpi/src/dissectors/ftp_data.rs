//! FTP: data connections (RFC 959, RFC 3659) that were not announced, by the listing of a directory. Other contents may be
//! anything.

use crate::dissect::lines::{is_text, number};
use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct FtpData;

impl Dissector for FtpData {
    const META: Meta = Meta::tcp(labels::FTP_DATA)
        .ports(&[20])
        .starts_with(&[b"d", b"-", b"l", b"total ", b"0", b"1", b"type=", b"Type=", b"modify=", b"Modify=", b"size=", b"Size="])
        .specification("RFC 959, section 3.2; RFC 3659, section 7");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        const LONGEST_LINE: usize = 512;
        let mut reader = segment.reader();
        loop {
            match reader.line() {
                // The number of blocks, before the first entry.
                Ok(line) if line.strip_prefix(b"total ").is_some_and(|blocks| number(blocks).is_some()) => {}
                Ok(line) => return Verdict::matched_if(is_text(line) && is_entry(line)),
                Err(Short) => {
                    let begin = reader.rest().get(..24).unwrap_or(reader.rest());
                    let may_be = is_text(begin.trim_ascii_end()) && reader.len() < LONGEST_LINE;
                    return if may_be && may_begin_entry(begin) { segment.more() } else { Verdict::Excluded };
                }
            }
        }
    }
}

/// In the form of `ls -l`, of Windows, or as facts.
fn is_entry(line: &[u8]) -> bool {
    is_of_unix(line) || is_of_windows(line) || is_of_facts(line)
}

/// A cheap check before the end of a line is awaited.
fn may_begin_entry(begin: &[u8]) -> bool {
    match begin.first_chunk::<10>() {
        Some(mode) => is_mode(mode) || is_date(mode) || begin.contains(&b'=') || begin.starts_with(b"total "),
        None => true,
    }
}

/// `drwxr-xr-x   2 owner group     4096 Jan  1 12:00 name`.
fn is_of_unix(line: &[u8]) -> bool {
    let Some((mode, rest)) = line.split_first_chunk::<10>() else { return false };
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    // A mark for further attributes may follow the mode directly.
    let links = words.next().map(|word| if matches!(word, b"+" | b"." | b"@") { words.next() } else { Some(word) });
    is_mode(mode) && links.flatten().is_some_and(|links| number(links).is_some()) && words.count() >= 6
}

fn is_mode(mode: &[u8; 10]) -> bool {
    let [kind, permissions @ ..] = mode;
    let mut places = permissions.iter().zip([&b"r-"[..], b"w-", b"xs-"].into_iter().cycle());
    b"dlbcps-".contains(kind) && places.all(|(byte, allowed)| allowed.contains(byte) || b"tTS".contains(byte))
}

/// `01-31-20  10:15AM       <DIR>          name`.
fn is_of_windows(line: &[u8]) -> bool {
    let Some(date) = line.first_chunk::<10>() else { return false };
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(1);
    let (time, size) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_time = matches!(time, [_, _, b':', _, _, ..]) && time.len() <= 7;
    is_date(date) && is_time && (size == b"<DIR>" || number(size).is_some()) && words.next().is_some()
}

fn is_date(date: &[u8; 10]) -> bool {
    let [a, b, b'-', c, d, b'-', e, f, ..] = date else { return false };
    [a, b, c, d, e, f].iter().all(|byte| byte.is_ascii_digit())
}

/// `type=file;size=1024;modify=20240101120000; name` (RFC 3659, section 7.2).
fn is_of_facts(line: &[u8]) -> bool {
    const FACTS: [&[u8]; 7] = [b"type", b"modify", b"size", b"perm", b"unique", b"create", b"UNIX.mode"];
    let Some(end) = memchr::memmem::find(line, b"; ") else { return false };
    let facts = line.get(..end).unwrap_or_default().split(|byte| *byte == b';');
    let is_known = |fact: &[u8]| {
        let name = fact.split(|byte| *byte == b'=').next().unwrap_or_default();
        FACTS.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    facts.filter(|fact| is_known(fact)).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_the_list_of_a_directory() {
        for list in [
            "drwxr-xr-x   2 owner group     4096 Jan  1 12:00 pub\r\n",
            "total 8\r\n-rw-r--r--+  1 0 0 17 Dec 31 2020 a file\r\n",
            "01-31-20  10:15AM       <DIR>          pub\r\n",
            "type=file;size=1024;modify=20240101120000; name\r\n",
        ] {
            let exchange = Exchange::tcp(50000).server(list);
            assert_named(&exchange, labels::FTP_DATA);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["drwxr-xr-x\r\n", "data\r\n", "01-31-20 noon\r\n", "-----BEGIN CERTIFICATE-----\r\n", "type=a; b\r\n"] {
            assert_eq!(Exchange::tcp(20).client(line).verdict_of::<FtpData>(), Verdict::Excluded, "{line}");
        }
    }
}
