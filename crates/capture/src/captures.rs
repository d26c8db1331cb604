//! [`Captures`]: a list of capture files read as one.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::compressed::{self, Compression, Decompressed};
use crate::format::{self, Format};
use crate::{Block, Damage, Error, Reason, Source};

/// Where a capture is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, FIFO or device.
    Path(PathBuf),
    /// The standard input of the process.
    Stdin,
}

impl Input {
    /// Whether this is a regular file: one that can be looked at without taking anything away from it.
    fn is_regular(&self) -> Result<bool, Error> {
        let Self::Path(path) = self else { return Ok(false) };
        let metadata =
            fs::metadata(path).map_err(|source| Error::Open { input: self.to_string(), source })?;
        if metadata.is_dir() {
            return Err(Error::IsADirectory { input: self.to_string() });
        }
        Ok(metadata.is_file())
    }

    fn open(&self) -> Result<Box<dyn Read + Send>, Error> {
        match self {
            Self::Path(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(source) => Err(Error::Open { input: self.to_string(), source }),
            },
            Self::Stdin => Ok(Box::new(io::stdin())),
        }
    }
}

/// The name that errors and damages have for it.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&str> for Input {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl From<String> for Input {
    fn from(path: String) -> Self {
        Self::Path(path.into())
    }
}

/// A list of captures read as one, in the order given. Each may have its own format, compression and link type.
pub struct Captures {
    waiting: VecDeque<Input>,
    current: Option<Capture>,
    damages: Vec<Damage>,
    progress: Progress,
}

impl Captures {
    /// Looks at the beginning of every file now, so that a mistake in the last of a list is told before the first is
    /// read. FIFOs, devices and the standard input are looked at only when their turn comes.
    ///
    /// # Errors
    ///
    /// The first input that is missing, not permitted, a directory, empty, not a capture, or not decompressible.
    pub fn open(inputs: impl IntoIterator<Item = Input>) -> Result<Self, Error> {
        let waiting: VecDeque<Input> = inputs.into_iter().collect();
        let mut total = Some(0u64);
        for input in &waiting {
            let length = look_at(input)?;
            total = total.zip(length).map(|(total, length)| total.saturating_add(length));
        }
        Ok(Self { waiting, current: None, damages: Vec::new(), progress: Progress::of(total) })
    }

    /// One capture from anything that can be read, such as bytes in memory; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// What does not begin like a capture.
    pub fn from_reader(name: &str, reader: impl Read + Send + 'static) -> Result<Self, Error> {
        let progress = Progress::of(None);
        let current = Capture::begin(name.to_owned(), Box::new(reader), Pace::Prompt, progress.clone())?;
        Ok(Self { waiting: VecDeque::new(), current: Some(current), damages: Vec::new(), progress })
    }

    /// What was wrong in the inputs so far: one for each that broke, in the order of the list.
    #[must_use]
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// A handle that tells, from any thread, how far the reading has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The capture to read from, the next of the list if none is begun.
    fn current(&mut self) -> Result<Option<&mut Capture>, Error> {
        if self.current.is_none() {
            let Some(input) = self.waiting.pop_front() else { return Ok(None) };
            let pace = if input.is_regular()? { Pace::Full } else { Pace::Prompt };
            let reader = input.open()?;
            self.current = Some(Capture::begin(input.to_string(), reader, pace, self.progress.clone())?);
        }
        Ok(self.current.as_mut())
    }
}

impl Source for Captures {
    fn fill(&mut self, block: &mut Block) -> Result<bool, Error> {
        block.clear();
        while block.is_empty() {
            let Some(capture) = self.current()? else { return Ok(false) };
            match capture.fill(block) {
                Filled::More => {}
                Filled::End => self.current = None,
                Filled::Broken(damage) => {
                    self.damages.push(damage);
                    self.current = None;
                }
            }
        }
        Ok(true)
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

/// Checks a regular file and gives its length.
fn look_at(input: &Input) -> Result<Option<u64>, Error> {
    if !input.is_regular()? {
        return Ok(None);
    }
    let progress = Progress::of(None);
    Capture::begin(input.to_string(), input.open()?, Pace::Full, progress)?;
    let Input::Path(path) = input else { return Ok(None) };
    Ok(fs::metadata(path).ok().map(|metadata| metadata.len()))
}

/// How far the reading of [`Captures`] has come. Clones show the same, also on other threads.
#[derive(Clone, Debug)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    fn of(total: Option<u64>) -> Self {
        Self { read: Arc::default(), total }
    }

    /// Bytes of the inputs read so far, as they are in the files: before decompression.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes of all inputs together when they were opened; known if all are regular files.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        self.total
    }
}

