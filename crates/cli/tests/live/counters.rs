//! Counters while it captures: for Prometheus, and as nfstream's line of JSON.

use crate::capture::Capture;
use crate::namespaces::Wire;
use crate::recordings::{replay, replay_often, testdata};
use crate::waiting::wait_for;

#[test]
fn counters_are_told_while_it_captures() {
    let Some(wire) = Wire::with(&["tcpreplay", "curl"]) else { return };
    let arguments = ["--metrics=127.0.0.1:9300", "--performance-report=1", "--n-meters=2", "--format=csv"];
    // Longer than a replay is held up on a busy machine: none of the flows is cut.
    let live = Capture::start(&wire.near, &[&arguments[..], &["--idle-timeout=10"]].concat());
    let packets = replay(&wire.far, &testdata().join("web.pcap"));

    let told = wait_for("all packets and flows to be counted", || {
        let url = "http://127.0.0.1:9300/metrics";
        let told = wire.near.command("curl").args(["--silent", url]).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        (value(&told, "nfstream_flows_total") == Some(12)).then_some(told)
    });
    assert_eq!(value(&told, "nfstream_packets_total"), Some(packets as u64));
    assert_eq!(value(&told, "nfstream_active_flows"), Some(0));
    assert_eq!(value(&told, "nfstream_dropped_packets_total{by=\"kernel\"}"), Some(0));
    let meters =
        ["0", "1"].map(|meter| value(&told, &format!("nfstream_meter_packets_total{{meter=\"{meter}\"}}")));
    assert_eq!(meters.into_iter().flatten().sum::<u64>(), packets as u64);

    let line = wait_for("the line of JSON", || {
        let stderr = live.stderr();
        stderr.lines().find(|line| line.starts_with("{\"flows_expired\": 12, ")).map(str::to_owned)
    });
    assert!(line.contains(&format!("\"packets_processed\": {packets}, \"packets_ignored\": 0, ")), "{line}");
    live.interrupt();
}

/// A body that never comes, no request at all, and what is none; each client stays until the script ends.
const CLIENTS: &str = r#"
for round in $(seq 60); do
    exec {one}<>/dev/tcp/127.0.0.1/9300 {other}<>/dev/tcp/127.0.0.1/9300 {third}<>/dev/tcp/127.0.0.1/9300 || break
    printf 'POST /metrics HTTP/1.1\r\nContent-Length: 100000000000\r\n\r\n' >&$one
    head -c 20000 /dev/zero >&$third
done 2>/dev/null
exec sleep 600
"#;

#[test]
fn clients_of_the_counters_cost_no_packet() {
    let Some(wire) = Wire::with(&["tcpreplay", "curl"]) else { return };
    let arguments = ["--metrics=127.0.0.1:9300", "--n-meters=2", "--format=csv"];
    let live = Capture::start(&wire.near, &arguments);
    let mut clients = wire.near.command("bash").args(["-c", CLIENTS]).spawn().unwrap();
    let packets = replay_often(&wire.far, &testdata().join("web.pcap"), 200);
    let told = wait_for("all packets to be counted", || {
        let url = "http://127.0.0.1:9300/metrics";
        let told = wire.near.command("curl").args(["--silent", "--max-time", "5", url]).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        (value(&told, "nfstream_packets_total") == Some(packets as u64)).then_some(told)
    });
    assert_eq!(value(&told, "nfstream_dropped_packets_total{by=\"kernel\"}"), Some(0));
    live.interrupt();
    clients.kill().unwrap();
    clients.wait().unwrap();
}

/// The value of a metric with its labels.
fn value(told: &str, metric: &str) -> Option<u64> {
    told.lines().find_map(|line| line.strip_prefix(metric)?.trim().parse().ok())
}
