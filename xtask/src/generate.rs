//! `cargo xtask generate`: everything derived in the repository, and how it differs from the present files.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::difference::{Change, counted};
use crate::golden;
use crate::{
    columns, command_line, difference, features, ipfix, licenses, parameters, protocols, python, risks,
};

/// Shows what changes in derived files, then writes them. With `check`, fails if anything would change, and writes nothing.
pub(crate) fn generate(root: &Path, check: bool) -> Result<(), String> {
    let licenses = (licenses::PATH.to_owned(), licenses::text(root)?);
    let mut changes = changes(root)?;
    changes.extend(change(root, licenses)?);
    apply(root, &changes, check)
}

fn apply(root: &Path, changes: &[Change], check: bool) -> Result<(), String> {
    if changes.is_empty() {
        println!("nothing changed");
        return Ok(());
    }
    print!("{}", difference::shown(changes));
    if check {
        return Err(format!(
            "{} out of date; if the difference above is intended, write it and commit it: cargo xtask generate",
            counted(changes.len(), "file is", "files are")
        ));
    }
    changes.iter().try_for_each(|change| write(root, change))?;
    let golden = changes.iter().filter(|change| change.path.starts_with(golden::FOLDER)).count();
    println!("{} written", counted(changes.len(), "file was", "files were"));
    if golden > 0 {
        println!(
            "{} of them in {}: a difference there is a regression, unless it is intended. If it is, commit it; if not, fix \
             the code and run this again.",
            golden,
            golden::FOLDER
        );
    }
    Ok(())
}

/// Differences between the derived files and the present ones.
fn changes(root: &Path) -> Result<Vec<Change>, String> {
    let mut derived = pages()?;
    derived.push((python::STUB.to_owned(), python::stub(&there(root, python::STUB)?)?));
    derived.push((python::EXPRESSIONS.to_owned(), python::expressions(&there(root, python::EXPRESSIONS)?)?));
    derived
        .push((parameters::STREAMER.to_owned(), parameters::streamer(&there(root, parameters::STREAMER)?)?));
    derived.extend(golden_outputs(root)?);
    let mut changes = Vec::new();
    for derived in derived {
        changes.extend(change(root, derived)?);
    }
    changes.extend(gone(root)?);
    Ok(changes)
}

/// The change of a file, if its text differs from the present one.
fn change(root: &Path, (path, text): (String, String)) -> Result<Option<Change>, String> {
    let old = read(root, &path)?;
    Ok((old.as_ref() != Some(&text)).then_some(Change { path, old, new: Some(text) }))
}

/// Pages by path.
fn pages() -> Result<Vec<(String, String)>, String> {
    let pages = [
        ("docs/columns.md", columns::page()?),
        ("docs/command-line.md", command_line::page()),
        ("docs/features.md", features::page()),
        ("docs/ipfix.md", ipfix::page()),
        ("docs/parameters.md", parameters::page()),
        ("docs/protocols.md", protocols::page()),
        ("docs/risks.md", risks::page()),
    ];
    Ok(pages.map(|(path, text)| (path.to_owned(), text)).into())
}

fn golden_outputs(root: &Path) -> Result<Vec<(String, String)>, String> {
    let captures = golden::captures(root).map_err(|error| error.to_string())?;
    let output = |capture: &std::path::PathBuf| {
        let text = golden::csv(capture).map_err(|error| format!("{}: {error}", capture.display()))?;
        Ok((golden::path(capture), text))
    };
    captures.iter().map(output).collect()
}

/// Golden outputs whose capture no longer exists.
fn gone(root: &Path) -> Result<Vec<Change>, String> {
    let captures = golden::captures(root).map_err(|error| error.to_string())?;
    let wanted: Vec<_> = captures.iter().map(|capture| golden::path(capture)).collect();
    let mut gone = Vec::new();
    let entries =
        fs::read_dir(root.join(golden::FOLDER)).map_err(|error| format!("{}: {error}", golden::FOLDER))?;
    for entry in entries {
        let name = entry.map_err(|error| format!("{}: {error}", golden::FOLDER))?.file_name();
        let path = format!("{}/{}", golden::FOLDER, name.to_string_lossy());
        if !wanted.contains(&path) {
            gone.push(Change { old: read(root, &path)?, path, new: None });
        }
    }
    gone.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(gone)
}

fn read(root: &Path, path: &str) -> Result<Option<String>, String> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

/// The present text of a file that is derived in part.
fn there(root: &Path, path: &str) -> Result<String, String> {
    read(root, path)?.ok_or_else(|| format!("{path} is not there"))
}

fn write(root: &Path, change: &Change) -> Result<(), String> {
    let to = root.join(&change.path);
    let written = match &change.new {
        Some(text) => fs::write(to, text),
        None => fs::remove_file(to),
    };
    written.map_err(|error| format!("{}: {error}", change.path))
}

#[cfg(test)]
mod tests {

    use super::*;

    /// The texts from the code, without cargo, which would need a whole repository.
    fn generate(root: &Path, check: bool) -> Result<(), String> {
        apply(root, &changes(root)?, check)
    }

    /// A repository with two captures.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("there is room");
        for path in ["docs", "python/nfstream", "testdata/containers", golden::FOLDER] {
            fs::create_dir_all(folder.path().join(path)).expect("a folder can be made");
        }
        for path in [
            "testdata/ping.pcap",
            "testdata/containers/http.pcapng",
            python::STUB,
            python::EXPRESSIONS,
            parameters::STREAMER,
        ] {
            fs::copy(crate::root().join(path), folder.path().join(path)).expect("the file is there");
        }
        folder
    }

    fn paths(root: &Path) -> Vec<String> {
        changes(root).expect("captures can be read").into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn what_is_derived_is_written_once() {
        let repository = repository();
        let root = repository.path();
        let golden = ["testdata/expected/http.pcapng.csv", "testdata/expected/ping.pcap.csv"];
        assert!(paths(root).ends_with(&golden.map(str::to_owned)));
        assert_eq!(generate(root, false), Ok(()));
        assert_eq!(paths(root), [""; 0]);
        assert_eq!(fs::read(root.join(golden[1])).ok(), fs::read(crate::root().join(golden[1])).ok());
    }

    #[test]
    fn a_check_fails_and_writes_nothing() {
        let repository = repository();
        let root = repository.path();
        assert_eq!(generate(root, false), Ok(()));
        assert_eq!(generate(root, true), Ok(()));
        let golden = root.join("testdata/expected/ping.pcap.csv");
        let tampered = fs::read_to_string(&golden).expect("it was written").replace(",ICMP,", ",Ping,");
        fs::write(&golden, &tampered).expect("it can be written");
        fs::write(root.join("testdata/expected/other.pcap.csv"), "id\n").expect("it can be written");
        fs::remove_file(root.join("docs/columns.md")).expect("it was written");
        assert_eq!(
            generate(root, true),
            Err("3 files are out of date; if the difference above is intended, write it and commit it: cargo xtask generate"
                .to_owned())
        );
        assert_eq!(fs::read_to_string(&golden).ok(), Some(tampered));
        assert_eq!(generate(root, false), Ok(()));
        assert!(!root.join("testdata/expected/other.pcap.csv").exists());
        assert_eq!(generate(root, true), Ok(()));
    }
}
