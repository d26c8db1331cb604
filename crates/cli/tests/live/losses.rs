//! What is lost is told.

use rustix::process::Signal;
use tempfile::TempDir;

use crate::capture::{Capture, OUTPUT, number_before, packets_in};
use crate::namespaces::Wire;
use crate::recordings::{ETHERNET, make_sendable, replay_often, testdata};
use crate::records::{number, records};

/// More bytes than the smallest ring has.
const TIMES: usize = 400;

#[test]
fn packets_are_counted_or_lost() {
    let Some(wire) = Wire::with(&["tcpreplay"]) else { return };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("sendable.pcap");
    let sendable = make_sendable(&testdata().join("web.pcap"), ETHERNET, &file);
    for meters in ["--n-meters=1", "--n-meters=2"] {
        let live = Capture::start(
            &wire.near,
            &["--socket-buffer-size=1", "--idle-timeout=100000", "--output", OUTPUT, meters],
        );
        live.signal(Signal::STOP);
        assert_eq!(replay_often(&wire.far, &file, TIMES), sendable.packets * TIMES);
        // The second signal waits until the process goes on.
        live.signal(Signal::INT);
        live.signal(Signal::CONT);
        let ran = live.wait();
        assert_eq!(ran.status.code(), Some(130), "{}", ran.stderr);
        let lost = number_before(&ran.stderr, "packets dropped:");
        assert!(lost.is_some_and(|lost| lost > 0), "{}", ran.stderr);
        assert_eq!(
            packets_in(&ran.stderr) + lost.unwrap(),
            (sendable.packets * TIMES) as u64,
            "{}",
            ran.stderr
        );
        let in_flows: u64 =
            records(&ran.output).iter().map(|flow| number(flow, "bidirectional_packets")).sum();
        let ignored = number_before(&ran.stderr, "packets ignored:").unwrap_or(0);
        assert_eq!(in_flows + ignored, packets_in(&ran.stderr));
    }
}
