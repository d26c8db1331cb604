//! [`Captures`]: a list of capture files read as one.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use crate::compressed::{self, Compression, Decompressed};
use crate::format::{self, Format};
use crate::piece::Piece;
use crate::read_ahead::{HEADROOM, Pieces};
use crate::{Block, Claim, Damage, Error, Input, Progress, Reason, Source};

/// An input that has been opened.
struct Opened {
    file: Box<dyn Read + Send>,
    pace: Pace,
    /// The same file, if it is a regular file that begins where it is opened.
    pieces: Option<Pieces>,
    /// Whether the program that uses the library gave the reader, and wants to learn of its errors.
    is_given: bool,
}

impl Opened {
    fn open(input: &Input) -> Result<Self, Error> {
        let opened = match input {
            Input::Path(path) => Self::path(path),
            Input::Stdin => Self::stdin(),
            Input::Reader(opener) => (opener.open)().map(Self::given),
        };
        opened.map_err(|source| Error::Open { input: input.to_string(), source })
    }

    fn path(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_file() {
            let file = Arc::new(File::open(path)?);
            let pieces = Some(Pieces::of(Arc::clone(&file))?);
            return Ok(Self { file: Box::new(file), pace: Pace::Full, pieces, is_given: false });
        }
        // Opening a FIFO in any other way would wait for a writer.
        let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
        Ok(Self::patient(file))
    }

    fn stdin() -> io::Result<Self> {
        let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        if file.metadata()?.is_file() {
            return Ok(Self { file: Box::new(file), pace: Pace::Full, pieces: None, is_given: false });
        }
        Ok(Self::patient(file))
    }

    fn patient(file: File) -> Self {
        Self { file: Box::new(Patient(file)), pace: Pace::Prompt, pieces: None, is_given: false }
    }

    fn given(reader: Box<dyn Read + Send>) -> Self {
        Self { file: reader, pace: Pace::Prompt, pieces: None, is_given: true }
    }
}

/// A FIFO, pipe or device. A read waits for at most [`PATIENCE`], and then fails with [`io::ErrorKind::WouldBlock`].
struct Patient(File);

/// How long [`Source::fill`] waits for a silent input.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut waited = [PollFd::new(&self.0, PollFlags::IN)];
        if poll(&mut waited, Some(&PATIENCE))? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(buffer)
    }
}

/// A list of captures read as one, in the order given. Each may have its own format, compression and link type.
pub struct Captures {
    waiting: VecDeque<Input>,
    /// Whether there are several inputs, so that one without content is not an error.
    are_several: bool,
    beginning: Option<Beginning>,
    current: Option<Capture>,
    damages: Vec<Damage>,
    progress: Progress,
    may_block: bool,
    checks_fractions: bool,
}

impl Captures {
    /// Checks the beginning of every file now, so that a mistake in the last file of a list is reported before the first is read.
    /// FIFOs, devices, the standard input and readers are checked only when their turn comes.
    ///
    /// Among several inputs, an input that is empty or ends inside its file header is a [`Damage`], like an input that ends
    /// inside a record.
    ///
    /// # Errors
    ///
    /// The first input that is missing, not permitted, a directory, not a capture, or not decompressible. Without any other
    /// input, the first that is empty or ends inside its file header.
    pub fn open(inputs: impl IntoIterator<Item = Input>) -> Result<Self, Error> {
        let waiting: VecDeque<Input> = inputs.into_iter().collect();
        let mut total = Some(0u64);
        let (mut nothing_in, mut without_frames) = (None, 0);
        for input in &waiting {
            let length = match look_at(input) {
                Err(error) if error.damage().is_some() => {
                    nothing_in.get_or_insert(error);
                    without_frames += 1;
                    Some(0)
                }
                looked_at => looked_at?,
            };
            total = total.zip(length).map(|(total, length)| total.saturating_add(length));
        }
        if let Some(error) = nothing_in.filter(|_| without_frames == waiting.len()) {
            return Err(error);
        }
        Ok(Self {
            may_block: waiting.iter().any(|input| matches!(input, Input::Reader(_))),
            are_several: waiting.len() > 1,
            waiting,
            beginning: None,
            current: None,
            damages: Vec::new(),
            progress: Progress::of(total),
            checks_fractions: false,
        })
    }

