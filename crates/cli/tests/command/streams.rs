//! Captures and flows that come and go through pipes, and signals in the middle.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, testdata};
use crate::synthetic::flows_at;

const LONG: Duration = Duration::from_secs(60);

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LONG, "{what}: not within a minute");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn make_fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn standard_input_and_a_fifo_are_read_like_files() {
    let from_file = run(["web.pcap", "-o", "-"]);
    let stdin = File::open(testdata().join("web.pcap")).unwrap();
    assert_eq!(Ran::from(nfstream(["-", "-o", "-"]).stdin(stdin).output().unwrap()), from_file);

    let directory = TempDir::new().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    let writer = {
        let fifo = fifo.clone();
        thread::spawn(move || fs::write(fifo, fs::read(testdata().join("web.pcap")).unwrap()))
    };
    assert_eq!(Ran::from(nfstream(["-o", "-"]).arg(&fifo).output().unwrap()), from_file);
    writer.join().unwrap().unwrap();
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_command_quietly() {
    let directory = TempDir::new().unwrap();
    let capture = many_flows(&directory);
    for arguments in [
        &[][..],
        &["-o", "-"],
        &["--format", "jsonl"],
        &["--format", "arrow"],
        &["-o", "-", "--n-meters", "1"],
    ] {
        let mut child = nfstream([&capture])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 100];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(
            ran,
            Ran { status: Some(0), stdout: String::new(), stderr: String::new() },
            "{arguments:?}"
        );
    }
}

/// A capture that still grows: nine flows that have ended and one that has not, while the FIFO stays open.
struct Growing {
    child: Child,
    _fifo: File,
}

impl Growing {
    fn start(directory: &Path, arguments: &[&str]) -> Self {
        let path = directory.join("fifo");
        make_fifo(&path);
        let child = nfstream([&path])
            .args(arguments)
            .current_dir(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut fifo = OpenOptions::new().write(true).open(&path).unwrap();
        fifo.write_all(&flows_at((0..9).chain([1000]))).unwrap();
        Self { child, _fifo: fifo }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

#[test]
fn a_signal_ends_the_input_and_keeps_what_was_metered() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for meters in ["1", "2"] {
            let directory = TempDir::new().unwrap();
            let mut growing = Growing::start(directory.path(), &["-o", "-", "--n-meters", meters]);
            let mut stdout = BufReader::new(growing.child.stdout.take().unwrap()).lines();
            // Flows come out as they end, not when the input does.
            let ended: Vec<String> = stdout.by_ref().take(10).map(Result::unwrap).collect();
            // The FIFO stays open, and silent.
            growing.signal(signal);
            let rest: Vec<String> = stdout.map(Result::unwrap).collect();
            let ran = Ran::from(growing.child.wait_with_output().unwrap());
            assert_eq!(ran, Ran { status: Some(status), stdout: String::new(), stderr: String::new() });
            let ids: Vec<&str> =
                ended.iter().chain(&rest).filter_map(|line| line.split(',').next()).collect();
            assert_eq!(ids, ["id", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        }
    }
}

#[test]
fn an_interrupted_file_is_complete_and_its_interruption_told() {
    let told = "nfstream: warning: interrupted: 10 flows written to";
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("flows.parquet"), "older").unwrap();
        let outputs = ["-q", "-o", "flows.parquet", "-o", "flows.csv", "-o", "-", "--format", "csv"];
        let mut growing = Growing::start(directory.path(), &outputs);
        let mut stdout = BufReader::new(growing.child.stdout.take().unwrap()).lines();
        assert_eq!(stdout.by_ref().take(10).count(), 10);
        growing.signal(signal);
        assert_eq!(stdout.count(), 1);
        let ran = Ran::from(growing.child.wait_with_output().unwrap());
        let stderr = format!("{told} flows.parquet, replacing an older file\n{told} flows.csv\n");
        assert_eq!(ran, Ran { status: Some(status), stdout: String::new(), stderr });
        let parquet = fs::read(directory.path().join("flows.parquet")).unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
        let csv = fs::read_to_string(directory.path().join("flows.csv")).unwrap();
        assert_eq!(csv.lines().count(), 11);
    }
}

/// The rows of a file that grows are there before it is complete, compressed or not.
#[test]
fn a_file_that_grows_can_be_followed() {
    let directory = TempDir::new().unwrap();
    let outputs = ["-o", "a.csv", "-o", "b.jsonl", "-o", "c.csv.gz", "-o", "d.jsonl.zst", "-o", "e.json"];
    let growing = Growing::start(directory.path(), &outputs);
    let unpacked = |name: &str| {
        let Ok(file) = File::open(directory.path().join(name)) else { return String::new() };
        let mut text = Vec::new();
        // The end of a file that grows is not there yet.
        let _ = match name.contains(".gz") {
            true => MultiGzDecoder::new(file).read_to_end(&mut text),
            false => zstd::stream::read::Decoder::new(file).unwrap().read_to_end(&mut text),
        };
        String::from_utf8(text).unwrap()
    };
    let plain = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    until("nine rows", || {
        plain("a.csv.part").lines().count() == 10
            && plain("b.jsonl.part").lines().count() == 9
            && plain("e.json.part").lines().count() == 10
            && unpacked("c.csv.gz.part").lines().count() == 10
            && unpacked("d.jsonl.zst.part").lines().count() == 9
    });
    growing.signal(Signal::INT);
    let ran = Ran::from(growing.child.wait_with_output().unwrap());
    assert_eq!(ran.status, Some(130));
    let checked = Command::new("gzip").arg("-t").arg(directory.path().join("c.csv.gz")).status().unwrap();
    assert!(checked.success());
    assert_eq!(unpacked("c.csv.gz"), plain("a.csv"));
    assert_eq!(unpacked("d.jsonl.zst"), plain("b.jsonl"));
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&plain("e.json")).unwrap().len(), 10);
}

