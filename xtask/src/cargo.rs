//! Facts about the workspace and its crates, as cargo reports them.

use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The standard output of cargo with these arguments.
pub(crate) fn told(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let told = Command::new(cargo).args(arguments).current_dir(root).output();
    let told = told.map_err(|error| format!("cargo: {error}"))?;
    if !told.status.success() {
        return Err(format!("cargo {} fails: {}", arguments[0], String::from_utf8_lossy(&told.stderr)));
    }
    String::from_utf8(told.stdout).map_err(|_| format!("cargo {}: not UTF-8", arguments[0]))
}

/// The crates in cargo metadata, by name and version: all of them, unless further arguments leave some out.
pub(crate) fn packages(root: &Path, further: &[&str]) -> Result<Vec<Value>, String> {
    let arguments = [&["metadata", "--locked", "--format-version=1"], further].concat();
    let told: Value =
        serde_json::from_str(&told(root, &arguments)?).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut packages = told["packages"].as_array().ok_or("cargo metadata lists no packages")?.clone();
    packages.sort_by(|a, b| {
        let key = |package: &Value| (package["name"].to_string(), package["version"].to_string());
        key(a).cmp(&key(b))
    });
    Ok(packages)
}

/// A text field of a crate in cargo metadata.
pub(crate) fn field<'a>(package: &'a Value, name: &str) -> Result<&'a str, String> {
    package[name].as_str().ok_or_else(|| {
        format!("a crate has no {name}: {} {} of {}", package["name"], package["version"], package["source"])
    })
}
