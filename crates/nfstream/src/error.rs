//! Errors of a run.

use std::io;
use std::path::{Path, PathBuf};

use nfstream_capture::{Input, in_words, told_of};

use crate::column::Kind;
use crate::expression::{ExpressionError, FeatureError};
use crate::unknown_column::UnknownColumn;

/// The reason why a run could not be started, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A capture could not be opened or read, or an interface could not be captured from.
    #[error(transparent)]
    Capture(nfstream_capture::Error),
    /// A filter cannot be used, or cannot be used for all frames.
    #[error(transparent)]
    Filter(#[from] nfstream_capture::FilterError),
    /// No capture was named.
    #[error("no source: name at least one capture file, or an interface")]
    NoSource,
    /// Both capture files and an interface were named.
    #[error("interface {0} and capture files: name one or the other")]
    FilesAndInterface(String),
    /// Processes were asked for, but the source is a file.
    #[error(
        "{0} is a file, which does not show the processes of this machine: system visibility is for live traffic"
    )]
    NotLive(Input),
    /// Packets of an interface were to be sorted.
    #[error(
        "interface {0} and reorder: packets of an interface come in their order; reorder is for captures"
    )]
    ReorderedInterface(String),
    /// The sockets of this machine cannot be watched.
    #[error("system visibility: {}", in_words(_0))]
    Processes(#[from] nfstream_processes::Error),
    /// A parameter cannot be set to this value.
    #[error("{name} must be {domain}, not {value}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// The values that it may be set to.
        domain: String,
        /// The value that it was set to.
        value: String,
    },
    /// The environment variable [`Profile::VARIABLE`](crate::Profile::VARIABLE) names no profile.
    #[error("environment variable NFSTREAM_PROFILE must be accurate or nfstream, not {_0:?}")]
    ProfileVariable(String),
    /// The memory allowed is too little for a run.
    #[error("{}", too_little_memory(*bytes, *least, *meters, *least_with_one_meter, *rules))]
    TooLittleMemory {
        /// Bytes that the run may take.
        bytes: u64,
        /// The fewest bytes that the run needs.
        least: u64,
        /// Number of meters of the run.
        meters: usize,
        /// The fewest bytes that the run would need with one meter.
        least_with_one_meter: u64,
        /// Bytes of `least` for the rules, if files add to them.
        rules: u64,
    },
    /// Two columns have the same name.
    #[error("two columns are called {0}: every column needs a name of its own")]
    DuplicateColumn(String),
    /// No column has this name.
    #[error("{0}")]
    NoColumn(UnknownColumn),
    /// A column was selected twice.
    #[error("the column {0} is selected twice")]
    SelectedTwice(String),
    /// No column was selected.
    #[error("no column is selected")]
    NothingSelected,
    /// A value was set that the column cannot have.
    #[error("{column} is {kind}, and cannot be set to this value")]
    NotOfKind {
        /// The column.
        column: String,
        /// The kind of its values.
        kind: Kind,
    },
    /// The columns that a model is to be asked with include one whose values are not numbers.
    #[error("{column} is {kind}, but a model takes numbers")]
    NotNumeric {
        /// The column.
        column: String,
        /// The kind of its values.
        kind: Kind,
    },
    /// The columns that a model is to be asked with include one that is not known after the first packets of a flow.
    #[error("{0} is known only at the end of a flow, not after its first packets")]
    KnownAtTheEnd(String),
    /// An anonymisation key has a length that is not allowed.
    #[error("an anonymisation key must have from 1 to 64 bytes, not {0}")]
    AnonymizationKey(usize),
    /// A file of rules could not be read.
    #[error("rules {}", unreadable(path, source))]
    RulesFile {
        /// The file.
        path: PathBuf,
        /// The error from the operating system.
        source: io::Error,
    },
    /// A file of rules has a mistake.
    #[error("rules {0}")]
    Rules(#[from] nfstream_dpi::RulesError),
    /// The name of a feature is not valid.
    #[error("invalid feature name {0:?}: use letters, digits and _, not starting with a digit")]
    FeatureName(String),
    /// A feature's expression has a mistake.
    #[error(transparent)]
    Feature(#[from] ExpressionError),
    /// The operating system could not start a thread.
    #[error("cannot start a thread: {}", in_words(_0))]
    Thread(#[source] io::Error),
    /// Standard output could not be written. If its reader is gone, the error has the kind [`io::ErrorKind::BrokenPipe`].
    #[error("{}", told_of("standard output", _0))]
    StandardOutput(#[source] io::Error),
    /// A collector cannot be reached, or did not take all records.
    #[error("{}", told_of(collector, source))]
    Collector {
        /// The collector, as its URL.
        collector: String,
        /// The error that occurred.
        source: io::Error,
    },
    /// An output file could not be written.
    #[error("{}", told_of(path.display(), source))]
    Output {
        /// The output file.
        path: PathBuf,
        /// The error from the operating system.
        source: io::Error,
    },
}

/// What a run needs, and what helps: a larger bound always does, fewer meters or rules only if enough may be left without them.
fn too_little_memory(bytes: u64, least: u64, meters: usize, least_with_one_meter: u64, rules: u64) -> String {
    const MB: u64 = 1_000_000;
    let of_rules = match rules.div_ceil(MB) {
        0 => String::new(),
        rules => format!(", {rules} MB of it for the rules"),
    };
    let instead = match (least_with_one_meter <= bytes, least - rules <= bytes) {
        (true, true) => ", or use fewer meters (n_meters) or fewer rules",
        (true, false) => ", or use fewer meters (n_meters)",
        (false, true) => ", or use fewer rules",
        _ if least_with_one_meter - rules <= bytes => ", or use fewer meters (n_meters) and fewer rules",
        _ => "",
    };
    format!(
        "max_memory is {} MB, but a run with {meters} {} needs at least {} MB{of_rules}: allow that much{instead}",
        bytes as f64 / MB as f64,
        if meters == 1 { "meter" } else { "meters" },
        least.div_ceil(MB),
    )
}

fn unreadable(path: &Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotFound => format!("{}: no such file", path.display()),
        io::ErrorKind::InvalidData => format!("{} is not UTF-8 text", path.display()),
        _ => told_of(path.display(), source),
    }
}

impl From<FeatureError> for Error {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Name(name) => Self::FeatureName(name),
            FeatureError::Expression(error) => Self::Feature(error),
        }
    }
}

