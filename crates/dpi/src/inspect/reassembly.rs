//! The first bytes of one direction of a TCP connection, in order.

/// Most bytes that wait for the rest of their message. A TLS certificate chain fits.
const LONGEST_MESSAGE: usize = 32 * 1024;

/// Most segments that wait for a missing one, and most bytes in them.
const MOST_AHEAD: usize = 4;
const MOST_BYTES_AHEAD: usize = 32 * 1024;

/// Most bytes of zeros that may be padding: a segment of TCP without options, in IPv4 and Ethernet, is 54 bytes, and the shortest
/// frame has 60 (IEEE 802.3, without the frame check sequence).
const LONGEST_PADDING: usize = 6;

/// Longest distance of a retransmitted segment behind the next sequence number. If a segment is farther behind, the
/// connection is another one, or its answer came from elsewhere.
const FARTHEST_BEHIND: i32 = 1 << 20;

/// Puts segments in order, and keeps the bytes that an unfinished message needs.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The next sequence number, once it is known.
    next: Option<u32>,
    /// Sequence number of the first segment, if the beginning of the connection was not seen (`has_first`).
    first: u32,
    has_first: bool,
    /// Number of bytes at the end of what came so far that may be padding, which a host has counted as payload.
    padding: u8,
    /// Present while there is something to keep.
    kept: Option<Box<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The beginning of an unfinished message.
    begun: Vec<u8>,
    /// Segments that came too early.
    ahead: Vec<(u32, Box<[u8]>)>,
}

/// Whether a payload may be padding: a few zeros.
fn may_be_padding(payload: &[u8]) -> bool {
    (1..=LONGEST_PADDING).contains(&payload.len()) && payload.iter().all(|byte| *byte == 0)
}

/// How far a sequence number is ahead of another (RFC 9293, section 3.4: arithmetic modulo 2^32).
fn ahead_of(sequence: u32, other: u32) -> i32 {
    sequence.wrapping_sub(other) as i32
}

/// The next sequence number after a SYN, if the SYN opens another connection than the one in which `next` comes next. A SYN
/// occupies one sequence number. A SYN that is retransmitted, or that comes after later segments, changes nothing.
pub(crate) fn opened(next: Option<u32>, sequence: u32) -> Option<u32> {
    let first = sequence.wrapping_add(1);
    let is_known = next.is_some_and(|next| (-FARTHEST_BEHIND..=0).contains(&ahead_of(first, next)));
    (!is_known).then_some(first)
}

impl Stream {
    /// A stream with this next sequence number, if it is known.
    pub(crate) fn at(next: Option<u32>) -> Self {
        Self { next, ..Self::default() }
    }

    fn first(&self) -> Option<u32> {
        self.has_first.then_some(self.first)
    }

    fn begin_at(&mut self, sequence: u32) {
        (self.first, self.has_first) = (sequence, true);
    }

    /// Bytes of memory that the stream takes besides itself.
    pub(crate) fn memory(&self) -> usize {
        let Some(Kept { begun, ahead, .. }) = self.kept.as_deref() else { return 0 };
        let segments: usize = ahead.iter().map(|(_, payload)| payload.len()).sum();
        size_of::<Kept>() + begun.capacity() + ahead.capacity() * size_of::<(u32, Box<[u8]>)>() + segments
    }

    /// Takes a SYN. It opens another connection, unless its own is already open.
    pub(crate) fn open(&mut self, sequence: u32) {
        if let Some(next) = opened(self.next, sequence) {
            *self = Self::at(Some(next));
        }
    }

    /// Whether a segment comes directly before the first one, which then came too early.
    pub(crate) fn is_before_first(&self, sequence: u32, payload: &[u8]) -> bool {
        self.first().is_some_and(|first| sequence.wrapping_add(payload.len() as u32) == first)
            && !payload.is_empty()
    }

    /// Hands on such a segment as the beginning. The message that was begun is given up.
    pub(crate) fn begin_before<T>(
        &mut self,
        sequence: u32,
        payload: &[u8],
        inspect: impl FnOnce(&[u8]) -> (T, bool),
    ) -> T {
        self.begin_at(sequence);
        self.hand_on(payload.to_vec(), inspect)
    }

