//! One output that takes records: a table to look at, a stream, a file, files that are turned over, a collector.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nfstream::sinks::ipfix::Exporter;
use nfstream::sinks::{Format, Patience, Retrying, Rotating, Target, Writer};
use nfstream::{Record, Schema};

use crate::destination::Destination;
use crate::failure::{Failure, warn};
use crate::summary::counted;
use crate::table::FlowTable;

/// How long an output that failed is left alone.
const RESPITE: Duration = Duration::from_secs(5);

/// How long records of an input that comes as it passes may stay in a compressor.
const FOLLOWED: Duration = Duration::from_secs(1);

/// An output, and how it does.
pub(crate) struct Output {
    name: String,
    sink: Sink,
    /// Records that were to be written.
    given: u64,
    /// When whoever follows the output had all that had been given, and how much that was.
    followed: (Instant, u64),
    /// Of a file: whether it has taken the place of an older one.
    has_replaced: bool,
    /// The run goes on when the output fails: what fails is told once, counted, and tried again later.
    goes_on: bool,
    /// Since something failed, until something is known to have gone well.
    trouble: Option<Trouble>,
    /// Records that were not even tried.
    left_out: u64,
}

enum Sink {
    Table(FlowTable),
    /// Standard output, a FIFO, a device: not begun a second time. None when it is complete.
    Stream(Option<Writer>),
    File(Retrying, Format),
    Files(Rotating, Format),
    /// Sends in a thread of its own, which tries again by itself.
    Collector(Exporter),
}

struct Trouble {
    told: String,
    again_at: Instant,
    /// What the output had lost and completed before.
    lost: u64,
    files: u64,
}

impl Output {
    /// Begins an output.
    pub(crate) fn open(
        destination: Destination,
        schema: &Arc<Schema>,
        goes_on: bool,
        patience: &Patience,
    ) -> Result<Self, Failure> {
        let (name, sink) = match destination {
            Destination::Table(asked) => {
                (Target::Stdout.to_string(), Sink::Table(FlowTable::on_stdout(&asked, schema)))
            }
            Destination::Records(target, format) => {
                let sink = if is_stream(&target) {
                    let writer = Writer::create_with(target.clone(), format, schema, patience);
                    Sink::Stream(Some(writer.map_err(opening)?))
                } else {
                    Sink::File(Retrying::create(target.clone(), format, schema).map_err(opening)?, format)
                };
                (target.to_string(), sink)
            }
            Destination::Files(pattern, format, turns) => {
                let name = pattern.to_string();
                let files = Rotating::create(pattern, format, schema, turns).map_err(opening)?;
                (name, Sink::Files(files, format))
            }
            Destination::Collector(collector) => {
                (collector.to_string(), Sink::Collector(Exporter::start(collector, schema)?))
            }
        };
        Ok(Self {
            name,
            sink,
            given: 0,
            followed: (Instant::now(), 0),
            has_replaced: false,
            goes_on,
            trouble: None,
            left_out: 0,
        })
    }