    /// Opens one capture from anything that can be read, such as bytes in memory; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// The reader does not begin like a capture.
    pub fn from_reader(name: &str, reader: impl Read + Send + 'static) -> Result<Self, Error> {
        let progress = Progress::of(None);
        let opened = Opened { is_given: false, ..Opened::given(Box::new(reader)) };
        let mut beginning = Beginning::new(name.to_owned(), opened, &progress);
        let current = loop {
            match beginning.advance()? {
                Begun::Capture(capture) => break Some(capture),
                Begun::Silent(silent) => beginning = silent,
            }
        };
        let (waiting, damages) = (VecDeque::new(), Vec::new());
        Ok(Self {
            waiting,
            are_several: false,
            beginning: None,
            current,
            damages,
            progress,
            may_block: true,
            checks_fractions: false,
        })
    }

    /// Takes the fraction of a second in a record of a pcap file for [damage](Reason::Fraction) if it is a second or more. Otherwise
    /// the seconds carry over.
    pub fn check_fractions(&mut self) {
        self.checks_fractions = true;
        if let Some(capture) = &mut self.current {
            capture.format.check_fractions();
        }
    }

    /// Whether the capture at hand is a pipe, FIFO, device or given reader, whose packets come when they happen: an empty block then
    /// means that nothing has come for a while.
    #[must_use]
    pub fn comes_by_and_by(&self) -> bool {
        self.current.as_ref().is_none_or(|capture| capture.pace == Pace::Prompt)
    }

    /// Whether [`fill`](Source::fill) may wait without end: an input is a reader from elsewhere. Files, FIFOs, devices and the
    /// standard input are waited for in short steps.
    #[must_use]
    pub fn may_block(&self) -> bool {
        self.may_block
    }

    /// The damages in the inputs so far: one for each input that broke, in the order of the list.
    #[must_use]
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// A handle that reports the progress of reading, from any thread.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The capture to read from. If none is begun, it is the next of the list. The list may be at its end, or its next capture
    /// may still be silent.
    fn current(&mut self) -> Result<Current<'_>, Error> {
        while self.current.is_none() {
            let beginning = match self.beginning.take() {
                Some(beginning) => beginning,
                None => {
                    let Some(input) = self.waiting.pop_front() else { return Ok(Current::None) };
                    Beginning::new(input.to_string(), Opened::open(&input)?, &self.progress)
                }
            };
            match beginning.advance() {
                Ok(Begun::Capture(mut capture)) => {
                    if self.checks_fractions {
                        capture.format.check_fractions();
                    }
                    self.current = Some(capture);
                }
                Ok(Begun::Silent(beginning)) => {
                    self.beginning = Some(beginning);
                    return Ok(Current::Silent);
                }
                Err(error) => match error.damage().filter(|_| self.are_several) {
                    Some(damage) => self.damages.push(damage),
                    None => return Err(error),
                },
            }
        }
        Ok(self.current.as_mut().map_or(Current::Silent, Current::Capture))
    }
}

/// The result of [`Captures::current`].
enum Current<'a> {
    Capture(&'a mut Capture),
    Silent,
    None,
}

impl Source for Captures {
    fn fill(&mut self, block: &mut Block) -> Result<bool, Error> {
        block.clear();
        while block.is_empty() {
            let capture = match self.current()? {
                Current::Capture(capture) => capture,
                Current::Silent => return Ok(true),
                Current::None => return Ok(false),
            };
            match capture.fill(block) {
                Filled::More => {}
                Filled::Silent => return Ok(true),
                Filled::End => self.current = None,
                Filled::Failed(error) => {
                    self.current = None;
                    return Err(error);
                }
                Filled::Broken(damage) => {
                    self.damages.push(damage);
                    self.current = None;
                }
            }
        }
        Ok(true)
    }

    fn claim(&mut self) -> Option<Claim> {
        let capture = self.current.as_mut()?;
        capture.pieces.as_mut()?.claim(capture.received)
    }
}

impl fmt::Debug for Captures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captures")
            .field("current", &self.current.as_ref().map(|capture| &capture.name))
            .field("waiting", &self.waiting)
            .field("damages", &self.damages)
            .finish_non_exhaustive()
    }
}

/// Checks a regular file and returns its length.
fn look_at(input: &Input) -> Result<Option<u64>, Error> {
    if !input.is_regular()? {
        return Ok(None);
    }
    Beginning::new(input.to_string(), Opened::open(input)?, &Progress::of(None)).advance()?;
    let Input::Path(path) = input else { return Ok(None) };
    Ok(fs::metadata(path).ok().map(|metadata| metadata.len()))
}

/// Whether to wait for a whole buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Fill the buffer: all bytes are there.
    Full,
    /// Deliver what has arrived as soon as it contains a frame.
    Prompt,
}

/// A capture that has too few bytes so far to tell its format.
struct Beginning {
    name: String,
    pace: Pace,
    reader: Box<dyn Read + Send>,
    /// The bytes so far: the first bytes of the file, and once its compression is known, those of its decompressed content.
    head: Vec<u8>,
    compression: Compressed,
    pieces: Option<Pieces>,
    read: Arc<AtomicU64>,
    failed: Arc<AtomicBool>,
}

