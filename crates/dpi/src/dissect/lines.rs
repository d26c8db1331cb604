//! Lines of text protocols: commands, and replies that begin with three digits (RFC 959, section 4.2; RFC 5321, section
//! 4.2; RFC 3977, section 3.2).

/// A reply: its code, whether further lines follow, and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    pub(crate) code: u16,
    pub(crate) goes_on: bool,
    pub(crate) text: &'a [u8],
}

/// Reads a line without its end as a reply.
pub(crate) fn reply(line: &[u8]) -> Option<Reply<'_>> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    if !digits.iter().all(u8::is_ascii_digit) || !is_text(rest) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [] => Some(Reply { code, goes_on: false, text: rest }),
        [b' ', text @ ..] => Some(Reply { code, goes_on: false, text }),
        [b'-', text @ ..] => Some(Reply { code, goes_on: true, text }),
        _ => None,
    }
}

/// A command: its first word, and the text after the following blank. `None` if the line is not text.
pub(crate) fn command(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if !is_text(line) {
        return None;
    }
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    Some((line.get(..end)?, line.get(end + 1..).unwrap_or_default()))
}

/// Whether a word is in a list. Case does not matter.
pub(crate) fn is_one_of(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|listed| word.eq_ignore_ascii_case(listed.as_bytes()))
}

/// Whether a text contains a word. Case does not matter.
pub(crate) fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a line has no control characters except blanks. Bytes above ASCII may be letters.
pub(crate) fn is_text(line: &[u8]) -> bool {
    !line.iter().any(|byte| matches!(byte, 0..=8 | 10..=0x1f | 0x7f))
}

/// The bytes up to a blank.
pub(crate) fn first_word(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// The number in a text; `None` unless the text is a number of at most nine digits.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    let is_number = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_replies_and_commands() {
        assert_eq!(reply(b"220-hi"), Some(Reply { code: 220, goes_on: true, text: b"hi" }));
        assert_eq!(reply(b"334 "), Some(Reply { code: 334, goes_on: false, text: b"" }));
        assert_eq!((reply(b"22 hi"), reply(b"220hi"), reply(b"220 \x01")), (None, None, None));
        assert_eq!(command(b"USER me"), Some((&b"USER"[..], &b"me"[..])));
        assert_eq!((command(b"QUIT"), command(b"a\0")), (Some((&b"QUIT"[..], &b""[..])), None));
        assert!(is_one_of(b"user", &["PASS", "USER"]) && contains(b"an esmtp server", "SMTP"));
        assert_eq!(
            (number(b"042"), number(b""), number(b"1x"), number(b"1234567890")),
            (Some(42), None, None, None)
        );
    }
}
