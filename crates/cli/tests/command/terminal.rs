//! What a terminal shows, by way of a pseudo-terminal.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;

use crate::process::{nfstream, run, testdata};
use crate::synthetic::flows_at;

/// Both ends of a pseudo-terminal: what is written to the second can be read from the first.
pub(crate) fn pseudo_terminal(rows: u16, columns: u16) -> (File, OwnedFd) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let terminal = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&controller, size).unwrap();
    (File::from(controller), terminal.into())
}

/// What the command writes to a terminal, by standard output and standard error, and its exit status.
fn shown(command: Command, columns: u16) -> (String, Option<i32>) {
    shown_while(command, columns, |_| {})
}

/// The same, with a look at what has been written so far, each time that there is more.
fn shown_while(mut command: Command, columns: u16, mut look: impl FnMut(&str)) -> (String, Option<i32>) {
    let (mut controller, terminal) = pseudo_terminal(50, columns);
    command.env("TERM", "xterm-256color");
    command.stdout(Stdio::from(terminal.try_clone().unwrap())).stderr(Stdio::from(terminal));
    let mut child = command.spawn().unwrap();
    // The command has the other end open until it is dropped.
    drop(command);
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match controller.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                bytes.extend(&buffer[..length]);
                look(&String::from_utf8_lossy(&bytes));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The end of a terminal that nobody has open any more: EIO.
            Err(_) => break,
        }
    }
    (String::from_utf8(bytes).unwrap().replace("\r\n", "\n"), child.wait().unwrap().code())
}

/// What stays on the screen, if it has so many rows: a bar that was there on the way has gone.
fn left_on_screen(text: &str, rows: u16, columns: u16) -> Vec<String> {
    let size = |size| NonZeroU16::new(size).unwrap();
    let mut emulator = vt100::Parser::new(size(rows), size(columns), 0);
    emulator.process(text.replace('\n', "\r\n").as_bytes());
    emulator.screen().contents().lines().map(|line| line.trim_end().to_owned()).collect()
}

