//! `nfstream top`, on a pseudo-terminal that is read by a terminal emulator.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};
use tempfile::TempDir;
use vt100::Parser;

use crate::process::{nfstream, run, stdout_of, testdata};
use crate::streams::{UNREAD, make_fifo, until_signals_are_watched};
use crate::synthetic::{flows_at, packet};
use crate::terminal::pseudo_terminal;

/// Nothing takes that long, on whatever machine.
const LONG: Duration = Duration::from_secs(300);

/// The command on a terminal of its own.
struct Top {
    child: Child,
    controller: File,
    terminal: OwnedFd,
    before: Termios,
    emulator: Arc<Mutex<Parser>>,
    reader: JoinHandle<()>,
}

impl Top {
    /// Starts a command in a session whose terminal is the new one. Without `setsid` (util-linux) there is none, and the
    /// test is skipped.
    fn start(command: &Command, rows: u16, columns: u16) -> Option<Self> {
        let (controller, terminal) = pseudo_terminal(rows, columns);
        let mut session = Command::new("setsid");
        session.arg("--ctty").arg(command.get_program()).args(command.get_args());
        session.current_dir(testdata()).env("TERM", "xterm-256color").env_remove("NO_COLOR");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => session.env(name, value),
                None => session.env_remove(name),
            };
        }
        session.stdin(Stdio::from(terminal.try_clone().unwrap()));
        session.stdout(Stdio::from(terminal.try_clone().unwrap()));
        session.stderr(Stdio::from(terminal.try_clone().unwrap()));
        let before = tcgetattr(&terminal).unwrap();
        let child = match session.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                nfstream_skip::skip("setsid is missing; install it with: apt-get install util-linux");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let (rows, columns) = emulated(rows, columns);
        let emulator = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let mut output = controller.try_clone().unwrap();
        let shown = Arc::clone(&emulator);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                shown.lock().unwrap().process(&buffer[..length]);
            }
        });
        Some(Self { child, controller, terminal, before, emulator, reader })
    }

    fn text(&self) -> String {
        self.emulator.lock().unwrap().screen().contents()
    }

    fn line(&self, number: usize) -> String {
        self.text().lines().nth(number).unwrap_or_default().to_owned()
    }

    /// Waits for what has to come.
    fn wait_for(&self, what: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + LONG;
        while !is_there(&self.text()) {
            assert!(Instant::now() < deadline, "no {what}:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |shown| shown.contains(text));
    }

    /// Waits for lists whose first rows begin with these texts.
    fn wait_for_rows(&self, rows: &[&str]) {
        self.wait_for(&format!("{rows:?}"), |shown| {
            let shown: Vec<&str> = rows_of(shown);
            rows.iter()
                .enumerate()
                .all(|(place, row)| shown.get(place).is_some_and(|shown| shown.starts_with(row)))
        });
    }

    fn type_in(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end; the terminal has to be as it was.
    fn end(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + LONG;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "no end:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        };
        let after = tcgetattr(&self.terminal).unwrap();
        assert_eq!(
            (after.input_modes, after.output_modes, after.local_modes),
            (self.before.input_modes, self.before.output_modes, self.before.local_modes)
        );
        // Nobody has the terminal open any more: reading comes to its end.
        drop(self.terminal);
        self.reader.join().unwrap();
        let emulator = self.emulator.lock().unwrap();
        let screen = emulator.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", screen.contents());
        (status.code(), screen.contents())
    }

    fn wait_for_screen(&self, is_so: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + LONG;
        while !is_so(self.emulator.lock().unwrap().screen()) {
            assert!(Instant::now() < deadline, "the screen is not so:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn resize(&self, rows: u16, columns: u16) {
        let (emulated_rows, emulated_columns) = emulated(rows, columns);
        self.emulator.lock().unwrap().screen_mut().set_size(emulated_rows, emulated_columns);
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.controller, size).unwrap();
    }
}

/// The part of a terminal that is used.
fn emulated(rows: u16, columns: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(rows.min(200)).unwrap(), NonZeroU16::new(columns.min(500)).unwrap())
}

/// Lines behind the titles of columns, but for the last.
fn rows_of(shown: &str) -> Vec<&str> {
    let lines: Vec<&str> = shown.lines().collect();
    let titles = lines.iter().position(|line| line.contains('▼') || line.contains('▲'));
    lines[titles.map_or(lines.len(), |titles| titles + 1)..].to_vec()
}

fn top<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Option<Top> {
    let mut command = nfstream(["top"]);
    command.args(arguments);
    Top::start(&command, 30, 120)
}

/// Those of web.pcap, where a filter would say how many of them it leaves.
const ALL_ROWS: &str = "  12 rows";
const DOWN: &str = "\x1b[B";
const HOME: &str = "\x1b[H";
const END: &str = "\x1b[F";
const ESCAPE: &str = "\x1b";

#[test]
fn lists_are_sorted_filtered_and_opened() {
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    assert!(tcgetattr(&top.terminal).unwrap().local_modes.intersection(LocalModes::ECHO).is_empty());
    assert!(top.line(0).starts_with("nfstream top  web.pcap "), "{}", top.text());
    assert!(top.line(1).contains(" 126 packets  40.44 KiB  flows: 0 alive, 12 ended"), "{}", top.text());

    // Applications, the largest first; then by name.
    top.wait_for_text("bytes▼");
    top.wait_for_rows(&["HTTP ", "TLS "]);
    top.type_in("<<<<");
    top.wait_for_text("application▲");
    top.wait_for_rows(&["DNS ", "HTTP ", "ICMP "]);
    top.type_in("r");
    top.wait_for_text("application▼");
    top.wait_for_rows(&["TLS ", "ICMP "]);

    top.type_in("2");
    top.wait_for_text("sent▼");
    top.wait_for_rows(&["10.0.0."]);
    top.wait_for_text("www.example.org");

    // Flows, and which of them have a text.
    top.type_in("3");
    top.wait_for_rows(&["10.0.0.1:49650", "10.0.0.1:"]);
    top.type_in("/SHOP.ex");
    top.wait_for_text("/SHOP.ex█");
    top.wait_for("fewer rows", |text| {
        rows_of(text).iter().filter(|row| row.contains("shop.example.com")).count() == 3
    });
    assert!(!top.text().contains("www.example.org"), "{}", top.text());
    top.type_in("\r");
    top.wait_for_text("only rows with \"SHOP.ex\"");
    top.type_in(ESCAPE);
    top.wait_for_text(ALL_ROWS);

    // All columns of the second flow, with the names that the command has for them.
    let second = rows_of(&top.text())[1].split(':').nth(1).unwrap()[..5].to_owned();
    top.type_in(DOWN);
    top.type_in("\r");
    top.wait_for_text("bidirectional_first_seen_ms");
    top.wait_for("the second flow", |text| {
        text.lines().any(|line| line.starts_with("src_port ") && line.trim_end().ends_with(&second))
    });
    top.type_in(END);
    top.wait_for_text("content_type");
    top.type_in(ESCAPE);
    top.wait_for_text(ALL_ROWS);

    // The flows of an application.
    top.type_in("1r\r");
    top.wait_for_text(" Flows of DNS ");
    top.wait_for("flows of one application only", |text| {
        let rows = rows_of(text);
        rows.iter().filter(|row| row.contains(" DNS ")).count() >= 2
            && !rows.iter().any(|row| row.contains(" TLS "))
    });
    top.type_in(ESCAPE);
    top.wait_for_text(" 1 Applications ");

    top.type_in("?");
    top.wait_for_text("the next list, the previous list");
    top.type_in("x");
    top.wait_for_text(" 1 Applications ");
    top.type_in("q");
    let (status, text) = top.end();
    assert_eq!((status, text.trim()), (Some(0), ""));
}

/// Memory and time do not grow with what the terminal says of itself.
#[test]
fn of_a_huge_terminal_a_part_is_used() {
    let Some(mut top) = Top::start(&nfstream(["top", "web.pcap"]), 65535, 65535) else { return };
    top.wait_for_text("complete");
    top.type_in("2");
    top.wait_for_text("sent▼");
    assert_eq!(top.text().lines().map(|line| line.chars().count()).max(), Some(500), "{}", top.text());
    for (rows, columns) in [(20, 60), (1, 65535), (65535, 1), (5000, 5000), (65535, 65535)] {
        top.resize(rows, columns);
        top.type_in("3");
        top.type_in("1");
    }
    top.wait_for_text("bytes▼");
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

/// Also in a column that has no place otherwise.
#[test]
fn what_a_filter_finds_is_shown() {
    let Some(mut top) = Top::start(&nfstream(["top", "web.pcap"]), 24, 80) else { return };
    top.wait_for_text("complete");
    top.type_in("3");
    top.wait_for_rows(&["10.0.0.1:49650"]);
    assert!(!top.text().contains("server name"), "{}", top.text());
    top.type_in("/shop.ex");
    top.wait_for_text(" 3 of 12 rows");
    top.wait_for("names", |text| {
        text.contains("server name") && rows_of(text)[..3].iter().all(|row| row.contains("shop."))
    });
    // What is found in a column that is shown anyway needs no other.
    top.type_in("\u{15}tls");
    top.wait_for_text(" 2 of 12 rows");
    top.wait_for("no names", |text| !text.contains("server name"));
    top.type_in(ESCAPE);
    top.wait_for_text(ALL_ROWS);
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

/// What counts while traffic comes is how much there is now; when it is over, how much there was.
#[test]
fn a_stream_that_is_complete_is_sorted_as_a_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("fifo");
    make_fifo(&path);
    let Some(mut top) = top([&path]) else { return };
    let mut fifo = fs::OpenOptions::new().write(true).open(&path).unwrap();
    fifo.write_all(&fs::read(testdata().join("web.pcap")).unwrap()).unwrap();
    top.wait_for_text(" 126 packets ");
    top.wait_for_text("bits/s▼");
    top.type_in("2<");
    top.wait_for_text("received▼");
    drop(fifo);
    top.wait_for_text("complete");
    // What was sorted otherwise stays so.
    top.wait_for_text("received▼");
    top.type_in("1");
    top.wait_for_text("bytes▼");
    top.type_in("3");
    top.wait_for_text("bytes▼");
    top.wait_for_rows(&["10.0.0.1:49650"]);
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

/// Where the large flows come from, and how many small ones follow, which are more than are kept.
const LARGE: u32 = (200 << 16) - 1;
const MANY: u32 = LARGE + 1;
const LASTING: u32 = LARGE + 2;
const SMALL: u32 = 105_000;

/// A capture whose flow of the most bytes, that of the most packets and that of the longest time end early.
fn early_giants() -> Vec<u8> {
    let mut capture = flows_at([]);
    for second in 0..60 {
        capture.extend((0..3).flat_map(|_| packet(MANY, second, 4)));
        capture.extend(packet(LARGE, second, 1200));
        if second % 59 == 0 {
            capture.extend(packet(LASTING, second, 4));
        }
    }
    capture.extend(packet(LASTING, 150, 4));
    capture.extend((0..SMALL).flat_map(|number| packet(number, 160 + number, 4)));
    capture
}

/// A number behind which a text comes, as in `12,345 rows`.
fn number_before(shown: &str, text: &str) -> Option<u64> {
    let before = shown[..shown.find(text)?].split_whitespace().last()?;
    before.replace(',', "").parse().ok()
}

#[test]
fn the_largest_stay_and_totals_agree() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("giants.pcap");
    fs::write(&capture, early_giants()).unwrap();
    let options = [OsStr::new("--n-dissections"), OsStr::new("0"), capture.as_os_str()];
    let summary = run(options.into_iter().chain([
        OsStr::new("-o"),
        OsStr::new("/dev/null"),
        OsStr::new("--format"),
        OsStr::new("csv"),
    ]))
    .stderr;
    let [flows, packets] = [" flows from", " packets ("].map(|text| number_before(&summary, text).unwrap());
    assert_eq!((flows, packets), (u64::from(SMALL) + 3, u64::from(SMALL) + 4 * 60 + 3));
    let bytes = summary.split(['(', ')']).nth(1).unwrap();

    let Some(mut top) = top(options) else { return };
    top.wait_for_text("complete");
    let of_all = |text: &str, what: &str| {
        assert!(text.contains(&format!(" packets  {bytes}  flows: 0 alive, ")), "{text}");
        assert_eq!(number_before(text, " packets "), Some(packets), "{text}");
        assert_eq!(number_before(text, " ended"), Some(flows), "{text}");
        number_before(text, what)
    };
    // Applications, here protocols.
    top.wait_for_rows(&["UDP "]);
    let row = rows_of(&top.text())[0].split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row[2..4], [flows.to_string(), packets.to_string()]);
    assert_eq!(row[4..6].join(" "), bytes);
    top.type_in("\r");
    top.wait_for_rows(&["10.200.0.1:50000 ", "10.200.0.2:50000 ", "10.200.0.3:50000 "]);
    let text = top.text();
    let rows = of_all(&text, " rows").unwrap();
    assert_eq!(rows + number_before(&text, " of 105,003 flows left out").unwrap(), flows, "{text}");
    top.type_in(ESCAPE);

    // Flows, by columns that are sorted by.
    top.wait_for_text(" 1 Applications ");
    top.type_in("3");
    top.wait_for_rows(&["10.200.0.1:50000 ", "10.200.0.2:50000 ", "10.200.0.3:50000 "]);
    let text = top.text();
    assert_eq!(of_all(&text, " rows"), Some(rows));
    assert_eq!(number_before(&text, " of 105,003 flows left out"), Some(flows - rows), "{text}");
    assert!(rows < flows && rows >= 20_000, "{rows}");
    for (keys, title, first) in [
        ("<", "packets▼", ["10.200.0.2:50000", "10.200.0.1:50000", "10.200.0.3:50000"]),
        (">>>", "age▼", ["10.200.0.3:50000", "10.200.0.1:50000", "10.200.0.2:50000"]),
        // Those that are equal stand in the order in which they began.
        ("r", "age▲", ["10.0.0.2:50000", "10.0.0.3:50000", "10.0.0.4:50000"]),
        (">", "idle▼", ["10.200.0.1:50000", "10.200.0.2:50000", "10.200.0.3:50000"]),
        ("r", "idle▲", ["10.1.154.41:50000", "10.1.154.40:50000", "10.1.154.39:50000"]),
        ("<<<<<<<<", "source▲", ["10.0.0.2:50000", "10.0.0.3:50000", "10.0.0.4:50000"]),
        ("r", "source▼", ["10.200.0.3:50000", "10.200.0.2:50000", "10.200.0.1:50000"]),
    ] {
        top.type_in(keys);
        top.wait_for_text(title);
        top.wait_for_rows(&first);
    }
    top.type_in("/10.200.0.1:");
    top.wait_for_text("/10.200.0.1:█");
    top.wait_for_text(" 1 of ");
    top.wait_for_rows(&["10.200.0.1:50000 "]);
    top.type_in(ESCAPE);
    top.wait_for_text("/ filter");

    // Hosts.
    top.type_in("2");
    top.wait_for_text("sent▼");
    top.wait_for_rows(&["10.200.0.1 ", "10.200.0.2 "]);
    let text = top.text();
    let hosts = of_all(&text, " rows").unwrap();
    assert_eq!(hosts + number_before(&text, " hosts left out").unwrap(), flows + 1, "{text}");
    top.type_in(">");
    top.wait_for_text("received▼");
    top.wait_for_rows(&["10.0.0.1 "]);
    top.type_in("<");
    top.wait_for_rows(&["10.200.0.1 "]);
    top.type_in("\r");
    top.wait_for_text(" Flows of 10.200.0.1 ");
    top.wait_for_text(" 1 row");
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn a_flow_that_has_ended_has_values_with_dates_and_units() {
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    top.type_in("3");
    top.wait_for_rows(&["10.0.0.1:49650 "]);
    top.type_in("\r");
    top.wait_for_text("src_port                     49650");
    let mut shown = top.text();
    top.type_in(END);
    top.wait_for_text("content_type");
    shown += &top.text();
    assert!(!shown.contains("so far"), "{shown}");
    let value = |column: &str| {
        let line = shown.lines().find(|line| line.split(' ').next() == Some(column));
        line.map(|line| line[column.len()..].trim().to_owned()).unwrap_or_default()
    };
    // Those of the table, and more exactly.
    let table = stdout_of(["web.pcap"]);
    let row = table.lines().find(|line| line.starts_with("10.0.0.1:49650 ")).unwrap();
    let start = row.split_whitespace().last().unwrap().trim_end_matches('Z');
    assert!(row.contains(" 34  19222    0.050 "), "{row}");
    for direction in ["bidirectional", "src2dst", "dst2src"] {
        for end in ["first", "last"] {
            let date = value(&format!("{direction}_{end}_seen_ms"));
            assert!(
                date.starts_with(start) && date.ends_with('Z') && date.len() == start.len() + 5,
                "{date}"
            );
        }
    }
    assert_eq!(value("bidirectional_packets"), "34 packets");
    assert_eq!(value("bidirectional_bytes"), "19,222 bytes");
    assert_eq!(value("bidirectional_duration_ms"), "50 ms");
    assert_eq!(value("dst_ip"), "10.0.0.2");
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

/// The lines of help or of details that are shown, without spaces, so that it does not matter where lines end.
fn shown_of(text: &str, foot: &str) -> String {
    let lines = text.lines();
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with(foot)).collect();
    let heading =
        lines.iter().rposition(|line| line.starts_with("column ") || line.starts_with("nfstream top"));
    lines[heading.map_or(0, |heading| heading + 1)..].concat().replace(' ', "")
}

/// Which lines of how many are shown.
fn part_of(text: &str) -> Option<[usize; 3]> {
    let part = text.split_once("lines ")?.1.lines().next()?.replace("of", "-");
    let numbers: Vec<usize> = part.split('-').map_while(|number| number.trim().parse().ok()).collect();
    numbers.try_into().ok()
}

/// Goes from the first line to the last: nothing is missing in between.
fn scroll_through(top: &mut Top, foot: &str, whole: &str) {
    top.type_in(HOME);
    for line in 1.. {
        top.wait_for(&format!("page from line {line}"), |text| {
            let [first, last, all] = part_of(text).unwrap_or([1, 0, 0]);
            let shown = shown_of(text, foot);
            first == line
                && whole.contains(&shown)
                && (first > 1 || whole.starts_with(&shown))
                && (last < all || whole.ends_with(&shown))
                && text.contains(foot)
        });
        if part_of(&top.text()).is_none_or(|[_, last, all]| last == all) {
            return;
        }
        top.type_in(DOWN);
    }
}

#[test]
fn nothing_is_cut_off_in_a_small_terminal() {
    const KEYS: [&str; 8] =
        ["q quit", "? help", "1 2 3 lists", "Enter open", "/ filter", "< > sort", "r reverse", "p pause"];
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    const FOOT_OF_HELP: &str = " Any other key continues";
    const FOOT_OF_DETAILS: &str = " q quit  ? help  Esc";
    // All that there is to read.
    top.resize(60, 200);
    top.type_in("?");
    top.wait_for("the end of the help", |text| {
        text.contains("was requested.") && text.contains(FOOT_OF_HELP)
    });
    let help = shown_of(&top.text(), FOOT_OF_HELP);
    assert!(help.starts_with("1,2,3applications,hosts,flowsTab"), "{help}");
    top.type_in("x3");
    top.wait_for_rows(&["10.0.0.1:49650 "]);
    top.type_in("\r");
    top.wait_for("the end of the details", |text| {
        text.contains("text/html") && text.contains(FOOT_OF_DETAILS)
    });
    let details = shown_of(&top.text(), FOOT_OF_DETAILS);
    assert!(details.starts_with("id1expiration_id0") && details.ends_with("text/html"), "{details}");
    top.type_in(ESCAPE);
    top.wait_for_rows(&["10.0.0.1:49650 "]);

    for (rows, columns) in [(24, 80), (24, 60), (20, 80), (14, 60), (12, 80), (24, 40)] {
        top.resize(rows, columns);
        for (view, title) in [("1", "bytes▼"), ("2", "sent▼"), ("3", "bytes▼")] {
            top.type_in(view);
            top.wait_for(title, |text| {
                let parts = ["126 packets", "40.44 KiB", "flows: 0 alive, 12 ended", "complete  0.5s"];
                text.contains(title) && KEYS.iter().chain(&parts).all(|part| text.contains(part))
            });
        }
        top.type_in("?");
        scroll_through(&mut top, FOOT_OF_HELP, &help);
        top.type_in("x");
        top.wait_for_rows(&["10.0.0.1:49650 "]);
        top.type_in("\r");
        scroll_through(&mut top, FOOT_OF_DETAILS, &details);
        top.type_in(ESCAPE);
        top.wait_for_rows(&["10.0.0.1:49650 "]);
    }
    // What has no place at all is left out whole.
    top.resize(8, 50);
    top.wait_for("some of the keys", |text| {
        let foot = text.lines().last().unwrap_or_default();
        let keys: Vec<&str> = foot.trim().split("  ").collect();
        text.lines().count() == 8 && KEYS.starts_with(&keys) && keys.len() > 2
    });
    top.resize(24, 60);
    top.wait_for_text("r reverse");
    top.type_in("/a-text-that-no-row-of-any-list-has-and-that-no-terminal-has-place-for");
    top.wait_for_text("no-terminal-has-place-for█");
    top.wait_for_text("Esc remove");
    top.type_in("\r");
    top.wait_for_text("0 of 12 rows");
    top.wait_for("all of the keys", |text| {
        ["only rows with \"a-text", "place-for\"", "/ change", "Esc all rows"]
            .iter()
            .all(|part| text.contains(part))
    });
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

/// A key and a resize that arrive together both have an effect.
#[test]
fn a_key_typed_during_a_resize_is_read() {
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    for round in 0..200 {
        top.resize(24 + round % 2, 80);
        top.type_in("?");
        top.wait_for_text("Any other key continues");
        top.resize(25 - round % 2, 80);
        top.type_in("x");
        top.wait_for_text("complete");
    }
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn the_size_of_the_terminal_is_kept() {
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    top.type_in("3");
    top.wait_for_text("server name");
    top.resize(20, 60);
    top.wait_for("a narrow list", |text| text.contains("protocol") && !text.contains("server name"));
    top.resize(8, 30);
    top.wait_for("a small list", |text| text.contains("source") && !text.contains("protocol"));
    top.resize(1, 1);
    top.resize(3, 200);
    top.wait_for("rows alone", |text| {
        text.lines().count() == 3 && text.lines().next().is_some_and(|line| line.contains("server name"))
    });
    top.resize(30, 120);
    top.wait_for_text(ALL_ROWS);
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let Some(top) = top(["web.pcap"]) else { return };
        top.wait_for_text("complete");
        kill_process(Pid::from_child(&top.child), signal).unwrap();
        assert_eq!(top.end().0, Some(status));
    }
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    top.type_in("\x03");
    assert_eq!(top.end().0, Some(130));
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_what_comes_before_the_screen() {
    let directory = TempDir::new().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let Some(top) = top([OsStr::new("web.pcap"), OsStr::new("--rules"), fifo.as_os_str()]) else {
            return;
        };
        until_signals_are_watched(&top.child);
        kill_process(Pid::from_child(&top.child), signal).unwrap();
        assert_eq!(top.end(), (Some(status), UNREAD.trim_end().to_owned()));
    }
}

#[test]
fn ctrl_z_lends_the_terminal_to_the_shell() {
    let mut command = Command::new("bash");
    let script = "set -m; \"$0\" top web.pcap; echo stopped with $?; read; fg >/dev/null; echo ended with $?";
    command.args(["-c", script, env!("CARGO_BIN_EXE_nfstream")]);
    let Some(mut top) = Top::start(&command, 30, 120) else { return };
    top.wait_for_text("complete");
    top.type_in("\x1a");
    top.wait_for_text("stopped with 148");
    top.wait_for_screen(|screen| !screen.alternate_screen() && !screen.hide_cursor());
    top.type_in("\r");
    top.wait_for_text("complete");
    top.type_in("q");
    let (_, text) = top.end();
    assert!(text.contains("ended with 0"), "{text}");
}

#[test]
fn a_capture_is_played_in_its_own_time() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("slow.pcap");
    fs::write(&capture, flows_at([1000, 1001, 1002, 9_000_000])).unwrap();
    let Some(mut top) = top([OsStr::new("--speed"), OsStr::new("5"), capture.as_os_str()]) else { return };
    top.wait_for_text("playing at 5x");
    // The last is not waited for, but a pause can be looked at, and q is heard.
    top.wait_for_text(" 3 packets ");
    top.type_in("p");
    top.wait_for_text("paused");
    top.type_in("3");
    top.wait_for_text("3 rows");
    top.type_in("p");
    top.wait_for_text("playing at 5x");
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn a_pipe_is_watched_while_it_is_silent() {
    let directory = TempDir::new().unwrap();
    let silence = directory.path().join("silence");
    make_fifo(&silence);
    let mut command = Command::new("sh");
    let script = "cat web.pcap \"$1\" | \"$0\" top -; echo status $?";
    command.args(["-c", script, env!("CARGO_BIN_EXE_nfstream")]).arg(&silence);
    let Some(mut top) = Top::start(&command, 30, 120) else { return };
    let silence = File::options().write(true).open(silence).unwrap();
    top.wait_for_text("12 alive");
    top.wait_for_text("reading");
    top.type_in("3\r");
    top.wait_for_text("value so far");
    top.wait_for_text("bidirectional_first_seen_ms  2026-11-24T02:07:45.");
    top.type_in("q");
    // The shell waits for both ends of the pipe.
    drop(silence);
    let (_, text) = top.end();
    assert!(text.contains("status 0"), "{text}");
}

#[test]
fn an_interface_is_watched() {
    let Some(mut top) = top(["-i", "lo", "--speed", "1"]) else { return };
    let (status, text) = top.end();
    assert_eq!(status, Some(2), "{text}");
    top = self::top(["-i", "lo", "--idle-timeout", "1"]).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let is_allowed = Cell::new(true);
    top.wait_for("a list of lo, or why there is none", |text| {
        is_allowed.set(!text.contains("CAP_NET_RAW"));
        text.contains("nfstream top  lo ") || !is_allowed.get()
    });
    if !is_allowed.get() {
        return nfstream_skip::skip("capturing takes CAP_NET_RAW");
    }
    top.type_in("3");
    // It becomes idle, ends and begins again while packets come.
    top.wait_for("the flow", |text| {
        socket.send_to(b"hello", socket.local_addr().unwrap()).unwrap();
        text.lines().any(|line| line.contains(&format!("127.0.0.1:{port}")))
    });
    top.wait_for("its end", |text| {
        text.lines().any(|line| line.contains(&format!("127.0.0.1:{port}")) && line.contains("ended"))
    });
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn damage_and_failure_are_told_afterwards() {
    let directory = TempDir::new().unwrap();
    let capture = directory.path().join("damaged.pcap");
    let whole = fs::read(testdata().join("web.pcap")).unwrap();
    fs::write(&capture, &whole[..whole.len() - 10]).unwrap();
    let Some(mut top) = top([&capture]) else { return };
    top.wait_for_text("complete");
    top.wait_for_text(" 125 packets ");
    top.type_in("q");
    let (status, text) = top.end();
    assert_eq!(status, Some(0));
    assert!(text.replace('\n', "").contains("nfstream: warning: "), "{text}");

    let Some(top) = self::top(["missing.pcap"]) else { return };
    let (status, text) = top.end();
    assert_eq!(status, Some(2));
    assert!(text.trim().starts_with("nfstream: missing.pcap"), "{text}");
}

#[test]
fn colours_are_left_out_on_request() {
    let is_coloured = |top: &Top| {
        let emulator = top.emulator.lock().unwrap();
        let cells = (0..30).flat_map(|row| (0..120).map(move |column| (row, column)));
        let mut cells = cells.filter_map(|(row, column)| emulator.screen().cell(row, column));
        cells.any(|cell| (cell.fgcolor(), cell.bgcolor()) != (vt100::Color::Default, vt100::Color::Default))
    };
    let Some(mut top) = top(["web.pcap"]) else { return };
    top.wait_for_text("complete");
    assert!(is_coloured(&top));
    top.type_in("q");
    top.end();
    let mut command = nfstream(["top", "web.pcap"]);
    command.env("NO_COLOR", "1");
    let Some(mut top) = Top::start(&command, 30, 120) else { return };
    top.wait_for_text("complete");
    assert!(!is_coloured(&top));
    top.type_in("q");
    assert_eq!(top.end().0, Some(0));
}

#[test]
fn without_a_terminal_there_is_nothing_to_show() {
    let ran = run(["top", "web.pcap"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with("nfstream: nfstream top needs a terminal; standard output is not one"));
    for (arguments, why) in [
        (
            &["top"][..],
            "name a capture (nfstream top capture.pcap) or an interface (sudo nfstream top -i eth0)\n",
        ),
        (&["top", "--speed", "0", "web.pcap"], "give a number above 0"),
        (&["top", "--refresh", "1", "web.pcap"], "give a whole number from 50"),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.status, Some(2));
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}
