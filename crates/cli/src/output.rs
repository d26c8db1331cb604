//! One output that takes records: a table to look at, a stream, a file, files that are turned over, a collector.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nfstream::sinks::ipfix::{Exporter, Timings};
use nfstream::sinks::{Format, Patience, Retrying, Rotating, Target, Writer};
use nfstream::{Pool, Record, Schema};

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
    /// Records that were to be written, and those of them that a call took without an error.
    given: u64,
    taken: u64,
    /// When whoever follows the output had all that had been given, and how much that was.
    followed: (Instant, u64),
    /// Of a file: whether it has taken the place of an older one, and the name that it has because records were lost.
    has_replaced: bool,
    incomplete: Option<PathBuf>,
    /// The run goes on when the output fails: what fails is told once, counted, and tried again later.
    goes_on: bool,
    /// Whether the run has been asked to end.
    patience: Patience,
    /// Since something failed, until something is known to have gone well.
    trouble: Option<Trouble>,
}

enum Sink {
    Table(FlowTable),
    /// Standard output, a FIFO, a device: not begun a second time. None when it is complete.
    Stream(Option<Writer>),
    File(Retrying, Format),
    Files(Rotating, Format),
    /// Sends in a thread of its own, which tries again by itself.
    Collector(Exporter),
    /// Takes no more records: they are lost, as are so many before.
    GivenUp(u64),
    /// Its reader has gone, and wants no more.
    Unread,
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
        durable: bool,
        patience: &Patience,
        pool: &Arc<Pool>,
    ) -> Result<Self, Failure> {
        let (name, sink) = match destination {
            Destination::Table(asked) => {
                (Target::Stdout.to_string(), Sink::Table(FlowTable::on_stdout(&asked, schema)))
            }
            Destination::Records(target, format) => {
                let sink = if target.is_stream() {
                    let writer = Writer::create_with(target.clone(), format, schema, patience);
                    let mut writer = writer.map_err(opening)?;
                    writer.set_pool(pool);
                    Sink::Stream(Some(writer))
                } else {
                    let mut file = Retrying::create(target.clone(), format, schema).map_err(opening)?;
                    file.set_pool(pool);
                    Sink::File(file.durable(durable), format)
                };
                (target.to_string(), sink)
            }
            Destination::Files(pattern, format, turns) => {
                let name = pattern.to_string();
                let mut files = Rotating::create(pattern, format, schema, turns).map_err(opening)?;
                files.set_pool(pool);
                (name, Sink::Files(files, format))
            }
            Destination::Collector(collector) => {
                let name = collector.to_string();
                let exporter = Exporter::start_with(collector, schema, patience, Timings::default())?;
                (name, Sink::Collector(exporter))
            }
        };
        Ok(Self {
            name,
            sink,
            given: 0,
            taken: 0,
            followed: (Instant::now(), 0),
            has_replaced: false,
            incomplete: None,
            goes_on,
            patience: patience.clone(),
            trouble: None,
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
            self.sink.leave_out(records.len() as u64);
            &[]
        } else {
            records
        };
        let written = self.sink.write(records, self.goes_on);
        self.taken += if written.is_ok() { records.len() as u64 } else { 0 };
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
        let replaces = matches!(self.sink, Sink::File(..)) && Path::new(&self.name).is_file();
        let finished = self.sink.finish(self.goes_on);
        self.tell_incomplete();
        self.has_replaced = replaces && self.incomplete.is_none();
        match finished {
            // To cut short the wait for a collector is what the signal was for.
            Err(Failure::Told(message))
                if self.sink.waits_by_itself() && self.patience.is_to_end().unwrap_or(true) =>
            {
                warn(&message);
                Ok(())
            }
            Err(Failure::Told(message)) if matches!(self.sink, Sink::Table(_) | Sink::Stream(_)) => {
                // Nobody knows what came out of what was held back.
                self.sink = Sink::GivenUp(self.given);
                Err(Failure::Told(message))
            }
            finished => finished,
        }
    }

    /// Takes no more records because of a failure. What has been written stays where that can be; the rest is lost, unless nobody wants
    /// it.
    pub(crate) fn give_up(&mut self, failure: &Failure) {
        let written = match &mut self.sink {
            Sink::Table(_) | Sink::Stream(_) => self.taken,
            Sink::File(..) => 0,
            Sink::Files(files, _) => files.records(),
            Sink::Collector(exporter) => {
                exporter.abandon();
                exporter.delivery().sent
            }
            Sink::GivenUp(_) | Sink::Unread => return,
        };
        self.sink = match failure {
            Failure::ClosedPipe => Sink::Unread,
            _ => Sink::GivenUp(self.given - written),
        };
    }

    /// Settles what a collector has of a run that failed.
    pub(crate) fn abandon(&mut self) {
        if let Sink::Collector(exporter) = &mut self.sink {
            exporter.abandon();
        }
    }

    /// Whether it takes no more records.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.sink, Sink::GivenUp(_) | Sink::Unread)
    }

    /// What becomes of an output that is given up, as part of a sentence.
    pub(crate) fn given_up(&self) -> &'static str {
        match self.sink {
            Sink::File(..) => "the file is not written",
            Sink::Files(..) => "the file at hand is not written",
            _ => "no more flows are written to it",
        }
    }

    /// What came of a file, or files, in a run that was interrupted.
    pub(crate) fn interruption(&self) -> Option<String> {
        if !self.sink.can_go_on() || self.sink.waits_by_itself() {
            return None;
        }
        let written = counted(self.given - self.lost(), "flow");
        let replacing = if self.has_replaced { ", in the place of an older file" } else { "" };
        let name = match &self.incomplete {
            Some(incomplete) => incomplete.display().to_string(),
            None => self.name.clone(),
        };
        Some(format!("interrupted: {written} written to {name}{replacing}"))
    }

    /// Where the records go.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Records that were to be written and are not.
    pub(crate) fn lost(&self) -> u64 {
        self.sink.lost()
    }

    /// What a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        match &self.sink {
            Sink::Table(table) => table.not_shown(),
            _ => None,
        }
    }

    /// Tells that a file lacks records, which its name says.
    fn tell_incomplete(&mut self) {
        let path = match &mut self.sink {
            Sink::File(file, _) => file.take_incomplete(),
            Sink::Files(files, _) => files.take_incomplete(),
            _ => None,
        };
        let Some(name) = path.as_deref().and_then(Path::file_name) else { return };
        warn(&format!("{}: records were lost, so the file is called {}", self.name, name.display()));
        self.incomplete = Some(Path::new(&self.name).with_file_name(name));
    }

    fn judge(&mut self, done: Result<(), Failure>, had_records: bool) -> Result<(), Failure> {
        self.tell_incomplete();
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
            Self::GivenUp(_) | Self::Unread => {
                self.leave_out(records.len() as u64);
                Ok(())
            }
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

    /// Counts records that are not even tried.
    fn leave_out(&mut self, records: u64) {
        match self {
            Self::File(file, _) => file.leave_out(records),
            Self::Files(files, _) => files.leave_out(records),
            Self::GivenUp(lost) => *lost += records,
            Self::Table(_) | Self::Stream(_) | Self::Collector(_) | Self::Unread => {}
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Stream(writer) => Ok(writer.as_mut().map_or(Ok(()), Writer::flush)?),
            Self::File(file, _) => Ok(file.flush()?),
            Self::Files(files, _) => Ok(files.flush()?),
            Self::Table(_) | Self::Collector(_) | Self::GivenUp(_) | Self::Unread => Ok(()),
        }
    }

    fn turn(&mut self) -> Result<(), Failure> {
        match self {
            Self::Files(files, _) => Ok(files.turn()?),
            _ => Ok(()),
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
            Self::GivenUp(_) | Self::Unread => Ok(()),
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
            Self::Table(_) | Self::Stream(_) | Self::Unread => 0,
            Self::GivenUp(lost) => *lost,
            Self::File(file, _) => file.lost(),
            Self::Files(files, _) => files.lost(),
            Self::Collector(exporter) => exporter.delivery().lost,
        }
    }

    /// Files that are complete, where there are several.
    fn files(&self) -> u64 {
        match self {
            Self::Files(files, _) => files.files(),
            _ => 0,
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
            ) || matches!(source.raw_os_error(), Some(libc::ELOOP | libc::ENAMETOOLONG)) =>
        {
            Failure::Usage(error.to_string())
        }
        _ => error.into(),
    }
}