/// A signal that comes when all has been read, while the rest is written, has ended nothing.
#[test]
fn a_signal_after_the_last_packet_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at([0; 3_000])).unwrap();
    let whole = run([capture.to_str().unwrap(), "-o", "-"]).stdout;
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = nfstream([&capture])
            .args(["-o", "-", "-o", "flows.csv"])
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // All flows end with the input: when there are rows, it has been read. More of them wait than the pipe can hold.
        let mut stdout = child.stdout.take().unwrap();
        let mut text = vec![0; 4096];
        stdout.read_exact(&mut text).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        stdout.read_to_end(&mut text).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
        assert!(text == whole.as_bytes());
        assert!(fs::read(directory.path().join("flows.csv")).unwrap() == whole.as_bytes());
    }
}

/// A capture of more flows than a pipe has room for.
fn many_flows(directory: &TempDir) -> PathBuf {
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at((0..30_000).map(|number| number / 10))).unwrap();
    capture
}

/// Starts a command that writes to a pipe, and reads the beginning.
fn begun_to_write(command: &mut Command) -> (Child, ChildStdout) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    (child, stdout)
}

#[test]
fn a_second_signal_ends_at_once() {
    let directory = TempDir::new().unwrap();
    let capture = many_flows(&directory);
    let older = directory.path().join("older.csv");
    fs::write(&older, "older").unwrap();
    // Nobody reads on: the command waits for its output to be taken, and cannot end in good order.
    let (mut child, _stdout) = begun_to_write(nfstream([&capture]).args(["-o", "-", "-o"]).arg(&older));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < LONG, "signals do not end it");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(130));
    assert_eq!(fs::read_to_string(&older).unwrap(), "older");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    for name in ["standard output", older.to_str().unwrap()] {
        let told = format!(" at most written to {name}, all others are lost\n");
        assert!(
            stderr.starts_with("nfstream: warning: interrupted twice: ") && stderr.contains(&told),
            "{stderr}"
        );
    }
}

/// A pipe without a name, too: the first signal ends the command, whatever the reader does, and whatever the form.
#[test]
fn a_signal_ends_the_wait_for_standard_output() {
    for arguments in [&["-o", "-"][..], &["--quiet"]] {
        a_signal_ends_the_wait_of(arguments);
    }
}

fn a_signal_ends_the_wait_of(arguments: &[&str]) {
    let directory = TempDir::new().unwrap();
    let capture = many_flows(&directory);
    let told = [
        "interrupted, and nobody has read from it for 5 seconds: the output is incomplete",
        "interrupted, and 30 seconds were not enough to read all: the output is incomplete",
    ];
    for (reads_slowly, told) in [false, true].into_iter().zip(told) {
        let (mut child, mut stdout) = begun_to_write(nfstream([&capture]).args(arguments));
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        while reads_slowly && child.try_wait().unwrap().is_none() {
            // A page at a time: the pipe takes new bytes only when a page of it is free.
            let _ = stdout.read(&mut [0; 4096]).unwrap();
            thread::sleep(Duration::from_millis(500));
        }
        until("the command ends", || child.try_wait().unwrap().is_some());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.status, Some(1), "{}", ran.stderr);
        let lost = "nfstream: warning: standard output: ";
        assert!(
            ran.stderr.starts_with(lost)
                && ran.stderr.ends_with(&format!(" lost\nnfstream: standard output: {told}\n")),
            "{}",
            ran.stderr
        );
    }
}

/// Whether standard output is the only output, or one of several: what was given up is told by the status.
#[test]
fn the_status_of_a_run_that_gave_up_standard_output_is_1() {
    let directory = TempDir::new().unwrap();
    let capture = many_flows(&directory);
    for others in [&[][..], &["-o", "flows.csv"], &["-o", "flows.csv", "-o", "flows.jsonl"]] {
        for signal in [Signal::INT, Signal::TERM] {
            let mut command = nfstream([&capture]);
            command.args(["-q", "-o", "-", "--format", "csv"]).args(others).current_dir(directory.path());
            let (mut child, _stdout) = begun_to_write(&mut command);
            kill_process(Pid::from_child(&child), signal).unwrap();
            until("the command ends", || child.try_wait().unwrap().is_some());
            let ran = Ran::from(child.wait_with_output().unwrap());
            assert_eq!(ran.status, Some(1), "{others:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("nobody has read from it for 5 seconds"), "{}", ran.stderr);
        }
    }
}

/// Waits until the command reads captures.
#[cfg(target_os = "linux")]
fn until_it_meters(child: &Child) {
    let tasks = format!("/proc/{}/task", child.id());
    until("captures are read", || {
        let threads = fs::read_dir(&tasks).into_iter().flatten().flatten();
        let mut names = threads.map(|thread| fs::read_to_string(thread.path().join("comm")));
        names.any(|name| name.is_ok_and(|name| name.starts_with("meter-")))
    });
}

/// Waits until the command sees to signals.
#[cfg(target_os = "linux")]
pub(crate) fn until_signals_are_watched(child: &Child) {
    let path = format!("/proc/{}/status", child.id());
    until("signals are watched", || {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught & (1 << (15 - 1)) != 0)
    });
}

