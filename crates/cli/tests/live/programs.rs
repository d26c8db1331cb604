//! Flows of real programs.

use std::fs;

use tempfile::TempDir;

use crate::capture::{Capture, OUTPUT};
use crate::namespaces::{FAR, NEAR, Wire};
use crate::records::{Record, number, only, records, text};

#[test]
fn a_browser_and_a_web_server() {
    let Some(wire) = Wire::with(&["curl", "python3"]) else { return };
    wire.address();
    wire.address_v6();
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("page.html"), vec![b'a'; 100_000]).unwrap();
    let mut server = wire.near.command("python3");
    server.args(["-m", "http.server", "80", "--bind", "::"]).current_dir(directory.path());
    let _server = wire.near.serve(server, "tcp", 80);

    // The kernel has not cut the page into segments yet: its packets are longer than a snapshot.
    let live =
        Capture::start(&wire.near, &["--output", OUTPUT, "--l7-metadata", "--system-visibility-mode=1"]);
    for host in [NEAR[0].to_owned(), format!("[{}]", NEAR[1])] {
        let url = format!("http://{host}/page.html");
        let page = wire.far.run("curl", ["--silent", "--globoff", "--user-agent", "browser/1", &url]);
        assert_eq!(page.len(), 100_000);
    }
    let flows = records(&live.interrupt().output);
    for version in 0..2 {
        let flow =
            only(&flows, |flow| text(flow, "dst_ip") == NEAR[version] && number(flow, "protocol") == 6);
        assert_eq!(text(flow, "src_ip"), FAR[version]);
        assert_eq!(number(flow, "dst_port"), 80);
        assert_eq!(text(flow, "application_name"), "HTTP");
        assert_eq!(text(flow, "requested_server_name").trim_matches(['[', ']']), NEAR[version]);
        assert_eq!(text(flow, "user_agent"), "browser/1");
        // The name of a script's process is its interpreter's, whichever version that is.
        assert!(text(flow, "system_process_name").starts_with("python3"), "{flow:#?}");
        assert!(number(flow, "system_process_pid") > 0);
        assert!(number(flow, "dst2src_bytes") > 100_000, "{flow:#?}");
        assert!(number(flow, "src2dst_bytes") < 100_000, "{flow:#?}");
    }
}

/// Answers every question for an address (RFC 1035, section 4) with 192.0.2.7.
const NAME_SERVER: &str = "
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('0.0.0.0', 53))
while True:
    question, client = server.recvfrom(4096)
    end = question.index(0, 12) + 5
    header = question[:2] + bytes([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0])
    answer = bytes([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7])
    server.sendto(header + question[12:end] + answer, client)
";

#[test]
fn a_resolver_and_a_name_server() {
    let Some(wire) = Wire::with(&["dig", "python3"]) else { return };
    wire.address();
    let mut server = wire.near.command("python3");
    server.args(["-c", NAME_SERVER]);
    let _server = wire.near.serve(server, "udp", 53);
    let live = Capture::start(&wire.far, &["--output", OUTPUT, "--l7-metadata"]);
    let server = format!("@{}", NEAR[0]);
    let answer = wire.far.run("dig", ["+short", &server, "www.example.org", "A"]);
    assert_eq!(answer.trim(), "192.0.2.7");
    let flows = records(&live.interrupt().output);
    assert_eq!(flows.len(), 1, "{flows:#?}");
    let flow = &flows[0];
    assert_eq!(["src_ip", "dst_ip"].map(|column| text(flow, column)), [FAR[0], NEAR[0]]);
    assert_eq!(text(flow, "application_name"), "DNS");
    assert_eq!(text(flow, "requested_server_name"), "www.example.org");
    assert_eq!([number(flow, "src2dst_packets"), number(flow, "dst2src_packets")], [1, 1]);
    assert_eq!(flow["l7"]["dns_answers"], "192.0.2.7");
}

