//! `THIRD_PARTY_LICENSES`: the crates that are built into the command and the Python module, with the texts that their
//! licences require.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cargo::{self, field};

/// Path of the file.
pub(crate) const PATH: &str = "THIRD_PARTY_LICENSES";

const INTRODUCTION: &str = "\
The command nfstream and the Python module nfstream are licensed under MIT or Apache-2.0, as you prefer: LICENSE-MIT, LICENSE-APACHE.

They contain the crates below, from crates.io, on one system or another. After the list are the texts that the licences of the crates
require. If a crate may be used under one of several licences including MIT, it is used under MIT and listed with that text.
The standard library of Rust (https://github.com/rust-lang/rust) is used under Apache-2.0, which is also below.

The table of the owners of addresses is made from data of RouteViews (https://www.routeviews.org), NRO (https://www.nro.net) and DB-IP
(https://db-ip.com), licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), by way of https://github.com/sapics/ip-location-db;
it was changed: it has only some owners, and neighbouring ranges are joined.

`cargo xtask generate` writes this file.
";

/// Possible names of licence texts in a crate, in capital letters.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// Licences besides MIT, as they occur in file names, in capital letters.
const OTHERS: [&str; 6] = ["APACHE", "BOOST", "BSD", "BSL", "UNLICENSE", "ZLIB"];

/// Texts of the C sources in a crate. Each crate that declares a linked library has to be here.
const BUNDLED: [(&str, &[&str]); 5] = [
    ("liblzma-sys", &["xz/COPYING", "xz/COPYING.0BSD"]),
    ("libmimalloc-sys", &["c_src/mimalloc/v2/LICENSE", "c_src/mimalloc/v3/LICENSE"]),
    ("pyo3", &[]),
    ("pyo3-ffi", &[]),
    ("zstd-sys", &["zstd/LICENSE"]),
];

/// The text of the file. It needs the sources of all crates on all systems: cargo fetches the missing ones.
pub(crate) fn text(root: &Path) -> Result<String, String> {
    let systems = systems(root)?;
    let mut built_in = BTreeSet::new();
    for system in &systems {
        built_in.extend(built_in_on(root, system)?);
    }
    let mut list = String::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let platforms: Vec<&str> = systems.iter().flat_map(|system| ["--filter-platform", system]).collect();
    for package in cargo::packages(root, &platforms)? {
        let (name, version) = (field(&package, "name")?, field(&package, "version")?);
        // A package without a source belongs to this repository.
        if package["source"].is_null() || !built_in.remove(&format!("{name} v{version}")) {
            continue;
        }
        let license = field(&package, "license")?;
        // Writing to a string does not fail.
        let _ = writeln!(list, "{name} {version} ({license}): https://crates.io/crates/{name}/{version}");
        for text in texts_of(root, &package, name, license)? {
            texts.entry(text).or_default().insert(name.to_owned());
        }
    }
    built_in.retain(|package| !package.ends_with(')'));
    if let Some(package) = built_in.first() {
        return Err(format!("cargo metadata does not know {package}, which cargo tree names"));
    }
    let mut sections: Vec<(Vec<String>, String)> =
        texts.into_iter().map(|(text, crates)| (crates.into_iter().collect(), text)).collect();
    sections.sort();
    let mut all = format!("{INTRODUCTION}\n{list}");
    let line = "-".repeat(100);
    for (crates, text) in sections {
        let _ = write!(all, "\n{line}\n{}:\n\n{text}", crates.join(", "));
    }
    Ok(all)
}

/// The systems for which licences are checked.
fn systems(root: &Path) -> Result<Vec<String>, String> {
    let path = root.join("deny.toml");
    let deny = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let deny: toml::Table = toml::from_str(&deny).map_err(|error| format!("deny.toml: {error}"))?;
    let targets =
        deny.get("graph").and_then(|graph| graph.get("targets")).and_then(|targets| targets.as_array());
    let targets = targets.ok_or("deny.toml: [graph] has no targets")?;
    targets
        .iter()
        .map(|target| Ok(target.as_str().ok_or("deny.toml: a target is no text")?.to_owned()))
        .collect()
}

/// Crates as cargo tree names them, such as `libc v0.2.1`, without those that only the build or the tests use.
fn built_in_on(root: &Path, system: &str) -> Result<Vec<String>, String> {
    let told = cargo::told(
        root,
        &[
            "tree",
            "--locked",
            "--package=nfstream-cli",
            "--package=nfstream-python",
            "--edges=normal,no-proc-macro",
            "--prefix=none",
            "--format={p}",
            "--target",
            system,
        ],
    )?;
    let lines = told.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// The texts that a crate requires.
fn texts_of(root: &Path, package: &Value, name: &str, license: &str) -> Result<Vec<String>, String> {
    let manifest = Path::new(field(package, "manifest_path")?);
    let folder = manifest.parent().ok_or("a manifest is in no folder")?;
    let mut files = own_files(folder, license)?;
    if files.is_empty() && may_be(license, "Apache-2.0") {
        // This text is the same everywhere.
        return Ok(vec![read(&root.join("LICENSE-APACHE"))?]);
    }
    if files.is_empty() {
        return Err(format!(
            "{name} has no text of its licence, {license}: give one in xtask/src/licenses.rs"
        ));
    }
    if !package["links"].is_null() {
        let bundled = BUNDLED.iter().find(|(bundling, _)| *bundling == name).ok_or_else(|| {
            format!("{name} links to a library: add it to BUNDLED in xtask/src/licenses.rs, with the licences of its contents")
        })?;
        files.extend(bundled.1.iter().map(|&file| file.to_owned()));
    }
    files.iter().map(|file| read(&folder.join(file))).collect()
}

/// Names of the texts in a crate's folder, without those of licences that need not be taken.
fn own_files(folder: &Path, license: &str) -> Result<Vec<String>, String> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        if NAMES.iter().any(|known| name.to_uppercase().starts_with(known)) && folder.join(&name).is_file() {
            files.push(name);
        }
    }
    files.sort();
    let is_of = |file: &str, licenses: &[&str]| {
        let file = file.to_uppercase();
        licenses.iter().any(|license| file.contains(license))
    };
    if may_be(license, "MIT") && files.iter().any(|file| is_of(file, &["MIT"])) {
        files.retain(|file| !is_of(file, &OTHERS));
    }
    Ok(files)
}

/// Whether a crate may be used under this licence alone. The expression is SPDX, or licences separated by slashes.
fn may_be(expression: &str, license: &str) -> bool {
    !expression.contains(" AND ")
        && expression.split(" OR ").flat_map(|part| part.split('/')).any(|part| part == license)
}

/// A text with one line feed at the end of each line, and none before the first line and after the last.
fn read(path: &Path) -> Result<String, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    Ok(text.trim_matches('\n').to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_chosen_where_there_is_a_choice() {
        for (expression, is_mit) in [
            ("MIT", true),
            ("Apache-2.0 OR MIT", true),
            ("MIT/Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
            ("Apache-2.0 AND MIT", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", false),
            ("MIT-0", false),
        ] {
            assert_eq!(may_be(expression, "MIT"), is_mit, "{expression}");
        }
    }

    #[test]
    fn texts_of_licences_that_are_not_taken_are_left_out() {
        let folder = tempfile::tempdir().expect("there is room");
        let files = [
            "COPYRIGHT",
            "LICENSE-APACHE",
            "LICENSE-THIRD-PARTY",
            "license-mit.txt",
            "README.md",
            ".licenserc.yaml",
        ];
        for file in files {
            fs::write(folder.path().join(file), file).expect("it can be written");
        }
        let chosen = own_files(folder.path(), "MIT OR Apache-2.0");
        assert_eq!(chosen.unwrap_or_default(), ["COPYRIGHT", "LICENSE-THIRD-PARTY", "license-mit.txt"]);
        let both = own_files(folder.path(), "MIT AND Apache-2.0");
        assert_eq!(
            both.unwrap_or_default(),
            ["COPYRIGHT", "LICENSE-APACHE", "LICENSE-THIRD-PARTY", "license-mit.txt"]
        );
    }

    #[test]
    fn texts_are_the_same_whatever_their_lines_end_with() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("LICENSE");
        fs::write(&path, "\u{feff}\r\n  MIT  \r\n\r\nfree\r\n\r\n").expect("it can be written");
        assert_eq!(read(&path), Ok("  MIT\n\nfree\n".to_owned()));
    }
}