    /// Takes in a segment and hands on the bytes that are now in order: the message so far and the new bytes. Calls
    /// `inspect` at most once; it says whether it wants these bytes again with more.
    pub(crate) fn accept<T>(
        &mut self,
        sequence: u32,
        payload: &[u8],
        inspect: impl FnOnce(&[u8]) -> (T, bool),
    ) -> Option<T> {
        if self.next.is_none() {
            self.begin_at(sequence);
        }
        let next = *self.next.get_or_insert(sequence);
        let mut early = ahead_of(sequence, next);
        if early < -FARTHEST_BEHIND {
            *self = Self { next: Some(sequence), ..Self::default() };
            self.begin_at(sequence);
            early = 0;
        }
        if early > 0 {
            let Kept { ahead, .. } = &mut **self.kept.get_or_insert_default();
            ahead.reserve_exact(1);
            ahead.push((sequence, payload.into()));
            let bytes: usize = ahead.iter().map(|(_, payload)| payload.len()).sum();
            if ahead.len() <= MOST_AHEAD && bytes <= MOST_BYTES_AHEAD {
                return None;
            }
            return self.pass_gap(inspect);
        }
        let fresh = payload.get(early.min(0).unsigned_abs() as usize..).unwrap_or_default();
        if fresh.is_empty() {
            return None;
        }
        self.next = self.next.map(|next| next.wrapping_add(fresh.len() as u32));
        let is_alone = self.kept.as_ref().is_none_or(|kept| kept.ahead.is_empty());
        self.padding = if may_be_padding(payload) && is_alone { fresh.len() as u8 } else { 0 };
        let Some(kept) = &mut self.kept else {
            let (result, again) = inspect(fresh);
            if again {
                self.begin(fresh);
            }
            return Some(result);
        };
        let mut message = std::mem::take(&mut kept.begun);
        message.reserve_exact(fresh.len());
        message.extend_from_slice(fresh);
        self.follow(&mut message);
        Some(self.hand_on(message, inspect))
    }

    /// Skips what may be padding and is not in the middle of a message: nobody is shown it before it is clear what it is.
    /// Returns whether it did.
    pub(crate) fn skip_padding(&mut self, sequence: u32, payload: &[u8]) -> bool {
        if self.next.is_none() {
            self.begin_at(sequence);
        }
        let next = *self.next.get_or_insert(sequence);
        let is_padding = self.kept.is_none() && sequence == next && may_be_padding(payload);
        if is_padding {
            self.kept.get_or_insert_default().begun = payload.to_vec();
            self.padding = payload.len() as u8;
            self.next = Some(sequence.wrapping_add(payload.len() as u32));
        }
        is_padding
    }

    /// Takes padding back if a longer segment has other bytes in its place: the receiver has not taken the padding for data.
    /// Returns whether a message begins there.
    pub(crate) fn take_back_padding(&mut self, sequence: u32, payload: &[u8]) -> bool {
        let padding = usize::from(self.padding);
        let is_in_place = self.next.is_some_and(|next| next.wrapping_sub(sequence) as usize == padding);
        let has_other_bytes = || payload.iter().take(padding).any(|byte| *byte != 0);
        if padding == 0 || !is_in_place || payload.len() <= padding || !has_other_bytes() {
            return false;
        }
        (self.next, self.padding) = (Some(sequence), 0);
        let Some(kept) = self.kept.as_deref_mut() else { return true };
        kept.begun.truncate(kept.begun.len().saturating_sub(padding));
        kept.begun.is_empty()
    }

    /// Whether a segment comes directly after a first one of one byte, in a connection whose beginning was not seen. That byte may
    /// be of a keep-alive: it has the sequence number before the next (RFC 9293, section 3.8.4).
    pub(crate) fn follows_keep_alive(&self, sequence: u32) -> bool {
        self.next == Some(sequence) && self.first().is_some_and(|first| first.wrapping_add(1) == sequence)
    }

