//! The tables of `src/vocabulary/`: labels and categories, from `data/labels.csv`.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

pub(crate) const FILE: &str = "data/labels.csv";

const HEADER: &str = "id,name,category,breed,udp_ports,tcp_ports";

/// Id of the first name that nDPI 5.0 does not have.
const FIRST_OWN: u16 = 1000;

/// Categories that hosts have and no label does.
const CATEGORIES_OF_HOSTS: [&str; 4] = ["AdultContent", "ConnCheck", "Gambling", "Malware"];

/// A line of the file.
pub(crate) struct Row<'t> {
    pub(crate) id: u16,
    pub(crate) name: &'t str,
    /// The name as Rust spells constants.
    pub(crate) constant: String,
    category: &'t str,
    breed: &'t str,
    udp_ports: Vec<u16>,
    tcp_ports: Vec<u16>,
}

/// The lines of the file, checked.
pub(crate) fn rows(csv: &str) -> Result<Vec<Row<'_>>, String> {
    let mut lines = csv.lines().enumerate();
    if lines.next().is_none_or(|(_, header)| header != HEADER) {
        return Err(format!("{FILE}:1: the first line must be {HEADER}"));
    }
    let mut rows = Vec::new();
    let mut constants = HashMap::new();
    for (index, line) in lines {
        let wrong = |reason: String| format!("{FILE}:{}: {reason}: {line}", index + 1);
        let row = row(line).map_err(wrong)?;
        check(&row, &rows).map_err(wrong)?;
        if let Some(other) = constants.insert(row.constant.clone(), row.name) {
            return Err(wrong(format!("{other} is labels::{} already", row.constant)));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn row(line: &str) -> Result<Row<'_>, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [id, name, category, breed, udp_ports, tcp_ports] = fields[..] else {
        return Err(format!("this has {} fields, not the six of {HEADER}", fields.len()));
    };
    let id = id.parse().map_err(|_| format!("{id:?} is no id"))?;
    let (udp_ports, tcp_ports) = (ports(udp_ports)?, ports(tcp_ports)?);
    Ok(Row { id, name, constant: constant(name), category, breed, udp_ports, tcp_ports })
}

fn ports(list: &str) -> Result<Vec<u16>, String> {
    let port =
        |port: &str| port.parse().map_err(|_| format!("{port:?} is no port; blanks stand between ports"));
    list.split_whitespace().map(port).collect()
}

/// Checks a row against those before it. Ids have no gaps, because they are places in a table; they are for ever.
fn check(row: &Row<'_>, before: &[Row<'_>]) -> Result<(), String> {
    let next = before.last().map_or(0, |last| last.id + 1);
    if row.id != next && (row.id != FIRST_OWN || next > FIRST_OWN) {
        return Err(format!("the id must be {}, the one after the last", next.max(FIRST_OWN)));
    }
    // A name becomes a part of `application_name`, where a dot stands between a protocol and an application.
    let is_printable = row.name.chars().all(|c| c.is_ascii_graphic() && c != '.' && c != '"');
    if row.name.is_empty() || !is_printable {
        return Err("a name is ASCII, and has no blank, no dot and no quote".to_owned());
    }
    if row.id < FIRST_OWN {
        return Ok(());
    }
    let of_reference = || before.iter().take_while(|row| row.id < FIRST_OWN);
    let categories: BTreeSet<_> = of_reference().map(|row| row.category).collect();
    if !categories.contains(row.category) {
        return Err(format!("{:?} is no category; there are {}", row.category, listed(&categories)));
    }
    let breeds: BTreeSet<_> = of_reference().map(|row| row.breed).collect();
    if !breeds.contains(row.breed) {
        return Err(format!("{:?} is no breed; there are {}", row.breed, listed(&breeds)));
    }
    Ok(())
}

fn listed(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

/// A name as Rust spells constants: `MsSQL-TDS` is `MSSQL_TDS`, `1kxun` is `_1KXUN`.
fn constant(name: &str) -> String {
    let spelt: String = name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    if spelt.starts_with(|c: char| c.is_ascii_digit()) { format!("_{spelt}") } else { spelt }
}

/// The text of the tables of labels.
pub(crate) fn tables(rows: &[Row<'_>]) -> String {
    let mut text = String::new();
    for Row { id, name, constant, .. } in rows {
        writeln!(text, "/// `{name}`.\npub const {constant}: Label = Label({id});")
            .expect("a string takes all");
    }
    let (reference, own) = rows.split_at(rows.partition_point(|row| row.id < FIRST_OWN));
    push_entries(&mut text, "LABELS", reference);
    push_entries(&mut text, "OWN_LABELS", own);
    text
}

fn push_entries(text: &mut String, table: &str, rows: &[Row<'_>]) {
    writeln!(text, "pub(crate) const {table}: &[LabelEntry] = &[").expect("a string takes all");
    for Row { name, category, breed, udp_ports, tcp_ports, .. } in rows {
        writeln!(
            text,
            "    LabelEntry {{ name: {name:?}, category: {category:?}, kind: Category::constant({category:?}), breed: {breed:?}, udp_ports: &{udp_ports:?}, tcp_ports: &{tcp_ports:?} }},"
        )
        .expect("a string takes all");
    }
    text.push_str("];\n");
}

/// The text of the table of categories.
pub(crate) fn categories(rows: &[Row<'_>]) -> String {
    let of_labels = rows.iter().map(|row| row.category);
    let categories = Vec::from_iter(BTreeSet::from_iter(of_labels.chain(CATEGORIES_OF_HOSTS)));
    format!("/// The names of the categories, sorted.\nconst CATEGORIES: &[&str] = &{categories:?};\n")
}