/// What is left when a progress bar, of which a busy machine may show something, has been taken away.
fn without_bar(text: &str) -> String {
    let left = |line: &str| line.rsplit("\x1b[2K").next().unwrap_or_default().to_owned();
    text.lines().map(left).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_table_fits_the_terminal() {
    let headers = |columns| {
        // Tunnels over IPv6 have the widest addresses.
        let command = nfstream(["web.pcap", "ip-in-ipv6.pcap", "vxlan.pcap", "--quiet"]);
        let (text, status) = shown(command, columns);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.starts_with("\x1b[1m"), "the header is bold: {text}");
        let plain = text.replacen("\x1b[1m", "", 1).replacen("\x1b[0m", "", 1);
        assert!(!plain.contains('\x1b'), "nothing else is coloured: {plain}");
        assert!(plain.lines().all(|line| line.chars().count() <= usize::from(columns)), "{plain}");
        assert!(plain.lines().count() > 12);
        plain.lines().next().unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(headers(60), "source destination protocol application");
    assert_eq!(headers(80), "source destination protocol application packets bytes");
    assert_eq!(
        headers(140),
        "source destination protocol application packets bytes seconds server name start"
    );
}

/// A terminal gets no character that hides text or turns it around. Files and pipes get the names as they are.
#[test]
fn names_of_rules_are_harmless_on_a_terminal_in_every_format() {
    let directory = TempDir::new().unwrap();
    let rules = directory.path().join("rules.toml");
    let hidden = "ab\u{202e}c\u{2067}d\u{200b}e\u{feff}f\u{2028}g\u{ad}";
    fs::write(&rules, format!("[\"{hidden}\"]\nhosts = [\"example.com\"]\n")).unwrap();
    let escaped = |begin: &str, end: &str| {
        let codes = ["202e", "2067", "200b", "feff", "2028"].map(|code| format!("\\u{begin}{code}{end}"));
        let [a, b, c, d, e] = codes;
        let soft_hyphen = if begin.is_empty() { "\\u00ad" } else { "\\u{ad}" };
        format!("ab{a}c{b}d{c}e{d}f{e}g{soft_hyphen}")
    };
    for (format, escaped) in
        [("csv", escaped("{", "}")), ("jsonl", escaped("", "")), ("json", escaped("", ""))]
    {
        let arguments = ["-q", "--columns", "application_name", "-o", "-", "--format", format];
        let command = || {
            let mut command = nfstream(arguments);
            command.arg(testdata().join("web.pcap")).arg("--rules").arg(&rules);
            command
        };
        let piped = String::from_utf8(command().output().unwrap().stdout).unwrap();
        assert!(piped.contains(&format!("TLS.{hidden}")), "{piped}");
        assert_eq!(shown(command(), 80), (piped.replace(hidden, &escaped), Some(0)));
    }
}

#[test]
fn a_selection_that_has_no_room_is_told() {
    let names = "src_ip,dst_port,application_name,bidirectional_bytes,bidirectional_packets";
    let (text, _) = shown(nfstream(["web.pcap", "--columns", names]), 60);
    let plain = without_bar(&text).replacen("\x1b[1m", "", 1).replacen("\x1b[0m", "", 1);
    let lines: Vec<&str> = plain.lines().collect();
    assert_eq!(lines[0], "src_ip    dst_port  application_name  bidirectional_bytes");
    assert!(lines.iter().all(|line| line.chars().count() <= 60), "{plain}");
    let last = lines[14..].join(" ");
    assert!(
        last.ends_with(
            " no room for bidirectional_packets: write to a pipe to see them all, as in | less -S"
        ),
        "{last}"
    );
}

/// What is told breaks between words, whatever the width.
#[test]
fn what_is_told_fits_the_terminal() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let arguments = ["vlan.pcap", "refused.pcap", "containers/http-truncated.pcap"];
    let without_time = |text: &str| {
        let mut words = words(text);
        words.retain(|word| {
            !word.ends_with("packets/s") && word.parse::<f64>().is_err() && !word.contains(',')
        });
        words
    };
    let piped = run(arguments).stderr;
    for columns in [20, 33, 40, 61, 80] {
        let mut command = nfstream(arguments);
        command.args(["-o", "/dev/null", "--format", "csv"]);
        let (text, _) = shown(command, columns);
        let plain = without_bar(&text).replace("\x1b[1m", "").replace("\x1b[33m", "").replace("\x1b[0m", "");
        let longest = piped.split_whitespace().map(str::len).max().unwrap();
        let width = usize::from(columns).max(longest);
        assert!(plain.lines().all(|line| line.chars().count() <= width), "{columns}: {plain}");
        assert_eq!(without_time(&plain), without_time(&piped), "{columns}: {plain:?}");
    }
}

