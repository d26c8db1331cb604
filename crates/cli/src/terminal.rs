//! The width that text has to fit into, and text that fits.

use std::io;

use rustix::fs::OFlags;

use crate::descriptors;

/// Columns that text on standard output should fit in: what the environment variable `COLUMNS` says, else the width of
/// the terminal; `None` for a pipe or a file, where nothing needs to fit.
pub(crate) fn stdout_width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.filter(|columns| *columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0)).filter(|columns| *columns > 0)
    })
}

/// Checks that standard output can be written. If it cannot, the standard library would accept the text and lose it.
///
/// # Errors
/// It is closed, or open for reading only.
pub(crate) fn check_stdout() -> Result<(), String> {
    if !descriptors::was_open(1) {
        return Err("standard output is closed".to_owned());
    }
    if descriptors::has_mode(rustix::stdio::stdout(), OFlags::RDONLY) {
        return Err("standard output is open for reading only".to_owned());
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
