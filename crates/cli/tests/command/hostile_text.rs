//! Text that somebody else has chosen, on its way to a terminal or a spreadsheet.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, testdata};
use crate::synthetic::questions;

/// It clears the screen, turns the direction of writing, sets the title, and ends with a character of C1.
const HOSTILE: &str = "\u{1b}[2J\u{202e}\u{1b}]0;x\u{7}\u{9b}1m";

/// Nothing in it that a terminal would act on but the end of a line.
fn assert_is_harmless(what: &str, text: &str) {
    let harms = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!text.contains(harms), "{what}: {text:?}");
}

#[test]
fn nothing_that_a_terminal_would_act_on_is_told() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let name = |extension: &str| at(&format!("{HOSTILE}.{extension}"));
    let web = testdata().join("web.pcap").to_str().unwrap().to_owned();
    let capture = fs::read(&web).unwrap();
    fs::write(name("pcap"), &capture[..capture.len() - 5]).unwrap();
    fs::write(name("gz"), "no capture").unwrap();
    fs::write(name("cap"), "").unwrap();
    fs::write(name("toml"), format!("[A]\nhosts = [\"{HOSTILE}\"]")).unwrap();
    fs::write(at("names.toml"), format!("[\"{}\"]", HOSTILE.escape_unicode())).unwrap();
    fs::create_dir(name("d")).unwrap();
    symlink(at(HOSTILE), name("csv")).unwrap();

    let feature = format!("a=sum({HOSTILE})");
    let collector = format!("tcp://{HOSTILE}:1");
    let arguments: [&[&str]; 26] = [
        &[&name("pcap")],
        &[&name("pcap"), "-o", "-"],
        &[&name("gz")],
        &[&name("cap")],
        &[&name("cap"), &web],
        &[&name("none")],
        &[&name("d")],
        &[&format!("{}/*", name("d"))],
        &[&web, "-o", &name("csv")],
        &[&web, "-o", &name("none")],
        &[&web, "-o", &name("d")],
        &[&web, "-o", &at(&format!("{HOSTILE}/flows.csv"))],
        &[&web, "-o", &name("parquet"), "-o", &name("parquet")],
        &[&web, "--rules", &name("toml")],
        &[&web, "--rules", &at("names.toml")],
        &[&web, "--rules", &name("none")],
        &[&web, "--columns", HOSTILE],
        &[&web, "--feature", &feature],
        &[&web, "--feature", HOSTILE],
        &[&web, "--bpf-filter", HOSTILE],
        &[&web, "--ipfix", &collector],
        &[&web, "--metrics", HOSTILE],
        &[&web, "--n-meters", HOSTILE],
        &[&format!("--{HOSTILE}")],
        &["-i", HOSTILE],
        &["help", HOSTILE],
    ];
    for arguments in arguments {
        let Ran { status, stdout, stderr } = run(arguments);
        assert_is_harmless(&format!("{arguments:?}"), &stderr);
        assert_is_harmless(&format!("{arguments:?}"), &stdout);
        assert!(status.is_some_and(|status| status <= 2), "{arguments:?}: {status:?}");
        assert!(!stderr.is_empty(), "{arguments:?}");
    }
    let listed = nfstream(["columns", "--feature", HOSTILE]).output().unwrap();
    assert_is_harmless("columns", &Ran::from(listed).stderr);
}

#[test]
fn a_spreadsheet_runs_nothing() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("names.pcap");
    let names = ["=cmd|calc", "+1+1", "-1+1", "@sum(a1)", "plain.example", "a=b"];
    fs::write(&capture, questions(&names)).unwrap();
    let cells = |arguments: &[&str]| -> Vec<String> {
        let all =
            [&[capture.to_str().unwrap(), "--columns", "requested_server_name", "-q"], arguments].concat();
        let ran = run(all);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        ran.stdout.lines().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(cells(&["-o", "-"]), names);
    let safe = ["'=cmd|calc", "'+1+1", "'-1+1", "'@sum(a1)", "plain.example", "a=b"];
    assert_eq!(cells(&["-o", "-", "--csv-safe"]), safe);
    let file = directory.path().join("flows.csv.gz");
    assert!(cells(&["-o", file.to_str().unwrap(), "--csv-safe"]).is_empty());
    assert!(Path::new(&file).is_file());

    let ran = run([capture.to_str().unwrap(), "-o", "flows.parquet", "--csv-safe"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("--csv-safe is for CSV: name an output such as flows.csv"), "{}", ran.stderr);
}
