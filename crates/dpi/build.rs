//! Makes the tables of `src/networks.rs`, whom addresses belong to, from `data/networks.txt`: the program has nothing to parse
//! when it starts.

use std::collections::HashMap;
use std::fmt::Display;
use std::net::IpAddr;
use std::path::Path;
use std::{env, fs};

const NETWORKS: &str = "data/networks.txt";
const LABELS: &str = "data/labels.csv";

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

fn main() {
    println!("cargo::rerun-if-changed={NETWORKS}");
    println!("cargo::rerun-if-changed={LABELS}");
    if let Err(message) = write_tables() {
        println!("cargo::error={message}");
    }
}

fn write_tables() -> Result<(), String> {
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let path = Path::new(&folder).join("networks.rs");
    let text = tables(&read(NETWORKS)?, &ids(&read(LABELS)?)?)?;
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// The ids of the vocabulary by name. No name has a comma or quotes around it.
fn ids(labels: &str) -> Result<HashMap<&str, u16>, String> {
    let mut ids = HashMap::new();
    for (nth, line) in labels.lines().enumerate().skip(1) {
        let mut fields = line.split(',');
        let id = fields.next().and_then(|id| id.parse().ok());
        let (Some(id), Some(name)) = (id, fields.next()) else {
            return Err(format!("{LABELS}:{}: this does not start with an id and a name: {line}", nth + 1));
        };
        ids.insert(name, id);
    }
    Ok(ids)
}

/// The text of the tables.
fn tables(networks: &str, ids: &HashMap<&str, u16>) -> Result<String, String> {
    let [v4, v6] = ranges(networks, ids)?;
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
fn ranges(networks: &str, ids: &HashMap<&str, u16>) -> Result<[Vec<Range>; 2], String> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    let mut owner = None;
    for (nth, text) in networks.lines().enumerate() {
        let line = nth + 1;
        let wrong = |reason| format!("{NETWORKS}:{line}: {reason}: {text}");
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let id = ids.get(name).ok_or_else(|| wrong("this owner is not in data/labels.csv"))?;
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
            return Err(format!("{NETWORKS}:{later}: this range overlaps the one of line {earlier}"));
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
    before.map_err(|_| format!("{NETWORKS}: {} changes of owner do not fit into 16 bits", changes.len()))
}

/// A table as Rust spells it, 16 values to a line.
fn table(name: &str, kind: &str, values: impl Iterator<Item = impl Display>) -> String {
    let values: Vec<String> = values.map(|value| format!("{value},")).collect();
    let lines: Vec<String> = values.chunks(16).map(<[String]>::concat).collect();
    format!("pub(super) static {name}: [{kind}; {}] = [\n{}\n];\n", values.len(), lines.join("\n"))
}
