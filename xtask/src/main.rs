//! Tasks of the repository. `cargo xtask generate` writes everything that is derived from the code: pages of `docs/`, the
//! columns for type checkers of Python, the golden outputs of `testdata/expected`, and the licences of crates. None of it is
//! Rust, so writing it never depends on what would be written.
#![forbid(unsafe_code)]

mod cargo;
mod columns;
mod command_line;
mod difference;
mod features;
mod generate;
#[path = "../../crates/nfstream/tests/golden/mod.rs"]
mod golden;
mod ipfix;
mod layers;
mod licenses;
mod networks;
mod parameters;
mod protocols;
mod python;
mod risks;

use std::env;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask generate [--check]
       cargo xtask layers
       cargo xtask networks FOLDER

generate          write the files that are derived from the code, in docs/, python/nfstream/ and testdata/expected/, and
                  THIRD_PARTY_LICENSES, which is derived from the crates of the build, and show the changes
generate --check  show what would change, and fail if anything would change
layers            fail if a crate or a module has an import that docs/architecture.md does not allow, or if modules import each
                  other in a circle
networks FOLDER   write crates/dpi/data/networks.txt, from owners.toml there and the npm package @ip-location-db/asn,
                  unpacked into a folder";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["generate"] => generate::generate(root(), false),
        ["generate", "--check"] => generate::generate(root(), true),
        ["layers"] => layers::check(root()),
        ["networks", folder] => networks::write(root(), Path::new(folder)),
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the repository")
}
