//! Errors of inputs: an [`Error`] if nothing of an input can be read, a [`Damage`] if its beginning can be read.

use std::{fmt, io};

use crate::FilterError;

/// The reason why an input cannot be read at all. Every variant names the input: the path as given, "standard input", or
/// the name of a reader.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened: it is missing, not permitted, or has another problem that `source` names.
    #[error("{}", refusal(input, source))]
    Open {
        /// The file.
        input: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The path is a directory.
    #[error("{input} is a directory, not a capture file")]
    IsADirectory {
        /// The directory.
        input: String,
    },
    /// The file opened, but its first bytes could not be read.
    #[error("{input} cannot be read: {}", in_words(source))]
    Read {
        /// The file.
        input: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file is compressed, and its first bytes do not decompress.
    #[error("{input} cannot be decompressed: {}", in_words(source))]
    Decompress {
        /// The file.
        input: String,
        /// The error of the decompressor.
        source: io::Error,
    },
    /// The input has no bytes.
    #[error("{input} is empty, not a capture file")]
    Empty {
        /// The file.
        input: String,
    },
    /// The input begins neither like a pcap nor like a pcapng file, nor like a compressed one.
    #[error("{input} {}", not_a_capture(first))]
    NotACapture {
        /// The file.
        input: String,
        /// The first bytes (after decompression): as many as show what the input is.
        first: Vec<u8>,
    },
    /// The input begins like a capture, and ends inside the file header.
    #[error("{input} ends after {length} bytes, inside the {format} file header")]
    HeaderCutShort {
        /// The file.
        input: String,
        /// "pcap" or "pcapng".
        format: &'static str,
        /// Number of bytes that there are.
        length: usize,
    },
    /// No file has a name that matches a pattern.
    #[error("{input}: no file matches this pattern")]
    NoMatch {
        /// The pattern.
        input: String,
    },
    /// The directory has no capture.
    #[error("{input}: no capture in this directory")]
    NoCapture {
        /// The directory.
        input: String,
    },
    /// The directory cannot be listed.
    #[error("{input} cannot be listed: {}", in_words(source))]
    Listing {
        /// The directory.
        input: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The interface does not exist.
    #[error("{}", no_interface(interface, known))]
    NoInterface {
        /// The requested name.
        interface: String,
        /// The interfaces that exist.
        known: Vec<String>,
    },
    /// The interface has not been brought up.
    #[error("interface {interface} is down: bring it up with ip link set {interface} up")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The interface was taken down during the capture.
    #[error("interface {interface} went down; flows until then are kept")]
    InterfaceWentDown {
        /// The interface.
        interface: String,
    },
    /// The interface was removed during the capture.
    #[error("interface {interface} is gone; flows until then are kept")]
    InterfaceGone {
        /// The interface.
        interface: String,
    },
    /// The process is not permitted to capture.
    #[error("{}", not_permitted(interface))]
    NotPermitted {
        /// The interface.
        interface: String,
    },
    /// The operating system refused something else.
    #[error("interface {interface}: cannot {doing}: {}", in_words(source))]
    Interface {
        /// The interface.
        interface: String,
        /// The operation that was refused.
        doing: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A filter cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The file format has a version that has never been specified.
    #[error("{input} is {format} version {major}.{minor}; only version {known} is supported")]
    Version {
        /// The file.
        input: String,
        /// "pcap" or "pcapng".
        format: &'static str,
        /// Major version in the file header.
        major: u16,
        /// Minor version in the file header.
        minor: u16,
        /// The version that can be read.
        known: &'static str,
    },
}

impl Error {
    /// The input that the error is about: a path as given, "standard input", or an interface; empty for a filter.
    #[must_use]
    pub fn input(&self) -> &str {
        match self {
            Self::Open { input, .. }
            | Self::IsADirectory { input }
            | Self::Read { input, .. }
            | Self::Decompress { input, .. }
            | Self::Empty { input }
            | Self::NotACapture { input, .. }
            | Self::HeaderCutShort { input, .. }
            | Self::NoMatch { input }
            | Self::NoCapture { input }
            | Self::Listing { input, .. }
            | Self::Version { input, .. } => input,
            Self::NoInterface { interface, .. }
            | Self::InterfaceDown { interface }
            | Self::InterfaceWentDown { interface }
            | Self::InterfaceGone { interface }
            | Self::NotPermitted { interface }
            | Self::Interface { interface, .. } => interface,
            Self::Filter(_) => "",
        }
    }

    /// The error as the damage of one capture among several, if the input ends before its first record.
    pub(crate) fn damage(&self) -> Option<Damage> {
        let reason = match self {
            Self::Empty { .. } => Reason::Empty,
            Self::HeaderCutShort { format, .. } => Reason::HeaderCutShort { format },
            Self::Decompress { source, .. } if source.kind() == io::ErrorKind::UnexpectedEof => {
                Reason::Decompression(in_words(source))
            }
            _ => return None,
        };
        let offset = match self {
            Self::HeaderCutShort { length, .. } => *length as u64,
            _ => 0,
        };
        let compressed = matches!(self, Self::Decompress { .. });
        Some(Damage { input: self.input().to_owned(), offset, compressed, reason })
    }

    /// The class of the error in the terms of [`std::io`]: `NotFound`, `PermissionDenied`, `IsADirectory`, ...;
    /// `InvalidData` if the input is not a capture.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Open { source, .. }
            | Self::Read { source, .. }
            | Self::Listing { source, .. }
            | Self::Interface { source, .. } => source.kind(),
            Self::IsADirectory { .. } => io::ErrorKind::IsADirectory,
            Self::NoMatch { .. }
            | Self::NoCapture { .. }
            | Self::NoInterface { .. }
            | Self::InterfaceGone { .. } => io::ErrorKind::NotFound,
            Self::InterfaceDown { .. } | Self::InterfaceWentDown { .. } => io::ErrorKind::NetworkDown,
            Self::NotPermitted { .. } => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::InvalidData,
        }
    }

    /// The error number of the operating system, if the error came from there.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        match self {
            Self::Open { source, .. }
            | Self::Read { source, .. }
            | Self::Listing { source, .. }
            | Self::Interface { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}

fn no_interface(interface: &str, known: &[String]) -> String {
    format!("no interface is called {interface}; the interfaces are {} and any", known.join(", "))
}

/// The permissions that a capture needs, and how to get them.
fn not_permitted(interface: &str) -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().map_or("nfstream".into(), |path| path.to_string_lossy());
    format!(
        "no permission to capture from {interface}: it needs the capability CAP_NET_RAW. Run this with sudo, or give the \
         capability to the program once: sudo setcap cap_net_raw+ep {program}"
    )
}

fn refusal(input: &str, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotFound => format!("{input}: no such file"),
        io::ErrorKind::PermissionDenied => format!("{input}: no permission to read it"),
        _ => format!("{input} cannot be opened: {}", in_words(source)),
    }
}

