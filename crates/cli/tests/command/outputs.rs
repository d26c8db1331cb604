//! Several outputs at once, files that are turned over, outputs that fail while the run goes on.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, stdout_of, testdata};
use crate::streams::{make_fifo, until};
use crate::synthetic::flows_at;

/// The files below a directory that are complete, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_hidden = path.file_name().unwrap().to_string_lossy().starts_with('.')
            || path.extension().is_some_and(|extension| extension == "part");
        if path.is_dir() {
            found.extend(files(&path));
        } else if !is_hidden && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn names(directory: &Path) -> Vec<String> {
    files(directory)
        .iter()
        .map(|path| path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The lines of CSV files without their headers.
fn rows(paths: &[PathBuf]) -> Vec<String> {
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let rows = |text: String| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    paths.iter().map(text).flat_map(rows).collect()
}

/// A run over a capture that grows.
struct Live {
    child: Child,
    fifo: File,
    flows: u32,
}

impl Live {
    fn start(directory: &Path, arguments: &[&str]) -> Self {
        let fifo = directory.join(".fifo");
        make_fifo(&fifo);
        let child = nfstream([&fifo])
            .args(["--idle-timeout", "0"])
            .args(arguments)
            .current_dir(directory)
            .env("TZ", "UTC")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut fifo = OpenOptions::new().write(true).open(&fifo).unwrap();
        fifo.write_all(&flows_at([])).unwrap();
        Self { child, fifo, flows: 0 }
    }

    /// Feeds packets, each a flow that ends at once.
    fn feed(&mut self, flows: u32) {
        let capture = flows_at(0..self.flows + flows);
        let packet = (capture.len() - flows_at([]).len()) / (self.flows + flows) as usize;
        self.fifo.write_all(&capture[capture.len() - packet * flows as usize..]).unwrap();
        self.flows += flows;
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(self) -> Ran {
        drop(self.fifo);
        self.child.wait_with_output().unwrap().into()
    }
}

#[test]
fn several_outputs_have_the_same_records() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let csv = stdout_of(["web.pcap", "-o", "-"]);
    let output = nfstream(["web.pcap", "--format", "csv", "-o", "-", "-o"])
        .arg(path("flows.jsonl"))
        .arg("-o")
        .arg(path("flows.txt"))
        .arg("-o")
        .arg(path("flows.parquet"))
        .output()
        .unwrap();
    assert_eq!(Ran::from(output), Ran { status: Some(0), stdout: csv.clone(), stderr: String::new() });
    assert_eq!(fs::read_to_string(path("flows.txt")).unwrap(), csv);
    assert_eq!(
        fs::read_to_string(path("flows.jsonl")).unwrap(),
        stdout_of(["web.pcap", "--format", "jsonl"])
    );
    assert_eq!(names(directory.path()), ["flows.jsonl", "flows.parquet", "flows.txt"]);
}

#[test]
fn a_reader_that_goes_does_not_end_the_other_outputs() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at((0..30_000).map(|number| number / 10))).unwrap();
    let flows = directory.path().join("flows.csv");
    let mut child =
        nfstream([&capture]).args(["-o", "-", "-o"]).arg(&flows).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(rows(&[flows]).len(), 30_000);
}

#[test]
fn files_are_turned_over_by_size_and_replace_nothing() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join(".many.pcap");
    fs::write(&capture, flows_at(0..1_000)).unwrap();
    fs::create_dir(directory.path().join("of")).unwrap();
    fs::write(directory.path().join("of/udp-1.csv"), "older").unwrap();
    let ran = Ran::from(
        nfstream([&capture])
            .args(["-o", "of/udp.csv", "--rotate", "50kB", "--rotate", "1d", "-q"])
            .current_dir(directory.path())
            .output()
            .unwrap(),
    );
    assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
    let mut files = files(directory.path());
    files.sort_by_key(|path| {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        stem.rsplit_once('-').map_or(0, |(_, number)| number.parse::<u32>().unwrap())
    });
    let older = files.remove(1);
    assert_eq!(fs::read_to_string(older).unwrap(), "older");
    let all = stdout_of([capture.to_str().unwrap(), "-o", "-"]);
    assert_eq!(rows(&files), all.lines().skip(1).collect::<Vec<_>>());
    let (_, full) = files.split_last().unwrap();
    assert!(full.len() >= 3, "{files:?}");
    for file in full {
        let bytes = fs::metadata(file).unwrap().len();
        assert!((50_000..52_000).contains(&bytes), "{}: {bytes}", file.display());
    }
}