/// Whether a file is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compressed {
    Unknown,
    No,
    Yes,
}

/// The state of the beginning of a capture.
enum Begun {
    Capture(Capture),
    /// No bytes have come for a while.
    Silent(Beginning),
}

impl Beginning {
    fn new(name: String, opened: Opened, progress: &Progress) -> Self {
        let (read, failed) = (progress.counter(), Arc::default());
        let reader = Counted {
            file: opened.file,
            read: Arc::clone(&read),
            failed: opened.is_given.then(|| Arc::clone(&failed)),
        };
        let (pace, head, compression) = (opened.pace, Vec::new(), Compressed::Unknown);
        let pieces = opened.pieces;
        Self { name, pace, reader: Box::new(reader), head, compression, pieces, read, failed }
    }

    /// Reads until the format is known.
    fn advance(mut self) -> Result<Begun, Error> {
        if self.compression == Compressed::Unknown {
            if !self.read_up_to(compressed::MAGIC)? {
                return Ok(Begun::Silent(self));
            }
            self = self.decompress()?;
        }
        if !self.read_up_to(format::HEAD)? {
            return Ok(Begun::Silent(self));
        }
        let (format, header) = Format::detect(&self.head, &self.name)?;
        Ok(Begun::Capture(Capture {
            bytes: self.reader,
            compressed: self.compression == Compressed::Yes,
            pieces: self.pieces.filter(|_| self.compression == Compressed::No),
            read: self.read,
            failed: self.failed,
            pace: self.pace,
            format,
            carry: self.head.get(header..).unwrap_or_default().to_vec(),
            received: self.head.len() as u64,
            next: header as u64,
            record: header as u64,
            name: self.name,
        }))
    }

    /// Reads until `head` has `wanted` bytes, or all there are. Returns false if nothing has come for a while.
    fn read_up_to(&mut self, wanted: usize) -> Result<bool, Error> {
        while self.head.len() < wanted {
            let mut buffer = [0; format::HEAD];
            let room = buffer.get_mut(..wanted - self.head.len()).unwrap_or_default();
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(length) => self.head.extend_from_slice(room.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(self.failure(error)),
            }
        }
        Ok(true)
    }

    /// Puts a decompressor over the file if its first bytes ask for one, and begins again with the decompressed bytes.
    fn decompress(mut self) -> Result<Self, Error> {
        let compression = Compression::detect(&self.head);
        let file = Cursor::new(std::mem::take(&mut self.head)).chain(self.reader);
        self.reader = match compression {
            None => {
                self.compression = Compressed::No;
                Box::new(file)
            }
            Some(compression) => {
                self.compression = Compressed::Yes;
                let input = self.name.clone();
                Box::new(
                    Decompressed::new(file, compression)
                        .map_err(|source| Error::Decompress { input, source })?,
                )
            }
        };
        Ok(self)
    }

    fn failure(&self, source: io::Error) -> Error {
        let input = self.name.clone();
        let has_failed = self.failed.load(Ordering::Relaxed);
        match (self.compression, source.raw_os_error()) {
            (Compressed::Yes, None) if !has_failed => Error::Decompress { input, source },
            _ => Error::Read { input, source },
        }
    }
}

/// One capture being read.
struct Capture {
    name: String,
    bytes: Box<dyn Read + Send>,
    /// A plain file is read by position, wherever its cursor is.
    pieces: Option<Pieces>,
    read: Arc<AtomicU64>,
    /// Whether reading from a given reader has failed. Bad content does not count.
    failed: Arc<AtomicBool>,
    compressed: bool,
    pace: Pace,
    format: Format,
    /// Bytes already received that go to the beginning of the next buffer: an incomplete record.
    carry: Vec<u8>,
    /// Number of bytes of the capture received so far, including those of `carry`.
    received: u64,
    /// Offset in the capture at which the next record begins. It is beyond `received` while an ignored record passes.
    next: u64,
    /// Offset in the capture at which the last record that was examined begins.
    record: u64,
}

/// The state of a capture after a block was filled.
enum Filled {
    More,
    /// No bytes have come for a while.
    Silent,
    End,
    Broken(Damage),
    /// Reading cannot continue, and this turn has read nothing.
    Failed(Error),
}

/// The reason that no more bytes come.
enum Stop {
    Silent,
    End,
    Failed(io::Error),
}

