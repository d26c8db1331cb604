//! `crates/dpi/src/labels.rs`: the vocabulary, from `crates/dpi/data/labels.csv`.

use std::fmt::Write as _;

const INTRODUCTION: &str = "\
//! The labels by name. Generated from `data/labels.csv`: `cargo xtask generate`.

use crate::label::{Label, LabelEntry};

";

/// Id of the first name that nDPI 5.0 does not have.
const FIRST_OWN: &str = "1000";

/// The module's text.
pub(crate) fn module() -> String {
    let table = include_str!("../../crates/dpi/data/labels.csv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut text = INTRODUCTION.to_owned();
    for row in &rows {
        let (id, name) = (row[0], row[1]);
        writeln!(text, "/// `{name}`.\npub const {}: Label = Label({id});", constant(name))
            .expect("a string takes all");
    }
    let first_own = rows.iter().position(|row| row[0] == FIRST_OWN).expect("there are names of our own");
    write_entries(&mut text, "LABELS", &rows[..first_own]);
    write_entries(&mut text, "OWN_LABELS", &rows[first_own..]);
    text
}

fn write_entries(text: &mut String, table: &str, rows: &[Vec<&str>]) {
    writeln!(text, "\npub(crate) const {table}: &[LabelEntry] = &[").expect("a string takes all");
    for row in rows {
        let [_, name, category, breed, udp, tcp] = row[..] else {
            panic!("labels.csv has six columns: {row:?}")
        };
        let (udp, tcp) = (ports(udp), ports(tcp));
        writeln!(
            text,
            "    LabelEntry {{ name: {name:?}, category: {category:?}, breed: {breed:?}, udp_ports: &[{udp}], tcp_ports: &[{tcp}] }},"
        )
        .expect("a string takes all");
    }
    text.push_str("];\n");
}

fn ports(list: &str) -> String {
    list.split_whitespace().collect::<Vec<_>>().join(", ")
}

/// A name as Rust spells constants: `MsSQL-TDS` is `MSSQL_TDS`, `1kxun` is `_1KXUN`.
pub(crate) fn constant(name: &str) -> String {
    let spelt: String = name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    if spelt.starts_with(|c: char| c.is_ascii_digit()) { format!("_{spelt}") } else { spelt }
}
