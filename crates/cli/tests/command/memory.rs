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
