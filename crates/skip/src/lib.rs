//! How a test says that it is skipped: libtest has no word for it, and shows nothing of what a passing test prints. And where
//! recorded captures are, without which most of them are.
#![forbid(unsafe_code)]

use std::env;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

/// The environment variable that names the file to which skipped tests are added, a line each. `make test` shows it in the
/// end.
pub const FILE: &str = "NFSTREAM_SKIPPED";

/// Says that the test that calls this is skipped, all of it or a part, and why: on standard output, and in the file that
/// `NFSTREAM_SKIPPED` names. Say what is missing and, if that can be, the command that installs it. The test returns then.
///
/// # Panics
///
/// When the file cannot be written.
pub fn skip(reason: impl Display) {
    let reason = reason.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    println!("skipped: {reason}");
    let Some(path) = env::var_os(FILE) else { return };
    let mut file = (OpenOptions::new().create(true).append(true).open(&path))
        .unwrap_or_else(|error| panic!("{FILE}={}: {error}", path.display()));
    // One write: tests run side by side.
    let written = file.write_all(format!("{}: {reason}\n", test()).as_bytes());
    written.unwrap_or_else(|error| panic!("{FILE}={}: {error}", path.display()));
}

/// The folder with recorded captures (`pcap`) and the flows expected of them (`expected`): the one that `NFSTREAM_CORPUS` names, or
/// `../shared/corpus` beside the repository. Without one, [says](skip) that what needs it is skipped.
pub fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = env::var_os("NFSTREAM_CORPUS").map_or_else(beside, PathBuf::from);
    if corpus.join("pcap").is_dir() {
        return Some(corpus);
    }
    skip(format_args!("there is no corpus at {}; NFSTREAM_CORPUS can name one", corpus.display()));
    None
}

/// The folder with small captures and, in `cases.json`, the flows that are right for them: `cases/flows` beside the corpus. Without
/// one, [says](skip) that what needs it is skipped.
pub fn cases() -> Option<PathBuf> {
    let cases = corpus()?.join("../cases/flows");
    if cases.join("cases.json").is_file() {
        return Some(cases);
    }
    skip(format_args!("there are no cases at {}", cases.display()));
    None
}

/// The test that is running: nextest tells it, libtest names the thread after it.
fn test() -> String {
    let told = |name| env::var(name).ok();
    let binary = told("NEXTEST_BINARY_ID").or_else(|| {
        let path = env::args_os().next().map(PathBuf::from)?;
        Some(path.file_stem()?.to_string_lossy().rsplit_once('-')?.0.to_owned())
    });
    let name = told("NEXTEST_TEST_NAME").or_else(|| thread::current().name().map(str::to_owned));
    [binary, name].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    #[test]
    fn is_told_in_a_file() {
        if env::var_os("NFSTREAM_SKIP_TEST").is_some() {
            skip("there is\n  no bash");
            return skip(format_args!("{} cannot be bound", "::1"));
        }
        let file = env::temp_dir().join(format!("nfstream-skipped-{}", std::process::id()));
        for threads in ["1", "2"] {
            let ran = Command::new(env::current_exe().expect("a path"))
                .args(["--exact", "tests::is_told_in_a_file", "--nocapture", "--test-threads", threads])
                .env("NFSTREAM_SKIP_TEST", "1")
                .env("NEXTEST_BINARY_ID", "nfstream-skip")
                .env("NEXTEST_TEST_NAME", "tests::is_told_in_a_file")
                .env(FILE, &file)
                .output()
                .expect("the test starts");
            assert!(ran.status.success(), "{ran:?}");
            let told = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(told.contains("skipped: there is no bash\nskipped: ::1 cannot be bound\n"), "{told}");
        }
        let lines = fs::read_to_string(&file).expect("the file is there");
        fs::remove_file(&file).expect("it can be removed");
        let expected = "nfstream-skip tests::is_told_in_a_file: there is no bash\n\
            nfstream-skip tests::is_told_in_a_file: ::1 cannot be bound\n";
        assert_eq!(lines, expected.repeat(2));
    }
}
