//! The width that text has to fit into, and text that fits.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::OFlags;

/// Columns that text on standard output should fit in: what the environment variable `COLUMNS` says, else the width of
/// the terminal; `None` for a pipe or a file, where nothing needs to fit.
pub(crate) fn stdout_width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.filter(|columns| *columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0)).filter(|columns| *columns > 0)
    })
}

/// Whether standard input, standard output and standard error were closed.
static WERE_CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

pub(crate) fn set_closed(were_closed: [bool; 3]) {
    for (known, was_closed) in WERE_CLOSED.iter().zip(were_closed) {
        known.store(was_closed, Ordering::Relaxed);
    }
}

/// Whether a descriptor was closed when the process began, and has been opened in its place.
pub(crate) fn was_closed(descriptor: i32) -> bool {
    let known = usize::try_from(descriptor).ok().and_then(|descriptor| WERE_CLOSED.get(descriptor));
    known.is_some_and(|was_closed| was_closed.load(Ordering::Relaxed))
}

/// Checks that standard output can be written. If it cannot, the standard library would accept the text and lose it.
///
/// # Errors
/// It is closed, or open for reading only.
pub(crate) fn check_stdout() -> io::Result<()> {
    if was_closed(1) {
        return Err(io::Error::other("is closed"));
    }
    let flags = rustix::fs::fcntl_getfl(rustix::stdio::stdout())?;
    if flags & OFlags::RWMODE == OFlags::RDONLY {
        return Err(io::Error::other("is open for reading only"));
    }
    Ok(())
}

/// Width of the terminal on standard error; `None` if it is not a terminal.
pub(crate) fn stderr_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0)).filter(|columns| *columns > 0)
}

/// Breaks text between words into lines of at most `width` characters. A longer word has a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
