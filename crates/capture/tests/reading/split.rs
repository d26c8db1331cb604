//! However the bytes arrive, the frames are the same.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use proptest::prelude::*;

use crate::writer::{self, Written};
use crate::{read, read_bytes};

static KINDS: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let mut kinds = writer::every_kind();
    kinds.push(writer::many_packets(60));
    kinds
});

/// Gives at each read only so many bytes; none stands for a read that a signal interrupts.
struct Piecemeal {
    bytes: Cursor<Vec<u8>>,
    pieces: VecDeque<usize>,
}

impl Read for Piecemeal {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.pieces.pop_front().unwrap_or(usize::MAX);
        if piece == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = piece.min(buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}

fn pieces() -> impl Strategy<Value = VecDeque<usize>> {
    prop::collection::vec_deque(prop_oneof![0..4usize, 0..40usize, 0..4000usize], 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_split_gives_the_same(kind in 0..KINDS.len(), pieces in pieces()) {
        let written = &KINDS[kind];
        let bytes = Cursor::new(written.bytes.clone());
        let expected = (written.packets.clone(), vec![]);
        prop_assert_eq!(read(Piecemeal { bytes, pieces }).unwrap(), expected);
    }

    /// Whatever bytes are changed, added or cut off: no panic, an end, and the same result in any pieces.
    #[test]
    fn any_split_of_anything_gives_the_same(
        kind in 0..KINDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
        pieces in pieces(),
    ) {
        let mut bytes = KINDS[kind].bytes.clone();
        for (position, value) in changes {
            *position.get_mut(&mut bytes) = value;
        }
        bytes.truncate(length.index(2 * bytes.len()));
        let whole = read_bytes(&bytes).map_err(|error| error.to_string());
        let split = read(Piecemeal { bytes: Cursor::new(bytes), pieces }).map_err(|error| error.to_string());
        prop_assert_eq!(split, whole);
    }

    #[test]
    fn noise_after_a_file_header_is_survived(
        kind in 0..KINDS.len(),
        noise in prop::collection::vec(prop_oneof![Just(0u8), 0..8u8, any::<u8>()], 0..500),
    ) {
        let mut bytes = KINDS[kind].bytes[..KINDS[kind].boundaries[0].0.max(28).min(KINDS[kind].bytes.len())].to_vec();
        bytes.extend(noise);
        let (packets, damages) = read_bytes(&bytes).unwrap();
        let found: usize = packets.iter().map(|packet| packet.bytes.len()).sum();
        prop_assert!(found <= bytes.len() && damages.len() <= 1);
    }
}
