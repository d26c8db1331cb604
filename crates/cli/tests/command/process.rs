//! Running the binary.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary, without what the environment would change, in the directory of the test captures.
pub(crate) fn nfstream<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nfstream"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(testdata()).stdin(Stdio::null());
    command
}

/// What a run left behind.
#[derive(Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is text");
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs to the end.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    nfstream(arguments).output().expect("the binary starts").into()
}

/// Runs to the end with success, and gives the standard output.
pub(crate) fn stdout_of<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> String {
    let ran = run(arguments);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// The captures of the repository.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}
