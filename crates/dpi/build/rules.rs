//! The tables of `src/knowledge/rules/builtin.rs`: the built-in rules, from `data/applications.toml` and `data/categories.toml`.

use std::fmt::Write as _;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::labels::{self, Row};

pub(crate) const APPLICATIONS: &str = "data/applications.toml";
pub(crate) const CATEGORIES: &str = "data/categories.toml";

/// The text of the tables.
pub(crate) fn tables(applications: &str, categories: &str, labels: &[Row<'_>]) -> Result<String, String> {
    let mut text = String::new();
    push_applications(&mut text, applications, labels)?;
    push_categories(&mut text, categories)?;
    Ok(text)
}

fn push_applications(text: &mut String, toml: &str, labels: &[Row<'_>]) -> Result<(), String> {
    let sections = sections(APPLICATIONS, toml)?;
    let hosts: usize = sections.iter().map(|section| section.texts("hosts").len()).sum();
    text.push_str("pub(super) const APPLICATIONS: &[Builtin] = &[\n");
    for section in &sections {
        let name = section.name();
        let Some(label) = labels.iter().find(|label| label.name == name) else {
            return Err(format!(
                "{APPLICATIONS}:{}: {name:?} is not in {}: add a line for it there, at the end",
                line(toml, &section.name),
                labels::FILE
            ));
        };
        let [hosts, user_agents, certificates, alpn] =
            ["hosts", "user_agents", "certificates", "alpn"].map(|key| section.texts(key));
        let category = section.table.get("category").and_then(|value| value.get_ref().as_str());
        writeln!(
            text,
            "    Builtin {{ label: labels::{}, category: {category:?}, hosts: &{hosts:?}, user_agents: &{user_agents:?}, \
             certificates: &{certificates:?}, alpn: &{alpn:?} }},",
            label.constant
        )
        .expect("a string takes all");
    }
    writeln!(
        text,
        "];\n\n/// How many patterns of hosts there are.\npub(super) const HOSTS: usize = {hosts};\n"
    )
    .expect("a string takes all");
    Ok(())
}

fn push_categories(text: &mut String, toml: &str) -> Result<(), String> {
    text.push_str("pub(super) const CATEGORIES: &[(&str, &[&str])] = &[\n");
    for section in sections(CATEGORIES, toml)? {
        writeln!(text, "    ({:?}, &{:?}),", section.name(), section.texts("hosts"))
            .expect("a string takes all");
    }
    text.push_str("];\n");
    Ok(())
}

/// A table of a file. What stands in it is checked by a test, as a user's file is.
struct Section<'t> {
    name: Spanned<DeString<'t>>,
    table: DeTable<'t>,
}

impl Section<'_> {
    fn name(&self) -> &str {
        self.name.get_ref()
    }

    fn texts(&self, key: &str) -> Vec<&str> {
        let values = self.table.get(key).and_then(|value| value.get_ref().as_array());
        values.into_iter().flatten().filter_map(|value| value.get_ref().as_str()).collect()
    }
}

fn sections<'t>(file: &str, toml: &'t str) -> Result<Vec<Section<'t>>, String> {
    let tables = DeTable::parse(toml).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        format!("{file}:{}: {}", line_at(toml, start), error.message())
    })?;
    let section = |(name, value): (Spanned<DeString<'t>>, Spanned<DeValue<'t>>)| match value.into_inner() {
        DeValue::Table(table) => Ok(Section { name, table }),
        _ => Err(format!(
            "{file}:{}: {} must stand below a name in brackets",
            line(toml, &name),
            name.get_ref()
        )),
    };
    tables.into_inner().into_iter().map(section).collect()
}

fn line<T>(text: &str, spanned: &Spanned<T>) -> usize {
    line_at(text, spanned.span().start)
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
