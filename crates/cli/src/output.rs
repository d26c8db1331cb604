//! One output that takes records: a table to look at, a stream, a file, a series of rotated files, or a collector.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nfstream::sinks::ipfix::{Exporter, Timings};
use nfstream::sinks::{Patience, Recovery, Retrying, Rotating, Sink, Stream, Target};
use nfstream::{Pool, Record, Schema};
use rustix::io::Errno;

use crate::destination::{self, Destination};
use crate::failure::{Failure, warn};
use crate::summary::counted;
use crate::table::FlowTable;

/// Time to leave a failed output alone before it is tried again.
const RESPITE: Duration = Duration::from_secs(5);

/// Longest time that records of an input that comes only once may stay in a compressor.
const FOLLOWED: Duration = Duration::from_secs(1);

/// An output and its condition.
pub(crate) struct Output {
    name: String,
    state: State,
    kind: Kind,
    /// Number of records that were given to the output.
    given: u64,
    /// Time of the last flush for readers that follow the output, and the number of records given by then.
    followed: (Instant, u64),
    /// For a file: whether it has replaced an older file.
    has_replaced: bool,
    /// For a file: its name, if that says that records were lost.
    incomplete: Option<PathBuf>,
    /// Whether the run goes on when the output fails. The failure is then reported once and counted, and the output is tried
    /// again later.
    goes_on: bool,
    /// Whether the run has been asked to end.
    patience: Patience,
    /// Set from a failure until a later success is certain.
    trouble: Option<Trouble>,
}

enum State {
    TakesRecords(Box<dyn Sink>),
    /// Takes no more records. This many were written; all others are lost.
    GivenUp(u64),
    /// The reader has gone and wants no more records.
    Unread,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Files,
    Other,
}

