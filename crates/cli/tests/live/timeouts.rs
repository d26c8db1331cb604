//! Flows end on time, whether or not packets come.

use std::process::Stdio;

use crate::capture::Capture;
use crate::namespaces::{FAR, NEAR, Wire};
use crate::records::{Record, number, records, text};
use crate::waiting::wait_until;

#[test]
fn an_idle_flow_is_written_while_nothing_comes() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    for meters in ["--n-meters=1", "--n-meters=3"] {
        let live = Capture::start(&wire.near, &["--idle-timeout=2", "--format=jsonl", meters]);
        // The kernel answers at once: nothing can come between that takes as long as the timeout.
        wire.far.run("ping", ["-n", "-c", "1", NEAR[0]]);
        wait_until("the flow to end", || live.stdout().ends_with('\n'));
        assert!(!live.is_over());
        let flows = records(&live.stdout());
        assert_eq!(flows.len(), 1);
        assert_eq!(
            (
                text(&flows[0], "src_ip"),
                number(&flows[0], "bidirectional_packets"),
                number(&flows[0], "expiration_id")
            ),
            (FAR[0], 2, 0)
        );
        assert_eq!(records(&live.interrupt().stdout), flows, "and no more at the end");
    }
}

#[test]
fn a_long_flow_is_cut_while_it_goes_on() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    let live = Capture::start(&wire.near, &["--active-timeout=2", "--format=jsonl", "--n-meters=2"]);
    let mut ping =
        wire.far.command("ping").args(["-n", "-i", "0.2", NEAR[0]]).stdout(Stdio::null()).spawn().unwrap();
    wait_until("two parts of the flow", || live.stdout().lines().count() >= 2);
    assert!(ping.try_wait().unwrap().is_none());
    ping.kill().unwrap();
    ping.wait().unwrap();
    let flows = records(&live.interrupt().stdout);
    let (last, cut) = flows.split_last().unwrap();
    assert_eq!(number(last, "expiration_id"), 0);
    let first_seen = |flow: &Record| number(flow, "bidirectional_first_seen_ms");
    for (part, next) in cut.iter().zip(&flows[1..]) {
        assert_eq!(number(part, "expiration_id"), 1);
        assert!(number(part, "bidirectional_duration_ms") < 2000);
        assert!(first_seen(next) - first_seen(part) >= 2000);
    }
}
