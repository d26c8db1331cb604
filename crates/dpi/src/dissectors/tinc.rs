//! TINC: a mesh of tunnels (tinc manual, "The meta-protocol"). Both sides of a meta connection open with a line: request number
//! zero, the node's name, the version. The tunnels themselves are encrypted datagrams to the same port.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::flow::Transport;
use crate::lessons::About;
use crate::vocabulary::{Label, labels};

pub(super) struct Tinc;

/// Greatest plausible length of an opening line.
const LONGEST_LINE: usize = 256;

impl Dissector for Tinc {
    const META: Meta = Meta::tcp(labels::TINC)
        .ports(&[655])
        .starts_with(&[b"0 "])
        .max_segments(2)
        .specification("tinc manual 1.0 and 1.1, The meta-protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.payload.get(..LONGEST_LINE).is_some_and(|start| !start.contains(&b'\n')) {
            return Verdict::Excluded;
        }
        match segment.reader().line() {
            Ok(line) if is_identification(line) => {
                let server = if segment.from_source {
                    (segment.dst, segment.dst_port)
                } else {
                    (segment.src, segment.src_port)
                };
                let about = About::Endpoint(Transport::Udp, server.into());
                found.teach(about, labels::TINC, Label::UNKNOWN);
                Verdict::DONE
            }
            Ok(_) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// `0 NAME 17` or `0 NAME 17.7`; a question mark begins the key of an invited node.
fn is_identification(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(b"0"), Some(name), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let name = name.strip_prefix(b"?").unwrap_or(name);
    let minor = version.strip_prefix(b"17");
    !name.is_empty()
        && name.iter().all(is_name)
        && minor.is_some_and(|minor| matches!(minor, [] | [b'.', b'0'..=b'9'] | [b'.', b'0'..=b'9', b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_identifications() {
        let exchange = Exchange::tcp(55655).client("0 alpha 17\n").server("0 beta_2 17.7\n");
        assert_named(&exchange, labels::TINC);
        exchange.assert_cuts_do_not_matter();
        let about = About::Endpoint(Transport::Udp, ([192, 0, 2, 2], 55655).into());
        assert_eq!(exchange.outcome().lessons[0].about, about);
        for other in ["0 alpha 18\n", "0 al-pha 17\n", "0 17\n", "0 alpha 17 1\n"] {
            assert_eq!(Exchange::tcp(655).client(other).verdict_of::<Tinc>(), Verdict::Excluded, "{other}");
        }
    }
}
