//! How wide the place is that text goes to.

/// Columns that text on standard output should fit in: what the environment variable `COLUMNS` says, else the width of
/// the terminal; `None` for a pipe or a file, where nothing needs to fit.
pub(crate) fn stdout_width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.filter(|columns| *columns > 0).or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(width.0)).filter(|columns| *columns > 0)
    })
}
