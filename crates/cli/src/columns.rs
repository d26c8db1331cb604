//! The columns of flow records, listed.

use std::fmt::Write as _;
use std::io::{self, Write};

use nfstream::Column;

use crate::arguments::{ColumnsArguments, ListFormat};
use crate::failure::Failure;
use crate::terminal;

const HEADERS: [&str; 4] = ["name", "type", "unit", "meaning"];
const GAP: usize = 2;
/// The meaning is not squeezed into less.
const LEAST_MEANING: usize = 20;

/// Prints the columns that records have with these parameters.
pub(crate) fn list(arguments: &ColumnsArguments) -> Result<(), Failure> {
    // A streamer needs a source to be; this one is not read.
    let streamer = arguments.parameters.streamer().source(nfstream::Input::Stdin).build()?;
    let columns = streamer.schema().columns();
    let text = match arguments.format {
        ListFormat::Table => table(columns, terminal::stdout_width()),
        ListFormat::Csv => csv(columns),
        ListFormat::Jsonl => json_lines(columns),
        ListFormat::Markdown => markdown_table(columns),
    };
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::standard_output(&error))
}

/// The columns as a Markdown table.
pub fn markdown_table(columns: &[Column]) -> String {
    let mut text = "| name | type | unit | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for [name, kind, unit, doc] in columns.iter().map(cells) {
        let doc = doc.replace('|', "\\|");
        push_line(&mut text, format_args!("| `{name}` | {kind} | {unit} | {doc} |"));
    }
    text
}

fn cells(column: &Column) -> [&str; 4] {
    [&column.name, column.kind.name(), column.unit.symbol(), &column.doc]
}

/// Aligned text; the meaning is broken into lines where a width is given.
fn table(columns: &[Column], width: Option<usize>) -> String {
    let rows: Vec<[&str; 4]> = std::iter::once(HEADERS).chain(columns.iter().map(cells)).collect();
    let widest = |cell: usize| rows.iter().map(|row| row[cell].len()).max().unwrap_or(0);
    let (names, kinds, units) = (widest(0), widest(1), widest(2));
    let indent = names + kinds + units + 3 * GAP;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(LEAST_MEANING));
    let mut text = String::new();
    for [name, kind, unit, doc] in rows {
        let mut lines = wrap(doc, room).into_iter();
        let first = lines.next().unwrap_or_default();
        push_line(&mut text, format_args!("{name:names$}  {kind:kinds$}  {unit:units$}  {first}"));
        for line in lines {
            push_line(&mut text, format_args!("{:indent$}{line}", ""));
        }
    }
    text
}

/// Breaks text between words into lines of at most so many characters; a longer word has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
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

/// RFC 4180, with line feeds.
fn csv(columns: &[Column]) -> String {
    let mut text = String::new();
    for row in std::iter::once(HEADERS).chain(columns.iter().map(cells)) {
        let quoted = row.map(|cell| match cell.contains([',', '"', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.to_owned(),
        });
        push_line(&mut text, format_args!("{}", quoted.join(",")));
    }
    text
}

fn json_lines(columns: &[Column]) -> String {
    let mut text = String::new();
    for row in columns.iter().map(cells) {
        let members: Vec<String> =
            HEADERS.iter().zip(row).map(|(name, cell)| format!("\"{name}\":{}", json_string(cell))).collect();
        push_line(&mut text, format_args!("{{{}}}", members.join(",")));
    }
    text
}

/// RFC 8259, section 7.
fn json_string(text: &str) -> String {
    let mut json = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => json.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use nfstream::{Kind, Unit};

    fn columns() -> Vec<Column> {
        let column = |name: &'static str, kind, unit, doc: &'static str| Column {
            name: name.into(),
            kind,
            unit,
            doc: doc.into(),
        };
        vec![
            column("bytes", Kind::Int64, Unit::Bytes, "Bytes, by the accounting mode, \"raw\" | other."),
            column("src_ip", Kind::Text, Unit::None, "Source."),
        ]
    }

    #[test]
    fn every_format_says_the_same() {
        assert_eq!(
            table(&columns(), Some(46)),
            "name    type   unit   meaning\n\
             bytes   int64  bytes  Bytes, by the accounting\n\
             \x20                     mode, \"raw\" | other.\n\
             src_ip  text          Source.\n"
        );
        assert_eq!(
            csv(&columns()),
            "name,type,unit,meaning\n\
             bytes,int64,bytes,\"Bytes, by the accounting mode, \"\"raw\"\" | other.\"\n\
             src_ip,text,,Source.\n"
        );
        assert_eq!(
            json_lines(&columns()),
            "{\"name\":\"bytes\",\"type\":\"int64\",\"unit\":\"bytes\",\
             \"meaning\":\"Bytes, by the accounting mode, \\\"raw\\\" | other.\"}\n\
             {\"name\":\"src_ip\",\"type\":\"text\",\"unit\":\"\",\"meaning\":\"Source.\"}\n"
        );
        assert_eq!(
            markdown_table(&columns()),
            "| name | type | unit | meaning |\n| --- | --- | --- | --- |\n\
             | `bytes` | int64 | bytes | Bytes, by the accounting mode, \"raw\" \\| other. |\n\
             | `src_ip` | text |  | Source. |\n"
        );
    }
}