#[test]
fn compressed_files_are_turned_over_with_their_number_before_both_extensions() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join(".many.pcap");
    fs::write(&capture, flows_at(0..20_000)).unwrap();
    let output = nfstream([&capture])
        .args(["-o", "udp.jsonl.gz", "--rotate", "20kB", "-q"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let files = files(directory.path());
    assert!(files.len() >= 3, "{files:?}");
    let mut unpacked = Vec::new();
    for number in 0..files.len() {
        let name = if number == 0 { "udp.jsonl.gz".to_owned() } else { format!("udp-{number}.jsonl.gz") };
        let path = directory.path().join(name);
        let bytes = fs::metadata(&path).unwrap().len();
        // What is in the compressor is estimated, and shrinks to less than others.
        assert!(number + 1 == files.len() || (5_000..30_000).contains(&bytes), "{number}: {bytes}");
        unpacked.extend(Command::new("gzip").arg("-dc").arg(path).output().unwrap().stdout);
    }
    let all = stdout_of([capture.to_str().unwrap(), "--format", "jsonl"]);
    assert!(String::from_utf8(unpacked).unwrap() == all);
}

/// Rows that are still collected are estimated, and those of this capture shrink to less than others: the files come out shorter.
#[test]
fn arrow_and_parquet_files_are_not_longer_than_asked_for() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join(".many.pcap");
    fs::write(&capture, flows_at(0..30_000)).unwrap();
    for (name, size, expected) in
        [("f.arrow", "2MB", 1_500_000..2_100_000), ("f.parquet", "100kB", 10_000..110_000)]
    {
        let output = nfstream([&capture])
            .args(["-o", name, "--rotate", size])
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let bytes = |path: &PathBuf| fs::metadata(path).unwrap().len();
        let sizes: Vec<u64> = files(directory.path()).iter().map(bytes).collect();
        // The last may have less.
        let as_expected = sizes.iter().filter(|size| expected.contains(*size)).count();
        assert!(as_expected >= 2 && as_expected + 1 >= sizes.len(), "{name}: {sizes:?}");
        files(directory.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

#[test]
fn files_are_turned_over_by_the_clock_also_in_silence() {
    let directory = TempDir::new().unwrap();
    let flows = directory.path().join("flows");
    let mut live = Live::start(directory.path(), &["-o", "flows/%Y/%H%M%S.csv", "--rotate", "1s"]);
    for turn in 1..=3 {
        live.feed(5);
        // No packet follows: only the clock completes the file.
        until("a file", || flows.exists() && rows(&files(&flows)).len() == turn * 5);
    }
    let before = files(&flows);
    live.feed(1);
    assert_eq!(live.end().status, Some(0));
    let names = names(&flows);
    assert!(names.iter().all(|name| name.len() == "2026/101010.csv".len()), "{names:?}");
    assert!(before.len() >= 3 && names.len() == before.len() + 1, "{names:?}");
    let ids: Vec<String> =
        rows(&files(&flows)).iter().map(|row| row.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(ids, (0..16).map(|id| id.to_string()).collect::<Vec<_>>());
}

#[test]
fn sighup_turns_over_and_other_signals_finish() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let directory = TempDir::new().unwrap();
        let outputs = ["-o", "flows.parquet", "-o", "-", "--format", "csv", "--rotate", "1d"];
        let mut live = Live::start(directory.path(), &outputs);
        // What has come out by standard output is in the file, too.
        let mut stdout = BufReader::new(live.child.stdout.take().unwrap()).lines();
        let mut come_out = |lines: usize| assert_eq!(stdout.by_ref().take(lines).count(), lines);
        for files in 1..=2 {
            live.feed(3);
            come_out(if files == 1 { 1 + 3 } else { 3 });
            live.signal(Signal::HUP);
            until("a file", || names(directory.path()).len() == files);
        }
        live.feed(3);
        come_out(3);
        live.signal(signal);
        let ran = Ran::from(live.child.wait_with_output().unwrap());
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(status), ""));
        assert_eq!(ran.stderr, "nfstream: warning: interrupted: 9 flows written to flows.parquet\n");
        assert!(stdout.next().is_none());
        for file in files(directory.path()) {
            let parquet = fs::read(file).unwrap();
            assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
        }
        assert_eq!(names(directory.path()), ["flows-1.parquet", "flows-2.parquet", "flows.parquet"]);
    }
}

