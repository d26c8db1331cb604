//! Packet filters and the snapshot length choose what they choose in a capture file.

use tempfile::TempDir;

use crate::capture::{Capture, OUTPUT, packets_in};
use crate::namespaces::Wire;
use crate::recordings::{ETHERNET, make_sendable, replay, testdata};
use crate::records::{of_file, records, timeless};
use crate::replays::replayed;

/// No timeouts, and what the packets are like.
const COLUMNS: [&str; 4] =
    ["--splt-analysis=20", "--l7-metadata", "--idle-timeout=1000000000", "--active-timeout=1000000000"];

#[test]
fn a_filter_takes_what_it_takes_of_a_file() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    if !libpcap_is_there() {
        return;
    }
    for (capture, expression, meters) in [
        ("web.pcap", "tcp port 443", 1),
        ("web.pcap", "udp and host 10.0.0.53", 3),
        ("web.pcap", "ip6 or icmp", 2),
        ("web.pcap", "greater 1000", 1),
        ("web.pcap", "ip protochain 6", 2),
        ("vlan.pcap", "vlan", 1),
        ("vlan.pcap", "vlan 42 and tcp port 80", 2),
        ("vlan.pcap", "vlan 43", 1),
        ("web.pcap", "not vlan", 2),
        ("qinq.pcap", "vlan and vlan and icmp", 2),
    ] {
        let (meters, filter) = (format!("--n-meters={meters}"), format!("--bpf-filter={expression}"));
        let columns = [&COLUMNS[..], &[&filter]].concat();
        let replayed =
            replayed(&wire, &testdata().join(capture), &columns, &["-o", OUTPUT, &meters]).unwrap();
        assert_eq!(replayed.came, replayed.expected, "{capture}, {expression}: {}", replayed.live.stderr);
    }
}

#[test]
fn an_expression_that_is_none_is_refused() {
    let Some(wire) = Wire::with(&[]) else { return };
    if !libpcap_is_there() {
        return;
    }
    for more in [&[][..], &["--libpcap"]] {
        for expression in ["tcp prot 80", "vlan prot 80"] {
            let mut command = wire.near.nfstream(&["-i", "wire", "--bpf-filter", expression]);
            let ran = Capture::spawn(command.args(more)).wait();
            assert_eq!(ran.status.code(), Some(2));
            let told =
                format!("nfstream: filter \"{expression}\", for link type 1: can't parse filter expression");
            assert!(ran.stderr.starts_with(&told), "{}", ran.stderr);
        }
    }
}

/// What the kernel does not take, because it jumps back or is too long, is done here: libpcap would do it, too, and tell the terminal.
#[test]
fn a_filter_that_is_not_for_the_kernel_is_a_filter_all_the_same() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    if !libpcap_is_there() {
        return;
    }
    let ports = (1..3000).map(|port| format!("tcp port {port}")).collect::<Vec<_>>().join(" or ");
    for (capture, expression) in
        [("web.pcap", "ip protochain 6"), ("web.pcap", &ports), ("vlan.pcap", "vlan 42")]
    {
        let filter = format!("--bpf-filter={expression}");
        let columns = [&COLUMNS[..], &[&filter]].concat();
        for more in [&["-o", OUTPUT][..], &["-o", OUTPUT, "--libpcap"]] {
            let replayed = replayed(&wire, &testdata().join(capture), &columns, more).unwrap();
            assert_eq!(replayed.came, replayed.expected, "{capture}: {}", replayed.live.stderr);
            assert!(
                !replayed.expected.is_empty() && !replayed.live.stderr.contains("arning"),
                "{}",
                replayed.live.stderr
            );
        }
    }
}

#[test]
fn a_snapshot_cuts_what_is_seen_and_not_what_is_counted() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    let sendable = make_sendable(&testdata().join("http.pcap"), ETHERNET, &file);
    let live =
        Capture::start(&wire.near, &[&COLUMNS[..], &["--snapshot-length=96", "--output", OUTPUT]].concat());
    assert_eq!(replay(&wire.far, &file), sendable.packets);
    let live = live.interrupt();
    assert_eq!(packets_in(&live.stderr), sendable.packets as u64);
    let cut = of_file(&testdata().join("containers/http-snaplen-96.pcap"), &COLUMNS);
    assert_eq!(timeless(records(&live.output), &[]), timeless(cut, &[]));
}

/// Whether the command finds it. Says that a test is skipped where it does not.
pub(crate) fn libpcap_is_there() -> bool {
    let ran = Capture::spawn(
        std::process::Command::new(crate::capture::NFSTREAM)
            .arg(testdata().join("dns.pcap").canonicalize().unwrap())
            .args(["--bpf-filter", "udp"]),
    )
    .wait();
    if !ran.status.success() {
        nfstream_skip::skip("libpcap is missing; install it with: apt-get install libpcap0.8");
    }
    ran.status.success()
}
