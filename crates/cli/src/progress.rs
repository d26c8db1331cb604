//! Progress of reading, on standard error if that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressDrawTarget, ProgressStyle, TermLike};
use nfstream::Records;

use crate::terminal;

/// Input that is read within this time needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);

/// For files: bytes, rate and time left, then shorter forms, the widest first. Each form comes with the most columns that it
/// takes.
const BYTES: [(usize, &str); 3] = [
    (90, "{bar:30} {percent:>3}%  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left"),
    (40, "{bar:20} {percent:>3}%  {eta} left"),
    (4, "{percent:>3}%"),
];
/// For inputs without a known length.
const PACKETS: [(usize, &str); 2] = [(50, "{spinner} {human_pos} packets  {elapsed}"), (16, "{human_pos}")];
/// Columns to keep free after the bar, where a terminal shows ^C. If ^C went to the next line, nothing would remove the bar.
const ROOM: usize = 6;

/// Standard error, as if it had fewer columns. A bar is padded to the last of them.
#[derive(Debug)]
struct NarrowTerminal;

impl TermLike for NarrowTerminal {
    fn width(&self) -> u16 {
        terminal::stderr_width().map_or(0, |width| width.saturating_sub(ROOM) as u16)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        if lines == 0 { Ok(()) } else { self.write_str(&format!("\x1b[{lines}A")) }
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        if lines == 0 { Ok(()) } else { self.write_str(&format!("\x1b[{lines}B")) }
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        if columns == 0 { Ok(()) } else { self.write_str(&format!("\x1b[{columns}C")) }
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        if columns == 0 { Ok(()) } else { self.write_str(&format!("\x1b[{columns}D")) }
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The bar that is shown, if there is one.
static SHOWN: Mutex<Option<indicatif::ProgressBar>> = Mutex::new(None);

/// A progress bar, or nothing if nobody would see it.
pub(crate) struct ProgressBar {
    wanted: bool,
    next: Instant,
    /// Width of the terminal that the bar was made for.
    width: usize,
}

impl ProgressBar {
    /// Makes a bar if it is wanted and standard error is a terminal.
    pub(crate) fn new(wanted: bool) -> Self {
        let wanted = wanted && io::stderr().is_terminal();
        Self { wanted, next: Instant::now() + PATIENCE, width: 0 }
    }

    /// Shows how far the run has come.
    pub(crate) fn update(&mut self, records: &Records) {
        if !self.wanted || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + REFRESH;
        // A terminal without a size has no room for a bar.
        let Some(width) = terminal::stderr_width() else { return };
        let (read, total) = (records.progress().read_bytes(), records.progress().total_bytes());
        let mut shown = shown();
        let bar = shown.get_or_insert_with(|| {
            let target = ProgressDrawTarget::term_like(Box::new(NarrowTerminal));
            let bar = total.map_or_else(indicatif::ProgressBar::no_length, indicatif::ProgressBar::new);
            bar.set_draw_target(target);
            bar
        });
        if width != self.width {
            self.width = width;
            bar.set_style(style(total.is_some(), width));
        }
        bar.set_position(if total.is_some() { read } else { records.report().packets });
        bar.tick();
    }

    /// Removes the bar for good.
    pub(crate) fn finish(&mut self) {
        self.wanted = false;
        if let Some(bar) = shown().take() {
            bar.finish_and_clear();
        }
    }
}

/// Removes the bar while something else is written to the terminal.
pub(crate) fn aside<T>(write: impl FnOnce() -> T) -> T {
    let bar = shown().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn shown() -> MutexGuard<'static, Option<indicatif::ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The style that fits into a terminal.
fn style(has_length: bool, width: usize) -> ProgressStyle {
    let templates = if has_length { &BYTES[..] } else { &PACKETS[..] };
    let fits = |(most, _): &&(usize, &str)| most + ROOM <= width;
    let (_, template) = templates.iter().find(fits).unwrap_or(&(0, ""));
    ProgressStyle::with_template(template).expect("a test checks the templates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_well_formed() {
        for width in 0..120 {
            style(true, width);
            style(false, width);
        }
    }
}