impl Capture {
    /// Reads into an empty block until it has a frame or no more bytes come.
    fn fill(&mut self, block: &mut Block) -> Filled {
        let piece = block.take_piece();
        let (buffer, index) = block.parts();
        let piece = piece.filter(|piece| self.is_next(piece));
        let is_ahead = piece.is_some();
        if !is_ahead && self.pieces.as_ref().is_some_and(|pieces| pieces.is_claimed(self.received)) {
            return Filled::Silent;
        }
        let mut filled = self.put_carry(buffer, if is_ahead { HEADROOM - self.carry.len() } else { 0 });
        loop {
            let (length, stop) = match &piece {
                Some(piece) => (piece.length, None),
                None => self.receive(buffer.get_mut(filled..).unwrap_or_default()),
            };
            filled += length;
            self.received += length as u64;
            let bytes = buffer.get(..filled).unwrap_or_default();
            // The offset in the capture at which the buffer begins. It is before the capture itself if there is room before a
            // piece.
            let base = self.received.wrapping_sub(filled as u64);
            let start = self.next.wrapping_sub(base) as usize;
            if start < filled {
                let walked = self.format.walk(bytes, start, index);
                self.record = base.wrapping_add(walked.record as u64);
                self.next = base.wrapping_add(walked.next as u64);
                if let Some(reason) = walked.damage {
                    return Filled::Broken(self.damage(reason));
                }
            }
            let rest = (self.next.wrapping_sub(base) as usize).min(filled);
            // Another thread may have the bytes after a piece.
            let silent = matches!(stop, Some(Stop::Silent)) || (is_ahead && index.is_empty());
            if silent || (stop.is_none() && !index.is_empty()) {
                self.carry.extend_from_slice(bytes.get(rest..).unwrap_or_default());
                return if silent { Filled::Silent } else { Filled::More };
            }
            if let Some(stop) = stop {
                return self.stopped(stop);
            }
            buffer.copy_within(rest..filled, 0);
            filled -= rest;
        }
    }

    /// Whether the piece that was read ahead comes next.
    fn is_next(&mut self, piece: &Piece) -> bool {
        let next =
            self.pieces.as_mut().is_some_and(|pieces| pieces.take(piece, self.received, self.carry.len()));
        if next {
            self.read.fetch_add(piece.length as u64, Ordering::Relaxed);
        }
        next
    }

    /// Copies the carried bytes into the buffer, and returns where they end.
    fn put_carry(&mut self, buffer: &mut [u8], start: usize) -> usize {
        let end = start + self.carry.len();
        if let Some(place) = buffer.get_mut(start..end) {
            place.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        end
    }

    /// Reads into the buffer: once, or until it is full, depending on the pace.
    fn receive(&mut self, buffer: &mut [u8]) -> (usize, Option<Stop>) {
        let mut length = 0;
        loop {
            match self.read(buffer.get_mut(length..).unwrap_or_default(), length) {
                Ok(0) => return (length, Some(Stop::End)),
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return (length, Some(Stop::Silent));
                }
                Err(error) => return (length, Some(Stop::Failed(error))),
            }
            if self.pace == Pace::Prompt || length >= buffer.len() {
                return (length, None);
            }
        }
    }

    /// Reads bytes of the capture, at the offset `behind` after the received ones.
    fn read(&mut self, buffer: &mut [u8], behind: usize) -> io::Result<usize> {
        let Some(pieces) = &self.pieces else { return self.bytes.read(buffer) };
        let length = pieces.read_at(buffer, self.received + behind as u64)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }

    fn stopped(&self, stop: Stop) -> Filled {
        match stop {
            Stop::Silent => Filled::Silent,
            Stop::End if self.next == self.received => Filled::End,
            Stop::End => Filled::Broken(self.damage(Reason::CutShort)),
            Stop::Failed(source) if self.failed.load(Ordering::Relaxed) => {
                Filled::Failed(Error::Read { input: self.name.clone(), source })
            }
            Stop::Failed(error) if self.compressed && error.raw_os_error().is_none() => {
                Filled::Broken(self.damage(Reason::Decompression(error.to_string())))
            }
            Stop::Failed(error) => Filled::Broken(self.damage(Reason::Read(error.to_string()))),
        }
    }

    fn damage(&self, reason: Reason) -> Damage {
        Damage { input: self.name.clone(), offset: self.record, compressed: self.compressed, reason }
    }
}

/// A file that counts the bytes read from it.
struct Counted {
    file: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
    /// Set when reading fails, if the program wants to learn of it.
    failed: Option<Arc<AtomicBool>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer).inspect_err(|error| {
            let goes_on = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            if let Some(failed) = self.failed.as_ref().filter(|_| !goes_on) {
                failed.store(true, Ordering::Relaxed);
            }
        })?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
