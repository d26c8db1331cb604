//! Decompression while reading: gzip (RFC 1952), zstd (RFC 8878) and xz, recognized by their first bytes.
//!
//! The adapters in the three libraries lose decompressed bytes when they find an error in the same step.
//! [`Decompressed`] keeps these bytes: a broken archive yields every packet up to the break.

use std::io::{self, BufRead, BufReader, Read};

use flate2::{Decompress, FlushDecompress};
use liblzma::stream::{Action, CONCATENATED, Stream};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// Number of bytes that identify the compression.
pub(crate) const MAGIC: usize = 6;

/// Number of compressed bytes that are read at once.
const INPUT_BUFFER: usize = 256 * 1024;

/// Most memory for an xz file: enough for the dictionary of `xz -9`, which takes 65 MiB. zstd has its own limit: a
/// window of 128 MiB (`zstd --long`).
const XZ_MEMORY: u64 = 256 << 20;

/// Largest window of gzip, as a power of two.
const GZIP_WINDOW_BITS: u8 = 15;

/// A format of compressed files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    Xz,
}

impl Compression {
    /// Detects the format from the first [`MAGIC`] bytes of a file.
    pub(crate) fn detect(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second pattern is a skippable frame, which files of parallel compressors begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0x00] => Some(Self::Xz),
            _ => None,
        }
    }
}

/// The decompressed content of an input.
pub(crate) struct Decompressed<R> {
    input: BufReader<R>,
    codec: Codec,
    /// Set when the codec may have more output without more input.
    backlog: bool,
    /// Whether the input may end here: a member, frame or stream is complete.
    complete: bool,
    /// The error after the output that was last returned.
    failure: Option<io::Error>,
}

enum Codec {
    Gzip(Decompress),
    Zstd {
        decoder: Decoder<'static>,
        /// End of the input that the codec gets: the end of the next block. This keeps the blocks before a broken
        /// one.
        wanted: usize,
    },
    Xz(Stream),
}

/// The result of one step of a codec.
struct Step {
    consumed: usize,
    produced: usize,
    /// Whether a member, frame or stream is complete.
    outcome: io::Result<bool>,
}

impl<R: Read> Decompressed<R> {
    pub(crate) fn new(input: R, compression: Compression) -> io::Result<Self> {
        let codec = match compression {
            Compression::Gzip => Codec::Gzip(Decompress::new_gzip(GZIP_WINDOW_BITS)),
            Compression::Zstd => Codec::Zstd { decoder: Decoder::new()?, wanted: 1 },
            Compression::Xz => Codec::Xz(Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?),
        };
        let input = BufReader::with_capacity(INPUT_BUFFER, input);
        Ok(Self { input, codec, backlog: false, complete: false, failure: None })
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if output.is_empty() {
            return Ok(0);
        }
        loop {
            let only_backlog = self.backlog;
            let input = if only_backlog { &[] } else { self.input.fill_buf()? };
            let at_end = !only_backlog && input.is_empty();
            if at_end && self.complete {
                return Ok(0);
            }
            let Step { consumed, produced, outcome } = self.codec.step(input, output, at_end);
            self.input.consume(consumed);
            self.backlog = produced == output.len();
            match outcome {
                Ok(complete) => self.complete = complete || (self.complete && consumed == 0),
                Err(failure) if produced == 0 => return Err(failure),
                Err(failure) => self.failure = Some(failure),
            }
            if produced > 0 {
                return Ok(produced);
            }
            let stuck = consumed == 0 && !only_backlog;
            if stuck && !(at_end && self.complete) {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends too early"));
            }
        }
    }
}

impl Codec {
    fn step(&mut self, input: &[u8], output: &mut [u8], at_end: bool) -> Step {
        match self {
            Self::Gzip(inflate) => inflate_step(inflate, input, output),
            Self::Zstd { decoder, wanted } => zstd_step(decoder, wanted, input, output),
            Self::Xz(stream) => xz_step(stream, input, output, at_end),
        }
    }
}

fn inflate_step(inflate: &mut Decompress, input: &[u8], output: &mut [u8]) -> Step {
    let (consumed, produced) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, output, FlushDecompress::None);
    let consumed = (inflate.total_in() - consumed) as usize;
    let produced = (inflate.total_out() - produced) as usize;
    let complete = matches!(status, Ok(flate2::Status::StreamEnd));
    if complete {
        *inflate = Decompress::new_gzip(GZIP_WINDOW_BITS);
    }
    Step { consumed, produced, outcome: status.map(|_| complete).map_err(io::Error::other) }
}

fn zstd_step(decoder: &mut Decoder<'static>, wanted: &mut usize, input: &[u8], output: &mut [u8]) -> Step {
    let mut source = InBuffer::around(input.get(..*wanted).unwrap_or(input));
    let mut target = OutBuffer::around(output);
    let outcome = decoder.run(&mut source, &mut target);
    if let Ok(hint) = outcome {
        *wanted = hint.max(1);
    }
    Step { consumed: source.pos(), produced: target.pos(), outcome: outcome.map(|hint| hint == 0) }
}

fn xz_step(stream: &mut Stream, input: &[u8], output: &mut [u8], at_end: bool) -> Step {
    let (consumed, produced) = (stream.total_in(), stream.total_out());
    // Only the end of the input shows that no other stream follows.
    let action = if at_end { Action::Finish } else { Action::Run };
    let status = stream.process(input, output, action);
    Step {
        consumed: (stream.total_in() - consumed) as usize,
        produced: (stream.total_out() - produced) as usize,
        outcome: status.map(|status| status == liblzma::stream::Status::StreamEnd).map_err(io::Error::other),
    }
}
