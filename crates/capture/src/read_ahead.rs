//! Reading ahead: several threads copy the bytes of a plain file, and only one thread at a time searches them for records.
//!
//! Threads claim the pieces of the file in order. Each thread reads its piece into a block of its own, and looks for records in
//! it after all pieces before it have been searched.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::Block;
use crate::piece::Piece;

/// Room before a piece in a block, for the beginning of a record that the previous piece ends with.
pub(crate) const HEADROOM: usize = 64 * 1024;

/// Number of bytes of a piece: few enough that the pieces of several threads stay in a cache together, many enough that the
/// system calls cost little.
const PIECE: usize = Block::CAPACITY / 2 - HEADROOM;

/// A piece of a file, to be read by the thread that claimed it.
#[derive(Debug)]
pub struct Claim {
    file: Arc<File>,
    position: u64,
}

impl Claim {
    /// Reads the piece into a block, and removes the block's frames. The next [`fill`](crate::Source::fill) of that block takes
    /// the bytes from there, if it is this piece's turn.
    pub fn read_into(self, block: &mut Block) {
        let Self { file, position } = self;
        let (buffer, _) = block.parts();
        let mut length = 0;
        while let Some(room) =
            buffer.get_mut(HEADROOM + length..HEADROOM + PIECE).filter(|room| !room.is_empty())
        {
            match file.read_at(room, position + length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The piece is read again when its turn comes, and the error is reported then.
                Err(_) => break,
            }
        }
        block.put_piece(Piece { file, position, length });
    }
}

/// A plain file, and the pieces that threads have claimed.
pub(crate) struct Pieces {
    file: Arc<File>,
    /// Number of bytes of the file when it was opened.
    length: u64,
    /// The offsets of the claimed pieces that have not had their turn.
    claimed: VecDeque<u64>,
    /// Set when a record did not fit before its piece: claiming more pieces is useless then.
    given_up: bool,
}

impl Pieces {
    pub(crate) fn of(file: Arc<File>) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length, claimed: VecDeque::new(), given_up: false })
    }

    /// Claims the next piece after those that are claimed, if there is one; `received` bytes of the file have had their turn.
    pub(crate) fn claim(&mut self, received: u64) -> Option<Claim> {
        let position = self.claimed.back().map_or(received, |last| last + PIECE as u64);
        if self.given_up || position >= self.length {
            return None;
        }
        self.claimed.push_back(position);
        Some(Claim { file: Arc::clone(&self.file), position })
    }

    /// Whether another thread has the next bytes.
    pub(crate) fn is_claimed(&self, received: u64) -> bool {
        self.claimed.front() == Some(&received)
    }

    /// Whether a piece is next, and the bytes carried over from before fit in front of it.
    pub(crate) fn take(&mut self, piece: &Piece, received: u64, before: usize) -> bool {
        if !Arc::ptr_eq(&piece.file, &self.file) || piece.position != received || !self.is_claimed(received) {
            return false;
        }
        self.claimed.pop_front();
        if before <= HEADROOM && piece.length > 0 {
            return true;
        }
        self.given_up = true;
        self.claimed.clear();
        false
    }

    pub(crate) fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.read_at(buffer, position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::{Block, Captures, Claim, Input, Source, Timestamp};

    /// A classic pcap of packets of these lengths; the time of each is its number in seconds.
    fn capture(lengths: impl Iterator<Item = usize>) -> tempfile::NamedTempFile {
        let mut bytes = [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 0, 1].map(u32::to_be_bytes).concat();
        for (number, length) in lengths.enumerate() {
            let length = length as u32;
            bytes.extend([number as u32, 0, length, length].map(u32::to_be_bytes).concat());
            bytes.extend((0..length).map(|at| (at as usize + number) as u8));
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    type Frames = Vec<(Timestamp, Vec<u8>)>;

    fn add(block: &Block, frames: &mut Frames) {
        frames.extend(block.frames().map(|frame| (frame.time, frame.bytes.to_vec())));
    }

    /// Reads as `readers` threads that take turns would. Also returns how many blocks came from pieces.
    fn read(files: &[&tempfile::NamedTempFile], readers: usize) -> (Frames, usize) {
        let mut captures = Captures::open(files.iter().map(|file| Input::from(file.path()))).unwrap();
        let mut claims: Vec<Option<Claim>> = (0..readers).map(|_| None).collect();
        let (mut frames, mut pieces) = (Frames::new(), 0);
        loop {
            for claim in &mut claims {
                let mut block = Block::default();
                let has_piece = claim.is_some();
                if let Some(claim) = claim.take() {
                    claim.read_into(&mut block);
                }
                if !captures.fill(&mut block).unwrap() {
                    return (frames, pieces);
                }
                pieces += usize::from(has_piece && !block.is_empty());
                add(&block, &mut frames);
                *claim = captures.claim();
            }
        }
    }

    #[test]
    fn any_number_of_readers_gives_the_same() {
        let regular = capture((0..5_000).map(|number| number % 1_500));
        let short = capture([60, 60].into_iter());
        // Records longer than the room before a piece: reading continues without pieces.
        let jumbo = capture((0..40).map(|number| if number % 2 == 0 { 200_000 } else { 100 }));
        let files = [&regular, &short, &jumbo, &regular];
        let mut captures = Captures::open(files.map(|file| Input::from(file.path()))).unwrap();
        let (mut expected, mut block) = (Frames::new(), Block::default());
        while captures.fill(&mut block).unwrap() {
            add(&block, &mut expected);
        }
        for readers in [1, 2, 3, 8] {
            let (frames, pieces) = read(&files, readers);
            assert!(frames == expected, "{readers} readers");
            assert!(pieces > 5, "{pieces} pieces, {readers} readers");
        }
    }

    #[test]
    fn what_is_cut_off_is_told_once() {
        let file = capture((0..3_000).map(|_| 1_000));
        let length = file.as_file().metadata().unwrap().len();
        file.as_file().set_len(length - 1).unwrap();
        let mut captures = Captures::open([Input::from(file.path())]).unwrap();
        let (mut frames, mut block) = (Frames::new(), Block::default());
        while captures.fill(&mut block).unwrap() {
            add(&block, &mut frames);
            if let Some(claim) = captures.claim() {
                claim.read_into(&mut block);
            }
        }
        assert_eq!((frames.len(), captures.damages().len()), (2_999, 1));
        assert_eq!(captures.damages()[0].offset, length - 1_016);
        assert_eq!(captures.progress().read_bytes(), length - 1);
    }
}
