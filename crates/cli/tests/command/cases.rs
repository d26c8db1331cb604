//! Small captures for which it is known what happened, each with its flows.

use std::fs;

use serde_json::Value;

use crate::process::stdout_of;

/// The text of a value, as the cases have it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Runs a case, and tells what is wrong.
fn wrong(folder: &std::path::Path, case: &Value, meters: usize) -> Option<String> {
    let capture = folder.join(text(&case["capture"]));
    let options =
        ["--quiet", "--format=jsonl", "--output=-", &format!("--n-meters={meters}")].map(String::from);
    let parameters = case["parameters"].as_array().unwrap().iter().map(text);
    let told = stdout_of(
        [capture.into_os_string().into_string().unwrap()].into_iter().chain(options).chain(parameters),
    );
    let mut left: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_right = |flow: &Value, wanted: &Value| {
        wanted.as_object().unwrap().iter().all(|(column, value)| text(&flow[column]) == text(value))
    };
    let missing = case["flows"].as_array().unwrap().iter().filter(|wanted| {
        let found = left.iter().position(|flow| is_right(flow, wanted));
        found.map(|found| left.remove(found)).is_none()
    });
    let missing: Vec<Value> = missing.cloned().collect();
    let is_wrong = !missing.is_empty() || !left.is_empty();
    is_wrong.then(|| format!("{case}, {meters} meters\nmissing: {missing:#?}\nfound instead: {left:#?}"))
}

#[test]
fn flows_are_what_happened() {
    let Some(folder) = nfstream_skip::cases() else { return };
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("cases.json")).unwrap()).unwrap();
    for case in &cases {
        for meters in [1, 2, 3, 8] {
            let wrong = wrong(&folder, case, meters);
            assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        }
    }
}