/// What a run that is still prepared says when it is told to end.
pub(crate) const UNREAD: &str = "nfstream: warning: interrupted before anything was read\n";

/// Whatever the command waits for, or works on: rules that do not come, the compiler of filters.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_what_comes_before_a_run() {
    let directory = TempDir::new().unwrap();
    make_fifo(&directory.path().join("fifo"));
    let capture = testdata().join("web.pcap");
    let capture = capture.to_str().unwrap();
    // Nobody has a faster way to compile it.
    let hosts: Vec<String> = (0..5000).map(|n| format!("host 10.0.{}.{}", n / 250, n % 250)).collect();
    let filter = format!("vlan or {}", hosts.join(" or "));
    for (arguments, signal, status) in [
        (&[capture, "--rules", "fifo"][..], Signal::TERM, 143),
        (&[capture, "--rules", "fifo"], Signal::INT, 130),
        (&[capture, "--bpf-filter", &filter], Signal::TERM, 143),
        (&["-i", "lo", "--rules", "fifo"], Signal::TERM, 0),
        (&["-i", "lo", "--rules", "fifo"], Signal::INT, 130),
    ] {
        let mut child = nfstream(arguments)
            .args(["-q", "-o", "flows.csv"])
            .current_dir(directory.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_signals_are_watched(&child);
        kill_process(Pid::from_child(&child), signal).unwrap();
        until("the command ends", || child.try_wait().unwrap().is_some());
        let ran = Ran::from(child.wait_with_output().unwrap());
        if ran.stderr.contains("needs libpcap") {
            nfstream_skip::skip(ran.stderr);
            continue;
        }
        let expected = Ran { status: Some(status), stdout: String::new(), stderr: UNREAD.to_owned() };
        assert_eq!(ran, expected, "{:?}", arguments.get(1));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_the_wait_for_a_reader() {
    for (signal, name) in
        [(Signal::INT, "fifo.csv"), (Signal::TERM, "fifo.jsonl.gz"), (Signal::INT, "fifo.parquet")]
    {
        let directory = TempDir::new().unwrap();
        make_fifo(&directory.path().join(name));
        let mut child = nfstream([testdata().join("web.pcap")])
            .args(["-o", name])
            .current_dir(directory.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_it_meters(&child);
        kill_process(Pid::from_child(&child), signal).unwrap();
        until("the command ends", || child.try_wait().unwrap().is_some());
        let stderr =
            format!("nfstream: {name}: interrupted before a reader opened it: nothing was written\n");
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran, Ran { status: Some(1), stdout: String::new(), stderr });
    }
}

#[test]
fn a_reader_that_reads_on_after_a_signal_has_all_and_another_is_given_up() {
    for reads_on in [true, false] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("fifo.csv");
        make_fifo(&path);
        let mut child = nfstream(["-", "-o", "fifo.csv"])
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The input is not over when the signal comes, however much has been read of it by then.
        let mut input = child.stdin.take().unwrap();
        let writing = thread::spawn(move || {
            let _ = input.write_all(&flows_at((0..30_000).map(|number| number / 10)));
            input
        });
        let mut fifo = File::open(&path).unwrap();
        let mut read = vec![0; 100];
        fifo.read_exact(&mut read).unwrap();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        if reads_on {
            fifo.read_to_end(&mut read).unwrap();
        }
        until("the command ends", || child.try_wait().unwrap().is_some());
        let ran = Ran::from(child.wait_with_output().unwrap());
        drop(writing.join().unwrap());
        if reads_on {
            // All may have been read ahead when the signal came.
            assert!(matches!(ran.status, Some(143 | 0)), "{ran:?}");
            let lines = String::from_utf8(read).unwrap();
            let cells = lines.lines().next().unwrap().split(',').count();
            assert!(lines.lines().all(|line| line.split(',').count() == cells) && lines.ends_with('\n'));
        } else {
            let told = "interrupted, and nobody has read from it for 5 seconds: the output is incomplete";
            assert_eq!(ran.status, Some(1));
            let lost = "nfstream: warning: fifo.csv: ";
            assert!(ran.stderr.starts_with(lost), "{}", ran.stderr);
            assert!(
                ran.stderr.ends_with(&format!(" records lost\nnfstream: fifo.csv: {told}\n")),
                "{}",
                ran.stderr
            );
        }
    }
}
