//! Differences for a person to read: of pages by lines, of flows by columns and flows.

use similar::{Algorithm, TextDiff, capture_diff_slices};

use crate::golden;

/// Most differences that are shown of a golden output, and most values of a column.
const MOST: usize = 10;

/// Columns that identify the same flow in two outputs.
const IDENTITY: [&str; 8] = [
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "vlan_id",
    "tunnel_id",
    "bidirectional_first_seen_ms",
];

/// A file that has changed: its path from the root of the repository, and its old and new text, if they exist.
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

/// The changes, as text. A change of one column in many golden outputs is reported once, at the end.
pub(crate) fn shown(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut columns = Columns::default();
    for Change { path, old, new } in changes {
        let is_golden = path.starts_with(golden::FOLDER);
        match (old, new) {
            (Some(old), Some(new)) if is_golden => {
                let lines = of_flows(&Flows::read(old), &Flows::read(new), &mut columns);
                push_listed(&mut text, path, &lines);
            }
            (None, Some(new)) if is_golden => {
                let lines: Vec<_> = Flows::read(new).names().collect();
                push_listed(&mut text, &format!("{path} is new"), &lines);
            }
            (Some(old), Some(new)) => {
                text += &TextDiff::from_lines(old, new).unified_diff().header(path, path).to_string();
            }
            (None, _) => text += &format!("{path} is new\n"),
            (_, None) => text += &format!("{path} is gone: nothing generates it any more\n"),
        }
    }
    text + &columns.shown()
}

/// Adds a heading and the lines below it, unless there are no lines.
fn push_listed(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    *text += &format!("{heading}\n");
    for line in lines.iter().take(MOST) {
        *text += &format!("  {line}\n");
    }
    if lines.len() > MOST {
        *text += &format!("  and {} more\n", lines.len() - MOST);
    }
}

/// Changes of columns, in the order in which they were found.
#[derive(Default)]
struct Columns(Vec<Column>);

struct Column {
    /// "new", "gone" or "other".
    what: &'static str,
    name: String,
    /// Some of the values of the column.
    values: Vec<String>,
    flows: usize,
    files: usize,
}

impl Columns {
    /// Takes the values of a column in one file.
    fn push(&mut self, what: &'static str, name: &str, values: impl Iterator<Item = String>) {
        let same = |column: &Column| column.what == what && column.name == name;
        let index = self.0.iter().position(same).unwrap_or_else(|| {
            self.0.push(Column { what, name: name.to_owned(), values: Vec::new(), flows: 0, files: 0 });
            self.0.len() - 1
        });
        let column = &mut self.0[index];
        column.files += 1;
        for value in values {
            column.flows += 1;
            if column.values.len() <= MOST && !column.values.contains(&value) {
                column.values.push(value);
            }
        }
    }

    fn shown(&self) -> String {
        let line = |Column { what, name, values, flows, files }: &Column| {
            let some = values.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if values.len() > MOST { ", ..." } else { "" };
            let (flows, files) = (counted(*flows, "flow", "flows"), counted(*files, "file", "files"));
            format!("{}: column {name} is {what} in {flows} of {files}: {some}{more}\n", golden::FOLDER)
        };
        self.0.iter().map(line).collect()
    }
}

/// A golden output, read.
struct Flows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Flows {
    /// Reads CSV, up to the first row that is not CSV.
    fn read(text: &str) -> Self {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut rows =
            reader.records().map_while(Result::ok).map(|row| row.iter().map(str::to_owned).collect());
        Self { columns: rows.next().unwrap_or_default(), rows: rows.collect() }
    }

    fn cell(&self, row: usize, column: &str) -> &str {
        let index = self.columns.iter().position(|name| name == column);
        index.and_then(|index| self.rows[row].get(index)).map_or("", String::as_str)
    }

    fn values(&self, column: &str) -> impl Iterator<Item = String> {
        (0..self.rows.len()).map(move |row| self.cell(row, column).to_owned())
    }

    fn identity(&self, row: usize) -> [&str; IDENTITY.len()] {
        IDENTITY.map(|column| self.cell(row, column))
    }

    fn identities(&self) -> Vec<[&str; IDENTITY.len()]> {
        (0..self.rows.len()).map(|row| self.identity(row)).collect()
    }

    /// Name of a flow: its number, its endpoints and its protocol.
    fn name(&self, row: usize) -> String {
        let [src_ip, src_port, dst_ip, dst_port, protocol, ..] = self.identity(row);
        format!("flow {row}, {src_ip} {src_port} to {dst_ip} {dst_port}, protocol {protocol}")
    }

    fn names(&self) -> impl Iterator<Item = String> {
        (0..self.rows.len()).map(|row| self.name(row))
    }
}

