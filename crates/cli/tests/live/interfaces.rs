//! All interfaces together, the loopback interface, one without a link header, and the list of them.

use std::path::Path;

use tempfile::TempDir;

use crate::capture::{Capture, NFSTREAM, OUTPUT, packets_in};
use crate::namespaces::{FAR, NEAR, Namespace, WIRE, Wire};
use crate::recordings::{ETHERNET, RAW_IP, make_sendable, replay, testdata};
use crate::records::{of_file, only, records, text, timeless};
use crate::waiting::wait_until;

/// No timeouts, and what the packets are like from the IP header on.
const COLUMNS: [&str; 6] = [
    "--accounting-mode=1",
    "--statistical-analysis",
    "--splt-analysis=20",
    "--l7-metadata",
    "--idle-timeout=1000000000",
    "--active-timeout=1000000000",
];

/// Columns of a link header, which is another one for packets of all interfaces.
const OF_THE_LINK: [&str; 4] = ["src_mac", "src_oui", "dst_mac", "dst_oui"];

#[test]
fn all_interfaces_together_give_the_records_of_the_file() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    for (name, meters) in [
        ("web.pcap", 1),
        ("vlan.pcap", 1),
        ("vlan-stacked.pcap", 2),
        ("qinq.pcap", 1),
        ("mpls.pcap", 2),
        ("gre.pcap", 3),
    ] {
        let sendable = make_sendable(&testdata().join(name), ETHERNET, &file);
        let meters = format!("--n-meters={meters}");
        let arguments = [&COLUMNS[..], &["--output", OUTPUT, &meters]].concat();
        let live = Capture::from(&wire.near, "any", &arguments);
        assert_eq!(replay(&wire.far, &file), sendable.packets);
        let live = live.interrupt();
        assert_eq!(packets_in(&live.stderr), sendable.packets as u64, "{name}");
        assert_eq!(
            timeless(records(&live.output), &OF_THE_LINK),
            timeless(of_file(&file, &COLUMNS), &OF_THE_LINK),
            "{name}: {}",
            live.stderr
        );
    }
}

#[test]
fn all_interfaces_are_those_that_come_and_go() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    let live = Capture::from(&wire.near, "any", &["--output", OUTPUT]);
    wire.near.run("ping", ["-n", "-c", "2", "-i", "0.2", FAR[0]]);
    wire.near.ip(&format!("link delete {WIRE}"));
    wire.near.run("ping", ["-n", "-c", "3", "-i", "0.2", "127.0.0.1"]);
    let ran = live.interrupt();
    let flows = records(&ran.output);
    let to =
        |address: &str| only(&flows, |flow| text(flow, "dst_ip") == address)["bidirectional_packets"].clone();
    assert_eq!([to(FAR[0]), to("127.0.0.1")], [4, 6], "{flows:#?}");
}

#[test]
fn each_packet_of_the_loopback_interface_counts_once() {
    let Some(namespace) = Namespace::with(&["curl", "python3"]) else { return };
    let directory = TempDir::new().unwrap();
    let mut server = namespace.command("python3");
    server.args(["-m", "http.server", "8080"]).current_dir(directory.path());
    let _server = namespace.serve(server, "tcp", 8080);
    for interface in ["lo", "any"] {
        let received =
            || namespace.read("/sys/class/net/lo/statistics/rx_packets").trim().parse::<u64>().unwrap();
        let before = received();
        let live = Capture::from(&namespace, interface, &["--output", OUTPUT]);
        namespace.run("curl", ["--silent", "http://127.0.0.1:8080/"]);
        let ran = live.interrupt();
        let flows = records(&ran.output);
        assert_eq!(flows.len(), 1, "{flows:#?}");
        assert_eq!(text(&flows[0], "application_name"), "HTTP");
        assert_eq!((text(&flows[0], "src_ip"), &flows[0]["dst_port"]), ("127.0.0.1", &8080.into()));
        assert_eq!(packets_in(&ran.stderr), received() - before, "{interface}: {}", ran.stderr);
    }
}

/// Sends the packets of a capture as if they came from a TUN device.
const SEND_TO_TUN: &str = "
import fcntl, struct, sys
IFF_TUN, IFF_NO_PI, TUNSETIFF = 1, 0x1000, 0x400454CA
tun = open('/dev/net/tun', 'r+b', buffering=0)
fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
capture = open(sys.argv[2], 'rb')
capture.read(24)
while header := capture.read(16):
    tun.write(capture.read(struct.unpack('<4I', header)[2]))
";

#[test]
fn packets_without_a_link_header_give_the_records_of_the_file() {
    let Some(namespace) = Namespace::with(&["python3"]) else { return };
    if !Path::new("/dev/net/tun").exists() {
        return nfstream_skip::skip("this kernel has no TUN devices; modprobe tun may help");
    }
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    let sendable = make_sendable(&testdata().join("raw-ip.pcap"), RAW_IP, &file);
    namespace.ip("tuntap add dev tunnel mode tun");
    namespace.ip("link set tunnel up");
    for meters in ["--n-meters=1", "--n-meters=3"] {
        let live =
            Capture::from(&namespace, "tunnel", &[&COLUMNS[..], &["--output", OUTPUT, meters]].concat());
        namespace.run("python3", ["-c", SEND_TO_TUN, "tunnel", file.to_str().unwrap()]);
        let live = live.interrupt();
        assert_eq!(packets_in(&live.stderr), sendable.packets as u64);
        assert_eq!(timeless(records(&live.output), &[]), timeless(of_file(&file, &COLUMNS), &[]));
    }
}

#[test]
fn interfaces_are_listed() {
    let Some(wire) = Wire::with(&[]) else { return };
    wire.address();
    wire.near.ip("link add other type veth");
    let list = |format: &str| wire.near.run(NFSTREAM, ["interfaces", "--format", format]);
    let interfaces = records(&list("jsonl"));
    let wanted = only(&interfaces, |interface| text(interface, "name") == WIRE);
    let mac = wire.near.read(&format!("/sys/class/net/{WIRE}/address"));
    assert_eq!(
        ["state", "link", "mac", "addresses"].map(|column| text(wanted, column)),
        ["up", "Ethernet", mac.trim(), NEAR[0]]
    );
    assert_eq!(text(only(&interfaces, |interface| text(interface, "name") == "other"), "state"), "down");
    assert_eq!(list("table").lines().count(), 1 + interfaces.len());
}

#[test]
fn promiscuous_mode_is_on_while_it_is_wanted() {
    let Some(wire) = Wire::with(&[]) else { return };
    let count = || {
        let told = wire.near.ip(&format!("-details link show {WIRE}"));
        let mut words = told.split_whitespace().skip_while(|word| *word != "promiscuity");
        words.nth(1).unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(count(), 0);
    let live = Capture::start(&wire.near, &["--no-promiscuous-mode"]);
    assert_eq!(count(), 0);
    live.interrupt();
    let live = Capture::start(&wire.near, &["--n-meters=2"]);
    assert!(count() > 0);
    live.interrupt();
    wait_until("the interface to be as it was", || count() == 0);
    let live = Capture::start(&wire.near, &["--n-meters=2"]);
    live.signal(rustix::process::Signal::KILL);
    live.wait();
    wait_until("the interface to be as it was", || count() == 0);
}
