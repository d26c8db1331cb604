//! The main thing: captures to flows.

use std::process::ExitCode;

use nfstream::Records;

use crate::arguments::FlowArguments;
use crate::failure::{Failure, warn};
use crate::interruption::Interruption;
use crate::output::{Destination, Output};
use crate::privileges::Unprivileged;
use crate::progress::ProgressBar;
use crate::{captures, summary};

/// Reads the captures, writes the flows, tells what there is to tell.
pub(crate) fn run(arguments: &FlowArguments) -> Result<ExitCode, Failure> {
    let destination = Destination::of(&arguments.output)?;
    let inputs = captures::expand(&arguments.captures)?;
    destination.check_against(&inputs)?;
    let interruption =
        Interruption::watch().map_err(|error| Failure::Told(format!("cannot watch for Ctrl-C: {error}")))?;

    let user = arguments.live.user.as_deref().map(Unprivileged::named).transpose()?;
    let streamer = arguments.live.apply(arguments.parameters.streamer().sources(inputs)).build()?;
    let mut records = streamer.records()?;
    if let Some(user) = user {
        user.become_it()?;
    }
    let talkative = !arguments.output.quiet && !destination.is_records_on_stdout();
    let output = destination.open(records.schema())?;
    let written = write(&mut records, output, &interruption, ProgressBar::new(talkative));

    let report = records.report();
    for damage in &report.damages {
        warn(&damage.to_string());
    }
    written?;
    if talkative {
        summary::print(&report);
    }
    if let Some(status) = interruption.exit_status() {
        return Ok(ExitCode::from(status));
    }
    let failed = arguments.output.strict && !report.damages.is_empty();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write(
    records: &mut Records,
    mut output: Output,
    interruption: &Interruption,
    mut progress: ProgressBar,
) -> Result<(), Failure> {
    let stop = records.stop_handle();
    while let Some(batch) = records.next_batch() {
        if interruption.exit_status().is_some() {
            stop.stop();
        }
        output.write(&batch?, &progress)?;
        progress.update(records);
    }
    progress.finish();
    output.finish()
}
