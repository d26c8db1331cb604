//! Interfaces that are not there, are down, or go away.

use crate::capture::{Capture, OUTPUT};
use crate::namespaces::{FAR, Namespace, WIRE, Wire};
use crate::records::{number, records, text};

#[test]
fn an_interface_that_is_not_there_is_told_with_those_that_are() {
    let Some(namespace) = Namespace::with(&[]) else { return };
    let known: Vec<String> = namespace
        .ip("-oneline link show")
        .lines()
        .map(|line| line.split([':', '@']).nth(1).unwrap().trim().to_owned())
        .collect();
    let ran = Capture::spawn(&mut namespace.nfstream(&["-i", "nowhere", "-o", OUTPUT])).wait();
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        ran.stderr,
        format!(
            "nfstream: no interface is called nowhere; the interfaces are {} and any\n\nFor more information, try '--help'.\n",
            known.join(", ")
        )
    );
    assert_eq!((ran.stdout, ran.output), (String::new(), String::new()));
}

#[test]
fn an_interface_that_is_down_is_told_with_what_brings_it_up() {
    let Some(wire) = Wire::with(&[]) else { return };
    wire.near.ip(&format!("link set {WIRE} down"));
    let ran = Capture::spawn(&mut wire.near.nfstream(&["-i", WIRE])).wait();
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        ran.stderr,
        format!("nfstream: interface {WIRE} is down: bring it up with ip link set {WIRE} up\n")
    );
}

#[test]
fn an_interface_does_not_stamp_frames_itself_through_libpcap() {
    let Some(wire) = Wire::with(&[]) else { return };
    let arguments = ["-i", WIRE, "--libpcap", "--hardware-timestamps"];
    let ran = Capture::spawn(&mut wire.near.nfstream(&arguments)).wait();
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        ran.stderr,
        format!(
            "nfstream: interface {WIRE}: cannot use its hardware timestamps: with libpcap, the system timestamps frames\n"
        )
    );
}

#[test]
fn flows_up_to_the_end_of_an_interface_are_written() {
    for (end, told) in [("link delete", "is gone"), ("link set down dev", "went down")] {
        for meters in ["--n-meters=1", "--n-meters=3"] {
            let Some(wire) = Wire::with(&["ping"]) else { return };
            wire.address();
            let live = Capture::start(&wire.near, &["--output", OUTPUT, meters]);
            wire.far.run("ping", ["-n", "-c", "2", "-i", "0.2", crate::namespaces::NEAR[0]]);
            wire.near.ip(&format!("{end} {WIRE}"));
            let ran = live.wait();
            assert_eq!(ran.status.code(), Some(1), "{ran:?}");
            assert!(
                ran.stderr
                    .contains(&format!("nfstream: interface {WIRE} {told}; flows until then are kept\n")),
                "{}",
                ran.stderr
            );
            let flows = records(&ran.output);
            assert_eq!(flows.len(), 1, "{ran:?}");
            assert_eq!((text(&flows[0], "src_ip"), number(&flows[0], "bidirectional_packets")), (FAR[0], 4));
        }
    }
}