    /// Takes records; with none, it may still show what has waited for company, or turn over.
    ///
    /// # Errors
    /// The output takes no more records.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        self.given += records.len() as u64;
        let waits = self.trouble.as_ref().is_some_and(|trouble| Instant::now() < trouble.again_at);
        let records = if waits && !self.sink.waits_by_itself() {
            self.left_out += records.len() as u64;
            &[]
        } else {
            records
        };
        let written = self.sink.write(records, self.goes_on);
        self.judge(written, !records.is_empty())?;
        self.be_followed()
    }

    /// Lets out what is collected of an input that nobody waits for the end of.
    fn be_followed(&mut self) -> Result<(), Failure> {
        let (when, what) = self.followed;
        if !self.goes_on || self.trouble.is_some() || self.given == what || when.elapsed() < FOLLOWED {
            return Ok(());
        }
        self.followed = (Instant::now(), self.given);
        let flushed = self.sink.flush();
        self.judge(flushed, false)
    }

    /// Completes the file at hand, where there is a next one.
    pub(crate) fn turn(&mut self) -> Result<(), Failure> {
        let turned = self.sink.turn();
        self.judge(turned, false)
    }

    /// Completes the output.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.has_replaced = matches!(self.sink, Sink::File(..)) && Path::new(&self.name).is_file();
        self.sink.finish(self.goes_on)
    }

    /// What becomes of an output that is given up, as part of a sentence.
    pub(crate) fn given_up(&self) -> &'static str {
        match self.sink {
            Sink::File(..) => "the file is not written",
            Sink::Files(..) => "the file at hand is not written",
            Sink::Table(_) | Sink::Stream(_) | Sink::Collector(_) => "no more flows are written to it",
        }
    }

    /// What came of a file, or files, in a run that was interrupted.
    pub(crate) fn interruption(&self) -> Option<String> {
        if !self.sink.can_go_on() || self.sink.waits_by_itself() {
            return None;
        }
        let written = counted(self.given - self.lost(), "flow");
        let replacing = if self.has_replaced { ", in the place of an older file" } else { "" };
        Some(format!("interrupted: {written} written to {}{replacing}", self.name))
    }

    /// Where the records go.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Records that were to be written and are not.
    pub(crate) fn lost(&self) -> u64 {
        self.left_out + self.sink.lost()
    }

    /// What a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        match &self.sink {
            Sink::Table(table) => table.not_shown(),
            _ => None,
        }
    }

    fn judge(&mut self, done: Result<(), Failure>, had_records: bool) -> Result<(), Failure> {
        match done {
            Ok(()) => {
                self.recover(had_records);
                Ok(())
            }
            Err(Failure::Told(message)) if self.goes_on && self.sink.can_go_on() => {
                self.suffer(message);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn suffer(&mut self, message: String) {
        let files = self.sink.files();
        let lost = self.lost();
        let again_at = Instant::now() + RESPITE;
        match &mut self.trouble {
            Some(trouble) => {
                trouble.again_at = again_at;
                if trouble.told != message {
                    warn(&message);
                    trouble.told = message;
                }
            }
            None => {
                warn(&format!("{message}; capture goes on, and the output is tried again"));
                self.trouble = Some(Trouble { told: message, again_at, lost, files });
            }
        }
    }

    /// Tells that the output does well again, once that is sure: text has reached the operating system when it was
    /// written, other formats when a file is complete; a collector says so.
    fn recover(&mut self, had_records: bool) {
        let Some(trouble) = &self.trouble else { return };
        let is_sure = match &self.sink {
            Sink::Collector(_) => true,
            sink => sink.is_text() && had_records || sink.files() > trouble.files,
        };
        if !is_sure {
            return;
        }
        let lost = counted(self.lost() - trouble.lost, "record");
        warn(&format!("{}: is written again; {lost} lost meanwhile", self.name));
        self.trouble = None;
    }
}

impl Sink {
    fn write(&mut self, records: &[Record], goes_on: bool) -> Result<(), Failure> {
        match self {
            Self::Collector(exporter) if goes_on => Ok(exporter.offer(records)?),
            Self::Collector(exporter) => Ok(exporter.write(records)?),
            Self::Table(table) => table.write(records).map_err(|error| Failure::standard_output(&error)),
            Self::Files(files, _) if records.is_empty() => Ok(files.turn_by_clock()?),
            _ if records.is_empty() => Ok(()),
            Self::Stream(writer) => Ok(writer.as_mut().map_or(Ok(()), |writer| writer.write(records))?),
            Self::File(file, _) => Ok(file.write(records)?),
            Self::Files(files, _) => Ok(files.write(records)?),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Stream(writer) => Ok(writer.as_mut().map_or(Ok(()), Writer::flush)?),
            Self::File(file, _) => Ok(file.flush()?),
            Self::Files(files, _) => Ok(files.flush()?),
            Self::Table(_) | Self::Collector(_) => Ok(()),
        }
    }

    fn turn(&mut self) -> Result<(), Failure> {
        match self {
            Self::Files(files, _) => Ok(files.turn()?),
            Self::Table(_) | Self::Stream(_) | Self::File(..) | Self::Collector(_) => Ok(()),
        }
    }

    fn finish(&mut self, goes_on: bool) -> Result<(), Failure> {
        match self {
            Self::Collector(exporter) if goes_on => Ok(exporter.finish_soon()?),
            Self::Collector(exporter) => Ok(exporter.finish()?),
            Self::Table(table) => table.finish().map_err(|error| Failure::standard_output(&error)),
            Self::Stream(writer) => Ok(writer.take().map_or(Ok(()), Writer::finish)?),
            Self::File(file, _) => Ok(file.finish()?),
            Self::Files(files, _) => Ok(files.finish()?),
        }
    }

    /// Whether there is something to be done after an error.
    fn can_go_on(&self) -> bool {
        matches!(self, Self::File(..) | Self::Files(..) | Self::Collector(_))
    }

    fn waits_by_itself(&self) -> bool {
        matches!(self, Self::Collector(_))
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::File(_, format) | Self::Files(_, format) if format.is_text())
    }

    fn lost(&self) -> u64 {
        match self {
            Self::Table(_) | Self::Stream(_) => 0,
            Self::File(file, _) => file.lost(),
            Self::Files(files, _) => files.lost(),
            Self::Collector(exporter) => exporter.delivery().lost,
        }
    }

    /// Files that are complete, where there are several.
    fn files(&self) -> u64 {
        match self {
            Self::Files(files, _) => files.files(),
            Self::Table(_) | Self::Stream(_) | Self::File(..) | Self::Collector(_) => 0,
        }
    }
}

/// Why an output cannot be begun: where the command line names what cannot be, that is its mistake.
fn opening(error: nfstream::Error) -> Failure {
    match &error {
        nfstream::Error::Output { source, .. }
            if matches!(
                source.kind(),
                ErrorKind::NotFound
                    | ErrorKind::NotADirectory
                    | ErrorKind::IsADirectory
                    | ErrorKind::InvalidInput
            ) =>
        {
            Failure::Usage(error.to_string())
        }
        _ => error.into(),
    }
}

/// Whether bytes go there as they come.
fn is_stream(target: &Target) -> bool {
    match target {
        Target::Path(path) => fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()),
        Target::Stdout => true,
    }
}
