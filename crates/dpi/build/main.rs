//! Makes Rust tables of the files in `data/`, so that the program has nothing to parse when it starts: the labels, the risks,
//! the built-in rules, and whom addresses belong to. What is wrong in a file is told with its line.

mod labels;
mod networks;
mod risks;
mod rules;

use std::path::Path;
use std::{env, fs};

fn main() {
    if let Err(message) = write_tables() {
        println!("cargo::error={message}");
    }
}

fn write_tables() -> Result<(), String> {
    let labels = read(labels::FILE)?;
    let labels = labels::rows(&labels)?;
    write("labels.rs", &labels::tables(&labels))?;
    write("categories.rs", &labels::categories(&labels))?;
    write("risks.rs", &risks::tables(&read(risks::FILE)?)?)?;
    write("rules.rs", &rules::tables(&read(rules::APPLICATIONS)?, &read(rules::CATEGORIES)?, &labels)?)?;
    write("networks.rs", &networks::tables(&read(networks::FILE)?, &labels)?)
}

fn read(path: &str) -> Result<String, String> {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn write(name: &str, text: &str) -> Result<(), String> {
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let path = Path::new(&folder).join(name);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
