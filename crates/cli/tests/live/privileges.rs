//! What it takes to capture, and what is left of it afterwards.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use tempfile::TempDir;

use crate::capture::{Capture, NFSTREAM, OUTPUT};
use crate::namespaces::{FAR, NEAR, WIRE, Wire};
use crate::records::{number, records};
use crate::waiting::wait_until;

/// The number of the user nobody, on Debian and most others.
const NOBODY: u32 = 65534;

#[test]
fn without_permission_it_is_told_how_to_get_it() {
    let Some(wire) = Wire::with(&["setpriv"]) else { return };
    // Where the user can reach it.
    let directory = TempDir::new().unwrap();
    let program = directory.path().join("nfstream");
    fs::copy(NFSTREAM, &program).unwrap();
    for path in [directory.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = wire.near.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]);
    command.arg(&program).args(["-i", WIRE, "-o", OUTPUT]);
    let ran = Capture::spawn(&mut command).wait();
    assert_eq!(ran.status.code(), Some(1));
    let program = program.display();
    assert_eq!(
        ran.stderr,
        format!(
            "nfstream: no permission to capture from {WIRE}: it needs the capability CAP_NET_RAW. Run this with sudo, or \
             give the capability to the program once: sudo setcap cap_net_raw+ep {program}\n"
        )
    );
}

#[test]
fn the_capability_alone_is_enough() {
    let Some(wire) = Wire::with(&["setpriv", "ping"]) else { return };
    wire.address();
    let mut command = wire.near.command("setpriv");
    command.args(["--bounding-set=-all,+net_raw", "--inh-caps=-all,+net_raw", "--no-new-privs"]);
    command.arg(NFSTREAM).args(["-i", WIRE, "-o", OUTPUT, "--n-meters=2"]);
    let live = Capture::spawn(&mut command);
    live.wait_until_it_captures();
    wire.far.run("ping", ["-n", "-c", "1", NEAR[0]]);
    let flows = records(&live.interrupt().output);
    assert_eq!(flows.iter().map(|flow| number(flow, "bidirectional_packets")).collect::<Vec<_>>(), [2]);
}

#[test]
fn as_another_user_it_captures_and_writes_without_any_privilege() {
    let Some(wire) = Wire::with(&["ping"]) else { return };
    wire.address();
    let live = Capture::start(&wire.near, &["--user=nobody", "--n-meters=3", "--output", OUTPUT]);
    let path = live.directory().to_owned();
    wait_until("every thread to be without privileges", || {
        live.threads().iter().all(|thread| {
            let status = fs::read_to_string(thread.join("status")).unwrap();
            let field = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
            };
            let none = ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"]
                .iter()
                .all(|set| field(set).concat().bytes().all(|digit| digit == b'0'));
            let is_nobody = |name: &str| field(name) == [const { "65534" }; 4];
            none && is_nobody("Uid:")
                && is_nobody("Gid:")
                && field("Groups:").iter().all(|group| group == "65534")
        })
    });
    wire.far.run("ping", ["-n", "-c", "2", "-i", "0.2", NEAR[0]]);
    live.signal(rustix::process::Signal::INT);
    wait_until("the output", || live.is_over());
    assert_eq!(fs::metadata(path.join(OUTPUT)).unwrap().uid(), NOBODY);
    let ran = live.wait();
    let flows = records(&ran.output);
    assert_eq!(flows.len(), 1, "{ran:?}");
    assert_eq!((flows[0]["src_ip"].as_str(), number(&flows[0], "bidirectional_packets")), (Some(FAR[0]), 4));
}

#[test]
fn a_user_that_does_not_exist_is_refused() {
    let Some(wire) = Wire::with(&[]) else { return };
    let ran = Capture::spawn(&mut wire.near.nfstream(&["-i", WIRE, "--user", "no-such-user"])).wait();
    assert_eq!(ran.status.code(), Some(2));
    assert!(ran.stderr.starts_with("nfstream: --user no-such-user: there is no such user"), "{}", ran.stderr);
}

#[test]
fn every_thread_gives_system_calls_up() {
    let Some(wire) = Wire::with(&[]) else { return };
    for (arguments, mode) in
        [(&["--n-meters=3"][..], "2"), (&["--sandbox", "--libpcap"], "2"), (&["--no-sandbox"], "0")]
    {
        let live = Capture::start(&wire.near, arguments);
        for thread in live.threads() {
            let status = fs::read_to_string(thread.join("status")).unwrap();
            let found = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim);
            assert_eq!(found, Some(mode), "{arguments:?}");
        }
        live.interrupt();
    }
}
