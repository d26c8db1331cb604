//! Text from outside, for people to read.

use std::borrow::Cow;
use std::fmt::Write;

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
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' => false,
        // Marks, embeddings, overrides and isolates of direction; separators; joiners and other characters without width.
        '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => true,
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
}
