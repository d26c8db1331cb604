//! IPFIX to a collector of others: nfcapd, and nfdump which shows what it has.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::process::{Ran, nfstream, run, stdout_of};

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
    let told = format!("nfstream: tcp://127.0.0.1:{port}: connection refused\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.ends_with(&told), "{}", ran.stderr);
}
