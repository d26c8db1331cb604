//! Long text in messages.

use std::borrow::Cow;
use std::str::CharIndices;

/// Text from a user, for a message: whole, or its beginning and its end with … between, in at most `most` characters.
///
/// ```
/// assert_eq!(nfstream_capture::shortened("tcp port 443", 20), "tcp port 443");
/// assert_eq!(nfstream_capture::shortened("host 10.0.0.1 or host 10.0.0.2", 20), "host 10.0.… 10.0.0.2");
/// ```
#[must_use]
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.chars().count() <= most {
        return Cow::Borrowed(text);
    }
    let left = most.saturating_sub(1);
    let (beginning, end) = (left - left / 2, left / 2);
    let place =
        |mut characters: CharIndices<'_>, number| characters.nth(number).map_or(text.len(), |(at, _)| at);
    let begins = place(text.char_indices(), beginning);
    let ends = place(text.char_indices(), text.chars().count() - end);
    Cow::Owned(format!("{}…{}", &text[..begins], &text[ends..]))
}
