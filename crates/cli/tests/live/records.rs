//! Records, read back.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::capture::NFSTREAM;

pub(crate) type Record = Map<String, Value>;

/// The records of JSON Lines.
pub(crate) fn records(lines: &str) -> Vec<Record> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// The records without what a second recording of the same packets changes, numbers and times, and without other columns, in an
/// order of their own.
pub(crate) fn timeless(records: Vec<Record>, without: &[&str]) -> Vec<String> {
    let changes = |column: &str| {
        column == "id"
            || ["first_seen_ms", "last_seen_ms", "duration_ms"].iter().any(|end| column.ends_with(end))
            || column.contains("piat")
            || without.contains(&column)
    };
    let mut lines: Vec<String> = records
        .into_iter()
        .map(|mut record| {
            record.retain(|column, _| !changes(column));
            Value::Object(record).to_string()
        })
        .collect();
    lines.sort();
    lines
}

/// The records of a capture file.
pub(crate) fn of_file(path: &Path, arguments: &[&str]) -> Vec<Record> {
    let output =
        Command::new(NFSTREAM).arg(path).args(["--format", "jsonl"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    records(&String::from_utf8(output.stdout).unwrap())
}

/// A column that has text.
pub(crate) fn text<'a>(record: &'a Record, column: &str) -> &'a str {
    record[column].as_str().unwrap()
}

/// A column that has a number.
pub(crate) fn number(record: &Record, column: &str) -> u64 {
    record[column].as_u64().unwrap()
}

/// The only record for which a condition holds.
pub(crate) fn only(records: &[Record], wanted: impl Fn(&Record) -> bool) -> &Record {
    let mut found = records.iter().filter(|record| wanted(record));
    match (found.next(), found.next()) {
        (Some(record), None) => record,
        (first, _) => panic!(
            "{} of these records are wanted: {records:#?}",
            if first.is_none() { "none" } else { "several" }
        ),
    }
}
