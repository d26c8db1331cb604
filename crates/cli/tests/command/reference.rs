//! What tells how to use the command: help, version, manual page, completions, list of columns.

use crate::process::{nfstream, stdout_of};

/// Every long flag of the command.
fn flags() -> Vec<String> {
    let command = nfstream_cli::command();
    command
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .map(|long| format!("--{long}"))
        .collect()
}

#[test]
fn help_manual_and_completions_have_every_flag() {
    let flags = flags();
    assert!(flags.len() >= 14, "{flags:?}");
    let manual = stdout_of(["man"]).replace("\\-", "-");
    let help = stdout_of(["--help"]);
    for flag in &flags {
        assert!(manual.contains(flag.as_str()), "{flag} in the manual page");
        assert!(help.contains(flag.as_str()), "{flag} in the help");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = stdout_of(["completions", shell]);
        for flag in &flags {
            assert!(
                completions.contains(flag.trim_start_matches("--")),
                "{flag} in the completions for {shell}"
            );
        }
    }
    for subcommand in ["top", "columns", "protocols", "completions", "man"] {
        if subcommand == "top" && !cfg!(feature = "top") {
            continue;
        }
        let manual = stdout_of(["man", subcommand]).replace("\\-", "-");
        assert!(manual.contains(&format!("\nnfstream-{subcommand} - ")), "{manual}");
    }
}

#[test]
fn the_short_help_fits_a_screen_and_the_long_one_has_what_files_need_first() {
    let mut command = nfstream(["-h"]);
    let short = String::from_utf8(command.env("COLUMNS", "80").output().unwrap().stdout).unwrap();
    assert!(short.lines().count() <= 40, "{short}");
    assert!(short.lines().all(|line| line.len() <= 80), "{short}");
    for flag in
        ["--output", "--columns", "--statistical-analysis", "--feature", "--bpf-filter", "--interface"]
    {
        assert!(short.contains(flag), "{flag}: {short}");
    }
    let help = stdout_of(["--help"]);
    let examples = help.split_once("Examples:").unwrap().1;
    assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
    let place = |text: &str| help.find(text).unwrap();
    assert!(place("\nOutput options:") < place("\nFlow options:"));
    assert!(place("\nFlow options:") < place("\nLive capture options:"));
}

#[test]
fn help_is_a_subcommand_too() {
    assert_eq!(stdout_of(["help"]), stdout_of(["--help"]));
    for subcommand in ["columns", "protocols", "interfaces", "completions", "man", "help"] {
        assert_eq!(stdout_of(["help", subcommand]), stdout_of([subcommand, "--help"]));
    }
}

/// A terminal breaks no word, and no line.
#[test]
fn lists_fit_their_width() {
    for list in ["columns", "protocols"] {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let whole = words(&stdout_of([list]));
        for width in [36, 40, 60, 79, 80, 81, 120] {
            let output = nfstream([list]).env("COLUMNS", width.to_string()).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.lines().all(|line| line.len() <= width), "{width}: {text}");
            assert_eq!(words(&text), whole, "{width}");
        }
    }
}

/// What programs read has numbers that are numbers, and no spaces in names.
#[test]
fn lists_are_made_for_programs_too() {
    let lines = stdout_of(["protocols", "--format", "jsonl"]);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["id"].is_u64() && first["recognised_by"].is_string(), "{first}");
    for list in ["protocols", "columns", "interfaces"] {
        let csv = stdout_of([list, "--format", "csv"]);
        let header = csv.lines().next().unwrap();
        assert!(!header.contains(' '), "{header}");
        let object = stdout_of([list, "--format", "jsonl"]);
        let object: serde_json::Value = serde_json::from_str(object.lines().next().unwrap()).unwrap();
        assert_eq!(object.as_object().unwrap().len(), header.split(',').count());
        assert!(header.split(',').all(|name| object.get(name).is_some()), "{header}: {object}");
    }
}

#[test]
fn version() {
    assert_eq!(stdout_of(["--version"]), format!("nfstream {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn columns_are_those_that_records_have() {
    for parameters in [&[][..], &["--no-decode-tunnels", "--statistical-analysis"], &["--splt-analysis", "3"]]
    {
        let list = stdout_of(["columns", "--format", "csv"].iter().chain(parameters));
        let names: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        let records = stdout_of(["ping.pcap", "-o", "-"].iter().chain(parameters));
        assert_eq!(names, records.lines().next().unwrap().split(',').collect::<Vec<_>>());
        for format in ["table", "jsonl", "markdown"] {
            let list = stdout_of(["columns", "--format", format].iter().chain(parameters));
            assert!(names.iter().all(|name| list.contains(name)), "{format}: {list}");
        }
    }
}