    /// Begins with the message in a segment that was handed on last, without the bytes before it.
    pub(crate) fn begin_with(&mut self, message: Option<&[u8]>) {
        if let Some(kept) = self.kept.as_deref_mut() {
            kept.begun.clear();
        }
        if let Some(message) = message {
            self.begin(message);
        }
    }

    /// Passes over a gap, because the missing segment was not captured. Goes on with the earliest segment after the gap.
    fn pass_gap<T>(&mut self, inspect: impl FnOnce(&[u8]) -> (T, bool)) -> Option<T> {
        let kept = self.kept.as_mut()?;
        kept.begun = Vec::new();
        self.padding = 0;
        let earliest = *kept
            .ahead
            .iter()
            .map(|(sequence, _)| sequence)
            .reduce(|a, b| if ahead_of(*a, *b) < 0 { a } else { b })?;
        self.next = Some(earliest);
        let mut message = Vec::new();
        self.follow(&mut message);
        (!message.is_empty()).then(|| self.hand_on(message, inspect))
    }

    fn hand_on<T>(&mut self, message: Vec<u8>, inspect: impl FnOnce(&[u8]) -> (T, bool)) -> T {
        let (result, again) = inspect(&message);
        if again && message.len() <= LONGEST_MESSAGE {
            self.kept.get_or_insert_default().begun = message;
        } else if self.kept.as_ref().is_some_and(|kept| kept.begun.is_empty() && kept.ahead.is_empty()) {
            self.kept = None;
        }
        result
    }

    fn begin(&mut self, bytes: &[u8]) {
        if bytes.len() <= LONGEST_MESSAGE {
            self.kept.get_or_insert_default().begun = bytes.to_vec();
        }
    }

