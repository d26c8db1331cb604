//! rlogin: remote login of BSD (RFC 1282). A zero, the user here, the user there, the terminal and its speed, each with a zero behind
//! it; nothing is encrypted.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

/// Greatest plausible length of a user's or a terminal's name.
const LONGEST_NAME: usize = 32;

pub(super) struct Rlogin;

impl Dissector for Rlogin {
    const META: Meta = Meta::tcp(labels::RLOGIN)
        .ports(&[513])
        .starts_with(&[&[0]])
        .max_segments(2)
        .specification("RFC 1282");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // The server's first byte is a zero, too.
        if segment.payload == [0] && segment.number > 0 {
            return Verdict::Wait;
        }
        segment.matched_if(is_login(segment.reader(), found))
    }
}

fn is_login(mut reader: Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    if reader.u8()? != 0 {
        return Ok(false);
    }
    let (Some(_), Some(user), Some(terminal)) = (name(&mut reader)?, name(&mut reader)?, name(&mut reader)?) else {
        return Ok(false);
    };
    found.field(Field::User, user);
    // `xterm/38400`
    let mut parts = terminal.rsplitn(2, |byte| *byte == b'/');
    let (Some(speed), Some(kind)) = (parts.next(), parts.next()) else { return Ok(false) };
    let is_speed = (2..=7).contains(&speed.len()) && speed.iter().all(u8::is_ascii_digit);
    Ok(is_speed && !kind.is_empty() && reader.is_empty())
}

/// Characters and a zero; `None` if these are others, none or too many.
fn name<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    let length = reader.rest().iter().take(LONGEST_NAME + 1).take_while(|byte| byte.is_ascii_graphic()).count();
    if length > LONGEST_NAME || reader.rest().get(length).is_some_and(|byte| *byte != 0) {
        return Ok(None);
    }
    let name = reader.take(length)?;
    reader.skip(1)?;
    Ok((!name.is_empty()).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_users_and_terminal() {
        let exchange = Exchange::tcp(1513).by_port(1023).client("\0bostic\0kbostic\0vt100/9600\0").server("\0");
        assert_named(&exchange, labels::RLOGIN);
        assert_eq!(exchange.outcome().field(Field::User), "kbostic");
        exchange.assert_cuts_do_not_matter();
        let early = Exchange::tcp(513).client("\0").server("\0").client("me\0root\0xterm-256color/38400\0");
        assert_named(&early, labels::RLOGIN);
        for other in ["\0me\0root\0ls -l\0", "\0me\0root\0xterm\0", "\0\0root\0xterm/9600\0", "\0me\0root\0xterm/9600\0x", "\0me\0ro\x01t\0xterm/9600\0"] {
            assert_eq!(Exchange::tcp(513).client(other).verdict_of::<Rlogin>(), Verdict::Excluded, "{other:?}");
        }
    }
}
