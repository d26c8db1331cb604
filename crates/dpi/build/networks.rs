//! The tables of `src/knowledge/networks.rs`: whom addresses belong to, from `data/networks.txt`.

use std::collections::HashMap;
use std::fmt::Display;
use std::net::IpAddr;

use crate::labels::{self, Row};

pub(crate) const FILE: &str = "data/networks.txt";

/// The id of the label of what belongs to nobody.
const UNKNOWN: u16 = 0;

/// The addresses from `first` to `last`, which belong to the label with the id `owner`.
struct Range {
    first: u128,
    last: u128,
    owner: u16,
    /// Where it stands in the data.
    line: usize,
}

/// From `first` on, addresses belong to the label with the id `owner`.
struct Change {
    first: u128,
    owner: u16,
}

/// The text of the tables.
pub(crate) fn tables(networks: &str, labels: &[Row<'_>]) -> Result<String, String> {
    let [v4, v6] = ranges(networks, labels)?;
    let v4 = changes(v4, u32::MAX.into())?;
    let v6 = changes(v6, u128::MAX)?;
    let before = changes_before_networks(&v4)?;
    Ok([
        table("V4_FIRSTS", "u32", v4.iter().map(|change| format!("{:#x}", change.first))),
        table("V4_OWNERS", "u16", v4.iter().map(|change| change.owner)),
        table("V4_BEFORE", "u16", before.iter()),
        table("V6_FIRSTS", "u128", v6.iter().map(|change| format!("{:#x}", change.first))),
        table("V6_OWNERS", "u16", v6.iter().map(|change| change.owner)),
    ]
    .concat())
}

/// What the data says of IPv4 addresses and of IPv6 addresses.
fn ranges(networks: &str, labels: &[Row<'_>]) -> Result<[Vec<Range>; 2], String> {
    let ids: HashMap<&str, u16> = labels.iter().map(|label| (label.name, label.id)).collect();
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    let mut owner = None;
    for (nth, text) in networks.lines().enumerate() {
        let line = nth + 1;
        let wrong = |reason: &str| format!("{FILE}:{line}: {reason}: {text}");
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let id = ids.get(name).ok_or_else(|| wrong(&format!("this owner is not in {}", labels::FILE)))?;
            owner = Some(*id);
            continue;
        }
        let (first, last) = ends(text).ok_or_else(|| wrong("this is neither an owner nor two addresses"))?;
        let owner = owner.ok_or_else(|| wrong("there is no owner above this range"))?;
        let (ranges, first, last) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                (&mut v4, u32::from(first).into(), u32::from(last).into())
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => (&mut v6, first.into(), last.into()),
            _ => return Err(wrong("one address is of IPv4, the other of IPv6")),
        };
        if first > last {
            return Err(wrong("the first address is behind the last"));
        }
        ranges.push(Range { first, last, owner, line });
    }
    Ok([v4, v6])
}

/// The two addresses of a line.
fn ends(line: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = line.split_once(' ')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The changes of owner, in order: one where a range begins, and one to [`UNKNOWN`] behind it, unless the next begins there or
/// its last address is the last of all.
fn changes(mut ranges: Vec<Range>, last_of_all: u128) -> Result<Vec<Change>, String> {
    ranges.sort_by_key(|range| range.first);
    let mut changes = Vec::with_capacity(2 * ranges.len());
    for (nth, range) in ranges.iter().enumerate() {
        changes.push(Change { first: range.first, owner: range.owner });
        let next = ranges.get(nth + 1);
        if let Some(next) = next.filter(|next| next.first <= range.last) {
            let [earlier, later] = [range.line.min(next.line), range.line.max(next.line)];
            return Err(format!("{FILE}:{later}: this range overlaps the one of line {earlier}"));
        }
        if range.last < last_of_all && next.is_none_or(|next| next.first > range.last + 1) {
            changes.push(Change { first: range.last + 1, owner: UNKNOWN });
        }
    }
    Ok(changes)
}

/// For each network of 2^16 IPv4 addresses, how many changes of owner there are before it; at the end, how many there are.
fn changes_before_networks(changes: &[Change]) -> Result<Vec<u16>, String> {
    let before = |network| u16::try_from(changes.partition_point(|change| change.first >> 16 < network));
    let before: Result<_, _> = (0..=1 << 16).map(before).collect();
    before.map_err(|_| format!("{FILE}: {} changes of owner do not fit into 16 bits", changes.len()))
}

/// A table as Rust spells it, 16 values to a line.
fn table(name: &str, kind: &str, values: impl Iterator<Item = impl Display>) -> String {
    let values: Vec<String> = values.map(|value| format!("{value},")).collect();
    let lines: Vec<String> = values.chunks(16).map(<[String]>::concat).collect();
    format!("pub(super) static {name}: [{kind}; {}] = [\n{}\n];\n", values.len(), lines.join("\n"))
}
