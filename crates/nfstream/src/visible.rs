//! Text from outside, for people to read.

use std::borrow::Cow;
use std::fmt::Write;

/// Writes an escape for a character.
pub(crate) type Escape = fn(char, &mut String);

/// The text, with an escape for every character that a terminal would act on, or that would hide other text: `\u{1b}`,
/// `\u{202e}`.
///
/// These are control characters except the end of a line, characters that change the direction of writing (Unicode Standard
/// Annex 9), and characters that take no room. Use this for names of files, interfaces and processes, and for any other text
/// that somebody else has chosen.
///
/// ```
/// assert_eq!(nfstream::visible("a\u{1b}[2J.pcap"), r"a\u{1b}[2J.pcap");
/// assert_eq!(nfstream::visible("żółw.pcap"), "żółw.pcap");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    visible_with(text, in_words)
}

fn visible_with(text: &str, escape: Escape) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            escape(character, &mut shown);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Makes bytes visible that are on their way to a terminal, from a position on.
pub(crate) fn make_visible(bytes: &mut Vec<u8>, from: usize, escape: Escape) {
    let shown = str::from_utf8(&bytes[from..]).map(|text| visible_with(text, escape));
    let Ok(Cow::Owned(shown)) = shown else { return };
    bytes.truncate(from);
    bytes.extend_from_slice(shown.as_bytes());
}

/// The escape for people to read: `\u{202e}`.
pub(crate) fn in_words(character: char, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(out, "{}", character.escape_unicode());
}

/// The escape of JSON (RFC 8259, section 7): `\u202e`.
pub(crate) fn in_json(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' => false,
        // The soft hyphen; marks, embeddings, overrides and isolates of direction; separators; joiners, tags and other
        // characters without width.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_shown() {
        for (text, shown) in [
            ("plain text, ünd more", "plain text, ünd more"),
            ("two\nlines", "two\nlines"),
            ("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}"),
            ("\r\t\u{0}\u{7f}", r"\u{d}\u{9}\u{0}\u{7f}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("pcap.\u{202e}exe", r"pcap.\u{202e}exe"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn bytes_have_the_escapes_of_their_format() {
        let mut bytes = "\u{202e}[\u{2067}\u{7f}\u{e0041}ż\n".as_bytes().to_vec();
        make_visible(&mut bytes, 3, in_json);
        assert_eq!(str::from_utf8(&bytes), Ok("\u{202e}[\\u2067\\u007f\\udb40\\udc41ż\n"));
        make_visible(&mut bytes, 0, in_words);
        assert!(bytes.starts_with(br"\u{202e}["));
    }
}
