//! Messages: sets of records after a header (RFC 7011, section 3).

use std::time::{SystemTime, UNIX_EPOCH};

const VERSION: u16 = 10;
const HEADER: usize = 16;
const SET_HEADER: usize = 4;

/// The length of the longest possible message: the length field has 16 bits.
pub(super) const LONGEST: usize = u16::MAX as usize;

/// A message without the fields that are known only when it is sent: time and sequence number.
#[derive(Debug, Default)]
pub(super) struct Message {
    bytes: Vec<u8>,
    /// Number of data records, of flows and of options.
    pub(super) records: u32,
    /// Number of records of flows.
    pub(super) flows: u64,
}

impl Message {
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Frees the memory that the message does not need, before it is kept.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// The message as it is sent.
    pub(super) fn stamped(&mut self, sequence: u32, domain: u32) -> &[u8] {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The export time has 32 bits, and overflows in 2106.
        self.bytes[4..8].copy_from_slice(&(now.as_secs() as u32).to_be_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_be_bytes());
        self.bytes[12..16].copy_from_slice(&domain.to_be_bytes());
        &self.bytes
    }
}

/// Collects records until a message is full.
pub(super) struct Collecting {
    most: usize,
    message: Message,
    /// The open set: its id, and the offset at which it begins.
    set: Option<(u16, usize)>,
}

/// The content of a record.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Content {
    Template,
    Option,
    Flow,
}

impl Collecting {
    /// Collects messages of at most `most` bytes, unless a single record is longer.
    pub(super) fn new(most: usize) -> Self {
        Self { most, message: Message::default(), set: None }
    }

    /// Adds a record. Returns the full message, if the record did not fit in it.
    pub(super) fn push(&mut self, set: u16, record: &[u8], content: Content) -> Option<Message> {
        let opens = self.set.is_none_or(|(open, _)| open != set);
        let needed = record.len() + if opens { SET_HEADER } else { 0 };
        let full = if self.message.bytes.len() + needed > self.most { self.take() } else { None };
        self.append(set, record);
        self.message.records += u32::from(content != Content::Template);
        self.message.flows += u64::from(content == Content::Flow);
        full
    }

    /// Whether a message could hold a record of this length.
    pub(super) fn can_hold(record: usize) -> bool {
        HEADER + SET_HEADER + record <= LONGEST
    }

    fn append(&mut self, set: u16, record: &[u8]) {
        let bytes = &mut self.message.bytes;
        if bytes.is_empty() {
            bytes.extend_from_slice(&VERSION.to_be_bytes());
            bytes.resize(HEADER, 0);
        }
        if self.set.is_none_or(|(open, _)| open != set) {
            self.set = Some((set, bytes.len()));
            bytes.extend_from_slice(&set.to_be_bytes());
            bytes.extend_from_slice(&[0, 0]);
        }
        bytes.extend_from_slice(record);
        if let Some((_, begin)) = self.set {
            let length = (bytes.len() - begin) as u16;
            bytes[begin + 2..begin + 4].copy_from_slice(&length.to_be_bytes());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.message.bytes.is_empty()
    }

    /// Takes the records collected so far, if there are any.
    pub(super) fn take(&mut self) -> Option<Message> {
        self.set = None;
        let mut message = std::mem::take(&mut self.message);
        if message.bytes.is_empty() {
            return None;
        }
        let length = message.bytes.len() as u16;
        message.bytes[2..4].copy_from_slice(&length.to_be_bytes());
        Some(message)
    }
}
