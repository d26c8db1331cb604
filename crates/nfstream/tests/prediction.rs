//! Predictions: what a model is asked with, and where its answers are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use nfstream::sinks::{Format, Writer};
use nfstream::{Error, Event, Kind, Label, Prediction, Record, Streamer, StreamerBuilder, Value};

const INPUTS: [&str; 5] =
    ["bidirectional_packets", "src2dst_bytes", "bidirectional_stddev_ps", "splt_ps", "splt_piat_ms"];

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn builder() -> StreamerBuilder {
    let captures = ["web.pcap", "streams.pcap", "vlan.pcap", "dns.pcap"].map(testdata);
    Streamer::builder().sources(captures).statistical_analysis(true).splt_analysis(4)
}

fn inputs_of(record: &Record) -> Vec<f64> {
    let mut inputs = Vec::new();
    record.model_inputs(&mut inputs);
    inputs
}

fn push(value: &Value<'_>, inputs: &mut Vec<f64>) {
    match value {
        Value::Int(number) => inputs.push(*number as f64),
        Value::Float(number) => inputs.push(*number),
        Value::IntList(numbers) => inputs.extend(numbers.iter().map(|number| *number as f64)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_model_is_asked_with_what_is_known_after_the_first_packets() {
    for packets in 1..5 {
        let prediction = Prediction::text("label", INPUTS).after(NonZeroU64::new(packets).unwrap());
        let streamer =
            |n_meters| builder().prediction(prediction.clone()).n_meters(n_meters).build().unwrap();

        // What a flow that is alive shows at that packet, or at its last.
        let (mut expected, mut by_slot) = (Vec::new(), HashMap::new());
        let with_packets = streamer(1);
        let columns: Vec<usize> =
            INPUTS.iter().map(|name| with_packets.schema().index_of(name).unwrap()).collect();
        let mut run = with_packets.packets().unwrap();
        while run.receive().unwrap() {
            while let Some(event) = run.next() {
                match event {
                    Event::Packet(seen) => {
                        let flow = seen.flow();
                        let mut inputs = Vec::new();
                        for &column in &columns {
                            flow.read(column, |value| push(&value, &mut inputs));
                        }
                        if inputs[0] <= packets as f64 {
                            by_slot.insert(seen.slot, inputs);
                        }
                    }
                    Event::Ended { slot, record } => {
                        let shown = by_slot.remove(&slot).unwrap();
                        assert_eq!(inputs_of(&record), shown);
                        expected.push(shown);
                    }
                    _ => {}
                }
            }
        }
        assert!(expected.len() > 20 && expected.iter().all(|inputs| inputs.len() == 3 + 2 * 4));
        for n_meters in [1, 3] {
            let records = streamer(n_meters).records().unwrap();
            let inputs: Vec<Vec<f64>> = records.map(|record| inputs_of(&record.unwrap())).collect();
            assert_eq!(inputs, expected);
        }
    }
}

#[test]
fn answers_are_columns_of_every_sink() {
    let streamer = builder()
        .feature("kilobytes", "bidirectional_bytes // 1000")
        .prediction(Prediction::int("size", ["dst_port", "kilobytes"]));
    let streamer = streamer.build().unwrap().anonymized(["dst_port"], b"key").unwrap();
    let [.., size, probability, kilobytes] = streamer.schema().columns() else { panic!() };
    assert_eq!(&*kilobytes.name, "kilobytes");
    assert_eq!((&*size.name, size.kind), ("size", Kind::Int64));
    assert_eq!((&*probability.name, probability.kind), ("size_probability", Kind::Float64));

    let mut records: Vec<Record> = streamer.records().unwrap().map(Result::unwrap).collect();
    for record in &mut records {
        let inputs = inputs_of(record);
        // A column that is hidden is not hidden from the model.
        assert_eq!(inputs[0], f64::from(record.flow().dst_port));
        record.set_prediction(Label::Int(inputs[1] as i64), 0.75);
        assert_eq!(record.get("size_probability"), Some(Value::Float(0.75)));
    }
    // Nor does a model need what it is asked with to be shown.
    let selected = streamer.selected(["size", "src_ip"]).unwrap();
    for (record, whole) in selected.records().unwrap().map(Result::unwrap).zip(&records) {
        let mut record = record;
        assert_eq!(inputs_of(&record), inputs_of(whole));
        record.set_prediction(Label::Int(7), 0.5);
        assert_eq!(record.values().next(), Some(Value::Int(7)));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.csv");
    let mut writer = Writer::create(path.clone(), Format::Csv, streamer.schema()).unwrap();
    writer.write(&records).unwrap();
    writer.finish().unwrap();
    let mut rows = csv::Reader::from_path(path).unwrap();
    let row = rows.records().next().unwrap().unwrap();
    assert_eq!(row.iter().rev().take(3).collect::<Vec<_>>(), ["0", "0.75", "0"]);
}

#[test]
fn a_model_cannot_be_asked_with_everything() {
    let error = |prediction: Prediction| builder().prediction(prediction).build().map(drop).unwrap_err();
    let first = NonZeroU64::MIN;
    assert!(
        matches!(error(Prediction::text("label", ["none"])), Error::NoColumn(column) if column.name == "none")
    );
    assert!(matches!(error(Prediction::text("label", ["label_probability"])), Error::NoColumn(_)));
    assert!(matches!(error(Prediction::text("protocol", ["dst_port"])), Error::DuplicateColumn(_)));
    assert!(matches!(
        error(Prediction::text("label", ["src_ip"])),
        Error::NotNumeric { kind: Kind::Text, .. }
    ));
    let late = Prediction::text("label", ["application_is_guessed"]);
    assert!(builder().prediction(late.clone()).build().is_ok());
    assert!(matches!(error(late.after(first)), Error::KnownAtTheEnd(_)));
}