/// Whether to wait for a whole buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Fill the buffer: the bytes are all there.
    Full,
    /// Deliver what has arrived as soon as it contains a frame.
    Prompt,
}

/// One capture being read.
struct Capture {
    name: String,
    bytes: Box<dyn Read + Send>,
    compressed: bool,
    pace: Pace,
    format: Format,
    /// Bytes already received that the next buffer begins with: an incomplete record.
    carry: Vec<u8>,
    /// Bytes of the capture received so far, those of `carry` included.
    received: u64,
    /// Where in the capture the next record begins. Beyond `received` while a record of no interest passes.
    next: u64,
    /// Where in the capture the last record looked at begins.
    record: u64,
}

/// How a capture goes on after a block was filled.
enum Filled {
    More,
    End,
    Broken(Damage),
}

/// Why no more bytes come.
enum Stop {
    End,
    Failed(io::Error),
}

impl Capture {
    /// Reads as far as it takes to know the format.
    fn begin(
        name: String,
        file: Box<dyn Read + Send>,
        pace: Pace,
        progress: Progress,
    ) -> Result<Self, Error> {
        let mut file = Counted { file, read: progress.read };
        let mut magic = [0; compressed::MAGIC];
        let read_error = |source| Error::Read { input: name.clone(), source };
        let length = read_up_to(&mut file, &mut magic).map_err(read_error)?;
        let magic = magic.get(..length).unwrap_or_default();
        let compression = Compression::detect(magic);
        let file = Cursor::new(magic.to_vec()).chain(file);
        let decompress_error = |source: io::Error| match (compression, source.raw_os_error()) {
            (Some(_), None) => Error::Decompress { input: name.clone(), source },
            _ => Error::Read { input: name.clone(), source },
        };
        let mut bytes: Box<dyn Read + Send> = match compression {
            Some(compression) => Box::new(Decompressed::new(file, compression).map_err(decompress_error)?),
            None => Box::new(file),
        };
        let mut head = [0; format::HEAD];
        let length = read_up_to(&mut bytes, &mut head).map_err(decompress_error)?;
        let head = head.get(..length).unwrap_or_default();
        let (format, header) = Format::detect(head, &name)?;
        Ok(Self {
            bytes,
            compressed: compression.is_some(),
            pace,
            format,
            carry: head.get(header..).unwrap_or_default().to_vec(),
            received: head.len() as u64,
            next: header as u64,
            record: header as u64,
            name,
        })
    }

    /// Reads into an empty block until it has a frame or no more bytes come.
    fn fill(&mut self, block: &mut Block) -> Filled {
        let (buffer, index) = block.parts();
        let mut filled = self.put_carry(buffer);
        loop {
            let (length, stop) = self.receive(buffer.get_mut(filled..).unwrap_or_default());
            filled += length;
            self.received += length as u64;
            let bytes = buffer.get(..filled).unwrap_or_default();
            let base = self.received - filled as u64;
            let start = (self.next - base) as usize;
            if start < filled {
                let walked = self.format.walk(bytes, start, index);
                self.record = base + walked.record as u64;
                self.next = base + walked.next as u64;
                if let Some(reason) = walked.damage {
                    return Filled::Broken(self.damage(reason));
                }
            }
            if let Some(stop) = stop {
                return self.stopped(stop);
            }
            let rest = ((self.next - base) as usize).min(filled);
            if !index.is_empty() {
                self.carry.extend_from_slice(bytes.get(rest..).unwrap_or_default());
                return Filled::More;
            }
            buffer.copy_within(rest..filled, 0);
            filled -= rest;
        }
    }

    fn put_carry(&mut self, buffer: &mut [u8]) -> usize {
        let length = self.carry.len();
        if let Some(place) = buffer.get_mut(..length) {
            place.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        length
    }

    /// Reads into the buffer: once, or until it is full, as the pace is.
    fn receive(&mut self, buffer: &mut [u8]) -> (usize, Option<Stop>) {
        let mut length = 0;
        loop {
            match self.bytes.read(buffer.get_mut(length..).unwrap_or_default()) {
                Ok(0) => return (length, Some(Stop::End)),
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return (length, Some(Stop::Failed(error))),
            }
            if self.pace == Pace::Prompt || length >= buffer.len() {
                return (length, None);
            }
        }
    }

    fn stopped(&self, stop: Stop) -> Filled {
        match stop {
            Stop::End if self.next == self.received => Filled::End,
            Stop::End => Filled::Broken(self.damage(Reason::CutShort)),
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

/// Fills the buffer unless the input ends before.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// A file that counts what is read from it.
struct Counted {
    file: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
