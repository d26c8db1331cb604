//! The binary while it captures.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::namespaces::{Namespace, WIRE};
use crate::waiting::{wait_for, wait_until};

pub(crate) const NFSTREAM: &str = env!("CARGO_BIN_EXE_nfstream");

/// A process that captures. It is killed when this is dropped.
pub(crate) struct Capture {
    child: Child,
    directory: TempDir,
}

/// What a capture left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What its output file has, named [`OUTPUT`]; nothing, if there is none.
    pub(crate) output: String,
}

/// The name of an output file in the directory of a capture.
pub(crate) const OUTPUT: &str = "flows.jsonl";

impl Capture {
    /// Captures from the end of a wire, and returns when every frame counts that comes from now on.
    pub(crate) fn start(namespace: &Namespace, arguments: &[&str]) -> Self {
        Self::from(namespace, WIRE, arguments)
    }

    /// Captures from an interface.
    pub(crate) fn from(namespace: &Namespace, interface: &str, arguments: &[&str]) -> Self {
        let capture = Self::spawn(namespace.nfstream(&["-i", interface]).args(arguments));
        capture.wait_until_it_captures();
        capture
    }

    /// Starts a command that may not come to capture at all.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let directory = TempDir::new().unwrap();
        // For those that go on as another user.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
        let file = |name: &str| File::create(directory.path().join(name)).unwrap();
        let command = command.current_dir(directory.path()).stdout(file("stdout")).stderr(file("stderr"));
        Self { child: command.spawn().unwrap(), directory }
    }

    /// Its threads are there when all of its sockets are open.
    pub(crate) fn wait_until_it_captures(&self) {
        wait_until("the command to capture", || {
            let stderr = self.stderr();
            assert!(!self.is_over(), "it ended: {stderr}");
            self.threads().iter().any(|thread| {
                fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.starts_with("meter-"))
            })
        });
    }

    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The folders of its threads in proc(5).
    pub(crate) fn threads(&self) -> Vec<PathBuf> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        tasks.into_iter().flatten().map(|task| task.unwrap().path()).collect()
    }

    /// Where it runs, and [`OUTPUT`] is if it was asked for.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn stdout(&self) -> String {
        self.file("stdout")
    }

    pub(crate) fn stderr(&self) -> String {
        self.file("stderr")
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
    }

    /// A process that has ended and has not been waited for is a zombie: `proc_pid_stat(5)`.
    pub(crate) fn is_over(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ran {
        let status = wait_for("the command to end", || self.child.try_wait().unwrap());
        let [stdout, stderr, output] = ["stdout", "stderr", OUTPUT].map(|name| self.file(name));
        Ran { status, stdout, stderr, output }
    }

    /// Interrupts it, as Ctrl-C does, and gives what it left behind.
    pub(crate) fn interrupt(self) -> Ran {
        self.signal(Signal::INT);
        let ran = self.wait();
        assert_eq!(ran.status.code(), Some(130), "{ran:?}");
        ran
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many packets a summary tells of.
pub(crate) fn packets_in(summary: &str) -> u64 {
    let told = summary.split_once(" from ").and_then(|(_, rest)| rest.split_once(" packet"));
    told.and_then(|(number, _)| whole(number)).unwrap_or_else(|| panic!("no summary: {summary}"))
}

/// The number at the beginning of a line that goes on with certain words.
pub(crate) fn number_before(summary: &str, words: &str) -> Option<u64> {
    summary.lines().find_map(|line| whole(line.split_once(words)?.0.trim()))
}

fn whole(number: &str) -> Option<u64> {
    number.replace(',', "").parse().ok()
}
