//! `crates/dpi/data/networks.txt`: the owners of addresses. They come from the table of `crates/dpi/data/owners.toml` and a
//! list of the address ranges of every autonomous system: the npm package `@ip-location-db/asn`, unpacked into a folder.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use nfstream::dpi::Label;
use toml::{Table, Value};

const OWNERS: &str = include_str!("../../crates/dpi/data/owners.toml");

/// The licence asks for the names of the sources and for a word on the changes.
const INTRODUCTION: &str = "\
# Whom addresses belong to: `cargo xtask networks FOLDER` makes this file of `owners.toml` and the npm package
# @ip-location-db/asn, version VERSION, a database of RouteViews (routeviews.org), NRO (nro.net) and DB-IP
# (db-ip.com) under the licence CC BY 4.0 (creativecommons.org/licenses/by/4.0). Changed: only the ranges of the systems
# of `owners.toml`, by owner; neighbours are joined, parts of some carry another owner or are left out.
# A line is the first and the last address of a range.
";

/// The addresses from `first` to `last` of one owner. IPv4 and IPv6 are kept apart.
#[derive(Clone, Copy, PartialEq)]
struct Range<'o> {
    first: u128,
    last: u128,
    owner: &'o str,
}

/// A part of an owner's addresses that belongs to another owner, or to nobody ("").
struct Part<'o> {
    prefix: Prefix,
    owner: &'o str,
    within: &'o str,
}

/// A prefix as it is written: its first address and its length.
struct Prefix {
    first: IpAddr,
    length: u32,
}

/// Path of the written file, from the root of the repository.
const NETWORKS: &str = "crates/dpi/data/networks.txt";

/// Writes the file.
pub(crate) fn write(root: &Path, folder: &Path) -> Result<(), String> {
    fs::write(root.join(NETWORKS), table(folder)?).map_err(|error| format!("{NETWORKS}: {error}"))
}

/// The text of the file.
fn table(folder: &Path) -> Result<String, String> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let owners: Table = OWNERS.parse().map_err(|error| format!("owners.toml: {error}"))?;
    // The crate that has the labels would not compile with an owner that it does not know.
    if let Some(owner) = owners.keys().find(|owner| Label::named(owner).is_none()) {
        return Err(format!(
            "owners.toml: {owner} is not in labels.csv: add a line for it there, at the end"
        ));
    }
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (file, bits) in [("asn-ipv4.csv", 32), ("asn-ipv6.csv", 128)] {
        let mut ranges = of_systems(&read(file)?, &owners)?;
        for part in parts(&owners, bits)? {
            assign(&mut ranges, &part);
        }
        for range in joined(ranges).into_iter().filter(|range| !range.owner.is_empty()) {
            let [first, last] = [range.first, range.last].map(|value| address_of(value, bits));
            lines.entry(range.owner).or_default().push(format!("{first} {last}"));
        }
    }

    let mut text = INTRODUCTION.replace("VERSION", &version(&read("package.json")?)?);
    for (owner, lines) in lines {
        write!(text, "\n[{owner}]\n{}\n", lines.join("\n")).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// The package's version. Its last part is the day on which it was made.
fn version(package: &str) -> Result<String, String> {
    let value = package.split("\"version\": \"").nth(1).and_then(|rest| rest.split('"').next());
    value.map(str::to_owned).ok_or_else(|| "package.json: there is no version".to_owned())
}

/// The ranges of the owners' autonomous systems, from lines of first address, last address, number and name.
fn of_systems<'o>(csv: &str, owners: &'o Table) -> Result<Vec<Range<'o>>, String> {
    let mut of_number = HashMap::new();
    for (owner, section) in owners {
        let numbers = section.get("as").and_then(Value::as_array).into_iter().flatten();
        for number in numbers.filter_map(Value::as_integer) {
            if let Some(other) = of_number.insert(number.to_string(), owner.as_str()) {
                return Err(format!("owners.toml: {number} is of {other} and of {owner}"));
            }
        }
    }
    let mut ranges = Vec::new();
    for line in csv.lines() {
        let fields: Vec<&str> = line.splitn(4, ',').collect();
        let [first, last, number, _] = fields[..] else { return Err(format!("not four fields: {line}")) };
        if let Some(owner) = of_number.get(number) {
            ranges.push(Range { first: value(address(first)?), last: value(address(last)?), owner });
        }
    }
    ranges.sort_by_key(|range| range.first);
    Ok(ranges)
}

/// Parts that take precedence over the autonomous systems, the shortest prefix first.
fn parts(owners: &Table, bits: u32) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    for (name, section) in owners {
        let prefixes =
            |key| section.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let within = section.get("within").and_then(Value::as_str).unwrap_or_default();
        let others = prefixes("prefixes").map(|prefix| (prefix, name.as_str(), within));
        let nobodys = prefixes("without").map(|prefix| (prefix, "", name.as_str()));
        for (written, owner, within) in
            others.chain(nobodys).filter(|part| part.0.contains(':') == (bits == 128))
        {
            for octet in 0..if written.contains('*') { 256 } else { 1 } {
                let prefix = prefix(&written.replace('*', &octet.to_string()))?;
                parts.push(Part { prefix, owner, within });
            }
        }
    }
    parts.sort_by_key(|part| part.prefix.length);
    Ok(parts)
}

/// Gives an owner the addresses in a prefix that another owner has.
fn assign<'o>(ranges: &mut Vec<Range<'o>>, part: &Part<'o>) {
    let Part { prefix, owner, within } = part;
    let bits = if prefix.first.is_ipv4() { 32 } else { 128 };
    let first = value(prefix.first);
    let last = first + (u128::MAX >> (128 - bits)).checked_shr(prefix.length).unwrap_or(0);
    let from = ranges.partition_point(|range| range.last < first);
    let to = ranges.partition_point(|range| range.first <= last);
    let mut cut = Vec::new();
    for range in &ranges[from..to] {
        if range.owner != *within {
            cut.push(*range);
            continue;
        }
        let (inner_first, inner_last) = (range.first.max(first), range.last.min(last));
        if range.first < inner_first {
            cut.push(Range { last: inner_first - 1, ..*range });
        }
        cut.push(Range { first: inner_first, last: inner_last, owner });
        if inner_last < range.last {
            cut.push(Range { first: inner_last + 1, ..*range });
        }
    }
    ranges.splice(from..to, cut);
}

/// Joins neighbouring ranges of one owner.
fn joined(ranges: Vec<Range<'_>>) -> Vec<Range<'_>> {
    let mut joined: Vec<Range<'_>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(before) if before.owner == range.owner && before.last + 1 == range.first => {
                before.last = range.last;
            }
            _ => joined.push(range),
        }
    }
    joined
}

fn prefix(text: &str) -> Result<Prefix, String> {
    let wrong = || format!("owners.toml: {text} is no prefix");
    let (first, length) = text.split_once('/').ok_or_else(wrong)?;
    Ok(Prefix { first: address(first)?, length: length.parse().map_err(|_| wrong())? })
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("{text} is no address"))
}

fn address_of(value: u128, bits: u32) -> IpAddr {
    if bits == 32 { Ipv4Addr::from(value as u32).into() } else { Ipv6Addr::from(value).into() }
}

fn value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}