/// An error as part of a sentence: the message of the operating system without its number, and without a capital.
#[must_use]
pub fn in_words(error: &(impl fmt::Display + ?Sized)) -> String {
    const NUMBER: &str = " (os error ";
    let mut text = error.to_string();
    while let Some(begin) = text.find(NUMBER)
        && let Some(length) = text[begin..].find(')')
    {
        text.replace_range(begin..=begin + length, "");
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            text.replace_range(..1, &first.to_ascii_lowercase().to_string());
            text
        }
        _ => text,
    }
}

/// What an error says of something, as a sentence: `flows.csv is a directory`, `flows.csv: file exists`.
#[must_use]
pub fn told_of(subject: impl fmt::Display, error: &(impl fmt::Display + ?Sized)) -> String {
    let reason = in_words(error);
    let colon = if reason.starts_with("is ") { "" } else { ":" };
    format!("{subject}{colon} {reason}")
}

/// The first bytes of files that are mistaken for captures, what the files are, and what helps.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (b"PK\x03\x04", "a zip archive", "unpack it first with unzip, or pipe the capture in with unzip -p"),
    (b"PK\x05\x06", "an empty zip archive", "there is no capture in it"),
    (b"BZh", "compressed with bzip2", "unpack it first with bunzip2, or pipe it in with bzcat"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first with 7z x"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "unpack it first with unlz4, or pipe it in with lz4cat"),
    (b"snoo", "a snoop capture", "convert it with editcap -F pcapng"),
    (b"GMBU", "a capture of Network Monitor", "convert it with editcap -F pcapng"),
    (b"RTSS", "a capture of Network Monitor", "convert it with editcap -F pcapng"),
];