#[test]
fn a_capture_that_is_terminated_has_ended_well() {
    let directory = TempDir::new().unwrap();
    let mut child = nfstream(["-i", "lo", "-o", "%Y/lo.csv", "--rotate", "1d", "-q"])
        .current_dir(directory.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    // Meters start when everything is open.
    let tasks = format!("/proc/{}/task", child.id());
    let is_meter =
        |task: PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.starts_with("meter-"));
    until("the capture, or why there is none", || {
        let tasks = fs::read_dir(&tasks).into_iter().flatten().flatten();
        tasks.map(|task| task.path()).any(is_meter) || child.try_wait().unwrap().is_some()
    });
    socket.send_to(b"hello", socket.local_addr().unwrap()).unwrap();
    // Flows that are alive are written in the end.
    if child.try_wait().unwrap().is_none() {
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    }
    let ran = Ran::from(child.wait_with_output().unwrap());
    if ran.status == Some(1) {
        return nfstream_skip::skip(ran.stderr);
    }
    assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
    let port = format!(",{},", socket.local_addr().unwrap().port());
    assert!(rows(&files(directory.path())).iter().any(|row| row.contains(&port)));
}

/// A file system of so many kilobytes; `None`, with a sentence, where there cannot be one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(directory: &Path, kilobytes: u32) -> Option<Self> {
        let path = directory.join("disk");
        fs::create_dir(&path).unwrap();
        let size = format!("size={kilobytes}k");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(path));
        }
        nfstream_skip::skip("only root can mount a small disk");
        None
    }

    /// Takes all room but so many bytes.
    fn fill(&self) {
        let mut file = File::create(self.0.join(".ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join(".ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_run_goes_on_while_a_disk_is_full() {
    let directory = TempDir::new().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), 1_000) else { return };
    let told = directory.path().join("told");
    let mut live = Live::start(
        directory.path(),
        &[
            "-o",
            "disk/flows.csv",
            "-o",
            "disk/flows.parquet",
            "-o",
            "disk/packed.csv.gz",
            "-o",
            "all.jsonl",
            "--rotate",
            "1d",
        ],
    );
    // What is told goes to a file, to be looked at meanwhile.
    let mut stderr = live.child.stderr.take().unwrap();
    let teller = {
        let told = told.clone();
        thread::spawn(move || std::io::copy(&mut stderr, &mut File::create(told).unwrap()))
    };
    let is_told = |what: &str| fs::read_to_string(&told).unwrap_or_default().contains(what);
    live.feed(10);
    let has_rows = |least: usize| {
        let hidden = fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().path());
        hidden.filter(|path| path.is_file()).any(|path| {
            fs::read(path).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() > least
        })
    };
    until("rows", || has_rows(10));
    disk.fill();
    live.feed(1_000);
    until("a full disk", || is_told("no space left on device"));
    live.signal(Signal::HUP);
    until("a lost file", || is_told("disk/flows.parquet: no space left on device"));
    until("lost bytes of what is compressed", || {
        live.feed(10);
        is_told("disk/packed.csv.gz: no space left on device")
    });
    disk.make_room();
    until("a recovery", || {
        live.feed(1);
        is_told("disk/flows.csv works again; ") && is_told("disk/packed.csv.gz works again; ")
    });
    let fed = live.flows as usize;
    drop(live.fifo);
    // What came through a pipe and was lost is lost for good.
    assert_eq!(live.child.wait().unwrap().code(), Some(1));
    teller.join().unwrap().unwrap();

    let told = fs::read_to_string(told).unwrap();
    let lost = |output: &str| -> usize {
        let line = told.lines().find(|line| line.contains(output) && line.ends_with(" lost")).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        words[words.len() - 3].replace(',', "").parse().unwrap()
    };
    let of = |name: &str| -> Vec<PathBuf> {
        files(&disk.0).into_iter().filter(|path| path.to_string_lossy().contains(name)).collect()
    };
    let csv = of("flows.csv");
    // What lacks rows has not the name of a file that is whole.
    assert!(told.contains("disk/flows.csv: records were lost, so the file is named flows.csv.incomplete"));
    assert_eq!(rows(&csv).len() + lost("disk/flows.csv"), fed, "{told}");
    // Rows are lost only while nothing was tried; what a member had is in it.
    let unpacked = of("packed.csv.gz").into_iter().map(|path| {
        let output = Command::new("gzip").arg("-dc").stdin(File::open(path).unwrap()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().count() - 1
    });
    assert_eq!(unpacked.sum::<usize>() + lost("disk/packed.csv.gz"), fed, "{told}");
    assert!(lost("disk/flows.parquet") >= 1_000, "{told}");
    let all: Vec<PathBuf> = files(directory.path())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    let lines = all.iter().map(|path| fs::read_to_string(path).unwrap().lines().count()).sum::<usize>();
    assert_eq!(lines, fed);
    // Once when it failed, once when it went on, not for each batch.
    assert_eq!(told.matches("disk/flows.csv: no space left").count(), 1, "{told}");
}

#[test]
fn a_full_disk_ends_a_run_over_files() {
    let directory = TempDir::new().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path(), 16) else { return };
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at(0..2_000)).unwrap();
    for more in [&[][..], &["--rotate", "1d"]] {
        let ran = Ran::from(
            nfstream([&capture])
                .args(["-q", "-o", "disk/flows.csv"])
                .args(more)
                .current_dir(directory.path())
                .output()
                .unwrap(),
        );
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.ends_with("disk/flows.csv: no space left on device\n"), "{}", ran.stderr);
        let lost = ran.stderr.lines().next().unwrap();
        assert_eq!(lost, "nfstream: warning: disk/flows.csv: all records lost");
        assert_eq!(fs::read_dir(&disk.0).unwrap().count(), 0);
    }
}

