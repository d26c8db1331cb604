//! How far the reading has come, on standard error while it is a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::ProgressStyle;
use nfstream::Records;

/// What is read within this time needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);

/// For files: bytes, rate and time left.
const BYTES: &str = "{bar:30} {percent:>3}%  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left";
/// For what has no known length.
const PACKETS: &str = "{spinner} {human_pos} packets  {elapsed}";

/// A progress bar, or nothing where nobody would see it.
pub(crate) struct ProgressBar {
    bar: Option<indicatif::ProgressBar>,
    wanted: bool,
    next: Instant,
}

impl ProgressBar {
    /// There is a bar if it is wanted and standard error is a terminal.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { bar: None, wanted: wanted && io::stderr().is_terminal(), next: Instant::now() + PATIENCE }
    }

    /// Shows how far the run has come.
    pub(crate) fn update(&mut self, records: &Records) {
        if !self.wanted || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + REFRESH;
        let (read, total) = (records.progress().read_bytes(), records.progress().total_bytes());
        let bar = self.bar.get_or_insert_with(|| bar(total));
        bar.set_position(if total.is_some() { read } else { records.report().packets });
        bar.tick();
    }

    /// Takes the bar away while something else is written to the terminal.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away for good.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> indicatif::ProgressBar {
    let template = if total.is_some() { BYTES } else { PACKETS };
    let style = ProgressStyle::with_template(template).expect("a test checks the templates");
    let bar = total.map_or_else(indicatif::ProgressBar::new_spinner, indicatif::ProgressBar::new);
    bar.with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_well_formed() {
        bar(Some(1));
        bar(None);
    }
}
