//! The table of `src/vocabulary/risk.rs`: the risks of flows, from `data/risks.toml`.

use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

pub(crate) const FILE: &str = "data/risks.toml";

/// The largest id: risks are kept as bits of a number.
const LAST_ID: u8 = 63;

/// A risk of the file.
struct Row {
    id: u8,
    name: String,
    /// The variants of severity, share and who is accountable.
    variants: [String; 3],
    /// Description, detection, evidence, limits.
    texts: [String; 4],
}

/// The text of the tables, in the order of ids.
pub(crate) fn tables(toml: &str) -> Result<String, String> {
    let mut rows = rows(toml)?;
    rows.sort_by_key(|row| row.id);
    if let Some((one, other)) = rows.iter().zip(rows.iter().skip(1)).find(|(one, other)| one.id == other.id) {
        return Err(format!("{FILE}: {} and {} have the same id, {}", one.name, other.name, one.id));
    }
    let mut text = String::from("impl Risk {\n");
    for Row { id, name, texts: [doc, ..], .. } in &rows {
        writeln!(text, "    /// {doc}\n    pub const {}: Self = Self({id});", name.to_uppercase())
            .expect("a string takes all");
    }
    text.push_str("}\n\nconst ENTRIES: &[Entry] = &[\n");
    for Row {
        id,
        name,
        variants: [severity, share, accountable],
        texts: [doc, detection, evidence, limits],
    } in &rows
    {
        writeln!(
            text,
            "    Entry {{ risk: Risk({id}), name: {name:?}, severity: Severity::{severity}, share: Share::{share}, \
             accountable: Accountable::{accountable}, doc: {doc:?}, detection: {detection:?}, evidence: {evidence:?}, \
             limits: {limits:?} }},"
        )
        .expect("a string takes all");
    }
    text.push_str("];\n");
    Ok(text)
}

fn rows(toml: &str) -> Result<Vec<Row>, String> {
    let tables = DeTable::parse(toml).map_err(|error| format!("{FILE}: {error}"))?.into_inner();
    let row = |(name, value): (toml::Spanned<_>, toml::Spanned<DeValue<'_>>)| {
        let name: toml::de::DeString<'_> = name.into_inner();
        let wrong = |reason: String| format!("{FILE}: {name}: {reason}");
        let DeValue::Table(table) = value.into_inner() else {
            return Err(wrong("this is no table".to_owned()));
        };
        let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
        let needed = |key: &str| text(key).ok_or_else(|| wrong(format!("{key} is missing")));
        let id = table.get("id").and_then(|value| value.get_ref().as_integer());
        let id = id.and_then(|id| id.as_str().parse().ok()).filter(|id| (1..=LAST_ID).contains(id));
        let id = id.ok_or_else(|| wrong(format!("id must be a number from 1 to {LAST_ID}")))?;
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(wrong("a name has lower-case letters, digits and underscores".to_owned()));
        }
        let variant = |key: &str, among: &[&str]| {
            let word = needed(key)?;
            let (first, rest) = word.split_at(1.min(word.len()));
            match among.contains(&word) {
                true => Ok(first.to_uppercase() + rest),
                false => Err(wrong(format!("{key} is none of {}", among.join(", ")))),
            }
        };
        let variants = [
            variant("severity", &["low", "medium", "high", "severe"])?,
            variant("client_share", &["low", "fair", "high"])?,
            variant("accountable", &["client", "server", "both"])?,
        ];
        let texts =
            [needed("doc")?, needed("detection")?, needed("evidence")?, text("limits").unwrap_or_default()];
        Ok(Row { id, name: name.to_string(), variants, texts: texts.map(str::to_owned) })
    };
    tables.into_iter().map(row).collect()
}
