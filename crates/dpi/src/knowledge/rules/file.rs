//! A rules file as it is written: TOML, checked, with the line number of every mistake.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::section::{Section, Text};
use crate::vocabulary::Category;

/// Octets of the longest host name (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
/// Octets of the longest label of a host name (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// A rules file.
#[derive(Clone, Copy)]
pub(super) struct File<'f> {
    /// Text of the file.
    pub(super) toml: &'f str,
    /// Name of the file, for errors.
    pub(super) name: &'f str,
}

type Key<'f> = Spanned<DeString<'f>>;
type Value<'f> = Spanned<DeValue<'f>>;

/// Entries that a file has had so far, by key.
type Seen<'f> = HashSet<(&'static str, DeString<'f>), FixedState>;

/// Reason why a rules file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
#[non_exhaustive]
pub struct RulesError {
    /// Name of the file, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The mistake there, and the correct form.
    pub reason: String,
}

impl<'f> File<'f> {
    /// Sections of the file, in their order.
    pub(super) fn sections(self) -> Result<Vec<Section>, RulesError> {
        let tables = DeTable::parse(self.toml).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            self.error(start, error.message().into())
        })?;
        let mut seen = Seen::default();
        in_order(tables.into_inner()).map(|(name, value)| self.section(&name, value, &mut seen)).collect()
    }

    /// An error at an offset in the text.
    pub(super) fn error(self, offset: usize, reason: String) -> RulesError {
        let before = self.toml.bytes().take(offset);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        RulesError { file: self.name.into(), line, reason }
    }

    fn section(self, name: &Key<'f>, value: Value<'f>, seen: &mut Seen<'f>) -> Result<Section, RulesError> {
        let DeValue::Table(table) = value.into_inner() else {
            let key = name.get_ref();
            let reason = format!("{key:?} must be below the name of an application, as in [Example]");
            return Err(self.at(name, reason));
        };
        self.check_name(name)?;

        let mut section = Section { name: name.get_ref().to_string(), ..Section::default() };
        for (key, value) in in_order(table) {
            match &**key.get_ref() {
                "hosts" => section.hosts = self.patterns("hosts", value, seen)?,
                "user_agents" => section.user_agents = self.patterns("user_agents", value, seen)?,
                "certificates" => section.certificates = self.patterns("certificates", value, seen)?,
                "alpn" => section.alpn = self.patterns("alpn", value, seen)?,
                "category" => section.category = Some(self.category(&value)?),
                inner if matches!(value.get_ref(), DeValue::Table(_)) => {
                    let outer = name.get_ref();
                    let reason = format!(
                        "[{outer}.{inner}] is a table inside [{outer}]: write the name of an application without a dot, as in \
                         [{outer}_{inner}]"
                    );
                    return Err(self.at(&key, reason));
                }
                unknown => {
                    let keys = "hosts, user_agents, certificates, alpn and category";
                    return Err(self.at(&key, format!("unknown key {unknown:?}: the keys are {keys}")));
                }
            }
        }
        Ok(section)
    }

    /// Checks a name. It becomes a part of `application_name`, in which a dot separates a protocol from an
    /// application.
    fn check_name(self, name: &Key<'f>) -> Result<(), RulesError> {
        let text = name.get_ref();
        let printable = !text.is_empty() && text.chars().all(|c| !c.is_control() && c != '.');
        if printable && text != "Unknown" {
            return Ok(());
        }
        let rule =
            "a name must not be empty or \"Unknown\", and must not contain a dot or a control character";
        let reason = format!("{text:?} cannot name an application: {rule}");
        Err(self.at(name, reason))
    }

    /// The value of a key that lists patterns. Each pattern may occur only once in the file.
    fn patterns(
        self,
        key: &'static str,
        value: Value<'f>,
        seen: &mut Seen<'f>,
    ) -> Result<Vec<Text>, RulesError> {
        let wrong_type = |start| {
            let reason = format!("{key} must be a list of strings, as in {key} = [\"...\"]");
            self.error(start, reason)
        };
        let start = value.span().start;
        let DeValue::Array(values) = value.into_inner() else { return Err(wrong_type(start)) };

        let mut patterns = Vec::with_capacity(values.len());
        for value in values {
            let start = value.span().start;
            let DeValue::String(pattern) = value.into_inner() else { return Err(wrong_type(start)) };
            let checked = if key == "hosts" { check_host(&pattern) } else { check_text(&pattern) };
            checked.map_err(|why| self.error(start, format!("{key}: {pattern:?} {why}")))?;
            if !seen.insert((key, pattern.clone())) {
                return Err(self.error(start, format!("{key}: {pattern:?} is in this file twice")));
            }
            patterns.push(Text::Owned(pattern.into_owned()));
        }
        Ok(patterns)
    }

    fn category(self, value: &Value<'f>) -> Result<Category, RulesError> {
        let DeValue::String(name) = value.get_ref() else {
            return Err(self.at(value, "category must be a string, as in category = \"Web\"".into()));
        };
        Category::named(name).ok_or_else(|| {
            let reason = format!(
                "unknown category {name:?}: the categories are those of nDPI, such as \"Web\" or \"VoIP\""
            );
            self.at(value, reason)
        })
    }

    fn at<T>(self, spanned: &Spanned<T>, reason: String) -> RulesError {
        self.error(spanned.span().start, reason)
    }
}

/// A table's entries in the order of the text, because TOML tables have no order.
fn in_order(table: DeTable<'_>) -> impl Iterator<Item = (Key<'_>, Value<'_>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter()
}

/// Checks that a pattern can be a host pattern. Otherwise returns what is wrong with it.
fn check_host(pattern: &str) -> Result<(), &'static str> {
    let (first, parent) = pattern.split_once('.').unwrap_or((pattern, ""));
    if pattern.len() > LONGEST_NAME || pattern.split('.').any(|label| label.len() > LONGEST_LABEL) {
        return Err("is too long for a host name: at most 253 characters, and 63 between two dots");
    }
    if pattern.split('.').any(str::is_empty) {
        return Err("is not a host name: a part before, after or between its dots is empty");
    }
    if pattern.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("must be in lower case");
    }
    if parent.contains('*') || first.matches('*').count() > 1 || (parent.is_empty() && first.contains('*')) {
        return Err("may have only one *, before its first dot");
    }
    if !pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte)) {
        return Err("is not a host name: use letters, digits, hyphens and dots (other scripts as xn--...)");
    }
    if pattern.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("is an address, not a host name");
    }
    Ok(())
}

/// Checks that a pattern that is not a host pattern says anything.
fn check_text(pattern: &str) -> Result<(), &'static str> {
    if pattern.is_empty() { Err("matches everything") } else { Ok(()) }
}
