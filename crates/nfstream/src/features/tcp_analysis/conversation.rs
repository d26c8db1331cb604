//! A connection: both sides, the handshake, and what happened.

use super::endpoint::{Endpoint, conn_state};
use super::history::{History, once};
use super::segment::{ACK, FIN, RST, SYN, Segment};
use super::side::{Noted, Side};
use crate::flow::Direction;

/// A segment that comes this much later than the one it should have come before is no longer out of order, while the
/// round trip of the handshake is not known: 3 ms, in nanoseconds.
const DISORDER: u64 = 3_000_000;

/// How far the handshake has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Handshake {
    #[default]
    None,
    /// A SYN has been sent.
    Asked,
    /// A SYN-ACK has been sent.
    Answered,
    /// The SYN-ACK has been acknowledged.
    Done,
}

/// A connection.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    sides: [Side; 2],
    handshake: Handshake,
    /// Who sent the first segment.
    first: Direction,
    /// Who asked for the connection, if that was seen.
    originator: Option<Direction>,
    asked_at: u64,
    answered_at: u64,
    /// Nanoseconds.
    syn_to_syn_ack: Option<u64>,
    /// Nanoseconds.
    syn_ack_to_ack: Option<u64>,
    /// Nanoseconds within which segments are out of order.
    disorder: u64,
    /// Bytes beside the conversation itself.
    memory: u16,
    history: History,
}

impl Conversation {
    /// A connection whose first segment comes in this direction.
    pub(super) fn beginning(direction: Direction) -> Self {
        Self {
            sides: Default::default(),
            handshake: Handshake::None,
            first: direction,
            originator: None,
            asked_at: 0,
            answered_at: 0,
            syn_to_syn_ack: None,
            syn_ack_to_ack: None,
            disorder: DISORDER,
            memory: 0,
            history: History::default(),
        }
    }

    /// Follows a segment.
    #[inline(always)]
    pub(super) fn add(&mut self, segment: &Segment<'_>, direction: Direction) {
        let (own, other) = sides(&mut self.sides, direction);
        // Most often only the place in the stream is new.
        if own.letters.has_kind_of(segment)
            && self.handshake != Handshake::Answered
            && let Some(noted) = own.follow_plain(segment, other, self.disorder)
        {
            return self.record_noted(direction, noted);
        }
        // Only the copy has to be in memory.
        let copy = *segment;
        self.add_other(&copy, direction);
    }

    #[inline(never)]
    pub(super) fn add_other(&mut self, segment: &Segment<'_>, direction: Direction) {
        let (own, other) = sides(&mut self.sides, direction);
        let noted = own.follow(segment, other, self.disorder);
        if segment.has(SYN | FIN | RST) || own.endpoint == Endpoint::Inactive {
            Endpoint::follow(segment, &mut own.endpoint, &mut other.endpoint);
        }
        let is_syn = segment.flags & (SYN | FIN | RST) == SYN;
        if is_syn || self.handshake == Handshake::Answered {
            self.shake_hands(segment, direction, is_syn);
        }
        self.record_kind(segment, direction);
        self.record_noted(direction, noted);
        self.memory = self.sides.iter().map(Side::memory).sum();
    }

    fn shake_hands(&mut self, segment: &Segment<'_>, direction: Direction, is_syn: bool) {
        match (self.handshake, is_syn, segment.has(ACK)) {
            (Handshake::None | Handshake::Asked, true, false) => {
                self.handshake = Handshake::Asked;
                self.take_originator(direction);
                self.note_asked(segment, direction);
            }
            (Handshake::Asked, true, true) if self.originator != Some(direction) => {
                self.handshake = Handshake::Answered;
                self.syn_to_syn_ack = Some(segment.time.saturating_sub(self.asked_at));
                self.answered_at = segment.time;
            }
            (Handshake::None, true, true) => {
                self.handshake = Handshake::Answered;
                self.take_originator(direction.opposite());
                self.answered_at = segment.time;
            }
            // The SYN is sent again: what is out of order is measured from here, as in Wireshark.
            (Handshake::Answered, true, false) => self.note_asked(segment, direction),
            // The SYN-ACK is sent again.
            (Handshake::Answered, true, true) => self.answered_at = segment.time,
            (Handshake::Answered, false, true) if self.originator == Some(direction) => {
                self.handshake = Handshake::Done;
                let answered = segment.time.saturating_sub(self.answered_at);
                if !segment.has(RST) {
                    self.syn_ack_to_ack = Some(answered);
                }
                if self.syn_to_syn_ack.is_some() {
                    self.disorder = segment.time.saturating_sub(self.asked_at);
                }
            }
            _ => {}
        }
    }