#[test]
fn a_bulk_transfer_is_counted_whole() {
    let Some(wire) = Wire::with(&["iperf3"]) else { return };
    wire.address();
    let mut server = wire.near.command("iperf3");
    server.args(["--server", "--port", "5201"]);
    let _server = wire.near.serve(server, "tcp", 5201);
    let live = Capture::start(&wire.near, &["--output", OUTPUT, "--n-meters=2"]);
    let told = wire.far.run(
        "iperf3",
        ["--client", NEAR[0], "--port", "5201", "--bytes", "20M", "--parallel", "2", "--json"],
    );
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let received = told["end"]["sum_received"]["bytes"].as_u64().unwrap();
    let ran = live.interrupt();
    assert!(!ran.stderr.contains("lost"), "{}", ran.stderr);
    let flows = records(&ran.output);
    assert!(flows.iter().all(|flow| text(flow, "src_ip") == FAR[0] && number(flow, "dst_port") == 5201));
    assert_eq!(flows.len(), 3, "one flow of control, two of data: {flows:#?}");
    let counted: u64 = flows.iter().map(|flow| number(flow, "src2dst_bytes")).sum();
    assert!(received > 0 && counted > received, "{counted} of {received} bytes and headers");
}

#[test]
fn a_ping_in_fragments() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    wire.address_v6();
    let live = Capture::start(&wire.near, &["--output", OUTPUT, "--n-meters=3", "--profile=accurate"]);
    for address in NEAR {
        wire.far.run("ping", ["-c", "2", "-i", "0.01", "-s", "4000", address]);
    }
    let ran = live.interrupt();
    let flows = records(&ran.output);
    for (version, headers) in [(0, 14 + 20), (1, 14 + 40 + 8)] {
        let is_ping = |flow: &Record| {
            [NEAR, FAR]
                .iter()
                .all(|ends| ["src_ip", "dst_ip"].iter().any(|end| text(flow, end) == ends[version]))
        };
        let flow = only(&flows, is_ping);
        // Neighbour discovery may have begun the flow.
        let requests = if text(flow, "src_ip") == FAR[version] { "src2dst" } else { "dst2src" };
        // Each message of 4008 bytes has three fragments.
        assert_eq!(number(flow, &format!("{requests}_packets")), 6, "{flow:#?}");
        assert_eq!(number(flow, &format!("{requests}_bytes")), 2 * 4008 + 6 * headers, "{flow:#?}");
        assert_eq!(text(flow, "application_name"), ["ICMP", "ICMPV6"][version]);
    }
    assert!(ran.stderr.contains("IP datagrams put together (8)"), "{}", ran.stderr);
}

#[test]
fn a_login() {
    let Some(wire) = Wire::with(&["ssh", "sshd", "ssh-keygen"]) else { return };
    wire.address();
    let directory = TempDir::new().unwrap();
    let key = directory.path().join("key");
    let key = key.to_str().unwrap();
    wire.near.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    // Where sshd has its empty directory.
    let _ = fs::create_dir_all("/run/sshd");
    let mut server = wire.near.command("/usr/sbin/sshd");
    server.args(["-D", "-e", "-f", "/dev/null", "-p", "2222", "-h", key]);
    let _server = wire.near.serve(server, "tcp", 2222);
    let live = Capture::start(&wire.near, &["--output", OUTPUT]);
    let mut login = wire.far.command("ssh");
    login.args(["-F", "none", "-p", "2222", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]);
    login.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentityFile=none", "-l", "nobody", NEAR[0]]);
    // It is refused, after keys have been exchanged.
    let refused = login.output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Permission denied"), "{refused:?}");
    let flows = records(&live.interrupt().output);
    assert_eq!(flows.len(), 1, "{flows:#?}");
    assert_eq!(text(&flows[0], "application_name"), "SSH");
    assert_eq!((text(&flows[0], "src_ip"), number(&flows[0], "dst_port")), (FAR[0], 2222));
}
