//! The declaration of a format.

use std::io;

use super::encoder::Encoder;
use crate::record::Schema;
use crate::sinks::compressed::Compression;
use crate::sinks::target::Output;

/// A format, as its file declares it.
pub(super) struct Declaration {
    /// The name on the command line.
    pub(super) name: &'static str,
    /// File name extensions that stand for the format, in lower case.
    pub(super) extensions: &'static [&'static str],
    /// Whether the format is lines of text, which reach the operating system as they are written and can be
    /// compressed.
    pub(super) is_text: bool,
    /// Whether the format can be written to outputs that take bytes as they come, such as standard output.
    pub(super) is_stream: bool,
    /// A description in one sentence.
    pub(super) doc: &'static str,
    pub(super) begin: Begin,
}

/// Begins an output. Only text is compressed.
pub(super) type Begin = fn(&Schema, Output, OutputForm) -> io::Result<Box<dyn Encoder>>;

/// The form of an output.
#[derive(Clone, Copy, Debug)]
pub(in crate::sinks) struct OutputForm {
    #[cfg_attr(not(feature = "arrow"), expect(dead_code, reason = "only Arrow has two forms"))]
    pub(in crate::sinks) is_regular_file: bool,
    pub(in crate::sinks) compression: Option<Compression>,
}
