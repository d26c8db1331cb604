//! The summary of a run, in a line or two on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use indicatif::{HumanBytes, HumanCount};
use nfstream::{Report, visible};

use crate::failure::fitting;

/// Reports whether the run was interrupted, packets, flows, time, why packets were ignored, and what the table could not
/// show.
pub(crate) fn print(report: &Report, interrupted: bool, not_shown: Option<&str>) {
    // If nothing can be reported, the flows are still written.
    let interrupted = if interrupted { "interrupted: " } else { "" };
    let text = format!("{interrupted}{}{}", text(report), not_shown.unwrap_or_default());
    let mut lines = fitting(&visible(&text)).join("\n");
    lines.push('\n');
    let _ = anstream::stderr().write_all(lines.as_bytes());
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} from {} ({}) in {:.3} s, {} packets/s\n",
        counted(report.flows, "flow"),
        counted(report.packets, "packet"),
        HumanBytes(report.bytes),
        report.elapsed.as_secs_f64(),
        HumanCount(report.packets_per_second() as u64)
    );
    if report.filtered > 0 {
        // Writing to a string does not fail.
        let (filtered, packets) = (HumanCount(report.filtered), counted(report.packets, "packet"));
        let _ = writeln!(text, "{filtered} of {packets} left out by the filter");
    }
    if report.dropped_by_kernel + report.dropped_by_interface > 0 {
        let _ = writeln!(
            text,
            "{} dropped: {} by the kernel (ring full), {} by the interface",
            counted(report.dropped_by_kernel + report.dropped_by_interface, "packet"),
            HumanCount(report.dropped_by_kernel),
            HumanCount(report.dropped_by_interface)
        );
    }
    if report.ignored() > 0 {
        let reasons: Vec<String> = report
            .ignored_reasons()
            .map(|(reason, count)| format!("{reason} ({})", HumanCount(count)))
            .collect();
        let _ = writeln!(text, "{} ignored: {}", counted(report.ignored(), "packet"), reasons.join(", "));
    }
    let noticed: Vec<String> = report
        .noticed()
        .map(|(notice, count)| format!("{} ({})", notice.words(), HumanCount(count)))
        .collect();
    if !noticed.is_empty() {
        let _ = writeln!(text, "noticed: {}", noticed.join(", "));
    }
    let remedy = format!("; --reorder {} sorts packets by time", report.reorder_ms());
    for (steps, what, remedy) in [
        (report.jumps_ahead, "jumps ahead by more than an hour", ""),
        (report.steps_back, "runs backwards", &remedy),
    ] {
        if steps.count > 0 {
            let _ = writeln!(
                text,
                "time {what} {}, by up to {} (at packet {}){remedy}",
                counted(steps.count, "time"),
                humantime::format_duration(steps.largest),
                HumanCount(steps.frame)
            );
        }
    }
    add_mended_clock(&mut text, report);
    if report.out_of_room > 0 {
        let _ = writeln!(
            text,
            "{} of these ended early, because there was no room for more: with another number of meters, different flows may end early",
            counted(report.out_of_room, "flow")
        );
    }
    if report.cut_inspections > 0 {
        let _ = writeln!(
            text,
            "{} not inspected to the end, for lack of memory (--max-memory)",
            counted(report.cut_inspections, "flow")
        );
    }
    if report.hidden_sockets > 0 {
        let (sockets, belong) = (
            counted(report.hidden_sockets, "socket"),
            if report.hidden_sockets == 1 { "belongs to a process" } else { "belong to processes" },
        );
        let _ = writeln!(text, "{sockets} {belong} that only root can see");
    }
    text
}

/// Reports clocks that ran ahead.
fn add_mended_clock(text: &mut String, report: &Report) {
    let mended = report.clock_mended;
    if mended.count > 0 {
        let _ = writeln!(
            text,
            "{} more than an hour ahead of those around, by up to {} (at packet {}): counted at the time of the packet beside",
            counted(mended.count, "packet"),
            humantime::format_duration(mended.largest),
            HumanCount(mended.frame)
        );
    }
}

/// A number of things, in words.
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}
