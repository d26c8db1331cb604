//! The data of a datagram, as far as its fragments have come (RFC 815).
//!
//! What has come and what is missing depends on the offsets and sizes of fragments alone, so it is the same in every
//! meter, whether the meter keeps the bytes or not.

/// Bytes that a piece takes beside its data.
const PIECE: usize = size_of::<Piece>();

/// The pieces of a datagram.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The pieces, in order; none overlaps another.
    pieces: Vec<Piece>,
    /// The captured data of all pieces, in order of arrival; `None` if this meter does not need it.
    bytes: Option<Vec<u8>>,
    /// Bytes of the datagram that have come.
    covered: u32,
    /// Size of the datagram, which its last fragment tells.
    size: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    end: u32,
    /// Where its data begins in the bytes, and how much of it was captured.
    at: u32,
    captured: u32,
}

/// How a fragment fits to those that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// All of it is new.
    New,
    /// It came before, with the same data as far as that is known.
    Copy,
    /// Parts of it came before, with the same data as far as that is known.
    Overlap,
    /// Some of it came before with other data, or it contradicts the size of the datagram and is not added.
    Contradiction,
}

/// A fragment's place in its datagram, with its captured data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) has_more: bool,
    pub(super) bytes: &'a [u8],
}

impl Default for Pieces {
    fn default() -> Self {
        Self { pieces: Vec::new(), bytes: Some(Vec::new()), covered: 0, size: None }
    }
}

impl Pieces {
    /// Adds the data of a fragment, as far as it is new.
    pub(super) fn add(&mut self, data: Data<'_>) -> Fit {
        let Data { start, end, has_more, .. } = data;
        if self.contradicts_size(&data) {
            return Fit::Contradiction;
        }
        if !has_more {
            self.size = Some(end);
        }
        let first = self.pieces.partition_point(|piece| piece.end <= start);
        let met = self.pieces.get(first..).unwrap_or_default();
        let met = met.get(..met.partition_point(|piece| piece.start < end)).unwrap_or_default();
        let fit = match met {
            _ if met.iter().any(|piece| self.differs(piece, &data)) => Fit::Contradiction,
            [] => Fit::New,
            [piece] if (piece.start, piece.end) == (start, end) => return Fit::Copy,
            _ => Fit::Overlap,
        };
        let met = met.to_vec();
        let mut at = start;
        for piece in met {
            self.insert(at, piece.start, &data);
            at = piece.end;
        }
        self.insert(at, end, &data);
        fit
    }

    fn contradicts_size(&self, data: &Data<'_>) -> bool {
        let known = self.pieces.last().map_or(0, |last| last.end);
        match self.size {
            Some(size) => data.end > size || !data.has_more && data.end != size,
            None => !data.has_more && data.end < known,
        }
    }

    /// Whether the data of a fragment differs from that of a piece, where both were captured.
    fn differs(&self, piece: &Piece, data: &Data<'_>) -> bool {
        let Some(bytes) = &self.bytes else { return false };
        let from = piece.start.max(data.start);
        let (at, captured) = (piece.at as usize, piece.captured as usize);
        let known = bytes.get(at..at + captured).unwrap_or_default();
        let known = known.get((from - piece.start) as usize..).unwrap_or_default();
        let new = data.bytes.get((from - data.start) as usize..).unwrap_or_default();
        known.iter().zip(new).any(|(known, new)| known != new)
    }

    /// Inserts the part of a fragment between two offsets.
    fn insert(&mut self, start: u32, end: u32, data: &Data<'_>) {
        if start >= end {
            return;
        }
        let (mut at, mut captured) = (0, 0);
        if let Some(bytes) = &mut self.bytes {
            let new = data.bytes.get((start - data.start) as usize..).unwrap_or_default();
            let new = new.get(..(end - start) as usize).unwrap_or(new);
            (at, captured) = (bytes.len() as u32, new.len() as u32);
            bytes.extend_from_slice(new);
        }
        let place = self.pieces.partition_point(|piece| piece.start < start);
        self.pieces.insert(place, Piece { start, end, at, captured });
        self.covered += end - start;
    }

    /// Whether the whole datagram has come.
    pub(super) fn is_whole(&self) -> bool {
        self.size == Some(self.covered)
    }