/// Differences flow by flow. Changes of columns are collected in `columns`.
fn of_flows(old: &Flows, new: &Flows, columns: &mut Columns) -> Vec<String> {
    for (what, with, without) in [("new", new, old), ("gone", old, new)] {
        for column in with.columns.iter().filter(|column| !without.columns.contains(column)) {
            columns.push(what, column, with.values(column));
        }
    }
    let in_both = |columns: &[String], other: &Flows| -> Vec<String> {
        columns.iter().filter(|column| other.columns.contains(column)).cloned().collect()
    };
    let shared = in_both(&new.columns, old);
    let mut lines = Vec::new();
    if shared != in_both(&old.columns, new) {
        lines.push("the columns have a different order".to_owned());
    }
    let mut pairs = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &old.identities(), &new.identities()) {
        let (from, to) = (operation.old_range(), operation.new_range());
        if from.len() == to.len() {
            pairs.extend(from.zip(to));
        } else {
            lines.extend(from.map(|row| format!("{} is gone", old.name(row))));
            lines.extend(to.map(|row| format!("{} is new", new.name(row))));
        }
    }
    for (from, to) in &pairs {
        let other = shared.iter().filter(|column| old.cell(*from, column) != new.cell(*to, column));
        lines.extend(other.map(|column| {
            let (was, is) = (old.cell(*from, column), new.cell(*to, column));
            format!("{}: {column} was {was:?}, is {is:?}", new.name(*to))
        }));
    }
    for column in &shared {
        let other = pairs.iter().filter(|(from, to)| old.cell(*from, column) != new.cell(*to, column));
        let mut values = other.map(|(_, to)| new.cell(*to, column).to_owned()).peekable();
        if values.peek().is_some() {
            columns.push("other", column, values);
        }
    }
    lines
}

/// A number and the word for what is counted.
pub(crate) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,src_ip,src_port,dst_ip,dst_port,protocol,splt_ps";

    fn flows(header: &str, rows: &[&str]) -> String {
        rows.iter().fold(format!("{header}\n"), |text, row| text + row + "\n")
    }

    fn change(path: &str, old: &str, new: &str) -> Change {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Change { path: path.to_owned(), old: text(old), new: text(new) }
    }

    #[test]
    fn values_are_told_flow_by_flow() {
        let old = flows(
            HEADER,
            &["0,10.0.0.1,7,10.0.0.2,80,6,\"[1, 2]\"", "1,10.0.0.1,8,10.0.0.2,80,6,\"[3, 4]\""],
        );
        let new = old.replace("[3, 4]", "[3, 5]");
        assert_eq!(
            shown(&[change("testdata/expected/web.pcap.csv", &old, &new)]),
            "testdata/expected/web.pcap.csv\n  flow 1, 10.0.0.1 8 to 10.0.0.2 80, protocol 6: splt_ps was \"[3, 4]\", is \"[3, 5]\"\n\
             testdata/expected: column splt_ps is other in 1 flow of 1 file: [3, 5]\n"
        );
    }

    #[test]
    fn flows_that_come_and_go_move_no_others() {
        let rows = [
            "0,10.0.0.1,7,10.0.0.2,80,6,[]",
            "1,10.0.0.1,8,10.0.0.2,80,6,[]",
            "2,10.0.0.1,9,10.0.0.2,80,6,[]",
        ];
        let (all, fewer) = (flows(HEADER, &rows), flows(HEADER, &[rows[0], rows[2]]));
        let told = "testdata/expected/web.pcap.csv\n  flow 1, 10.0.0.1 8 to 10.0.0.2 80, protocol 6 is";
        assert_eq!(shown(&[change("testdata/expected/web.pcap.csv", &fewer, &all)]), format!("{told} new\n"));
        assert_eq!(
            shown(&[change("testdata/expected/web.pcap.csv", &all, &fewer)]),
            format!("{told} gone\n")
        );
    }

    /// A column is in every golden output: it is reported once, and nothing else with it.
    #[test]
    fn columns_are_told_once() {
        let old = flows(HEADER, &["0,10.0.0.1,7,10.0.0.2,80,6,[]", "1,10.0.0.1,8,10.0.0.2,80,6,[]"]);
        let new = flows(
            &HEADER.replace("splt", "made_up,splt"),
            &["0,10.0.0.1,7,10.0.0.2,80,6,17,[]", "1,10.0.0.1,8,10.0.0.2,80,6,18,[]"],
        );
        let changes =
            ["testdata/expected/a.csv", "testdata/expected/b.csv"].map(|path| change(path, &old, &new));
        assert_eq!(
            shown(&changes),
            "testdata/expected: column made_up is new in 4 flows of 2 files: 17, 18\n"
        );
        let back = [change("testdata/expected/a.csv", &new, &old)];
        assert_eq!(shown(&back), "testdata/expected: column made_up is gone in 2 flows of 1 file: 17, 18\n");
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let rows: Vec<_> = (0..30).map(|port| format!("{port},10.0.0.1,{port},10.0.0.2,80,6,[]")).collect();
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        let told = shown(&[change("testdata/expected/a.csv", "", &flows(HEADER, &rows))]);
        assert!(told.starts_with("testdata/expected/a.csv is new\n  flow 0, 10.0.0.1 0 to"), "{told}");
        assert!(told.ends_with("  and 20 more\n"), "{told}");
    }

    #[test]
    fn pages_are_told_line_by_line() {
        let old: String = (0..20).map(|line| format!("{line}\n")).collect();
        let told = shown(&[change("docs/a.md", &old, &old.replace("\n10\n", "\nten\n"))]);
        assert!(told.starts_with("--- docs/a.md\n+++ docs/a.md\n@@"), "{told}");
        assert!(told.contains("\n 9\n-10\n+ten\n 11\n") && !told.contains("\n 2\n"), "{told}");
        let others = [change("docs/b.md", "", "b"), change("docs/c.md", "c", "")];
        assert_eq!(shown(&others), "docs/b.md is new\ndocs/c.md is gone: nothing generates it any more\n");
    }
}