impl From<nfstream_capture::Error> for Error {
    fn from(error: nfstream_capture::Error) -> Self {
        match error {
            nfstream_capture::Error::Filter(error) => Self::Filter(error),
            error => Self::Capture(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_suffice_is_advised() {
        const MB: u64 = 1_000_000;
        let told = |bytes, meters, rules| {
            // 30 MB for a run, and 30 MB for each meter.
            let least = |meters: u64| (30 + 30 * meters) * MB + rules;
            let (least, with_one) = (least(meters), least(1));
            too_little_memory(bytes, least, meters as usize, with_one, rules)
        };
        for (bytes, meters, rules, message) in [
            (1, 1, 0, "0.000001 MB, but a run with 1 meter needs at least 60 MB: allow that much"),
            (59 * MB, 3, 0, "59 MB, but a run with 3 meters needs at least 120 MB: allow that much"),
            (
                60 * MB,
                3,
                0,
                "60 MB, but a run with 3 meters needs at least 120 MB: allow that much, or use fewer meters (n_meters)",
            ),
            (
                60 * MB,
                1,
                5 * MB,
                "60 MB, but a run with 1 meter needs at least 65 MB, 5 MB of it for the rules: allow that much, or use fewer rules",
            ),
            (
                65 * MB,
                2,
                5 * MB,
                "65 MB, but a run with 2 meters needs at least 95 MB, 5 MB of it for the rules: allow that much, or use fewer meters \
                 (n_meters)",
            ),
            (
                90 * MB,
                2,
                5 * MB,
                "90 MB, but a run with 2 meters needs at least 95 MB, 5 MB of it for the rules: allow that much, or use fewer meters \
                 (n_meters) or fewer rules",
            ),
            (
                60 * MB,
                2,
                5 * MB,
                "60 MB, but a run with 2 meters needs at least 95 MB, 5 MB of it for the rules: allow that much, or use fewer meters \
                 (n_meters) and fewer rules",
            ),
            (
                59 * MB,
                2,
                5 * MB,
                "59 MB, but a run with 2 meters needs at least 95 MB, 5 MB of it for the rules: allow that much",
            ),
        ] {
            assert_eq!(told(bytes, meters, rules), format!("max_memory is {message}"));
        }
    }
}
