//! Tasks of the repository: `cargo xtask generate` writes the pages of `docs/` and the tables that are
//! derived from the code and its data.
#![forbid(unsafe_code)]

mod columns;
mod command_line;
mod features;
mod ipfix;
mod labels;
mod networks;
mod protocols;
mod rules;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

const USAGE: &str = "usage: cargo xtask generate [--check]
       cargo xtask networks FOLDER

generate          write the pages of docs/ and the tables that are derived from the code and its data
generate --check  fail if one of them is not what the code says
networks FOLDER   write crates/dpi/data/networks.txt, from owners.toml there and the npm package @ip-location-db/asn,
                  unpacked into a folder";

/// A page or table that is derived.
struct Page {
    /// Path from the root of the repository.
    path: &'static str,
    text: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["generate"] => pages().iter().try_for_each(write),
        ["generate", "--check"] => pages().iter().try_for_each(check),
        ["networks", folder] => networks::table(Path::new(folder))
            .and_then(|text| write(&Page { path: "crates/dpi/data/networks.txt", text })),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn pages() -> [Page; 7] {
    [
        Page { path: "crates/dpi/src/labels.rs", text: labels::module() },
        Page { path: "crates/dpi/src/rules/builtin.rs", text: rules::module() },
        Page { path: "docs/columns.md", text: columns::page() },
        Page { path: "docs/command-line.md", text: command_line::page() },
        Page { path: "docs/features.md", text: features::page() },
        Page { path: "docs/ipfix.md", text: ipfix::page() },
        Page { path: "docs/protocols.md", text: protocols::page() },
    ]
}

fn write(page: &Page) -> Result<(), String> {
    fs::write(root().join(page.path), &page.text).map_err(|error| format!("{}: {error}", page.path))
}

fn check(page: &Page) -> Result<(), String> {
    let written = fs::read_to_string(root().join(page.path)).unwrap_or_default();
    if written == page.text {
        return Ok(());
    }
    Err(format!("{} is not what the code says; run: cargo xtask generate", page.path))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the repository")
}
