//! The message that DNS, mDNS, LLMNR and the NetBIOS name service share (RFC 1035, section 4).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::dissect::{Reader, Short, Then};

/// Most records of a section; a message of 64 KiB with more has no useful content.
const MOST_RECORDS: u16 = 0x200;

/// Number of messages of a flow that are inspected while the answer is awaited.
const MOST_MESSAGES: u8 = 6;

/// Most addresses of one answer that are reported.
const MOST_ADDRESSES: usize = 16;

pub(super) const TYPE_A: u16 = 0x01;
pub(super) const TYPE_TXT: u16 = 0x10;
pub(super) const TYPE_AAAA: u16 = 0x1c;

/// A name of at most 255 bytes, its labels with dots between them.
pub(super) struct Name {
    bytes: [u8; 256],
    len: usize,
}

/// A message up to its first question or record.
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    pub(super) id: u16,
    pub(super) flags: u16,
    /// Questions, answers, authorities, additional records.
    pub(super) counts: [u16; 4],
    /// Type of the first question, or else of the first record.
    pub(super) name: Name,
    pub(super) kind: u16,
    pub(super) class: u16,
    sections: Reader<'a>,
}

/// The message of a flow that is the final answer.
#[derive(Default)]
pub(super) struct Conversation {
    asked: Option<u16>,
    messages: u8,
}

impl Name {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Reads a name, which may end in a pointer to an earlier one (section 4.1.4).
    fn read<'a>(message: &'a [u8], reader: &mut Reader<'a>) -> Result<Self, Short> {
        let mut name = Self { bytes: [0; 256], len: 0 };
        let mut elsewhere = *reader;
        let mut before = message.len().checked_sub(reader.len()).ok_or(Short)?;
        let mut jumped = false;
        loop {
            let length = elsewhere.u8()?;
            match length {
                0 => break,
                0x01..=0x3f => name.push(elsewhere.take(length.into())?)?,
                0xc0.. => {
                    let offset = usize::from(length & 0x3f) << 8 | usize::from(elsewhere.u8()?);
                    if !jumped {
                        *reader = elsewhere;
                    }
                    if offset >= before {
                        return Err(Short);
                    }
                    (jumped, before) = (true, offset);
                    elsewhere = Reader::new(message.get(offset..).ok_or(Short)?);
                }
                _ => return Err(Short),
            }
        }
        if !jumped {
            *reader = elsewhere;
        }
        Ok(name)
    }

    fn push(&mut self, label: &[u8]) -> Result<(), Short> {
        let dot = usize::from(self.len > 0);
        let to = self.bytes.get_mut(self.len..self.len + dot + label.len()).ok_or(Short)?;
        if let Some((first, rest)) = to.split_first_mut().filter(|_| dot == 1) {
            *first = b'.';
            rest.copy_from_slice(label);
        } else {
            to.copy_from_slice(label);
        }
        self.len += dot + label.len();
        Ok(())
    }

    /// The name for display: characters that cannot be printed become question marks.
    pub(super) fn printable(mut self) -> Self {
        for byte in &mut self.bytes {
            if !matches!(byte, 0x20..=0x7e) {
                *byte = b'?';
            }
        }
        self
    }

    /// The name for display as a host: characters that cannot be printed become question marks, characters that a host name
    /// cannot have become underscores.
    pub(super) fn host(self) -> Self {
        let mut name = self.printable();
        for byte in &mut name.bytes {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'-' | b'_' | b'?' | b':') {
                *byte = b'_';
            }
        }
        name
    }
}

