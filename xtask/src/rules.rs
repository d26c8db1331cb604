//! `crates/dpi/src/rules/builtin.rs`: the built-in rules, from `crates/dpi/data/applications.toml` and `categories.toml`.

use std::fmt::Write as _;

use toml::{Table, Value};

use crate::labels::constant;

const APPLICATIONS: &str = include_str!("../../crates/dpi/data/applications.toml");
const CATEGORIES: &str = include_str!("../../crates/dpi/data/categories.toml");

const INTRODUCTION: &str = "\
//! The built-in rules. Generated from `data/applications.toml` and `data/categories.toml`: `cargo xtask generate`.

use super::Builtin;
use crate::labels;

";

/// The module's text.
pub(crate) fn module() -> String {
    let [applications, categories] = [APPLICATIONS, CATEGORIES].map(|text| {
        let table: Table = text.parse().expect("the file is TOML");
        table
    });
    let mut text = INTRODUCTION.to_owned();
    push_applications(&mut text, &applications).expect("a string takes all");
    push_categories(&mut text, &categories).expect("a string takes all");
    text
}

fn push_applications(text: &mut String, applications: &Table) -> std::fmt::Result {
    let hosts: usize = applications.values().map(|section| patterns(section, "hosts").len()).sum();
    writeln!(text, "/// How many patterns of hosts there are.\npub(super) const HOSTS: usize = {hosts};\n")?;
    writeln!(text, "pub(super) const APPLICATIONS: &[Builtin] = &[")?;
    for (name, section) in applications {
        writeln!(text, "    Builtin {{\n        label: labels::{},", constant(name))?;
        writeln!(text, "        category: {:?},", section.get("category").and_then(Value::as_str))?;
        for key in ["hosts", "user_agents", "certificates", "alpn"] {
            writeln!(text, "        {key}: &{:?},", patterns(section, key))?;
        }
        writeln!(text, "    }},")?;
    }
    writeln!(text, "];\n")
}

fn push_categories(text: &mut String, categories: &Table) -> std::fmt::Result {
    writeln!(text, "pub(super) const CATEGORIES: &[(&str, &[&str])] = &[")?;
    for (name, section) in categories {
        writeln!(text, "    ({name:?}, &{:?}),", patterns(section, "hosts"))?;
    }
    writeln!(text, "];")
}

fn patterns<'s>(section: &'s Value, key: &str) -> Vec<&'s str> {
    let values = section.get(key).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}