/// What fails is named, and takes nothing with it.
#[test]
fn an_output_that_fails_does_not_end_the_others() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join(".many.pcap");
    fs::write(&capture, flows_at(0..2_000)).unwrap();
    let run_with = |outputs: &[&str]| {
        let mut command = nfstream([&capture]);
        command.args(["-q", "--format", "csv"]).args(outputs).current_dir(directory.path());
        Ran::from(command.output().unwrap())
    };
    let whole = run_with(&["-o", "-"]).stdout;
    let is_whole = || fs::read_to_string(directory.path().join("all.csv")).unwrap() == whole;
    let full = "/dev/full: no space left on device";
    for outputs in [["-o", "/dev/full", "-o", "all.csv"], ["-o", "all.csv", "-o", "/dev/full"]] {
        let ran = run_with(&outputs);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert_eq!(
            ran.stderr,
            format!(
                "nfstream: warning: {full}: no more flows are written to it; the other outputs continue\n\
                 nfstream: warning: /dev/full: 2,000 records lost\n"
            )
        );
        assert!(is_whole());
        fs::remove_file(directory.path().join("all.csv")).unwrap();
    }
    let Some(disk) = SmallDisk::mount(directory.path(), 16) else { return };
    fs::write(disk.0.join("f.csv"), "older").unwrap();
    for (more, file) in [(&[][..], "the file"), (&["--rotate", "1d"], "the current file")] {
        let ran = run_with(&[&["-o", "disk/f.csv", "-o", "disk/g.csv", "-o", "all.csv"][..], more].concat());
        assert_eq!(ran.status, Some(1));
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 4, "{}", ran.stderr);
        assert_eq!(
            lines[2..],
            ["f", "g"].map(|name| format!("nfstream: warning: disk/{name}.csv: 2,000 records lost"))
        );
        let ending =
            format!(".csv: no space left on device: {file} is not written; the other outputs continue");
        assert!(lines[..2].iter().all(|line| line.ends_with(&ending)), "{}", ran.stderr);
        assert!(is_whole());
        assert_eq!(names(&disk.0), ["f.csv"]);
        assert_eq!(fs::read_to_string(disk.0.join("f.csv")).unwrap(), "older");
        fs::remove_file(directory.path().join("all.csv")).unwrap();
    }
    // Where there is none left, the run is over.
    let ran = run_with(&["-o", "/dev/full"]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(ran.stderr, format!("nfstream: warning: /dev/full: all records lost\nnfstream: {full}\n"));
}

#[test]
fn what_is_no_rotation_is_told() {
    assert!(
        run(["web.pcap", "--rotate", "5m"]).stderr.starts_with("nfstream: --rotate needs an output file")
    );
}

/// Runs a shell's commands in a directory, with the program as `$0` and a capture as `$1`.
fn shell(directory: &Path, program: &Path, commands: &str) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", commands]).arg(program).arg(testdata().join("web.pcap")).current_dir(directory);
    Ran::from(command.output().unwrap())
}