impl<'a> Message<'a> {
    /// Reads the header and the first question or record. A message with only a header does not count.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Short> {
        let mut reader = Reader::new(bytes);
        let (id, flags) = (reader.u16()?, reader.u16()?);
        let counts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let sections = reader;
        if counts.iter().any(|count| *count > MOST_RECORDS) || counts == [0; 4] {
            return Err(Short);
        }
        let name = Name::read(bytes, &mut reader)?;
        let (kind, class) = (reader.u16()?, reader.u16()?);
        Ok(Self { bytes, id, flags, counts, name, kind, class, sections })
    }

    pub(super) fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub(super) fn opcode(&self) -> u16 {
        self.flags >> 11 & 0x0f
    }

    pub(super) fn response_code(&self) -> u16 {
        self.flags & 0x0f
    }

    /// Whether a class is defined in DNS (RFC 6895, section 3.2); mDNS uses the upper bit.
    pub(super) fn has_known_class(&self) -> bool {
        matches!(self.class & 0x7fff, 1 | 3 | 4 | 254 | 255)
    }

    /// Whether the records that the header counts fill the message to its end.
    pub(super) fn is_whole(&self) -> bool {
        let mut reader = self.sections;
        let mut walk = || {
            self.pass_questions(&mut reader)?;
            let records: u16 = self.counts.iter().skip(1).sum();
            for _ in 0..records {
                self.record(&mut reader)?;
            }
            Ok::<_, Short>(())
        };
        walk().is_ok() && reader.is_empty()
    }

    fn pass_questions(&self, reader: &mut Reader<'a>) -> Result<(), Short> {
        for _ in 0..self.counts[0] {
            Name::read(self.bytes, reader)?;
            reader.skip(4)?;
        }
        Ok(())
    }

    /// The next record's type and data.
    fn record(&self, reader: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Short> {
        Name::read(self.bytes, reader)?;
        let kind = reader.u16()?;
        reader.skip(6)?;
        Ok((kind, reader.block16()?.rest()))
    }

    /// The addresses in the answer, comma-separated.
    pub(super) fn addresses(&self) -> String {
        let mut reader = self.sections;
        let mut addresses = Vec::new();
        if self.pass_questions(&mut reader).is_err() {
            return String::new();
        }
        for _ in 0..self.counts[1] {
            let Ok((kind, data)) = self.record(&mut reader) else { break };
            match (kind, data) {
                (TYPE_A, [a, b, c, d]) => addresses.push(Ipv4Addr::new(*a, *b, *c, *d).to_string()),
                (TYPE_AAAA, data) => {
                    addresses.extend(<[u8; 16]>::try_from(data).map(|data| Ipv6Addr::from(data).to_string()));
                }
                _ => {}
            }
            if addresses.len() == MOST_ADDRESSES {
                break;
            }
        }
        addresses.join(",")
    }
}

impl Conversation {
    /// The next step after a message: done when the last question has its answer. `None`: the message answers another
    /// question and does not matter.
    pub(super) fn after(&mut self, message: &Message<'_>) -> Option<Then> {
        self.messages = self.messages.saturating_add(1);
        let is_last = self.messages >= MOST_MESSAGES;
        let then = if is_last || message.is_response() { Then::Done } else { Then::Wait };
        if !message.is_response() {
            self.asked = Some(message.id);
        } else if self.asked.is_some_and(|asked| asked != message.id) {
            return None;
        }
        Some(then)
    }

    /// Whether no question has been seen yet.
    pub(super) fn awaits_question(&self) -> bool {
        self.asked.is_none()
    }

    /// The next step after a message that does not matter.
    pub(super) fn otherwise(&self) -> Then {
        if self.messages >= MOST_MESSAGES { Then::Done } else { Then::Wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// `a.b`, asked for and answered, the answer's name a pointer to the question's.
    const ANSWER: &str =
        "0001 8180 0001 0001 0000 0000 0161 0162 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201";

    #[test]
    fn reads_names_and_addresses() {
        let bytes = hex(ANSWER);
        let message = Message::read(&bytes).expect("a message");
        assert_eq!((message.name.as_bytes(), message.kind, message.class), (&b"a.b"[..], 1, 1));
        assert_eq!((message.is_whole(), message.addresses()), (true, "192.0.2.1".into()));
    }

    #[test]
    fn pointers_only_lead_backwards() {
        for name in ["c00c", "c00e", "c0ff", "0161 c00c", "40"] {
            let bytes = hex(&format!("0001 0100 0001 0000 0000 0000 {name} 0001 0001"));
            assert!(Message::read(&bytes).is_err(), "{name}");
        }
    }

    #[test]
    fn names_have_an_end() {
        let label = format!("3f{}", "61".repeat(63));
        let bytes = hex(&format!("0001 0100 0001 0000 0000 0000 {} 00 0001 0001", label.repeat(5)));
        assert!(Message::read(&bytes).is_err());
    }
}
