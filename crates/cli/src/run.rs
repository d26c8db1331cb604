//! The main task: from captures to flows.

use std::fs::{self, Metadata};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nfstream::{Input, Records};

use crate::arguments::FlowArguments;
use crate::destination::{self, Destination};
use crate::failure::{Failure, warn};
use crate::interruption::{Interruption, outlive_full_files};
use crate::metrics::Metrics;
use crate::outputs::Outputs;
use crate::privileges::Privileges;
use crate::progress::ProgressBar;
use crate::summary::counted;
use crate::{captures, progress, summary, table, terminal};

/// Most records that outputs get at a time, so that it is known how many they have.
const AT_A_TIME: usize = 8192;

/// Reads the captures, writes the flows, and reports what there is to report.
pub(crate) fn run(arguments: &FlowArguments) -> Result<ExitCode, Failure> {
    let is_live = arguments.live.interface.is_some();
    let mut interruption = Interruption::watch(is_live)?;
    let destinations = destination::all(&arguments.output, arguments.asked())?;
    captures::check_for_a_filter(arguments.words())?;
    let inputs = captures::expand(&arguments.captures(), &arguments.live, "nfstream")?;
    if destinations.iter().any(Destination::is_on_stdout) {
        terminal::check_stdout().map_err(Failure::Usage)?;
    }
    destinations.iter().try_for_each(Destination::check_open)?;
    let rules = arguments.parameters.rules();
    destinations.iter().try_for_each(|destination| destination.check_against(&inputs, rules))?;
    outlive_full_files()?;
    if destinations.iter().any(Destination::turns) {
        interruption.watch_for_turns()?;
    }

    let privileges = Privileges::to_give_up(&arguments.live)?;
    let comes_once = is_live || inputs.iter().any(is_pipe);
    let streamer = arguments.live.apply(arguments.parameters.streamer()?.sources(inputs))?.build()?;
    let columns = &arguments.output.columns;
    let streamer = if columns.is_empty() { streamer } else { table::selected(&streamer, columns)? };
    // Packets are read without privileges.
    let mut records = streamer.records_after(|| privileges.give_up().and_then(|()| interruption.begin()))?;
    let talkative = !arguments.output.quiet && !destinations.iter().any(Destination::is_among_messages);
    let metrics = arguments.output.metrics.as_deref().map(Metrics::serve);
    let print_every = arguments.output.report.parameters().performance_report;
    let mut watch = Watch::new(ProgressBar::new(talkative), metrics, print_every);
    let (durable, patience) = (arguments.output.durable, interruption.patience());
    let mut outputs =
        Outputs::open(destinations, records.schema(), comes_once, durable, &patience, records.pool())?;
    let written = write(&mut records, &mut outputs, &interruption, &mut watch);
    watch.progress.finish();

    let report = records.report();
    for damage in &report.damages {
        warn(&damage.to_string());
    }
    for (link_type, packets) in &report.not_judged {
        let packets = counted(*packets, "packet");
        warn(&format!(
            "{packets} of link type {link_type} left out: the filter cannot be applied to this link type"
        ));
    }
    let mut has_lost = false;
    for loss in outputs.losses() {
        has_lost = true;
        warn(&loss);
    }
    // A live capture ends with success, whatever the outputs have lost meanwhile.
    let lacks_records = outputs.have_failed() || (has_lost && !is_live);
    match written {
        Err(Failure::ClosedPipe) if lacks_records => return Ok(ExitCode::FAILURE),
        written => written?,
    }
    // An interruption is the normal end of a live capture.
    let interrupted = report.interrupted && !is_live;
    let interruptions: Vec<String> = outputs.interruptions().filter(|_| interrupted).collect();
    interruptions.iter().for_each(|interruption| warn(interruption));
    if talkative {
        let is_untold = interrupted && interruptions.is_empty();
        summary::print(&report, is_untold, outputs.not_shown().as_deref());
    }
    // What was given up or lost counts for more than a signal: the signal may have been meant to end the run in order.
    if lacks_records {
        return Ok(ExitCode::FAILURE);
    }
    // A signal that came after everything was read has ended nothing.
    if let Some(status) = interruption.exit_status().filter(|_| report.interrupted || has_lost) {
        return Ok(ExitCode::from(status));
    }
    let is_incomplete = !report.damages.is_empty() || !report.not_judged.is_empty();
    let failed = arguments.output.strict && is_incomplete;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Whether an input is a pipe, whose contents come only once.
fn is_pipe(input: &Input) -> bool {
    let path = match input {
        Input::Path(path) => path,
        Input::Stdin => Path::new("/dev/stdin"),
        Input::Reader(_) => return false,
    };
    let of_type = |metadata: Metadata| metadata.file_type();
    fs::metadata(path).map(of_type).is_ok_and(|file| file.is_fifo() || file.is_socket())
}

fn write(
    records: &mut Records,
    outputs: &mut Outputs,
    interruption: &Interruption,
    watch: &mut Watch,
) -> Result<(), Failure> {
    let stop = records.stop_handle();
    while let Some(batch) = records.next_batch() {
        if interruption.asks_to_end() {
            stop.stop();
        }
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return outputs.give_up(error.into()),
        };
        // Outputs also want to know that time passes.
        let nothing = batch.is_empty().then_some(&[][..]);
        for records in batch.chunks(AT_A_TIME).chain(nothing) {
            interruption.note(outputs.lost_at_once(records.len() as u64));
            outputs.write(records)?;
        }
        if interruption.asks_to_turn() {
            outputs.turn()?;
        }
        watch.update(records, outputs);
    }
    watch.progress.finish();
    let finished = outputs.finish();
    interruption.note(std::iter::empty());
    finished
}

/// Observers of a run's progress.
struct Watch {
    progress: ProgressBar,
    metrics: Option<Metrics>,
    /// Interval at which the counters are printed, and the next time.
    printing: Option<(Duration, Instant)>,
}

impl Watch {
    fn new(progress: ProgressBar, metrics: Option<Metrics>, every: Duration) -> Self {
        let first = (!every.is_zero()).then(|| Instant::now().checked_add(every)).flatten();
        Self { progress, metrics, printing: first.map(|first| (every, first)) }
    }

    fn update(&mut self, records: &Records, outputs: &Outputs) {
        self.progress.update(records);
        if let Some(metrics) = &self.metrics {
            metrics.update(records.report(), outputs.lost());
        }
        if let Some((every, next)) = &mut self.printing
            && Instant::now() >= *next
        {
            *next += *every;
            progress::aside(|| eprintln!("{}", records.report().performance_line()));
        }
    }
}