fn not_a_capture(first: &[u8]) -> String {
    match OTHERS.iter().find(|(magic, ..)| first.starts_with(magic)) {
        Some((_, what, help)) => format!("is {what}, neither pcap nor pcapng: {help}"),
        None => format!(
            "is not a capture file: it begins with {}, which is neither pcap nor pcapng, plain or compressed with gzip, \
             zstd or xz",
            Hex(first)
        ),
    }
}

/// An input that could be read only up to some byte. The frames before that byte were delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The input: a path as given, or "standard input".
    pub input: String,
    /// Offset of the first record that could not be used, in bytes of the capture after decompression.
    pub offset: u64,
    /// Whether the input is compressed, so that `offset` is not a position in the file itself.
    pub compressed: bool,
    /// The problem there.
    pub reason: Reason,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, offset, compressed, reason } = self;
        if *reason == Reason::Empty {
            return write!(f, "{input} is empty, not a capture file; the other captures are read");
        }
        let of = if *compressed { " of the decompressed capture" } else { "" };
        write!(f, "{input}: damaged at byte {offset}{of}: {reason}; flows up to there are kept")
    }
}

/// The problem at the place where reading stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The input, which is one of several, has no bytes.
    #[error("the file is empty, not a capture file")]
    Empty,
    /// The input, which is one of several, ends inside the file header.
    #[error("the file ends inside the {format} file header")]
    HeaderCutShort {
        /// "pcap" or "pcapng".
        format: &'static str,
    },
    /// The input ends inside a record.
    #[error("the file ends inside a record")]
    CutShort,
    /// The time of a packet has a fraction of a second that is a second or more
    /// ([`Captures::check_fractions`](crate::Captures::check_fractions)).
    #[error("time of a packet has {}, which is a second or more", fraction(*value, *per_second))]
    Fraction {
        /// The fraction in the record, in microseconds or nanoseconds.
        value: u32,
        /// The number of these in a second.
        per_second: u32,
    },
    /// The length of a packet is greater than that of any real packet.
    #[error("packet record gives a length of {length} bytes, more than the {longest} that a packet may have")]
    PacketTooLong {
        /// Captured length in the record.
        length: u32,
        /// The greatest accepted length.
        longest: u32,
    },
    /// The length of a packet is greater than that of the pcapng block it is in.
    #[error("packet gives a length of {length} bytes, more than the {room} that its block has room for")]
    PacketOutsideBlock {
        /// Captured length in the block.
        length: u32,
        /// Number of packet bytes that the block can hold.
        room: u32,
    },
    /// A pcapng block length is not a multiple of four, or too short or too long for the type of block.
    #[error("block of type {block_type:#010x} has an impossible length of {length} bytes")]
    BlockLength {
        /// Block type.
        block_type: u32,
        /// Its total length.
        length: u32,
    },
    /// A pcapng block has one length at its beginning and another at its end.
    #[error("block has a length of {length} bytes at its beginning and {trailer} at its end")]
    BlockLengthMismatch {
        /// Total length at the beginning.
        length: u32,
        /// Total length at the end.
        trailer: u32,
    },
    /// A pcapng section begins without the byte-order magic.
    #[error("section begins with {:#010x} instead of the byte-order magic (0x1a2b3c4d)", u32::from_be_bytes(*magic))]
    ByteOrderMagic {
        /// The bytes in place of the magic.
        magic: [u8; 4],
    },
    /// A later section of a pcapng file has a version that has never been specified.
    #[error("section has pcapng version {major}.{minor}; only version 1 is supported")]
    SectionVersion {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A pcapng packet was received on an interface that the section has not described.
    #[error("packet from interface {interface}, but the section has described {described} so far")]
    UnknownInterface {
        /// Interface in the packet's block.
        interface: u32,
        /// Number of interface descriptions before it.
        described: usize,
    },
    /// One pcapng section has more interface descriptions than are accepted.
    #[error("section describes more than {most} interfaces")]
    TooManyInterfaces {
        /// The greatest accepted number.
        most: usize,
    },
    /// An option of a pcapng interface description runs over its end, or has a length that its kind cannot have.
    #[error("interface description has option {code} with an impossible length of {length} bytes")]
    InterfaceOption {
        /// Option code.
        code: u16,
        /// Option length.
        length: u16,
    },
    /// A pcapng time stamp resolution is too fine to compute with.
    #[error("interface description has an impossible time stamp resolution of {value:#04x}")]
    TimeResolution {
        /// Value of the option `if_tsresol`.
        value: u8,
    },
    /// The compressed data is broken.
    #[error("the compressed data cannot be read further: {0}")]
    Decompression(String),
    /// The operating system could not read any further.
    #[error("the file cannot be read further: {0}")]
    Read(String),
}

