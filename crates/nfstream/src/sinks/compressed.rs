//! Text that is compressed as it comes: gzip (RFC 1952) and Zstandard (RFC 8878).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use flate2::write::GzEncoder;

use super::target::Output;

/// Size of the steps in which text goes into a compressor: other steps would make gzip produce
/// other bytes.
const STEP: usize = 64 * 1024;

/// Estimated compression ratio of text that has not come out of a compressor yet.
const USUAL_COMPRESSION: usize = 6;

/// How text is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    /// The compression that the end of a file's name stands for, in upper or lower case.
    pub(super) fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstandard),
            _ => None,
        }
    }
}

/// A compressor, and what has come out of it.
pub(super) struct Compressor {
    encoder: Encoder,
    /// Text that does not fill a step yet.
    text: Vec<u8>,
    /// Bytes that have gone in since something came out.
    held_back: usize,
}

enum Encoder {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Zstandard(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Compressor {
    pub(super) fn begin(compression: Compression) -> io::Result<Self> {
        let encoder = match compression {
            Compression::Gzip => {
                Encoder::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::default())))
            }
            Compression::Zstandard => {
                let mut encoder =
                    zstd::stream::write::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Encoder::Zstandard(encoder)
            }
        };
        Ok(Self { encoder, text: Vec::with_capacity(STEP), held_back: 0 })
    }

    /// Compresses text. What has come out is [ready](Self::ready).
    pub(super) fn add(&mut self, mut text: &[u8]) -> io::Result<()> {
        while self.text.len() + text.len() >= STEP {
            let (now, later) = text.split_at(STEP - self.text.len());
            self.text.extend_from_slice(now);
            self.encode()?;
            text = later;
        }
        self.text.extend_from_slice(text);
        Ok(())
    }

    fn encode(&mut self) -> io::Result<()> {
        let ready = self.ready().len();
        match &mut self.encoder {
            Encoder::Gzip(encoder) => encoder.write_all(&self.text)?,
            Encoder::Zstandard(encoder) => encoder.write_all(&self.text)?,
        }
        self.held_back += self.text.len();
        self.text.clear();
        if self.ready().len() > ready {
            self.held_back = 0;
        }
        Ok(())
    }

    /// Makes the compressor release everything, so that it can be read. This makes the compression
    /// slightly worse.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.encode()?;
        self.held_back = 0;
        match &mut self.encoder {
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstandard(encoder) => encoder.flush(),
        }
    }

    /// Bytes that have come out and are to be taken away.
    pub(super) fn ready(&mut self) -> &mut Vec<u8> {
        match &mut self.encoder {
            Encoder::Gzip(encoder) => encoder.get_mut(),
            Encoder::Zstandard(encoder) => encoder.get_mut(),
        }
    }

    /// Number of bytes that have not been taken away. It is an estimate for bytes that have not
    /// come out yet.
    pub(super) fn waiting(&self) -> u64 {
        let ready = match &self.encoder {
            Encoder::Gzip(encoder) => encoder.get_ref(),
            Encoder::Zstandard(encoder) => encoder.get_ref(),
        };
        (ready.len() + (self.held_back + self.text.len()) / USUAL_COMPRESSION) as u64
    }

    /// Ends the member or frame, and returns the bytes that have not been taken away.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.encode()?;
        match self.encoder {
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstandard(encoder) => encoder.finish(),
        }
    }
}

/// An output that compresses its bytes if compression is wanted.
pub(super) struct Compressed {
    output: Output,
    compressor: Option<Compressor>,
}

impl Compressed {
    pub(super) fn begin(output: Output, compression: Option<Compression>) -> io::Result<Self> {
        Ok(Self { output, compressor: compression.map(Compressor::begin).transpose()? })
    }

    fn take_out(&mut self) -> io::Result<()> {
        let Some(compressor) = &mut self.compressor else { return Ok(()) };
        let ready = compressor.ready();
        self.output.write_all(ready)?;
        ready.clear();
        Ok(())
    }

    /// Ends the member or frame.
    pub(super) fn finish(mut self) -> io::Result<Output> {
        if let Some(compressor) = self.compressor.take() {
            self.output.write_all(&compressor.finish()?)?;
        }
        self.output.flush()?;
        Ok(self.output)
    }
}

impl Write for Compressed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let Some(compressor) = &mut self.compressor else { return self.output.write(text) };
        compressor.add(text)?;
        self.take_out()?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(compressor) = &mut self.compressor {
            compressor.flush()?;
        }
        self.take_out()?;
        self.output.flush()
    }
}

/// Reads a file, decompressing it if it is compressed.
pub(super) fn decompressed(file: File, compression: Option<Compression>) -> io::Result<Box<dyn BufRead>> {
    let input = BufReader::new(file);
    Ok(match compression {
        None => Box::new(input),
        Some(Compression::Gzip) => Box::new(BufReader::new(flate2::bufread::GzDecoder::new(input))),
        Some(Compression::Zstandard) => {
            Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(input)?))
        }
    })
}
