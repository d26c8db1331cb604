//! One output that takes records: a table to look at, a stream, a file, files that are turned over, a collector.

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

/// How long an output that failed is left alone.
const RESPITE: Duration = Duration::from_secs(5);

/// How long records of an input that comes as it passes may stay in a compressor.
const FOLLOWED: Duration = Duration::from_secs(1);

/// An output, and how it does.
pub(crate) struct Output {
    name: String,
    state: State,
    kind: Kind,
    /// Records that were to be written.
    given: u64,
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

enum State {
    TakesRecords(Box<dyn Sink>),
    /// Takes no more records. So many were written; all others are lost.
    GivenUp(u64),
    /// Its reader has gone, and wants no more.
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
        let (name, kind, sink): (_, _, Box<dyn Sink>) = match destination {
            Destination::Table(asked) => {
                (Target::Stdout.to_string(), Kind::Other, Box::new(FlowTable::on_stdout(&asked, schema)))
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
                let exporter = Exporter::start_with(collector, schema, patience, Timings::default())?;
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

    /// Takes records; with none, it may still show what has waited for company, or turn over.
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

    /// Lets out what is collected of an input that nobody waits for the end of.
    fn be_followed(&mut self) -> Result<(), Failure> {
        let (when, what) = self.followed;
        if !self.goes_on || self.trouble.is_some() || self.given == what || when.elapsed() < FOLLOWED {
            return Ok(());
        }
        self.followed = (Instant::now(), self.given);
        self.act(|sink| sink.flush())
    }

    /// Completes the file at hand, where there is a next one.
    pub(crate) fn turn(&mut self) -> Result<(), Failure> {
        self.act(|sink| sink.turn())
    }

    fn act(&mut self, act: fn(&mut dyn Sink) -> Result<(), nfstream::Error>) -> Result<(), Failure> {
        let State::TakesRecords(sink) = &mut self.state else { return Ok(()) };
        let done = act(sink.as_mut());
        self.judge(done, false)
    }

    /// Completes the output.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let State::TakesRecords(sink) = &mut self.state else { return Ok(()) };
        let replaces = self.kind == Kind::File && Path::new(&self.name).is_file();
        let finished = sink.finish().map_err(Failure::from);
        self.tell_incomplete();
        self.has_replaced = replaces && self.incomplete.is_none();
        match finished {
            // To cut short the wait for a collector is what the signal was for.
            Err(Failure::Told(message))
                if self.recovery() == Recovery::ByItself && self.patience.is_to_end().unwrap_or(true) =>
            {
                warn(&message);
                Ok(())
            }
            // What went out of a stream stays.
            Err(failure) if self.recovery() == Recovery::None => {
                self.give_up(&failure);
                Err(failure)
            }
            finished => finished,
        }
    }

    /// Takes no more records because of a failure. What has been written stays where that can be; the rest is lost, unless nobody wants
    /// it.
    pub(crate) fn give_up(&mut self, failure: &Failure) {
        let State::TakesRecords(sink) = &mut self.state else { return };
        let written = sink.give_up();
        self.state = match failure {
            Failure::ClosedPipe => State::Unread,
            _ => State::GivenUp(written),
        };
    }

    /// Settles what a collector has of a run that failed.
    pub(crate) fn abandon(&mut self) {
        if let State::TakesRecords(sink) = &mut self.state
            && sink.recovery() == Recovery::ByItself
        {
            sink.give_up();
        }
    }

    /// Whether it takes no more records.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.state, State::TakesRecords(_))
    }

    /// What becomes of an output that is given up, as part of a sentence.
    pub(crate) fn given_up(&self) -> &'static str {
        match self.kind {
            Kind::File => "the file is not written",
            Kind::Files => "the file at hand is not written",
            Kind::Other => "no more flows are written to it",
        }
    }

    /// What came of a file, or files, in a run that was interrupted.
    pub(crate) fn interruption(&self) -> Option<String> {
        if self.recovery() != Recovery::Again {
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

    /// Records that were to be written and are not: all of a file that was removed, none of one that stays under another name; of a stream those
    /// that did not go out whole, and all where its format does not say which those are; of a collector those that it may not have.
    pub(crate) fn lost(&self) -> u64 {
        match &self.state {
            State::TakesRecords(sink) => sink.lost(),
            State::GivenUp(written) => self.given - written,
            State::Unread => 0,
        }
    }

    /// The same as a sentence, if there are any. Of a run that ended early because of its outputs nobody knows how many were to come.
    pub(crate) fn loss(&self, ended_early: bool) -> Option<String> {
        let lost = match self.state {
            State::GivenUp(0) if ended_early => "all records".to_owned(),
            State::GivenUp(written) if ended_early => format!("all but {}", counted(written, "record")),
            _ if self.lost() == 0 => return None,
            _ => counted(self.lost(), "record"),
        };
        Some(format!("{}: {lost} lost", self.name))
    }

    /// What a table could not show.
    pub(crate) fn not_shown(&self) -> Option<String> {
        match &self.state {
            State::TakesRecords(sink) => sink.not_shown(),
            State::GivenUp(_) | State::Unread => None,
        }
    }

    /// Tells that a file lacks records, which its name says.
    fn tell_incomplete(&mut self) {
        let State::TakesRecords(sink) = &mut self.state else { return };
        let path = sink.take_incomplete();
        let Some(name) = path.as_deref().and_then(Path::file_name) else { return };
        warn(&format!("{}: records were lost, so the file is called {}", self.name, name.display()));
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
                warn(&format!("{message}; capture goes on, and the output is tried again"));
                self.trouble = Some(Trouble { told: message, again_at, lost, files });
            }
        }
    }

    /// Tells that the output does well again, once that is sure: text has reached the operating system when it was
    /// written, other formats when a file is complete; a collector says so.
    fn recover(&mut self, had_records: bool) {
        let (Some(trouble), State::TakesRecords(sink)) = (&self.trouble, &self.state) else { return };
        let is_sure = sink.recovery() == Recovery::ByItself
            || sink.is_text() && had_records
            || sink.files() > trouble.files;
        if !is_sure {
            return;
        }
        let lost = counted(sink.lost() - trouble.lost, "record");
        warn(&format!("{}: is written again; {lost} lost meanwhile", self.name));
        self.trouble = None;
    }
}

/// Why an output cannot be begun: where the command line names what cannot be opened, that is its mistake. What may pass by itself, such as a full
/// disk, is none.
fn opening(error: nfstream::Error) -> Failure {
    let nfstream::Error::Output { source, .. } = &error else { return error.into() };
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
    // A circle of links, and a socket.
    let is_of_what_it_names =
        [Errno::LOOP, Errno::NXIO].contains(&Errno::from_io_error(source).unwrap_or(Errno::IO));
    if is_of_name || is_of_what_it_names { Failure::Usage(error.to_string()) } else { error.into() }
}

/// Whether bytes go there as they come.
fn is_stream(target: &Target) -> bool {
    match target {
        target if target.descriptor().is_some() => true,
        Target::Path(path) => fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()),
        Target::Stdout => true,
    }
}
