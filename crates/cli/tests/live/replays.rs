//! The records of packets that come by wire are those of the capture file that they come from.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use tempfile::TempDir;

use crate::capture::{Capture, OUTPUT, Ran, packets_in};
use crate::filters::libpcap_is_there;
use crate::namespaces::Wire;
use crate::recordings::{ETHERNET, make_sendable, of_cases, of_corpus, of_repository, replay, testdata};
use crate::records::{of_file, records, timeless};

/// How many captures are replayed at a time, each over a wire of its own.
const AT_A_TIME: usize = 4;

/// Everything that there is to be compared, and no timeout.
const COLUMNS: [&str; 8] = [
    "--statistical-analysis",
    "--splt-analysis=20",
    "--l7-metadata",
    "--idle-timeout=1000000000",
    "--active-timeout=1000000000",
    "--feature=payloads=sum(payload_size)",
    "--feature=kinds=n_unique(payload_size)",
    "--feature=last_size=last(raw_size)",
];

const LIVE: [&str; 3] = ["--snapshot-length=262144", "--socket-buffer-size=8388608", "--output"];

#[test]
fn captures_of_the_repository_by_wire_are_those_of_the_file() {
    let captures = of_repository();
    let several = [2, 3, 8].into_iter().cycle();
    let jobs =
        captures.iter().zip(several).flat_map(|(path, several)| [(path.as_path(), 1), (path, several)]);
    replay_all(jobs);
}

#[test]
fn captures_of_a_corpus_by_wire_are_those_of_the_file() {
    let Some(captures) = of_corpus() else { return };
    // Headers that were damaged at random lead the kernel to one ring and us to another: such a packet comes late to its flow.
    let is_unsteady =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("fuzz"));
    let meters = [1, 2, 3, 8].into_iter().cycle();
    let jobs = captures.iter().map(PathBuf::as_path).zip(meters);
    replay_all(jobs.map(|(path, meters)| (path, if is_unsteady(path) { 1 } else { meters })));
}

#[test]
fn cases_by_wire_are_those_of_the_file() {
    let Some(cases) = of_cases() else { return };
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    for (capture, parameters) in &cases {
        let columns: Vec<&str> = COLUMNS.into_iter().chain(parameters.iter().map(String::as_str)).collect();
        for meters in [1, 2, 3, 8] {
            let difference = compare(&wire, capture, meters, &columns);
            assert!(difference.is_none(), "{}", difference.unwrap_or_default());
        }
    }
}

#[test]
fn captures_through_libpcap_are_those_of_the_file() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    if !libpcap_is_there() {
        return;
    }
    for (capture, meters, filter) in
        [("web.pcap", 1, ""), ("streams.pcap", 3, ""), ("web.pcap", 2, "udp or icmp")]
    {
        let (meters, filter) = (format!("--n-meters={meters}"), format!("--bpf-filter={filter}"));
        let columns = [&COLUMNS[..], &[&filter]].concat();
        let live = [&LIVE[..], &[OUTPUT, &meters, "--libpcap"]].concat();
        let replayed = replayed(&wire, &testdata().join(capture), &columns, &live).unwrap();
        assert_eq!(replayed.came, replayed.expected, "{capture}: {}", replayed.live.stderr);
    }
}

/// Replays captures, each to so many meters, and compares.
fn replay_all<'a>(jobs: impl Iterator<Item = (&'a Path, usize)> + Send) {
    let Some(first) = Wire::with(&["tcpreplay"]) else { return };
    let wires = [first].into_iter().chain((1..AT_A_TIME).filter_map(|_| Wire::with(&[])));
    let (jobs, told) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for wire in wires {
            let (jobs, told) = (&jobs, &told);
            scope.spawn(move || {
                loop {
                    let Some((capture, meters)) = jobs.lock().unwrap().next() else { return };
                    if let Some(difference) = compare(&wire, capture, meters, &COLUMNS) {
                        told.lock().unwrap().push(difference);
                    }
                }
            });
        }
    });
    let differences = told.into_inner().unwrap();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// Replays a capture and compares the records. Tells what is different.
fn compare(wire: &Wire, path: &Path, meters: usize, columns: &[&str]) -> Option<String> {
    let meters = format!("--n-meters={meters}");
    let options = [&LIVE[..], &[OUTPUT, &meters]].concat();
    let Replayed { sent, live, came, expected } = replayed(wire, path, columns, &options)?;
    (came != expected || packets_in(&live.stderr) != sent as u64).then(|| {
        let only = |here: &[String], there: &[String]| {
            let records: Vec<String> = here.iter().filter(|line| !there.contains(line)).cloned().collect();
            records.join("\n")
        };
        format!(
            "{} with {meters}, of {sent} packets: {}only by wire:\n{}\nonly in the file:\n{}\n",
            path.display(),
            live.stderr,
            only(&came, &expected),
            only(&expected, &came)
        )
    })
}

/// The records of a capture by wire and of the file, but for their times.
pub(crate) struct Replayed {
    sent: usize,
    pub(crate) live: Ran,
    pub(crate) came: Vec<String>,
    pub(crate) expected: Vec<String>,
}

/// Replays what can be sent of a capture, if anything, to a capture of the interface, and reads the same from a file: `columns`
/// holds for both, `live` for the interface only.
pub(crate) fn replayed(wire: &Wire, path: &Path, columns: &[&str], live: &[&str]) -> Option<Replayed> {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    let sendable = make_sendable(path, ETHERNET, &file);
    if sendable.left_out > 0 {
        println!("{}: {} packets are too short or too long to be sent", path.display(), sendable.left_out);
    }
    if sendable.packets == 0 {
        return None;
    }
    let capture = Capture::start(&wire.near, &[columns, live].concat());
    assert_eq!(replay(&wire.far, &file), sendable.packets, "{}: not all could be sent", path.display());
    let live = capture.interrupt();
    let (came, expected) = (timeless(records(&live.output), &[]), timeless(of_file(&file, columns), &[]));
    Some(Replayed { sent: sendable.packets, live, came, expected })
}

#[test]
fn two_captures_of_an_interface_both_have_everything() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    make_sendable(&testdata().join("web.pcap"), ETHERNET, &file);
    let arguments: Vec<&str> = COLUMNS.iter().chain(&LIVE).copied().chain([OUTPUT, "--n-meters=3"]).collect();
    let captures = [(); 2].map(|()| Capture::start(&wire.near, &arguments));
    replay(&wire.far, &file);
    let expected = timeless(of_file(&file, &COLUMNS), &[]);
    for capture in captures {
        assert_eq!(timeless(records(&capture.interrupt().output), &[]), expected);
    }
}
