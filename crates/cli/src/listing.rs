//! Lists: rows of text under headers, in the formats of a list.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::arguments::ListFormat;
use nfstream::visible;

use crate::failure::{Failure, write_stdout};
use crate::terminal::{self, wrap};

const GAP: usize = 2;
/// Least width for the last cell beside the others. With less room, it goes below them.
const LEAST_LAST: usize = 20;
/// Indentation of a cell below the others.
const INDENT: usize = 4;

/// Rows of `N` cells. The first cell is a name. The last one is broken into lines if there is little room.
pub(crate) struct Listing<'a, const N: usize> {
    pub(crate) headers: [&'static str; N],
    /// Which of the cells are numbers.
    pub(crate) numbers: &'static [usize],
    pub(crate) rows: Vec<[Cow<'a, str>; N]>,
}

impl<const N: usize> Listing<'_, N> {
    /// Prints the list to standard output.
    pub(crate) fn print(&self, format: ListFormat) -> Result<(), Failure> {
        let text = match format {
            ListFormat::Table => self.table(terminal::stdout_width()),
            ListFormat::Csv => self.csv(),
            ListFormat::Jsonl => self.json_lines(),
            ListFormat::Markdown => self.markdown(),
        };
        // JSON has escapes of its own.
        let text = if format == ListFormat::Jsonl { text.into() } else { visible(&text) };
        write_stdout(text.as_bytes())
    }

    /// A Markdown table.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        push_line(&mut text, format_args!("| {} |", self.headers.join(" | ")));
        push_line(&mut text, format_args!("|{}", " --- |".repeat(N)));
        for row in &self.rows {
            let mut cells = row.each_ref().map(|cell| cell.replace('|', "\\|"));
            if let Some(name) = cells.first_mut() {
                *name = format!("`{name}`");
            }
            push_line(&mut text, format_args!("| {} |", cells.join(" | ")));
        }
        text
    }

    fn headers_and_rows(&self) -> impl Iterator<Item = [&str; N]> {
        std::iter::once(self.headers).chain(self.rows.iter().map(|row| row.each_ref().map(|cell| &**cell)))
    }

    /// Aligned text. If a width is given, the last cell is broken into lines. If there is little room beside the other
    /// cells, it goes below them.
    fn table(&self, width: Option<usize>) -> String {
        let mut widths = [0; N];
        for row in self.headers_and_rows() {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let beside: usize = widths.iter().take(N - 1).map(|width| width + GAP).sum();
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(beside));
        let last_cells = self.rows.iter().filter_map(|row| row.last());
        let longest_word =
            last_cells.flat_map(|cell| cell.split_whitespace()).map(|word| word.chars().count()).max();
        let least = longest_word.unwrap_or(0).max(LEAST_LAST);
        let mut text = String::new();
        for row in self.headers_and_rows() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths).take(N - 1) {
                // Writing to a string does not fail.
                let _ = write!(line, "{cell:width$}{:GAP$}", "");
            }
            let last = row.last().unwrap_or(&"");
            match width {
                Some(width) if room < least => push_in_lines(&mut text, &line, last, width),
                _ => {
                    let mut lines = wrap(last, room).into_iter();
                    line.push_str(&lines.next().unwrap_or_default());
                    push_line(&mut text, format_args!("{}", line.trim_end()));
                    for line in lines {
                        push_line(&mut text, format_args!("{:beside$}{line}", ""));
                    }
                }
            }
        }
        text
    }

    /// The names of the cells for programs.
    fn names(&self) -> [String; N] {
        self.headers.map(|header| header.replace(' ', "_"))
    }

    /// CSV (RFC 4180), with line feeds.
    fn csv(&self) -> String {
        let mut text = self.names().join(",");
        text.push('\n');
        for row in self.headers_and_rows().skip(1) {
            let quoted = row.map(|cell| match cell.contains([',', '"', '\n']) {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.to_owned(),
            });
            push_line(&mut text, format_args!("{}", quoted.join(",")));
        }
        text
    }

    fn json_lines(&self) -> String {
        let mut text = String::new();
        let names = self.names();
        for row in &self.rows {
            let value = |index: usize, cell: &str| match self.numbers.contains(&index) {
                true => cell.to_owned(),
                false => json_string(cell),
            };
            let members: Vec<String> = names
                .iter()
                .zip(row)
                .enumerate()
                .map(|(index, (name, cell))| format!("\"{name}\":{}", value(index, cell)))
                .collect();
            push_line(&mut text, format_args!("{{{}}}", members.join(",")));
        }
        text
    }
}

