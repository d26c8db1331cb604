//! Ookla: measures the speed of a connection (from captures). Client and server greet in a line each, the server with its version.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// A UUID in text (RFC 9562, section 4).
const UUID: usize = 36;

pub(super) struct Ookla;

/// Whether the client has greeted with only the word.
#[derive(Debug, Default)]
pub(crate) struct Greeted(bool);

impl Dissector for Ookla {
    const META: Meta = Meta::tcp(labels::OOKLA)
        .ports(&[8080, 5060])
        .starts_with(&[b"HI\n", b"HI\r\n", b"HI ", b"HELLO "])
        .max_segments(3)
        .specification("from captures");

    type State = Greeted;

    fn inspect(greeted: &mut Greeted, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match greeting(segment.reader()) {
            Ok(Greeting::Full) => Verdict::DONE,
            Ok(Greeting::Word) if !greeted.0 => {
                greeted.0 = true;
                Verdict::Wait
            }
            Ok(_) => Verdict::Excluded,
            Err(Short) if segment.payload.len() > 64 => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

enum Greeting {
    /// The greeting names the sender.
    Full,
    Word,
    None,
}

fn greeting(mut reader: Reader<'_>) -> Result<Greeting, Short> {
    let line = reader.line()?;
    if line == b"HI" {
        return Ok(Greeting::Word);
    }
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let is_full = match (line.strip_prefix(b"HI "), line.strip_prefix(b"HELLO ")) {
        (Some(uuid), _) => uuid.len() == UUID && uuid.iter().all(is_hex),
        (_, Some([major, b'.', minor, ..])) => major.is_ascii_digit() && minor.is_ascii_digit(),
        _ => false,
    };
    Ok(if is_full { Greeting::Full } else { Greeting::None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_greetings() {
        let client = Exchange::tcp(8080).client("HI 00000000-0000-4000-8000-00000000abcd\n");
        assert_named(&client, labels::OOKLA);
        client.assert_cuts_do_not_matter();
        let both = Exchange::tcp(8080).client("HI\n").server("HELLO 2.4 2016-10-06.1324.0000000\n");
        assert_named(&both, labels::OOKLA);
        both.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["HI there\n", "HELLO example.org\n", "HIGH\n"] {
            assert_eq!(Exchange::tcp(8080).client(line).verdict_of::<Ookla>(), Verdict::Excluded, "{line}");
        }
    }
}
