//! The columns of risks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use nfstream::{Record, Streamer, Value};

fn records(capture: &str, n_meters: usize) -> Vec<Record> {
    let path = format!("{}/../../testdata/{capture}", env!("CARGO_MANIFEST_DIR"));
    let builder = Streamer::builder().source(path).n_meters(n_meters).risks(true).l7_metadata(true);
    builder.build().unwrap().records().unwrap().map(Result::unwrap).collect()
}

/// Risks, points of all, of the client and of the server, and evidence.
fn shown(record: &Record) -> (Vec<&str>, [i64; 3], &str) {
    let Some(Value::TextList(risks)) = record.get("risks") else { panic!("no list") };
    let points =
        ["risk_score", "risk_client_score", "risk_server_score"].map(|name| match record.get(name) {
            Some(Value::Int(points)) => points,
            other => panic!("{other:?}"),
        });
    let Some(Value::TextStruct(members)) = record.get("l7") else { panic!("no struct") };
    let evidence = members.iter().find(|(name, _)| *name == "risk_evidence").map_or("", |(_, text)| text);
    (risks, points, evidence)
}

#[test]
fn a_certificate_that_its_owner_signed() {
    let records = records("tls12.pcap", 1);
    let own = records.iter().map(shown).find(|(risks, ..)| risks.contains(&"tls_selfsigned_certificate"));
    let (risks, points, evidence) = own.unwrap();
    assert_eq!(risks, ["tls_selfsigned_certificate"]);
    assert_eq!(points, [100, 90, 10]);
    assert_eq!(evidence, "tls_selfsigned_certificate: O=Example, CN=shop.example.com");
}

#[test]
fn ordinary_flows_have_none_and_columns_come_only_when_asked_for() {
    for record in records("tls13.pcap", 1) {
        assert!(!shown(&record).0.iter().any(|risk| risk.contains("certificate") || risk.contains("weak")));
    }
    let without = Streamer::builder().source("none").build().unwrap();
    assert!(without.schema().index_of("risks").is_none());
}

#[test]
fn the_number_of_meters_does_not_matter() {
    for capture in ["web.pcap", "mail.pcap", "files.pcap"] {
        let [one, three] = [1, 3].map(|meters| {
            records(capture, meters).iter().map(|record| format!("{:?}", shown(record))).collect::<Vec<_>>()
        });
        assert_eq!(one, three);
    }
}

#[test]
fn a_refused_connection_and_one_that_is_answered() {
    let refused = records("refused.pcap", 1);
    let risks: Vec<_> = refused.iter().filter(|record| record.flow().protocol == 6).map(shown).collect();
    assert!(
        risks
            .iter()
            .any(|(risks, _, evidence)| risks.contains(&"tcp_issues") && evidence.contains("refused"))
    );
    for record in records("http.pcap", 1) {
        let (risks, ..) = shown(&record);
        assert!(!risks.contains(&"tcp_issues") && !risks.contains(&"probing_attempt"), "{risks:?}");
    }
}
