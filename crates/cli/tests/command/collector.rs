//! IPFIX to a collector of others: nfcapd, and nfdump which shows what it has.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, stdout_of};
use crate::streams::until;
use crate::synthetic::flows_at;

/// A collector that runs.
struct Nfcapd {
    child: Child,
    told: BufReader<ChildStdout>,
}

impl Nfcapd {
    /// `None`, with a sentence, where it is not installed.
    fn start(port: u16, directory: &Path) -> Option<Self> {
        // It tells each record as it comes (-E), each line at once (stdbuf).
        let port = port.to_string();
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "nfcapd", "-E", "-b", "127.0.0.1", "-p", &port, "-w"]).arg(directory);
        let is_there = Command::new("nfcapd").arg("-V").output().is_ok()
            && Command::new("nfdump").arg("-V").output().is_ok();
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let (true, Ok(mut child)) = (is_there, spawned) else {
            nfstream_skip::skip("nfcapd is missing; install it with: apt-get install nfdump");
            return None;
        };
        let told = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Startup") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "nfcapd does not start");
        }
        thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        Some(Self { child, told })
    }

    fn wait_for(&mut self, flows: usize) {
        let mut seen = 0;
        let mut line = String::new();
        while seen < flows {
            line.clear();
            assert!(self.told.read_line(&mut line).unwrap() > 0, "nfcapd has ended");
            seen += usize::from(line.starts_with("Flow Record"));
        }
    }

    fn end(mut self) {
        thread::spawn(move || self.told.read_to_end(&mut Vec::new()));
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn nfcapd_has_the_flows_that_a_file_has() {
    const CAPTURES: [&str; 5] = ["web.pcap", "http-ipv6.pcap", "vlan.pcap", "gtpu.pcap", "refused.pcap"];
    let directory = TempDir::new().unwrap();
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let Some(mut nfcapd) = Nfcapd::start(port, directory.path()) else { return };
    let csv = stdout_of(CAPTURES.iter().chain(&["--statistical-analysis", "-o", "-"]));
    let ran = run(CAPTURES
        .map(str::to_owned)
        .into_iter()
        .chain(
            ["--statistical-analysis", "--splt-analysis", "5", "--l7-metadata", "-q", "--ipfix"]
                .map(str::to_owned),
        )
        .chain([format!("127.0.0.1:{port}")]));
    assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
    nfcapd.wait_for(csv.lines().count() - 1);
    nfcapd.end();

    let format = "fmt:%tsr,%td,%sa,%da,%sp,%dp,%pr,%ipkt,%ibyt,%opkt,%obyt,%ismc,%idmc,%svln,%flg";
    let nfdump = Command::new("nfdump")
        .args(["-N", "-q", "-6", "-o", format, "-R"])
        .arg(directory.path())
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let mut collected: Vec<Vec<String>> = String::from_utf8(nfdump.stdout)
        .unwrap()
        .lines()
        .map(|line| line.split(',').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    // What nfdump shows of ICMP in the place of a port is type and code.
    collected.iter_mut().filter(|row| row[5] == "0.0").for_each(|row| row[5] = "0".to_owned());
    let mut written = written(&csv);
    collected.sort();
    written.sort();
    assert_eq!(collected, written);
}

/// The rows of a CSV file with the columns that nfdump is asked for.
fn written(csv: &str) -> Vec<Vec<String>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let of = |name: &str| cells[names.iter().position(|column| *column == name).unwrap()];
        let seconds = |name: &str| {
            let milliseconds: u64 = of(name).parse().unwrap();
            format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
        };
        let flags = [
            ("cwr", 'C'),
            ("ece", 'E'),
            ("urg", 'U'),
            ("ack", 'A'),
            ("psh", 'P'),
            ("rst", 'R'),
            ("syn", 'S'),
            ("fin", 'F'),
        ];
        let flag = |(name, letter)| if of(&format!("src2dst_{name}_packets")) == "0" { '.' } else { letter };
        let mut row = vec![seconds("bidirectional_first_seen_ms"), seconds("bidirectional_duration_ms")];
        let same = [
            "src_ip",
            "dst_ip",
            "src_port",
            "dst_port",
            "protocol",
            "src2dst_packets",
            "src2dst_bytes",
            "dst2src_packets",
            "dst2src_bytes",
            "src_mac",
            "dst_mac",
            "vlan_id",
        ];
        row.extend(same.map(|name| of(name).to_owned()));
        row.push(flags.map(flag).into_iter().collect());
        row
    };
    lines.map(row).collect()
}

#[test]
fn a_collector_and_files_at_once_and_a_dead_one_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let reading = thread::spawn(move || {
        let mut messages = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut messages).unwrap();
        messages
    });
    let csv = stdout_of(["web.pcap", "-o", "-"]);
    let output =
        nfstream(["web.pcap", "-o", "-", "--ipfix"]).arg(format!("tcp://127.0.0.1:{port}")).output().unwrap();
    assert_eq!(Ran::from(output), Ran { status: Some(0), stdout: csv, stderr: String::new() });
    let messages = reading.join().unwrap();
    assert_eq!(messages[..2], [0, 10]);
    assert!(messages.windows(15).any(|bytes| bytes == b"www.example.org"));

    // Nobody listens there now.
    let output =
        nfstream(["web.pcap", "-q", "--ipfix"]).arg(format!("tcp://127.0.0.1:{port}")).output().unwrap();
    let ran = Ran::from(output);
    let told = format!("nfstream: tcp://127.0.0.1:{port}: cannot connect: connection refused\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.ends_with(&told), "{}", ran.stderr);
}