    /// Number of pieces.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The same number in every meter: about as many bytes as the pieces take where their data is kept.
    pub(super) fn charge(&self) -> usize {
        self.covered as usize + self.pieces.len() * PIECE
    }

    /// Forgets the data.
    pub(super) fn drop_bytes(&mut self) {
        self.bytes = None;
    }

    /// Appends the data to `to`, from the start of the datagram to the first gap. Returns how much of the datagram came
    /// without a gap, captured or not.
    pub(super) fn append_to(&self, to: &mut Vec<u8>) -> u32 {
        let (mut reached, mut is_captured) = (0, true);
        for piece in &self.pieces {
            if piece.start != reached {
                break;
            }
            reached = piece.end;
            if let (true, Some(bytes)) = (is_captured, &self.bytes) {
                let (at, captured) = (piece.at as usize, piece.captured as usize);
                to.extend_from_slice(bytes.get(at..at + captured).unwrap_or_default());
            }
            is_captured &= piece.captured == piece.end - piece.start;
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the datagram of the tests holds.
    fn datagram(size: usize) -> Vec<u8> {
        (0..size).map(|at| (at % 251) as u8).collect()
    }

    fn data(of: &[u8], start: usize, end: usize) -> Data<'_> {
        Data { start: start as u32, end: end as u32, has_more: end < of.len(), bytes: &of[start..end] }
    }

    #[test]
    fn fits() {
        let whole = datagram(64);
        let mut pieces = Pieces::default();
        assert_eq!(pieces.add(data(&whole, 32, 64)), Fit::New);
        assert_eq!(pieces.add(data(&whole, 32, 64)), Fit::Copy);
        assert_eq!(pieces.add(data(&whole, 24, 40)), Fit::Overlap);
        assert_eq!(pieces.add(Data { bytes: &[9; 16], ..data(&whole, 0, 16) }), Fit::New);
        assert_eq!(pieces.add(data(&whole, 0, 16)), Fit::Contradiction);
        assert_eq!(
            pieces.add(Data { start: 56, end: 72, has_more: true, bytes: &[0; 16] }),
            Fit::Contradiction
        );
        assert!(!pieces.is_whole());
        let mut shown = Vec::new();
        assert_eq!((pieces.append_to(&mut shown), shown), (16, vec![9; 16]));
    }

    #[test]
    fn what_was_not_captured_ends_what_is_shown() {
        let whole = datagram(48);
        let mut pieces = Pieces::default();
        pieces.add(Data { bytes: &whole[..10], ..data(&whole, 0, 16) });
        pieces.add(data(&whole, 16, 48));
        let mut shown = Vec::new();
        assert!(pieces.is_whole());
        assert_eq!((pieces.append_to(&mut shown), shown), (48, whole[..10].to_vec()));
    }

    proptest! {
        #[test]
        fn whatever_the_order_the_datagram_is_whole_when_every_byte_has_come(
            size in 1..400_usize,
            cuts in prop::collection::vec((0..400_usize, 1..100_usize), 1..60),
            keeps: bool,
        ) {
            let whole = datagram(size);
            let mut pieces = Pieces::default();
            if !keeps {
                pieces.drop_bytes();
            }
            let mut has_come = vec![false; size];
            let mut is_ended = false;
            for (start, length) in cuts {
                let (start, end) = (start.min(size - 1), (start + length).min(size).max(start.min(size - 1) + 1));
                let fit = pieces.add(data(&whole, start, end));
                prop_assert!(fit != Fit::Contradiction);
                prop_assert_eq!(fit == Fit::New, !has_come[start..end].contains(&true));
                has_come[start..end].fill(true);
                is_ended |= end == size;
                prop_assert_eq!(pieces.is_whole(), is_ended && !has_come.contains(&false));
                let mut shown = Vec::new();
                let reached = has_come.iter().position(|has_come| !has_come).unwrap_or(size);
                prop_assert_eq!(pieces.append_to(&mut shown), reached as u32);
                prop_assert_eq!(&shown[..], if keeps { &whole[..reached] } else { &[] });
                prop_assert_eq!(pieces.covered as usize, has_come.iter().filter(|come| **come).count());
            }
        }
    }
}