fn fraction(value: u32, per_second: u32) -> String {
    format!("{value} {}", if per_second == 1_000_000 { "microseconds" } else { "nanoseconds" })
}

/// Bytes as `d4 c3 b2 a1`.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_in_one_sentence() {
        let damage = Damage {
            input: "trace.pcap".to_owned(),
            offset: 123_456,
            compressed: false,
            reason: Reason::PacketTooLong { length: u32::MAX, longest: 262_144 },
        };
        assert_eq!(
            damage.to_string(),
            "trace.pcap: damaged at byte 123456: packet record gives a length of 4294967295 bytes, more than the 262144 \
             that a packet may have; flows up to there are kept"
        );
        assert_eq!(
            Damage { compressed: true, reason: Reason::CutShort, ..damage }.to_string(),
            "trace.pcap: damaged at byte 123456 of the decompressed capture: the file ends inside a record; flows up \
             to there are kept"
        );
    }

    #[test]
    fn errors_say_what_and_where() {
        let input = || "a/b.pcap".to_owned();
        let open = |kind: io::ErrorKind| Error::Open { input: input(), source: kind.into() };
        let told = [
            open(io::ErrorKind::NotFound),
            open(io::ErrorKind::PermissionDenied),
            Error::NotACapture { input: input(), first: vec![0x7f, 0x45, 0x4c, 0x46] },
            Error::NotACapture { input: input(), first: b"BZh9".to_vec() },
            Error::Read { input: input(), source: io::Error::from_raw_os_error(13) },
            Error::HeaderCutShort { input: input(), format: "pcap", length: 10 },
        ]
        .map(|error| error.to_string());
        assert_eq!(
            told,
            [
                "a/b.pcap: no such file",
                "a/b.pcap: no permission to read it",
                "a/b.pcap is not a capture file: it begins with 7f 45 4c 46, which is neither pcap nor pcapng, plain \
                 or compressed with gzip, zstd or xz",
                "a/b.pcap is compressed with bzip2, neither pcap nor pcapng: unpack it first with bunzip2, or pipe it in with \
                 bzcat",
                "a/b.pcap cannot be read: permission denied",
                "a/b.pcap ends after 10 bytes, inside the pcap file header",
            ]
        );
    }
}