    /// Notes when the originator asked for the connection. The other side may ask at the same time (RFC 9293, section 3.5).
    fn note_asked(&mut self, segment: &Segment<'_>, direction: Direction) {
        if self.originator == Some(direction) {
            self.asked_at = segment.time;
        }
    }

    fn record_kind(&mut self, segment: &Segment<'_>, direction: Direction) {
        let letters = &mut self.sides[direction as usize].letters;
        let flags = segment.flags & (SYN | FIN | RST);
        let (letter, once) = match flags {
            0 if segment.length > 0 => (b'D', once::DATA),
            0 if segment.has(ACK) => (b'A', once::ACK),
            0 => return,
            SYN | FIN | RST => {
                let (letter, kind) = match flags {
                    SYN if segment.has(ACK) => (b'H', 0),
                    SYN => (b'S', 1),
                    FIN => (b'F', 2),
                    _ => (b'R', 3),
                };
                if letters.last[kind].replace(segment.sequence) != Some(segment.sequence) {
                    self.history.add(letter, direction);
                }
                return;
            }
            _ if flags & SYN == 0 => (b'I', once::FIN_AND_RST),
            _ => (b'Q', once::SYN_AND_OTHER),
        };
        if letters.once & once == 0 {
            letters.once |= once;
            self.history.add(letter, direction);
        }
    }

    #[inline(always)]
    fn record_noted(&mut self, direction: Direction, noted: Noted) {
        if noted.closes_window {
            let count = self.sides[direction as usize].counts.zero_windows;
            self.history.add_by_count(b'W', direction, count);
        }
        if noted.repeats {
            let letters = &mut self.sides[direction as usize].letters;
            letters.repeats += 1;
            self.history.add_by_count(b'T', direction, letters.repeats);
        }
        // The gap is in what the other side sent.
        let other = direction.opposite();
        for _ in 0..noted.acknowledged_gaps {
            let letters = &mut self.sides[other as usize].letters;
            letters.gaps += 1;
            self.history.add_by_count(b'G', other, letters.gaps);
        }
    }

    pub(super) fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction as usize]
    }

    /// Nanoseconds from the SYN to the SYN-ACK.
    pub(super) fn syn_to_syn_ack(&self) -> Option<u64> {
        self.syn_to_syn_ack
    }

    /// Nanoseconds from the SYN-ACK to its acknowledgment.
    pub(super) fn syn_ack_to_ack(&self) -> Option<u64> {
        self.syn_ack_to_ack
    }

    /// Takes a direction for that of the originator, if that is not known.
    fn take_originator(&mut self, direction: Direction) {
        if self.originator.is_none() {
            self.originator = Some(direction);
            self.history.set_originator(direction);
        }
    }

    fn originator(&self) -> Direction {
        self.originator.unwrap_or(Direction::SrcToDst)
    }

    pub(super) fn conn_state(&self) -> &'static str {
        let originator = self.originator();
        conn_state(self.side(originator).endpoint, self.side(originator.opposite()).endpoint)
    }

    pub(super) fn history(&self) -> &str {
        self.history.text(self.originator() != self.first)
    }

    /// Bytes that the connection takes.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + usize::from(self.memory)
    }
}

/// The side that sends in a direction, and the other.
#[inline(always)]
fn sides([source, destination]: &mut [Side; 2], direction: Direction) -> (&mut Side, &mut Side) {
    match direction {
        Direction::SrcToDst => (source, destination),
        Direction::DstToSrc => (destination, source),
    }
}