/// The terminal shows ^C where the bar ends. Nothing of it is left when flows are shown.
#[test]
fn an_interruption_leaves_nothing_of_the_bar() {
    for columns in [24, 40, 60, 80, 100, 120] {
        let directory = TempDir::new().unwrap();
        let fifo = directory.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let (mut controller, terminal) = pseudo_terminal(24, columns);
        let mut command = nfstream([&fifo]);
        command.env("TERM", "xterm-256color").args(["--n-dissections", "0"]);
        command.stdout(Stdio::from(terminal.try_clone().unwrap())).stderr(Stdio::from(terminal));
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut fifo = OpenOptions::new().write(true).open(&fifo).unwrap();
        fifo.write_all(&flows_at([0, 1000])).unwrap();
        let size = |length| NonZeroU16::new(length).unwrap();
        let mut screen = vt100::Parser::new(size(24), size(columns), 0);
        let mut buffer = [0; 4096];
        let bar = |screen: &vt100::Parser| {
            screen
                .screen()
                .contents()
                .lines()
                .any(|line| line.trim_end() == "2" || line.contains(" 2 packets"))
        };
        while !bar(&screen) {
            let length = controller.read(&mut buffer).unwrap();
            screen.process(&buffer[..length]);
        }
        // As the terminal of a shell does: the child has this one for output only.
        screen.process(b"^C");
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
            .unwrap();
        while let Ok(length) = controller.read(&mut buffer)
            && length > 0
        {
            screen.process(&buffer[..length]);
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let contents = screen.screen().contents();
        assert!(contents.starts_with("source"), "{columns}: {contents}");
        assert!(contents.contains("\ninterrupted: 2 flows"), "{columns}: {contents}");
        assert!(!contents.contains("^C") && !contents.contains("packets  0s"), "{columns}: {contents}");
    }
}

#[test]
fn no_color_and_columns_are_respected() {
    let mut command = nfstream(["web.pcap", "--quiet"]);
    command.env("NO_COLOR", "1").env("COLUMNS", "200");
    let (text, _) = shown(command, 60);
    assert_eq!(text, run(["web.pcap", "--quiet"]).stdout);
}

#[test]
fn a_terminal_is_not_flooded() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("many.pcap");
    fs::write(&capture, flows_at((0..2234).map(|number| number / 10))).unwrap();
    let (text, _) = shown(nfstream([capture.as_os_str()]), 100);
    let lines = left_on_screen(&text, 1100, 100);
    assert_eq!(lines.len(), 1 + 1000 + 1 + 1);
    assert_eq!(lines[1001], "... and 1,234 more: --output flows.csv writes them all to a file");
    assert!(lines[1002].starts_with("2,234 flows from 2,234 packets "), "{}", lines[1002]);
    let piped = nfstream([capture.as_os_str()]).output().unwrap().stdout;
    assert_eq!(piped.iter().filter(|byte| **byte == b'\n').count(), 1 + 2234);
}

#[test]
fn progress_is_shown_while_one_waits() {
    let directory = TempDir::new().unwrap();
    let fifo = directory.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    // The FIFO stays open until what was waited for has been seen, or for so long.
    let run_until_seen = |more: &[&str], wanted: &str, longest: Duration| {
        let mut command = nfstream([&fifo]);
        command.arg("-o").arg(directory.path().join("flows.csv")).args(["--n-meters", "2"]).args(more);
        let (seen, is_seen) = mpsc::channel();
        let fifo = fifo.clone();
        let writer = thread::spawn(move || {
            let mut fifo = OpenOptions::new().write(true).open(fifo).unwrap();
            fifo.write_all(&flows_at(0..7)).unwrap();
            let started = Instant::now();
            let _ = is_seen.recv_timeout(longest);
            started.elapsed()
        });
        let (text, status) = shown_while(command, 80, |text| {
            if text.contains(wanted) {
                let _ = seen.send(());
            }
        });
        assert_eq!(status, Some(0), "{text}");
        (text, writer.join().unwrap())
    };
    let (text, took) = run_until_seen(&[], " 7 packets  ", Duration::from_secs(120));
    assert!(text.contains(" 7 packets  "), "{text:?}");
    // The bar goes away, the summary stays.
    let left = left_on_screen(&text, 50, 80);
    assert_eq!(left.len(), 1, "{text:?}");
    assert!(left[0].starts_with("7 flows from 7 packets "), "{text:?}");
    assert_eq!(run_until_seen(&["--quiet"], "anything at all", 2 * took).0, "");
}

#[test]
fn binary_data_and_a_terminal_do_not_meet() {
    let (text, status) = shown(nfstream(["web.pcap", "--format", "arrow"]), 200);
    assert!(text.contains(
        "arrow is binary and standard output is a terminal: name a file with --output flows.arrow"
    ));
    assert_eq!(status, Some(2));

    let (_controller, terminal) = pseudo_terminal(50, 80);
    let output = nfstream(["-"]).stdin(Stdio::from(terminal)).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "nfstream: standard input is a terminal, not a capture: pipe a capture in, as in tcpdump -w - | nfstream -\n\n\
         For more information, try '--help'.\n"
    );
    assert_eq!(output.status.code(), Some(2));
}