#[test]
fn the_umask_says_who_may_read_new_files() {
    let directory = TempDir::new().unwrap();
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().mode() & 0o7777;
    for (umask, file, folder) in [("027", 0o640, 0o750), ("002", 0o664, 0o775), ("077", 0o600, 0o700)] {
        let commands = format!(
            r#"umask {umask}; "$0" -q "$1" -o new{umask}.csv && "$0" -q "$1" -o {umask}/turned.csv --rotate 1h"#
        );
        let ran = shell(directory.path(), nfstream([""; 0]).get_program().as_ref(), &commands);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
        assert_eq!(mode(&format!("new{umask}.csv")), file);
        assert_eq!((mode(umask), mode(&format!("{umask}/turned.csv"))), (folder, file));
    }
}

/// Root gives the new file to whom the older one belonged. Others cannot, and then a group gets no more than everybody.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_replaces_another_belongs_to_its_owner() {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return nfstream_skip::skip("only root can give files away");
    }
    let directory = TempDir::new().unwrap();
    // Where the user can reach it.
    let program = directory.path().join("nfstream");
    fs::copy(nfstream([""; 0]).get_program(), &program).unwrap();
    let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set_mode(directory.path(), 0o777);
    set_mode(&program, 0o755);
    let input = directory.path().join("web.pcap");
    fs::copy(testdata().join("web.pcap"), &input).unwrap();
    set_mode(&input, 0o644);
    let path = directory.path().join("flows.csv");
    let replace = |by: &str, owner: u32, group: u32, mode: u32| {
        let _ = fs::remove_file(&path);
        fs::write(&path, "older").unwrap();
        chown(&path, Some(owner), Some(group)).unwrap();
        set_mode(&path, mode);
        let ran = shell(directory.path(), &program, &format!(r#"{by} "$0" -q web.pcap -o flows.csv"#));
        let found = fs::metadata(&path).unwrap();
        (ran.status, found.uid(), found.gid(), found.mode() & 0o7777, fs::read(&path).unwrap() == b"older")
    };
    assert_eq!(replace("", NOBODY, NOBODY, 0o640), (Some(0), NOBODY, NOBODY, 0o640, false));
    assert_eq!(replace("", 0, NOBODY, 0o664), (Some(0), 0, NOBODY, 0o664, false));

    let as_nobody = "setpriv --reuid=65534 --regid=65534 --groups=4";
    if shell(directory.path(), &program, &format!("{as_nobody} true")).status != Some(0) {
        return nfstream_skip::skip("setpriv is missing; install it with: apt-get install util-linux");
    }
    let replace = |owner, group, mode| replace(as_nobody, owner, group, mode);
    assert_eq!(replace(NOBODY, NOBODY, 0o600), (Some(0), NOBODY, NOBODY, 0o600, false));
    // Its own group, and one that it is in.
    assert_eq!(replace(0, NOBODY, 0o664), (Some(0), NOBODY, NOBODY, 0o664, false));
    assert_eq!(replace(0, 4, 0o664), (Some(0), NOBODY, 4, 0o664, false));
    // One that it is not in.
    assert_eq!(replace(NOBODY, 0, 0o660), (Some(0), NOBODY, NOBODY, 0o600, false));
    assert_eq!(replace(NOBODY, 0, 0o664), (Some(0), NOBODY, NOBODY, 0o644, false));
    assert_eq!(replace(NOBODY, 0, 0o604), (Some(0), NOBODY, NOBODY, 0o600, false));
    // What it may not write it does not replace.
    assert_eq!(replace(0, 0, 0o644), (Some(2), 0, 0, 0o644, true));
    assert_eq!(replace(NOBODY, NOBODY, 0o444), (Some(2), NOBODY, NOBODY, 0o444, true));
}

/// An access list (acl(5)): bob may read and write, the group nothing. What permissions show for the group is the mask.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_replaces_another_has_its_access_list() {
    const LIST: &str = "system.posix_acl_access";
    const NOBODY: u32 = 65534;
    let entries: [(u16, u16, u32); 5] = [(1, 6, !0), (2, 6, 1000), (4, 0, !0), (16, 6, !0), (32, 0, !0)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend([tag.to_le_bytes(), permissions.to_le_bytes()].concat());
        list.extend(id.to_le_bytes());
    }
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flows.csv");
    let found = || {
        let mut found = vec![0; 1024];
        let length = rustix::fs::getxattr(&path, LIST, &mut found[..]).unwrap_or(0);
        found.truncate(length);
        (fs::metadata(&path).unwrap().mode() & 0o777, found)
    };
    fs::write(&path, "older").unwrap();
    if let Err(error) = rustix::fs::setxattr(&path, LIST, &list, rustix::fs::XattrFlags::empty()) {
        return nfstream_skip::skip(format!("no access lists in {}: {error}", directory.path().display()));
    }
    let output = || nfstream(["http.pcap", "-q", "-o"]).arg(&path).output().unwrap();
    assert_eq!(Ran::from(output()).stderr, "");
    assert!(fs::read(&path).unwrap() != b"older");
    assert_eq!(found(), (0o660, list.clone()));

    // One that new files in the directory get is not that of the older file.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "older").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let default = "system.posix_acl_default";
    rustix::fs::setxattr(directory.path(), default, &list, rustix::fs::XattrFlags::empty()).unwrap();
    assert_eq!(Ran::from(output()).stderr, "");
    assert_eq!(found(), (0o640, Vec::new()));
    rustix::fs::removexattr(directory.path(), default).unwrap();

    // Where the group cannot stay, nobody but the owner is certain to have had his rights.
    if !rustix::process::geteuid().is_root() {
        return nfstream_skip::skip("only root can give files away");
    }
    let program = directory.path().join("nfstream");
    fs::copy(nfstream([""; 0]).get_program(), &program).unwrap();
    for path in [directory.path(), &program] {
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    fs::copy(testdata().join("web.pcap"), directory.path().join("web.pcap")).unwrap();
    chown(&path, Some(NOBODY), Some(0)).unwrap();
    rustix::fs::setxattr(&path, LIST, &list, rustix::fs::XattrFlags::empty()).unwrap();
    let ran = shell(
        directory.path(),
        &program,
        r#"setpriv --reuid=65534 --regid=65534 --clear-groups "$0" -q web.pcap -o flows.csv"#,
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(found(), (0o600, Vec::new()));
}

/// What the shell has opened is written to, not replaced.
#[cfg(target_os = "linux")]
#[test]
fn a_name_of_an_open_file_means_that_file() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let program = nfstream([""; 0]).get_program().to_owned();
    let shell = |commands: &str| shell(directory.path(), program.as_ref(), commands);
    let names = || {
        let entries = fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let csv = stdout_of(["web.pcap", "-o", "-"]);
    std::os::unix::fs::symlink("/dev/stdout", path("out.csv")).unwrap();
    std::os::unix::fs::symlink("/proc/self/fd/3", path("three.csv")).unwrap();
    for (output, redirection) in [
        ("/dev/stdout", ">>"),
        ("/dev/fd/1", "1>>"),
        ("/proc/self/fd/1", ">>"),
        ("/proc/thread-self/fd/1", ">>"),
        ("out.csv", ">>"),
        ("/dev/stderr", "2>>"),
        ("/dev/fd/3", "3>>"),
        ("three.csv", "3>>"),
    ] {
        fs::write(path("log"), "older\n").unwrap();
        // No summary comes between.
        let quiet = if redirection.starts_with('3') { "-q" } else { "" };
        let ran = shell(&format!(r#""$0" "$1" {quiet} -o {output} {redirection} log"#));
        assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() }, "{output}");
        assert_eq!(fs::read_to_string(path("log")).unwrap(), format!("older\n{csv}"), "{output}");
        assert_eq!(names(), ["log", "out.csv", "three.csv"]);
    }
    // Where the shell stands in the file.
    let ran = shell(r#"(echo one; "$0" "$1" -o /dev/stdout; echo two) > log"#);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(path("log")).unwrap(), format!("one\n{csv}two\n"));
    // Pipes, whose reader may have seen enough.
    assert_eq!(shell(r#""$0" "$1" -q -o /dev/fd/3 3>&1 >&2 | cat"#).stdout, csv);
    let first = csv.lines().next().unwrap();
    let ran = shell(r#""$0" "$1" -o /dev/stdout | head -n 1"#);
    assert_eq!(ran, Ran { status: Some(0), stdout: format!("{first}\n"), stderr: String::new() });

    let told = |commands: &str| {
        let ran = shell(commands);
        assert_eq!(names(), ["log", "out.csv", "three.csv"]);
        (ran.status, ran.stderr.lines().next().unwrap_or_default().to_owned())
    };
    let one = |one: &str, other: &str| {
        let message =
            format!("--output {one} and --output {other} are the same file: one would replace the other");
        (Some(2), format!("nfstream: {message}"))
    };
    for (commands, failure) in [
        (r#""$0" "$1" -o out.csv >&-"#, (Some(2), "nfstream: standard output is closed".to_owned())),
        (
            r#""$0" "$1" -o /dev/fd/3 3< log"#,
            (Some(2), "nfstream: /dev/fd/3 is open for reading only".to_owned()),
        ),
        (r#""$0" "$1" -o - -o /dev/fd/1 > /dev/null"#, one("/dev/fd/1", "-")),
        (r#""$0" "$1" -o - -o out.csv | cat"#, one("out.csv", "-")),
        (r#""$0" "$1" -o /dev/fd/3 -o three.csv 3> /dev/null"#, one("three.csv", "/dev/fd/3")),
        (r#""$0" "$1" -o log -o /dev/fd/3 --format csv 3>> log"#, one("/dev/fd/3", "log")),
        (
            r#""$0" "$1" -o /dev/fd/3 --format parquet 3> /dev/null"#,
            (
                Some(2),
                "nfstream: parquet cannot be written to /dev/fd/3: name a file with --output flows.parquet"
                    .to_owned(),
            ),
        ),
        (
            r#""$0" "$1" -o /dev/fd/3 --rotate 1d 3>> log"#,
            (
                Some(2),
                "nfstream: --rotate needs an output file: name one with --output flows-%Y%m%d-%H%M.parquet"
                    .to_owned(),
            ),
        ),
        (
            r#""$0" log -o /dev/fd/3 3>> log"#,
            (Some(2), "nfstream: log is a capture to read; --output would be written into it".to_owned()),
        ),
    ] {
        // The last command of a pipe has a status of its own.
        let (status, message) = told(commands);
        assert_eq!(message, failure.1, "{commands}");
        assert!(commands.ends_with("| cat") || status == failure.0, "{commands}: {status:?}");
    }
    // The command itself has opened some of these by the time that it writes.
    for arguments in ["-o {}", "--metrics 127.0.0.1:0 -o {}", "-o new.csv --rules {}", "-o new.csv {}"] {
        for name in ["3", "4", "5", "6", "9", "007", "-1", "+3", "99999999999"] {
            let path = format!("/dev/fd/{name}");
            let arguments = arguments.replace("{}", &path);
            let (status, message) = told(&format!(r#"exec 3>&- 4>&- 5>&- 6>&- 9>&-; "$0" "$1" {arguments}"#));
            let why = match name.len() {
                1 => format!("descriptor {name} is closed"),
                _ => "not a descriptor".to_owned(),
            };
            assert_eq!(status, Some(2), "{arguments} {name}: {message}");
            assert!(message.contains(&path) && message.ends_with(&why), "{arguments} {name}: {message}");
        }
    }
    // Two names of one file.
    fs::hard_link(path("log"), path("log.csv")).unwrap();
    let ran = shell(r#""$0" "$1" -o /dev/fd/3 -o /dev/fd/4 3>> log 4>> log.csv"#);
    assert_eq!(
        (ran.status, ran.stderr.lines().next().unwrap_or_default()),
        (Some(2), &*one("/dev/fd/4", "/dev/fd/3").1)
    );
    fs::remove_file(path("log.csv")).unwrap();
    // Another process has opened it: what replaced it would not be there.
    fs::write(path("log"), "older\n").unwrap();
    let (status, message) = told(r#"exec 3>> log; "$0" "$1" -o /proc/$$/fd/3 --format csv; exit $?"#);
    assert_eq!(status, Some(2));
    assert!(message.ends_with("is an open file of another process, which would not see the new file"));
    assert_eq!(fs::read_to_string(path("log")).unwrap(), "older\n");
}

/// The name that a file has while it grows is looked at again before it is given up.
#[test]
fn a_file_that_was_swapped_while_it_grew_does_not_get_the_name() {
    for more in [&[][..], &["--rotate", "1d"]] {
        for is_swapped in [true, false] {
            let directory = TempDir::new().unwrap();
            let part = directory.path().join("f.csv.part");
            let mut live = Live::start(directory.path(), &[&["-q", "-o", "f.csv"][..], more].concat());
            live.feed(3);
            until("rows", || fs::read_to_string(&part).is_ok_and(|text| text.lines().count() == 4));
            fs::remove_file(&part).unwrap();
            if is_swapped {
                fs::write(&part, "somebody else's").unwrap();
            }
            let ran = live.end();
            assert_eq!(ran.status, Some(1));
            let what = match is_swapped {
                true => "is now another file, and stays: the written data is lost",
                false => "has been removed: the written data is lost",
            };
            let stderr = format!(
                "nfstream: warning: f.csv: 3 records lost\nnfstream: f.csv: {} {what}\n",
                fs::canonicalize(directory.path()).unwrap().join("f.csv.part").display()
            );
            assert!(ran.stderr.replace("/./", "/") == stderr, "{}", ran.stderr);
            assert_eq!(files(directory.path()), [""; 0].map(PathBuf::from));
            assert_eq!(fs::read_to_string(&part).ok(), is_swapped.then(|| "somebody else's".to_owned()));
        }
    }
}

/// Nothing is lost of what is in a whole file, whatever its name.
#[test]
fn a_whole_file_that_cannot_have_its_name_has_lost_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("f.csv");
    let part = directory.path().join("f.csv.part");
    let mut live = Live::start(directory.path(), &["-q", "-o", "f.csv"]);
    live.feed(3);
    until("rows", || fs::read_to_string(&part).is_ok_and(|text| text.lines().count() == 4));
    fs::create_dir(&path).unwrap();
    let ran = live.end();
    assert_eq!(ran.status, Some(1));
    let told = ran.stderr.strip_prefix("nfstream: f.csv is a directory; the written data is in ");
    assert!(told.is_some_and(|place| place.ends_with("/f.csv.part\n")), "{}", ran.stderr);
    assert_eq!(rows(&[part]).len(), 3);
}

/// As many rows as whoever reads the stream has are not lost.
#[test]
fn what_went_out_of_a_stream_is_not_lost() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at(0..2_000)).unwrap();
    // A file that may have so many blocks of 512 bytes.
    for (format, header) in [("csv", 1), ("jsonl", 0), ("json", 1)] {
        for blocks in [1, 7, 40] {
            let commands = format!(
                r#"cd {}; ulimit -f {blocks}; exec "$0" many.pcap -q --format {format} -o - > flows"#,
                directory.path().display()
            );
            let ran = shell(directory.path(), nfstream([""; 0]).get_program().as_ref(), &commands);
            assert_eq!(ran.status, Some(1), "{}", ran.stderr);
            let lines = fs::read_to_string(directory.path().join("flows")).unwrap();
            let whole = lines.matches('\n').count().saturating_sub(header);
            let lost = match whole {
                0 => "all records lost".to_owned(),
                1 => "all but 1 record lost".to_owned(),
                whole => format!("all but {whole} records lost"),
            };
            let stderr = format!(
                "nfstream: warning: standard output: {lost}\nnfstream: standard output: file too large\n"
            );
            assert_eq!(ran.stderr, stderr, "{format}, {blocks}");
        }
    }
}

/// System calls of a run that name files or store them, in their order; `None` where strace is missing.
#[cfg(target_os = "linux")]
fn traced(directory: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    let trace = directory.join(".trace");
    let nfstream = nfstream([testdata().join("web.pcap")]);
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat", "-o"]);
    command.arg(&trace).arg(nfstream.get_program()).args(nfstream.get_args()).args(arguments);
    match command.current_dir(directory).output() {
        Ok(ran) => assert!(ran.status.success(), "{ran:?}"),
        Err(error) => {
            nfstream_skip::skip(format!("strace: {error}; install it with: apt-get install strace"));
            return None;
        }
    }
    let calls = fs::read_to_string(trace).unwrap();
    Some(calls.lines().filter(|call| call.contains('(')).map(str::to_owned).collect())
}

#[cfg(target_os = "linux")]
#[test]
fn files_are_on_the_disk_before_they_have_their_names() {
    for (arguments, is_durable) in [
        (&["-q", "-o", "flows.parquet"][..], false),
        (&["-q", "-o", "flows.parquet", "--durable"], true),
        (&["-q", "-o", "flows.csv", "--rotate", "1h"], true),
    ] {
        let directory = TempDir::new().unwrap();
        let Some(calls) = traced(directory.path(), arguments) else { return };
        let at = |holds: &dyn Fn(&str) -> bool| calls.iter().position(|call| holds(call));
        let stored = at(&|call| call.contains("fsync") && call.contains(".part>"));
        let named = at(&|call| call.contains("rename") || call.contains("link"));
        let name_stored = at(&|call| call.contains("fsync") && !call.contains(".part>"));
        assert!(named.is_some(), "{calls:?}");
        let (stored, name_stored) = match is_durable {
            true => (stored.unwrap_or(usize::MAX), name_stored.unwrap_or(0)),
            false => {
                assert_eq!((stored, name_stored), (None, None), "{calls:?}");
                continue;
            }
        };
        assert!(Some(stored) < named && named < Some(name_stored), "{calls:?}");
    }
}