    /// Adds the segments that are next in order.
    fn follow(&mut self, message: &mut Vec<u8>) {
        while let Some((next, Kept { ahead, .. })) = self.next.zip(self.kept.as_deref_mut()) {
            let due = |(sequence, _): &(u32, Box<[u8]>)| ahead_of(*sequence, next) <= 0;
            let Some(place) = ahead.iter().position(due) else { return };
            let (sequence, payload) = ahead.swap_remove(place);
            let known = ahead_of(next, sequence).unsigned_abs() as usize;
            let fresh = payload.get(known..).unwrap_or_default();
            message.extend_from_slice(fresh);
            self.next = Some(next.wrapping_add(fresh.len() as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds segments and collects what is handed on, asking for all again each time.
    fn seen(segments: &[(u32, &[u8])]) -> Vec<String> {
        seen_with_padding(segments, false)
    }

    fn seen_with_padding(segments: &[(u32, &[u8])], skips_padding: bool) -> Vec<String> {
        let mut stream = Stream::default();
        stream.open(99);
        let show = |bytes: &[u8]| (String::from_utf8_lossy(bytes).into_owned(), true);
        let accept = |(sequence, payload): &(u32, &[u8])| {
            stream.take_back_padding(*sequence, payload);
            let is_skipped = skips_padding && stream.skip_padding(*sequence, payload);
            if is_skipped { None } else { stream.accept(*sequence, payload, show) }
        };
        segments.iter().filter_map(accept).collect()
    }

    #[test]
    fn what_comes_late_twice_or_overlapping_is_put_in_order() {
        assert_eq!(seen(&[(100, b"ab"), (102, b"c")]), ["ab", "abc"]);
        assert_eq!(seen(&[(100, b"ab"), (100, b"ab"), (101, b"bcd")]), ["ab", "abcd"]);
        assert_eq!(seen(&[(102, b"cd"), (104, b"e"), (100, b"ab")]), ["abcde"]);
        assert_eq!(seen(&[(103, b"def"), (102, b"c"), (100, b"abc")]), ["abcdef"]);
    }

    #[test]
    fn zeros_are_padding_if_others_follow_in_their_place() {
        let skipped = |segments: &[(u32, &[u8])]| seen_with_padding(segments, true);
        assert_eq!(skipped(&[(100, b"\0\0"), (100, b"abc"), (103, b"d")]), ["abc", "abcd"]);
        assert_eq!(skipped(&[(100, b"\0\0"), (102, b"abc")]), ["\0\0abc"]);
        assert_eq!(skipped(&[(100, b"\0\0"), (100, b"\0\0"), (102, b"c")]), ["\0\0c"]);
        let twice: [(u32, &[u8]); 4] = [(100, b"\0\0"), (100, b"\0\0"), (99, b"\0\0"), (100, b"abc")];
        assert_eq!(skipped(&twice), ["abc"]);
        let within: [(u32, &[u8]); 3] = [(100, b"ab"), (102, b"\0\0"), (102, b"cd\0")];
        assert_eq!(skipped(&within), ["ab", "ab\0\0", "abcd\0"]);
        assert_eq!(skipped(&[(100, &[0; 7])]).len(), 1);
        // Those that were shown are taken back, too.
        assert_eq!(seen(&within), ["ab", "ab\0\0", "abcd\0"]);
        assert_eq!(seen(&[(100, b"\0\0"), (100, b"abc")]), ["\0\0", "abc"]);
        assert_eq!(seen(&[(100, b"\0\0"), (100, b"\0\0c")]), ["\0\0", "\0\0c"]);
        assert_eq!(seen(&[(100, &[0; 7]), (100, b"abcdefgh")]), ["\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0h"]);
    }

    #[test]
    fn a_gap_that_stays_is_passed_over() {
        let mut segments: Vec<(u32, &[u8])> = vec![(100, b"lost")];
        segments.extend((0..5).rev().map(|number| (110 + number, &b"x"[..])));
        assert_eq!(seen(&segments), ["lost", "xxxxx"]);
    }

    #[test]
    fn large_segments_do_not_wait_long_for_one_that_is_missing() {
        let (early, late) = (vec![b'x'; MOST_BYTES_AHEAD - 1], vec![b'y'; 2]);
        let mut stream = Stream::at(Some(100));
        let count = |bytes: &[u8]| (bytes.len(), false);
        assert_eq!((stream.accept(110, &early, count), stream.memory() > early.len()), (None, true));
        let next = 110 + early.len() as u32;
        assert_eq!((stream.accept(next, &late, count), stream.memory()), (Some(early.len() + 2), 0));
    }

    #[test]
    fn another_connection_begins_anew() {
        let other = 100_u32.wrapping_sub(2 << 20);
        assert_eq!(seen(&[(100, b"ab"), (other, b"cd"), (other.wrapping_add(2), b"e")]), ["ab", "cd", "cde"]);
    }

    #[test]
    fn what_belongs_before_the_first_is_told() {
        let mut stream = Stream::default();
        let show = |bytes: &[u8]| (bytes.to_vec(), true);
        assert_eq!(stream.accept(102, b"cd", show), Some(b"cd".to_vec()));
        assert!(stream.is_before_first(100, b"ab") && !stream.is_before_first(99, b"ab"));
        assert_eq!(stream.begin_before(100, b"ab", show), b"ab");
        let mut opened = Stream::default();
        opened.open(101);
        assert_eq!(opened.accept(102, b"cd", show), Some(b"cd".to_vec()));
        assert!(!opened.is_before_first(100, b"ab"));
    }

    #[test]
    fn a_syn_that_comes_again_or_late_changes_nothing() {
        let mut stream = Stream::default();
        let show = |bytes: &[u8]| (bytes.to_vec(), true);
        assert_eq!(stream.accept(100, b"ab", show), Some(b"ab".to_vec()));
        stream.open(99);
        assert_eq!(stream.accept(100, b"abc", show), Some(b"abc".to_vec()));
        stream.open(5000);
        assert_eq!(stream.accept(5001, b"d", show), Some(b"d".to_vec()));
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut stream = Stream::default();
        stream.open(u32::MAX - 2);
        assert_eq!(stream.accept(u32::MAX - 1, b"ab", |bytes| (bytes.to_vec(), true)), Some(b"ab".to_vec()));
        assert_eq!(stream.accept(0, b"c", |bytes| (bytes.to_vec(), false)), Some(b"abc".to_vec()));
        assert_eq!(stream.accept(1, b"d", |bytes| (bytes.to_vec(), false)), Some(b"d".to_vec()));
    }
}