/// A JSON string (RFC 8259, section 7).
fn json_string(text: &str) -> String {
    let mut json = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\n' => json.push_str("\\n"),
            _ if visible(character.encode_utf8(&mut [0; 4])).starts_with('\\') => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    json.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}

/// Adds a row in little room: the other cells, aligned if they fit that way, and the last cell below them.
fn push_in_lines(text: &mut String, aligned: &str, last: &str, width: usize) {
    let aligned = aligned.trim_end();
    let cells = match aligned.chars().count() <= width {
        true => vec![aligned.to_owned()],
        false => wrap(aligned, width),
    };
    for line in cells {
        push_line(text, format_args!("{line}"));
    }
    for line in wrap(last, width.saturating_sub(INDENT).max(1)) {
        push_line(text, format_args!("{:INDENT$}{line}", ""));
    }
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_numbers_and_names_without_spaces() {
        let listing = Listing {
            headers: ["name", "id", "recognised by"],
            numbers: &[1],
            rows: vec![["DNS", "5", "port 53, UDP"].map(Cow::from)],
        };
        assert_eq!(listing.json_lines(), "{\"name\":\"DNS\",\"id\":5,\"recognised_by\":\"port 53, UDP\"}\n");
        assert_eq!(json_string("a\n\u{1b}\u{202e}\u{e0041}\\"), r#""a\n\u001b\u202e\udb40\udc41\\""#);
        assert_eq!(listing.csv(), "name,id,recognised_by\nDNS,5,\"port 53, UDP\"\n");
        assert!(listing.table(None).starts_with("name  id  recognised by\n"));
    }

    #[test]
    fn every_format_says_the_same() {
        let listing = Listing {
            headers: ["name", "type", "unit", "meaning"],
            numbers: &[],
            rows: vec![
                ["bytes", "int64", "bytes", "Bytes, by the accounting mode, \"raw\" | other."].map(Cow::from),
                ["src_ip", "text", "", "Source."].map(Cow::from),
            ],
        };
        assert_eq!(
            listing.table(Some(46)),
            "name    type   unit   meaning\n\
             bytes   int64  bytes  Bytes, by the accounting\n\
             \x20                     mode, \"raw\" | other.\n\
             src_ip  text          Source.\n"
        );
        assert_eq!(
            listing.csv(),
            "name,type,unit,meaning\n\
             bytes,int64,bytes,\"Bytes, by the accounting mode, \"\"raw\"\" | other.\"\n\
             src_ip,text,,Source.\n"
        );
        assert_eq!(
            listing.json_lines(),
            "{\"name\":\"bytes\",\"type\":\"int64\",\"unit\":\"bytes\",\
             \"meaning\":\"Bytes, by the accounting mode, \\\"raw\\\" | other.\"}\n\
             {\"name\":\"src_ip\",\"type\":\"text\",\"unit\":\"\",\"meaning\":\"Source.\"}\n"
        );
        assert_eq!(
            listing.markdown(),
            "| name | type | unit | meaning |\n| --- | --- | --- | --- |\n\
             | `bytes` | int64 | bytes | Bytes, by the accounting mode, \"raw\" \\| other. |\n\
             | `src_ip` | text |  | Source. |\n"
        );
    }
}
