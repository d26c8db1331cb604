//! What tells how to use the command: help, version, manual page, completions, list of columns.

use crate::process::stdout_of;

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
fn examples_fit_a_terminal() {
    let help = stdout_of(["-h"]);
    let examples = help.split_once("Examples:").unwrap().1;
    assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
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