/// More than the buffers of a connection take while nobody reads.
const FLOWS: u32 = 20_000;

/// A run over so many flows, also to a file, and what it is told of the collector.
fn to_file_and_collector(directory: &Path, collector: &str) -> Command {
    let capture = directory.join("many.pcap");
    fs::write(&capture, flows_at(0..FLOWS)).unwrap();
    let mut command = nfstream([&capture]);
    command.args(["-q", "--columns", "id,src_ip", "-o", "all.csv", "--ipfix", collector]);
    command.current_dir(directory).stderr(Stdio::piped());
    command
}

fn rows(directory: &Path) -> usize {
    fs::read_to_string(directory.join("all.csv")).map_or(0, |csv| csv.lines().count().saturating_sub(1))
}

/// The ids of flows in messages whose records are an id and an IPv4 address.
fn ids(mut messages: &[u8]) -> HashSet<u64> {
    let mut ids = HashSet::new();
    let number = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    while !messages.is_empty() {
        let (message, later) = messages.split_at(number(&messages[2..]));
        let mut sets = &message[16..];
        while !sets.is_empty() {
            let (set, others) = sets.split_at(number(&sets[2..]));
            if number(set) == 256 {
                let records = set[4..].chunks_exact(12);
                ids.extend(records.map(|record| u64::from_be_bytes(record[..8].try_into().unwrap())));
            }
            sets = others;
        }
        messages = later;
    }
    ids
}

#[test]
fn a_collector_that_flaps_gets_everything_from_a_file() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let collector = format!("tcp://{}", listener.local_addr().unwrap());
    let reading = thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
        }
        let mut messages = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut messages).unwrap();
        ids(&messages)
    });
    let directory = TempDir::new().unwrap();
    let ran = Ran::from(to_file_and_collector(directory.path(), &collector).output().unwrap());
    assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
    assert_eq!(reading.join().unwrap(), (0..FLOWS.into()).collect());
}

#[test]
fn what_a_dead_collector_did_not_get_is_told_and_ends_in_the_status() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    for (transport, tried) in [("tcp", "cannot connect"), ("udp", "cannot send")] {
        let directory = TempDir::new().unwrap();
        let collector = format!("{transport}://127.0.0.1:{port}");
        let ran = Ran::from(to_file_and_collector(directory.path(), &collector).output().unwrap());
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.contains(&format!("{collector}: {tried}: connection refused")), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{collector}: 20,000 records lost\n")), "{}", ran.stderr);
        assert_eq!(rows(directory.path()), FLOWS as usize);
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_collector() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let collector = format!("tcp://{}", listener.local_addr().unwrap());
    let directory = TempDir::new().unwrap();
    let child = to_file_and_collector(directory.path(), &collector).spawn().unwrap();
    // It is not read from.
    let (connection, _) = listener.accept().unwrap();
    until("the file", || rows(directory.path()) == FLOWS as usize);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    drop(connection);
    // Lost records count for more than the signal.
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{collector}: 20,000 records lost\n")), "{}", ran.stderr);
}

#[test]
fn a_signal_ends_the_waits_for_all_collectors_together() {
    const COLLECTORS: usize = 10;
    let listeners = [(); COLLECTORS].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let collectors = listeners.each_ref().map(|listener| format!("tcp://{}", listener.local_addr().unwrap()));
    let directory = TempDir::new().unwrap();
    let mut command = to_file_and_collector(directory.path(), &collectors[0]);
    command.args(collectors[1..].iter().flat_map(|collector| ["--ipfix", collector]));
    let child = command.spawn().unwrap();
    // They are not read from.
    let _connections = listeners.each_ref().map(|listener| listener.accept().unwrap());
    until("the file", || rows(directory.path()) == FLOWS as usize);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let told = Instant::now();
    let ran = Ran::from(child.wait_with_output().unwrap());
    // Three seconds for each of them would be thirty.
    assert!(told.elapsed() < Duration::from_secs(20), "{:?}", told.elapsed());
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    for collector in collectors {
        assert!(ran.stderr.contains(&format!("{collector}: 20,000 records lost\n")), "{}", ran.stderr);
    }
}

#[test]
fn a_zone_is_the_name_of_an_interface_that_is_there() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        return nfstream_skip::skip("there is no IPv6 on the loopback interface");
    };
    let port = socket.local_addr().unwrap().port();
    for zone in ["[::1%lo]", "[::1%1]", "udp://[::1%25lo]"] {
        let ran = run(["web.pcap", "-q", "--ipfix", &format!("{zone}:{port}")]);
        assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() }, "{zone}");
        socket.recv(&mut [0; 2000]).unwrap();
    }
    let ran = run(["web.pcap", "-q", "--ipfix", "[fe80::1%nowhere]"]);
    let told = "nfstream: udp://[fe80::1%25nowhere]:4739: there is no interface nowhere\n";
    assert!(ran.status == Some(2) && ran.stderr.starts_with(told), "{}", ran.stderr);
    let ran = run(["web.pcap", "-q", "--ipfix", "[::1%lo]", "--ipfix", "UDP://[::1]"]);
    assert!(ran.status == Some(2) && ran.stderr.contains(" are one: "), "{}", ran.stderr);
}
