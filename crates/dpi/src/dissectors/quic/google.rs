//! Google QUIC up to Q049 (Google, "QUIC Wire Layout Specification" and "QUIC Crypto", 2013 to 2016): public headers, and
//! handshake messages in the clear, made of tags.

use crate::dissect::{Found, Reader, Segment, Short};
use crate::metadata::Field;
use crate::vocabulary::labels;

const CLIENT_HELLO: &[u8; 4] = b"CHLO";
const REJECTION: &[u8; 4] = b"REJ\0";
const PUBLIC_RESET: &[u8; 4] = b"PRST";

/// Greatest offset of a handshake message in a payload: after header, hash, acknowledgements and the frame's head.
const FARTHEST_MESSAGE: usize = 160;
/// Most tags of a message.
const MOST_TAGS: u16 = 128;

/// Content of a payload of Google QUIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is something else.
    Foreign,
    /// It is QUIC, and does not name the server.
    Recognised,
    /// A client hello.
    Hello,
}

/// A payload with a public header, as in versions up to Q043.
pub(super) fn public(segment: &Segment<'_>, found: &mut Found<'_>) -> Sight {
    let mut reader = segment.reader();
    let Ok(flags) = reader.u8() else { return Sight::Foreign };
    if flags & 0xc0 != 0 || reader.skip(if flags & 0x08 == 0 { 0 } else { 8 }).is_err() {
        return Sight::Foreign;
    }
    let head = reader.rest().first_chunk::<4>();
    if flags & 0x02 != 0 {
        let is_reset = head == Some(PUBLIC_RESET) && Message::read(reader.rest()).is_some();
        return if is_reset { Sight::Recognised } else { Sight::Foreign };
    }
    if flags & 0x01 == 0 {
        return if segment.is_first_of_direction() { handshake(reader.rest(), false, found) } else { Sight::Foreign };
    }
    match head {
        Some([b'Q', b'0', tens, ones]) if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            found.field(Field::QuicVersion, format!("5130{tens:02x}{ones:02x}"));
            match handshake(reader.rest(), false, found) {
                Sight::Foreign => Sight::Recognised,
                sight => sight,
            }
        }
        _ => Sight::Foreign,
    }
}

/// A handshake message anywhere in a payload.
pub(super) fn handshake(payload: &[u8], may_be_call: bool, found: &mut Found<'_>) -> Sight {
    let window = payload.get(..FARTHEST_MESSAGE).unwrap_or(payload);
    for at in memchr::memchr2_iter(b'C', b'R', window) {
        let Some(message) = payload.get(at..).and_then(Message::read) else { continue };
        if message.tag == *REJECTION {
            return Sight::Recognised;
        }
        if message.tag == *CLIENT_HELLO {
            message.tell(may_be_call, found);
            return Sight::Hello;
        }
    }
    Sight::Foreign
}

/// A handshake message: a tag, and values by their tags.
struct Message<'a> {
    tag: [u8; 4],
    entries: &'a [[u8; 8]],
    values: &'a [u8],
}

impl<'a> Message<'a> {
    /// The table of a message is sorted by tags, and by the ends of their values.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (tag, count, reader) = Self::head(bytes).ok()?;
        let rest = reader.rest();
        let (table, values) = rest.split_at_checked(usize::from(count) * 8).unwrap_or((rest, &[]));
        let (entries, _) = table.as_chunks::<8>();
        let message = Self { tag, entries, values };
        let in_order = message.entries().is_sorted_by(|(tag, end), (next, next_end)| {
            u32::from_le_bytes(*tag) < u32::from_le_bytes(*next) && end <= next_end
        });
        (matches!(&tag, CLIENT_HELLO | REJECTION | PUBLIC_RESET) && entries.len() > 1 && in_order).then_some(message)
    }

    fn head(bytes: &'a [u8]) -> Result<([u8; 4], u16, Reader<'a>), Short> {
        let mut reader = Reader::new(bytes);
        let (tag, count, padding) = (reader.array()?, reader.u16_le()?, reader.u16()?);
        if count > MOST_TAGS || padding != 0 { Err(Short) } else { Ok((tag, count, reader)) }
    }

    /// Tags, and the ends of their values.
    fn entries(&self) -> impl Iterator<Item = ([u8; 4], u32)> + use<'a> {
        self.entries.iter().map(|[a, b, c, d, end @ ..]| ([*a, *b, *c, *d], u32::from_le_bytes(*end)))
    }

    fn value(&self, tag: [u8; 4]) -> Option<&'a [u8]> {
        let mut start = 0;
        for (entry, end) in self.entries() {
            let end = usize::try_from(end).ok()?;
            if entry == tag {
                return self.values.get(start..end);
            }
            start = end;
        }
        None
    }

    /// The content of a client hello.
    fn tell(&self, may_be_call: bool, found: &mut Found<'_>) {
        if let Some(user_agent) = self.value(*b"UAID") {
            found.user_agent(user_agent);
        }
        match self.value(*b"SNI\0") {
            Some(name) => found.host(name),
            // Browsers always name the server. A client of this late version that does not is in a call over Snapchat's media servers.
            None if may_be_call => found.application(labels::SNAPCHATCALL),
            None => {}
        }
    }
}
