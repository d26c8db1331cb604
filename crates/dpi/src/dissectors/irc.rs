//! IRC: Internet Relay Chat (RFC 2812, IRC version 3). Lines: a prefix in some cases, a command or three digits, parameters.

use crate::dissect::lines::{command, first_word, is_one_of, is_text, number};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Irc;

/// Number of first lines of each side that also occur in other protocols; the source first.
#[derive(Default)]
pub(crate) struct State([u8; 2]);

enum Said {
    Foreign,
    Hint,
    Proof,
}

/// Greatest length of the beginning that is inspected.
const LONGEST_BEGINNING: usize = 1024;

impl Dissector for Irc {
    const META: Meta = Meta::tcp(labels::IRC)
        .ports(&[194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000])
        .starts_with(&[
            b"NICK ", b"USER ", b"PASS ", b"CAP ", b"nick ", b"user ", b"pass ", b":", b"NOTICE ", b"ERROR :", b"PING ",
            b"PONG ", b"JOIN ", b"PRIVMSG ", b"SERVER ", b"@time=",
        ])
        .specification("RFC 2812, IRCv3");

    type State = State;

    fn inspect(State(hints): &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut here = 0_u8;
        while let Ok(line) = reader.line() {
            match judge(line, found) {
                Said::Proof => return Verdict::DONE,
                Said::Hint => here = here.saturating_add(1),
                Said::Foreign => return Verdict::Excluded,
            }
        }
        if let Some(hints) = hints.get_mut(usize::from(!segment.from_source)) {
            *hints = here;
        }
        if hints.iter().fold(0, |sum: u8, hints| sum.saturating_add(*hints)) >= 2 {
            return Verdict::DONE;
        }
        let may_be = segment.payload.len() < LONGEST_BEGINNING && is_text(reader.rest().trim_ascii_end());
        if may_be { Verdict::More } else { Verdict::Excluded }
    }
}

fn judge(line: &[u8], found: &mut Found<'_>) -> Said {
    let line = line.strip_prefix(b"@time=").map_or(line, |tagged| behind_word(tagged));
    if let Some(prefixed) = line.strip_prefix(b":") {
        return of_prefix(prefixed);
    }
    let Some((verb, parameters)) = command(line) else { return Said::Foreign };
    let real_name = memchr::memmem::find(parameters, b" :");
    match verb {
        _ if is_one_of(verb, &["NICK"]) && is_nick(parameters) => {
            found.field(Field::User, parameters);
            Said::Hint
        }
        _ if is_one_of(verb, &["USER"]) && real_name.is_some_and(|at| words(parameters, at) == 3) => Said::Proof,
        _ if is_one_of(verb, &["USER"]) && words(parameters, parameters.len()) == 4 => Said::Hint,
        _ if is_one_of(verb, &["PASS"]) && !parameters.is_empty() => Said::Hint,
        _ if is_one_of(verb, &["CAP"]) && is_one_of(first_word(parameters), &["LS", "REQ", "LIST", "END"]) => Said::Proof,
        b"NOTICE" if parameters.starts_with(b"AUTH :") || parameters.starts_with(b"* :") => Said::Proof,
        b"ERROR" if parameters.starts_with(b":Closing") => Said::Proof,
        b"JOIN" if parameters.starts_with(b"#") || parameters.starts_with(b"&") => Said::Proof,
        b"PRIVMSG" if real_name.is_some() => Said::Proof,
        b"PING" | b"PONG" | b"ERROR" if parameters.starts_with(b":") => Said::Hint,
        b"PING" | b"PONG" | b"MODE" | b"WHO" | b"PASS" | b"SERVER" | b"PROTOCTL" if !parameters.is_empty() => Said::Hint,
        _ => Said::Foreign,
    }
}

/// Section 2.3.1: sender, a command or a number, and recipient.
fn of_prefix(line: &[u8]) -> Said {
    const COMMANDS: &[&str] = &[
        "NOTICE", "PRIVMSG", "JOIN", "PART", "QUIT", "MODE", "NICK", "KICK", "TOPIC", "PONG", "CAP", "INVITE", "AUTHENTICATE",
        "ACCOUNT", "AWAY", "CHGHOST", "ERROR", "KILL", "WALLOPS", "SERVER",
    ];
    if !is_text(line) {
        return Said::Foreign;
    }
    let source = first_word(line);
    let rest = behind_word(line);
    let word = first_word(rest);
    let is_number = word.len() == 3 && number(word).is_some_and(|number| (1..=999).contains(&number));
    let is_known = is_number || is_one_of(word, COMMANDS);
    if source.is_empty() || !is_known || behind_word(rest).is_empty() { Said::Foreign } else { Said::Proof }
}

fn behind_word(text: &[u8]) -> &[u8] {
    memchr::memchr(b' ', text).and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

/// Number of words before a position.
fn words(text: &[u8], end: usize) -> usize {
    text.get(..end).unwrap_or_default().split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count()
}

/// Section 2.3.1: letters, digits, and some others. A colon may precede it.
fn is_nick(name: &[u8]) -> bool {
    let name = name.strip_prefix(b":").unwrap_or(name);
    let is_of_nick = |byte: &u8| byte.is_ascii_alphanumeric() || b"-[]\\`_^{|}".contains(byte);
    (1..=64).contains(&name.len()) && name.iter().all(is_of_nick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_either_side() {
        for exchange in [
            Exchange::tcp(8000).client("NICK me\r\nUSER me 0 * :Real Name\r\n"),
            Exchange::tcp(8000).client("USER me +iw me :Me\r\n"),
            Exchange::tcp(8000).client("CAP LS 302\r\n"),
            Exchange::tcp(8000).client("NICK me\r\n").server("PING :4711\r\n"),
            Exchange::tcp(8000).server(":irc.example.org NOTICE * :*** Looking up your hostname\r\n"),
            Exchange::tcp(8000).server(":irc.example.org 001 me :Welcome\r\n"),
            Exchange::tcp(8000).server("NOTICE AUTH :*** Checking ident\r\n"),
            Exchange::tcp(8000).client("PRIVMSG #rust :hello\r\n"),
        ] {
            assert_named(&exchange, labels::IRC);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["USER me\r\n", ":one two\r\n", "NICK a b c\r\n", "CAP\r\n", ":a\x01 001 b\r\n", "PING\r\n"] {
            assert_eq!(Exchange::tcp(6667).client(line).verdict_of::<Irc>(), Verdict::Excluded, "{line}");
        }
        let ftp = Exchange::tcp(2100).client("USER me\r\n").client("PASS me@\r\n");
        assert_eq!(ftp.verdict_of::<Irc>(), Verdict::Excluded);
    }
}
