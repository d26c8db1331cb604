//! The memory of whole runs, as the operating system gives it. nextest runs each test in a process of its own, so a test sees only
//! the runs that it has made itself.

use std::fs::File;
use std::process::Stdio;

use nix::sys::resource::{UsageWho, getrusage};
use tempfile::TempDir;

use crate::process::nfstream;
use crate::synthetic::flows_at;

/// Most megabytes that a run has taken so far.
fn most_taken() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1000
}

/// The hosts of a rules file are part of what a run may take: fewer flows have room, or the run does not begin.
#[test]
fn rules_take_from_the_memory_for_flows() {
    let directory = TempDir::new().unwrap();
    let (capture, rules) = (directory.path().join("many.pcap"), directory.path().join("rules.toml"));
    std::fs::write(&capture, flows_at([0; 50_000])).unwrap();
    let hosts: Vec<String> = (0..150_000).map(|number| format!("\"host-{number:08}.example.com\"")).collect();
    std::fs::write(&rules, format!("[Example]\nhosts = [{}]\n", hosts.join(",\n"))).unwrap();
    let run = |most: &str, with_rules: bool| {
        let mut command =
            nfstream(["--n-meters=1", "-o", "-", "--columns=expiration_id", "--max-memory", most]);
        command.arg(&capture);
        if with_rules {
            command.arg("--rules").arg(&rules);
        }
        let ran = command.output().unwrap();
        let early = ran.stdout.split(|byte| *byte == b'\n').filter(|line| *line == b"2").count();
        (ran.status.code(), early, String::from_utf8(ran.stderr).unwrap())
    };
    assert_eq!(run("64MB", false).0, Some(0));
    // Fewer rules are named only where they can suffice.
    for (most, instead) in [("64MB", ", or use fewer rules"), ("1MB", "")] {
        let (status, _, stderr) = run(most, true);
        assert_eq!(status, Some(2));
        let beginning = format!(
            "nfstream: --max-memory is {} MB, but a run with 1 meter needs at least ",
            most.trim_end_matches("MB")
        );
        let end = format!(" MB of it for the rules: allow that much{instead}\n");
        assert!(stderr.starts_with(&beginning) && stderr.contains(&end), "{stderr}");
    }
    assert_eq!(run("85MB", false), (Some(0), 0, String::new()));
    let (status, early, _) = run("85MB", true);
    assert_eq!(status, Some(0));
    assert!(early > 1_000, "{early}");
}

/// Records that are 0.8 MB of text, or 1.5 MB of columns, each: 600 of them together are ten times as much as this.
#[test]
fn records_with_long_lists_wait_in_little_memory() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("many.pcap");
    std::fs::write(&capture, flows_at((0..600).map(|number| number / 10))).unwrap();
    for (format, most) in [("csv", 100), ("jsonl", 100), ("arrow", 400)] {
        let ran = nfstream(["--splt-analysis=65535", "--n-meters=2", "-q", "-o", "-", "--format", format])
            .arg(&capture)
            .stdout(Stdio::from(File::create("/dev/null").unwrap()))
            .status()
            .unwrap();
        assert!(ran.success());
        assert!(most_taken() < most, "{format}: {} MB", most_taken());
    }
}