struct Trouble {
    told: String,
    again_at: Instant,
    /// Records that the output had lost before.
    lost: u64,
    /// Files that the output had completed before.
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
        let (name, kind, sink): (_, _, Box<dyn Sink>) = match destination {
            Destination::Table(asked) => {
                let table = FlowTable::on_stdout(&asked, schema, patience)?;
                (Target::Stdout.to_string(), Kind::Other, Box::new(table))
            }
            Destination::Records(target, format) if is_stream(&target) => {
                let mut stream = Stream::create(target.clone(), format, schema, patience).map_err(opening)?;
                stream.set_pool(pool);
                let name = if destination::is_stdout(&target) { Target::Stdout } else { target };
                (name.to_string(), Kind::Other, Box::new(stream))
            }
            Destination::Records(target, format) => {
                let mut file = Retrying::create(target.clone(), format, schema).map_err(opening)?;
                file.set_pool(pool);
                (target.to_string(), Kind::File, Box::new(file.durable(durable)))
            }
            Destination::Files(pattern, format, turns) => {
                let name = pattern.to_string();
                let mut files = Rotating::create(pattern, format, schema, turns).map_err(opening)?;
                files.set_pool(pool);
                (name, Kind::Files, Box::new(files))
            }
            Destination::Collector(collector) => {
                let name = collector.to_string();
                let exporter = Exporter::start_with(collector, schema, patience, Timings::default());
                let exporter = exporter.map_err(opening)?;
                (name, Kind::Other, Box::new(exporter.never_waits(goes_on)))
            }
        };
        Ok(Self {
            name,
            state: State::TakesRecords(sink),
            kind,
            given: 0,
            followed: (Instant::now(), 0),
            has_replaced: false,
            incomplete: None,
            goes_on,
            patience: patience.clone(),
            trouble: None,
        })
    }

    fn recovery(&self) -> Recovery {
        match &self.state {
            State::TakesRecords(sink) => sink.recovery(),
            State::GivenUp(_) | State::Unread => Recovery::None,
        }
    }

    /// Takes records. Even with none, it may show rows that have waited for more, or rotate a file.
    ///
    /// # Errors
    /// The output takes no more records.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        self.given += records.len() as u64;
        let State::TakesRecords(sink) = &mut self.state else { return Ok(()) };
        let waits = self.trouble.as_ref().is_some_and(|trouble| Instant::now() < trouble.again_at);
        let records = if waits && sink.recovery() == Recovery::Again {
            sink.leave_out(records.len() as u64);
            &[]
        } else {
            records
        };
        let written = sink.write(records);
        self.judge(written, !records.is_empty())?;
        self.be_followed()
    }

    /// Flushes collected records of an input whose end nobody waits for.
    fn be_followed(&mut self) -> Result<(), Failure> {
        let (when, what) = self.followed;
        if !self.goes_on || self.trouble.is_some() || self.given == what || when.elapsed() < FOLLOWED {
            return Ok(());
        }
        self.followed = (Instant::now(), self.given);
        self.act(|sink| sink.flush())
    }

    /// Completes the current file if another one follows.
    pub(crate) fn turn(&mut self) -> Result<(), Failure> {
        self.act(|sink| sink.turn())
    }

    fn act(&mut self, act: fn(&mut dyn Sink) -> Result<(), nfstream::Error>) -> Result<(), Failure> {
        let State::TakesRecords(sink) = &mut self.state else { return Ok(()) };
        let done = act(sink.as_mut());
        self.judge(done, false)
    }

    /// Announces that nothing follows.
    pub(crate) fn announce_end(&mut self) {
        if let State::TakesRecords(sink) = &mut self.state {
            sink.announce_end();
        }
    }

    /// Completes the output.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let State::TakesRecords(sink) = &mut self.state else { return Ok(()) };
        let replaces = self.kind == Kind::File && Path::new(&self.name).is_file();
        let finished = sink.finish().map_err(Failure::from);
        self.tell_incomplete();
        self.has_replaced = replaces && self.incomplete.is_none();
        match finished {
            // The signal was meant to cut short the wait for a collector.
            Err(Failure::Told(message))
                if self.recovery() == Recovery::ByItself && self.patience.is_to_end().unwrap_or(true) =>
            {
                warn(&message);
                Ok(())
            }
            // Bytes that were written to a stream stay there.
            Err(failure) if self.recovery() == Recovery::None => {
                self.give_up(&failure);
                Err(failure)
            }
            finished => finished,
        }
    }

    /// Stops taking records after a failure. Records already written stay where possible; the rest are lost, unless nobody
    /// wants them.
    pub(crate) fn give_up(&mut self, failure: &Failure) {
        let State::TakesRecords(sink) = &mut self.state else { return };
        let written = sink.give_up();
        self.state = match failure {
            Failure::ClosedPipe => State::Unread,
            _ => State::GivenUp(written),
        };
    }

    /// Settles what a collector has received of a run that failed.
    pub(crate) fn abandon(&mut self) {
        if let State::TakesRecords(sink) = &mut self.state
            && sink.recovery() == Recovery::ByItself
        {
            sink.give_up();
        }
    }

    /// Whether the output takes no more records.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.state, State::TakesRecords(_))
    }

    /// The fate of an output that is given up, as part of a sentence.
    pub(crate) fn given_up(&self) -> &'static str {
        match self.kind {
            Kind::File => "the file is not written",
            Kind::Files => "the current file is not written",
            Kind::Other => "no more flows are written to it",
        }
    }

    /// Message about the result for a file, or files, of a run that was interrupted.
    pub(crate) fn interruption(&self) -> Option<String> {
        if self.recovery() != Recovery::Again {
            return None;
        }
        let written = counted(self.given - self.lost(), "flow");
        let replacing = if self.has_replaced { ", replacing an older file" } else { "" };
        let name = match &self.incomplete {
            Some(incomplete) => incomplete.display().to_string(),
            None => self.name.clone(),
        };
        Some(format!("interrupted: {written} written to {name}{replacing}"))
    }

    /// Name of the destination of the records.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What is lost if the command ends while the output is given `more` records.
    pub(crate) fn lost_at_once(&self, more: u64) -> String {
        let most = counted(self.given + more, "flow");
        format!("{most} at most written to {}, all others are lost", self.name)
    }

    /// Number of records that should have been written and were not. For a file, these are all records if the file was
    /// removed, and none if it stays under another name. For a stream, they are the records that did not go out whole, or
    /// all records if the format does not show which those are. For a collector, they are the records that it may not have.
    pub(crate) fn lost(&self) -> u64 {
        match &self.state {
            State::TakesRecords(sink) => sink.lost(),
            State::GivenUp(written) => self.given - written,
            State::Unread => 0,
        }
    }

    /// The losses as a sentence, if there are any. If the run ended early because of its outputs, nobody knows how many
    /// records were to come.
    pub(crate) fn loss(&self, ended_early: bool) -> Option<String> {
        let lost = match self.state {
            State::GivenUp(0) if ended_early => "all records".to_owned(),
            State::GivenUp(written) if ended_early => format!("all but {}", counted(written, "record")),
            _ if self.lost() == 0 => return None,
            _ => counted(self.lost(), "record"),
        };
        Some(format!("{}: {lost} lost", self.name))
    }

    /// Message about columns that a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        match &self.state {
            State::TakesRecords(sink) => sink.not_shown(),
            State::GivenUp(_) | State::Unread => None,
        }
    }

    /// Warns that a file lacks records and that its name says so.
    fn tell_incomplete(&mut self) {
        let State::TakesRecords(sink) = &mut self.state else { return };
        let path = sink.take_incomplete();
        let Some(name) = path.as_deref().and_then(Path::file_name) else { return };
        warn(&format!("{}: records were lost, so the file is named {}", self.name, name.display()));
        self.incomplete = Some(Path::new(&self.name).with_file_name(name));
    }

    fn judge(&mut self, done: Result<(), nfstream::Error>, had_records: bool) -> Result<(), Failure> {
        self.tell_incomplete();
        match done.map_err(Failure::from) {
            Ok(()) => {
                self.recover(had_records);
                Ok(())
            }
            Err(Failure::Told(message)) if self.goes_on && self.recovery() != Recovery::None => {
                self.suffer(message);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn suffer(&mut self, message: String) {
        let State::TakesRecords(sink) = &self.state else { return };
        let (files, lost) = (sink.files(), sink.lost());
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
                warn(&format!("{message}; capture continues, and the output is tried again"));
                self.trouble = Some(Trouble { told: message, again_at, lost, files });
            }
        }
    }

    /// Reports that the output works again, once that is certain. Text is certain after a write, because it has then reached
    /// the operating system. Other formats are certain when a file is complete. A collector reports its recovery itself.
    fn recover(&mut self, had_records: bool) {
        let (Some(trouble), State::TakesRecords(sink)) = (&self.trouble, &self.state) else { return };
        let is_sure = sink.recovery() == Recovery::ByItself
            || sink.is_text() && had_records
            || sink.files() > trouble.files;
        if !is_sure {
            return;
        }
        let lost = counted(sink.lost() - trouble.lost, "record");
        warn(&format!("{} works again; {lost} lost meanwhile", self.name));
        self.trouble = None;
    }
}

/// The failure to report when an output cannot be opened. If the command line names something that cannot be opened, this is
/// a mistake in the command line. A cause that may pass by itself, such as a full disk, is not.
fn opening(error: nfstream::Error) -> Failure {
    let source = match &error {
        nfstream::Error::Output { source, .. } => source,
        // The zone of an address names no interface.
        nfstream::Error::Collector { source, .. } if source.kind() == ErrorKind::AddrNotAvailable => {
            return Failure::Usage(error.to_string());
        }
        _ => return error.into(),
    };
    let is_of_name = matches!(
        source.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::ExecutableFileBusy
    );
    // A loop of links, and a socket.
    let is_of_what_it_names =
        [Errno::LOOP, Errno::NXIO].contains(&Errno::from_io_error(source).unwrap_or(Errno::IO));
    if is_of_name || is_of_what_it_names { Failure::Usage(error.to_string()) } else { error.into() }
}

/// Whether bytes are written to the target as they come.
fn is_stream(target: &Target) -> bool {
    match target {
        target if target.descriptor().is_some() => true,
        Target::Path(path) => fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()),
        Target::Stdout => true,
    }
}
