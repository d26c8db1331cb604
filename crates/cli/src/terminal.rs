//! How wide the place is that text goes to, and text that fits.

/// Columns that text on standard output should fit in: what the environment variable `COLUMNS` says, else the width of
/// the terminal; `None` for a pipe or a file, where nothing needs to fit.
pub(crate) fn stdout_width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.filter(|columns| *columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(width.0)).filter(|columns| *columns > 0)
    })
}

/// The width of the terminal that standard error is; `None` where it is none.
pub(crate) fn stderr_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stderr())?;
    Some(usize::from(width.0)).filter(|columns| *columns > 0)
}

/// Breaks text between words into lines of at most so many characters; a longer word has a line of its own.
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
