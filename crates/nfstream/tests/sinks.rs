//! Sinks: what they write, byte by byte or read back, and what they leave when they cannot.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::fs;
use std::io::{ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use nfstream::sinks::{
    Format, Further, FurtherWriter, Numbered, Patience, Pattern, Retrying, Rotating, Sink as _, Writer,
};
use nfstream::{
    Error, Feature, Flow, Kind, Packet, Plugin, Pool, Record, Schema, Streamer, StreamerBuilder, Unit, Value,
};
use serde_json::Value as Json;
use tempfile::{NamedTempFile, TempDir};

/// Columns with everything that a text format must escape, and a number that JSON does not have.
#[derive(Clone)]
struct Awkward;

impl Plugin for Awkward {
    type State = ();

    fn features(&self) -> Vec<Feature<()>> {
        vec![
            Feature::new("said, \"so\"", Kind::Text, Unit::None, "What was said.", |flow, (): &()| {
                Value::Text(SAID[usize::from(flow.src_port) % SAID.len()].into())
            }),
            Feature::new("share", Kind::Float64, Unit::None, "1 / (packets - 1).", |flow, (): &()| {
                Value::Float(1.0 / (flow.bidirectional().packets as f64 - 1.0))
            }),
        ]
    }

    fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

    fn on_update(&mut self, (): &mut (), _: &Packet<'_>, _: &mut Flow) {}
}

const SAID: [&str; 5] = ["plain", "one, \"two\"", "line\r\nfeed", "\u{0}\u{1b}\\/\u{7f}", "żółw \u{1f980}"];

fn packet(hosts: (u8, u8), ports: (u16, u16), time_us: u64, payload: usize) -> synthetic::Packet {
    let time_us = 1_700_000_000_000_500 + time_us;
    synthetic::Packet { hosts, ports, v6: false, vlan: 0, time_us, payload, flags: 0x10 }
}

/// A capture, and how it is read.
struct Captured {
    streamer: Streamer,
    _capture: NamedTempFile,
}

impl Captured {
    fn new(packets: &[synthetic::Packet], parameters: StreamerBuilder) -> Self {
        let capture = synthetic::capture(packets);
        Self { streamer: parameters.source(capture.path()).build().unwrap(), _capture: capture }
    }

    fn schema(&self) -> &Arc<Schema> {
        self.streamer.schema()
    }

    fn records(&self) -> Vec<Record> {
        self.streamer.records().unwrap().map(Result::unwrap).collect()
    }

    /// What is written of a run while its workers are there to help.
    fn written(&self, format: Format) -> Vec<u8> {
        let mut records = self.streamer.records().unwrap();
        self.written_of(format, std::iter::from_fn(|| records.next_batch()).map(Result::unwrap))
    }

    fn written_of(&self, format: Format, batches: impl Iterator<Item = Vec<Record>>) -> Vec<u8> {
        self.written_to("flows", format, batches)
    }

    fn written_to(&self, name: &str, format: Format, batches: impl Iterator<Item = Vec<Record>>) -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        let mut writer = Writer::create(path.as_path(), format, self.schema()).unwrap();
        batches.for_each(|batch| writer.write(&batch).unwrap());
        writer.finish().unwrap();
        fs::read(path).unwrap()
    }
}

fn flows(number: u16, parameters: StreamerBuilder) -> Captured {
    let packets: Vec<_> = (0..number)
        .flat_map(|n| {
            let (port, time_us) = (1000 + n, u64::from(n) * 700);
            [
                packet((1, 2), (port, 443), time_us, n.into()),
                packet((2, 1), (443, port), time_us + 7_000_000, 20),
            ]
        })
        .collect();
    Captured::new(&packets, parameters)
}

fn everything() -> StreamerBuilder {
    let builder = Streamer::builder().statistical_analysis(true).splt_analysis(3);
    builder.l7_metadata(true).plugin(Awkward)
}

fn two_flows() -> Captured {
    let packets = [
        synthetic::Packet { vlan: 7, ..packet((1, 2), (1001, 443), 0, 0) },
        synthetic::Packet { vlan: 7, ..packet((2, 1), (443, 1001), 12_600, 10) },
        synthetic::Packet { v6: true, ..packet((3, 4), (0, 0), 1_000_000, 8) },
    ];
    Captured::new(
        &packets,
        Streamer::builder().connection_columns(false).n_dissections(0).splt_analysis(3).plugin(Awkward),
    )
}

#[test]
fn csv_rows() {
    let expected = concat!(
        "id,expiration_id,src_ip,src_mac,src_oui,src_port,dst_ip,dst_mac,dst_oui,dst_port,protocol,ip_version,vlan_id,",
        "tunnel_id,bidirectional_first_seen_ms,bidirectional_last_seen_ms,bidirectional_duration_ms,",
        "bidirectional_packets,bidirectional_bytes,src2dst_first_seen_ms,src2dst_last_seen_ms,src2dst_duration_ms,",
        "src2dst_packets,src2dst_bytes,dst2src_first_seen_ms,dst2src_last_seen_ms,dst2src_duration_ms,",
        "dst2src_packets,dst2src_bytes,splt_direction,splt_ps,splt_piat_ms,\"said, \"\"so\"\"\",share\n",
        "0,0,10.0.0.1,02:00:00:00:00:01,02:00:00,1001,10.0.0.2,02:00:00:00:00:02,02:00:00,443,6,4,7,0,",
        "1700000000000,1700000000013,13,2,126,1700000000000,1700000000000,0,1,58,1700000000013,1700000000013,0,1,68,",
        "\"[0, 1, -1]\",\"[58, 68, -1]\",\"[0, 13, -1]\",\"one, \"\"two\"\"\",1.0\n",
        "1,0,fd00::3,02:00:00:00:00:03,02:00:00,0,fd00::4,02:00:00:00:00:04,02:00:00,0,58,6,0,0,",
        "1700000001000,1700000001000,0,1,70,1700000001000,1700000001000,0,1,70,0,0,0,0,0,",
        "\"[0, -1, -1]\",\"[70, -1, -1]\",\"[0, -1, -1]\",plain,inf\n",
    );
    assert_eq!(String::from_utf8(two_flows().written(Format::Csv)).unwrap(), expected);
}

#[test]
fn json_lines() {
    let expected = concat!(
        r#"{"id":0,"expiration_id":0,"src_ip":"10.0.0.1","src_mac":"02:00:00:00:00:01","src_oui":"02:00:00","#,
        r#""src_port":1001,"dst_ip":"10.0.0.2","dst_mac":"02:00:00:00:00:02","dst_oui":"02:00:00","dst_port":443,"#,
        r#""protocol":6,"ip_version":4,"vlan_id":7,"tunnel_id":0,"bidirectional_first_seen_ms":1700000000000,"#,
        r#""bidirectional_last_seen_ms":1700000000013,"bidirectional_duration_ms":13,"bidirectional_packets":2,"#,
        r#""bidirectional_bytes":126,"src2dst_first_seen_ms":1700000000000,"src2dst_last_seen_ms":1700000000000,"#,
        r#""src2dst_duration_ms":0,"src2dst_packets":1,"src2dst_bytes":58,"dst2src_first_seen_ms":1700000000013,"#,
        r#""dst2src_last_seen_ms":1700000000013,"dst2src_duration_ms":0,"dst2src_packets":1,"dst2src_bytes":68,"#,
        r#""splt_direction":[0,1,-1],"splt_ps":[58,68,-1],"splt_piat_ms":[0,13,-1],"#,
        r#""said, \"so\"":"one, \"two\"","share":1.0}"#,
        "\n",
        r#"{"id":1,"expiration_id":0,"src_ip":"fd00::3","src_mac":"02:00:00:00:00:03","src_oui":"02:00:00","#,
        r#""src_port":0,"dst_ip":"fd00::4","dst_mac":"02:00:00:00:00:04","dst_oui":"02:00:00","dst_port":0,"#,
        r#""protocol":58,"ip_version":6,"vlan_id":0,"tunnel_id":0,"bidirectional_first_seen_ms":1700000001000,"#,
        r#""bidirectional_last_seen_ms":1700000001000,"bidirectional_duration_ms":0,"bidirectional_packets":1,"#,
        r#""bidirectional_bytes":70,"src2dst_first_seen_ms":1700000001000,"src2dst_last_seen_ms":1700000001000,"#,
        r#""src2dst_duration_ms":0,"src2dst_packets":1,"src2dst_bytes":70,"dst2src_first_seen_ms":0,"#,
        r#""dst2src_last_seen_ms":0,"dst2src_duration_ms":0,"dst2src_packets":0,"dst2src_bytes":0,"#,
        r#""splt_direction":[0,-1,-1],"splt_ps":[70,-1,-1],"splt_piat_ms":[0,-1,-1],"#,
        r#""said, \"so\"":"plain","share":null}"#,
        "\n",
    );
    assert_eq!(String::from_utf8(two_flows().written(Format::JsonLines)).unwrap(), expected);
}

#[test]
fn json_lines_read_back() {
    let flows = flows(5, everything());
    let text = String::from_utf8(flows.written(Format::JsonLines)).unwrap();
    let objects: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let object = |record: &Record| -> Json {
        let members = record.schema().columns().iter().zip(record.values());
        members.map(|(column, value)| (column.name.to_string(), json(value))).collect()
    };
    assert_eq!(objects, flows.records().iter().map(object).collect::<Vec<_>>());
}

fn json(value: Value<'_>) -> Json {
    match value {
        Value::Int(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::IntList(numbers) => numbers.to_vec().into(),
        Value::TextList(texts) => texts.into(),
        Value::TextStruct(members) => {
            members.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect()
        }
        text => text.to_string().into(),
    }
}

#[test]
fn a_json_array_has_the_objects_of_json_lines() {
    for number in [0, 1, 2, 1_000] {
        let flows = flows(number, everything());
        let lines = String::from_utf8(flows.written(Format::JsonLines)).unwrap();
        let array = String::from_utf8(flows.written(Format::Json)).unwrap();
        let between = lines.trim_end_matches('\n').replace('\n', ",\n");
        let expected = if number == 0 { "[\n]\n".to_owned() } else { format!("[\n{between}\n]\n") };
        assert_eq!(array, expected);
        let objects: Vec<Json> = serde_json::from_str(&array).unwrap();
        assert_eq!(objects.len(), usize::from(number));
    }
}

#[test]
fn csv_reads_back() {
    let flows = flows(5, everything());
    let text = String::from_utf8(flows.written(Format::Csv)).unwrap();
    let names = flows.schema().columns().iter().map(|column| column.name.to_string()).collect();
    let records = flows.records();
    let rows = records.iter().map(|record| record.values().map(|value| value.to_string()).collect());
    assert_eq!(parse_csv(&text), std::iter::once(names).chain(rows).collect::<Vec<Vec<String>>>());
}

/// RFC 4180, except that a lone line feed ends a line.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(character),
        }
    }
    assert_eq!((row, cell, quoted), (vec![], String::new(), false), "the last line is whole");
    rows
}

#[test]
fn formats_are_known_by_name_and_by_extension() {
    for format in Format::all() {
        assert_eq!(format.name().parse(), Ok(format));
        for extension in format.extensions() {
            let path = format!("a.b/FLOWS.{}", extension.to_uppercase());
            assert_eq!(Format::from_path(Path::new(&path)), Some(format));
        }
    }
    for (path, format) in [
        ("csv", None),
        ("flows.gz", None),
        ("flows.csv.xz", None),
        ("flows.CSV.GZ", Some(Format::Csv)),
        ("flows.jsonl.zst", Some(Format::JsonLines)),
        ("flows.json.gz", Some(Format::Json)),
    ] {
        assert_eq!(Format::from_path(Path::new(path)), format, "{path}");
    }
    let names: Vec<_> = Format::all().map(Format::name).collect();
    assert_eq!(
        "xls".parse::<Format>().unwrap_err().to_string(),
        format!("\"xls\" is not an output format: choose one of {}", names.join(", "))
    );
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let flows = flows(3, everything());
    let (schema, records) = (flows.schema(), flows.records());
    for format in Format::all() {
        let directory = tempfile::tempdir().unwrap();
        let listing = || fs::read_dir(&directory).unwrap().count();
        let path = directory.path().join("flows");

        let mut writer = Writer::create(path.as_path(), format, schema).unwrap();
        writer.write(&records).unwrap();
        assert!(!path.exists());
        assert_eq!(writer.growing_path(), Some(&*directory.path().join("flows.part")));
        drop(writer);
        assert_eq!(listing(), 0);

        fs::write(&path, "what was there").unwrap();
        let mut writer = Writer::create(path.as_path(), format, schema).unwrap();
        writer.write(&records).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"what was there");
        writer.finish().unwrap();
        assert_eq!((fs::read(&path).unwrap(), listing()), (flows.written(format), 1));
    }
}

#[test]
fn a_file_that_grows_can_be_followed_and_replaces_none_that_grows() {
    let flows = flows(3, everything());
    let (schema, records) = (flows.schema(), flows.records());
    let directory = tempfile::tempdir().unwrap();
    let place = |name| directory.path().join(name);
    let begin = |name| Writer::create(place(name), Format::Csv, schema).unwrap();
    fs::write(place("flows.csv.part"), "what is left of a run that was killed").unwrap();
    let (mut first, mut second, mut packed) = (begin("flows.csv"), begin("flows.csv"), begin("flows.csv.gz"));
    for (writer, name) in [
        (&mut first, "flows.csv.1.part"),
        (&mut second, "flows.csv.2.part"),
        (&mut packed, "flows.csv.gz.part"),
    ] {
        assert_eq!(writer.growing_path(), Some(&*place(name)));
        writer.write(&records[..1]).unwrap();
    }
    assert_eq!(fs::read_to_string(place("flows.csv.1.part")).unwrap().lines().count(), 2);
    packed.flush().unwrap();
    let mut followed = String::new();
    let end = flate2::read::GzDecoder::new(fs::File::open(place("flows.csv.gz.part")).unwrap())
        .read_to_string(&mut followed);
    assert_eq!((followed.lines().count(), end.unwrap_err().kind()), (2, ErrorKind::UnexpectedEof));

    second.write(&records[1..]).unwrap();
    second.finish().unwrap();
    assert_eq!(fs::read(place("flows.csv")).unwrap(), flows.written(Format::Csv));
    packed.write(&records[1..]).unwrap();
    packed.finish().unwrap();
    assert_eq!(decompressed("gz", &fs::read(place("flows.csv.gz")).unwrap()), flows.written(Format::Csv));
    drop(first);
    let left = fs::read_to_string(place("flows.csv.part")).unwrap();
    assert_eq!(left, "what is left of a run that was killed");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 3);
}

/// What one gzip member, or one Zstandard frame, has; the name says which.
fn decompressed(extension: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    match extension {
        "gz" => flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap(),
        _ => zstd::stream::read::Decoder::new(bytes).unwrap().single_frame().read_to_end(&mut text).unwrap(),
    };
    text
}

#[test]
fn text_is_compressed_where_the_name_says_so() {
    let flows = flows(2_000, everything());
    for format in [Format::Csv, Format::JsonLines, Format::Json] {
        let text = flows.written(format);
        for extension in ["gz", "zst"] {
            let name = format!("flows.{extension}");
            let mut records = flows.streamer.records().unwrap();
            let batches = std::iter::from_fn(|| records.next_batch()).map(Result::unwrap);
            let compressed = flows.written_to(&name, format, batches);
            assert!(compressed.len() * 4 < text.len(), "{} of {}", compressed.len(), text.len());
            assert!(decompressed(extension, &compressed) == text, "{format}.{extension}");
            let one_by_one = flows.records().into_iter().map(|record| vec![record]);
            assert!(flows.written_to(&name, format, one_by_one) == compressed, "{format}.{extension}");
        }
    }
}

#[cfg(feature = "parquet")]
#[test]
fn what_is_compressed_inside_is_not_compressed_again() {
    let directory = tempfile::tempdir().unwrap();
    let flows = flows(0, everything());
    for (name, format) in [("flows.parquet.gz", Format::Parquet), ("flows.arrow.zst", Format::Arrow)] {
        assert_eq!(Format::from_path(Path::new(name)), Some(format));
        let path = directory.path().join(name);
        let error = Writer::create(path.as_path(), format, flows.schema()).err().unwrap().to_string();
        let reason = format!("{format} is not compressed as a whole: leave out .gz or .zst");
        assert_eq!(error, format!("{}: {reason}", path.display()));
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn further_columns_are_compressed_and_put_into_arrays_like_others() {
    let flows = flows(3, Streamer::builder().n_dissections(0));
    let further = |names: &[&str]| -> Vec<Further> {
        let one = |name: &&str| Further { name: (*name).to_owned(), value: "1".to_owned() };
        names.iter().map(one).collect()
    };
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, format| {
        let path = directory.path().join(name);
        let mut writer =
            FurtherWriter::create(path.clone(), format, flows.schema(), None, None, &Patience::default())
                .unwrap();
        for (record, names) in flows.records().iter().zip([&["a"][..], &[], &["b", "a"]]) {
            writer.write(record, &further(names)).unwrap();
        }
        writer.finish().unwrap();
        fs::read(path).unwrap()
    };
    let csv = write("flows.csv", Format::Csv);
    let text = String::from_utf8(csv.clone()).unwrap();
    let ends: Vec<&str> = text.lines().map(|line| &line[line.len() - 4..]).collect();
    assert!(
        ends[0].ends_with(",a,b")
            && ends[1].ends_with(",1,")
            && ends[2].ends_with(",,")
            && ends[3].ends_with(",1,1")
    );
    let array = write("flows.json", Format::Json);
    let objects: Vec<Json> = serde_json::from_slice(&array).unwrap();
    assert_eq!(objects[2]["b"], Json::from(1));
    let lines = write("flows.jsonl", Format::JsonLines);
    let lines: Vec<Json> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, objects);
    for (extension, text, format) in [
        ("gz", &csv, Format::Csv),
        ("zst", &csv, Format::Csv),
        ("gz", &array, Format::Json),
        ("zst", &array, Format::Json),
    ] {
        assert_eq!(decompressed(extension, &write(&format!("flows.{extension}"), format)), *text);
    }

    let path = directory.path().join("followed.jsonl");
    let mut writer = FurtherWriter::create(
        path.clone(),
        Format::JsonLines,
        flows.schema(),
        None,
        None,
        &Patience::default(),
    )
    .unwrap();
    writer.write(&flows.records()[0], &[]).unwrap();
    writer.flush().unwrap();
    assert_eq!(fs::read_to_string(path.with_extension("jsonl.part")).unwrap().lines().count(), 1);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let (one, three) = (flows(2_000, everything().n_meters(1)), flows(2_000, everything().n_meters(3)));
    for format in Format::all() {
        let at_once = one.written_of(format, [one.records()].into_iter());
        assert_eq!(one.written(format), at_once, "{format}");
        assert_eq!(three.written(format), at_once, "{format}");
        let records = three.streamer.records().unwrap();
        let one_by_one = records.map(|record| vec![record.unwrap()]);
        assert_eq!(three.written_of(format, one_by_one), at_once, "{format}");
    }
}

/// Panics at a flow: when it has ended, or when its value is asked for.
#[derive(Clone)]
struct Panics {
    at_its_end: bool,
}

impl Plugin for Panics {
    type State = ();

    fn features(&self) -> Vec<Feature<()>> {
        let at_its_end = self.at_its_end;
        vec![Feature::new("odd", Kind::Int64, Unit::None, "Nothing.", move |flow, (): &()| {
            assert!(at_its_end || flow.src_port != 1_900, "asked for the value");
            Value::Int(0)
        })]
    }

    fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

    fn on_update(&mut self, (): &mut (), _: &Packet<'_>, _: &mut Flow) {}

    fn on_expire(&mut self, (): &mut (), flow: &mut Flow) {
        assert!(!self.at_its_end || flow.src_port != 1_900, "at its end");
    }
}

#[test]
fn a_panic_of_a_plugin_goes_on_in_the_thread_that_asks() {
    for (at_its_end, expected) in [(true, "at its end"), (false, "asked for the value")] {
        for n_meters in [1, 3] {
            let flows = flows(1_000, Streamer::builder().plugin(Panics { at_its_end }).n_meters(n_meters));
            for format in Format::all() {
                let written = catch_unwind(AssertUnwindSafe(|| flows.written(format)));
                let message = *written.unwrap_err().downcast::<&str>().unwrap();
                assert_eq!(message, expected, "{format}, {n_meters} meters");
            }
        }
    }
}

#[test]
fn hidden_columns_have_digests_in_every_format() {
    let plain = flows(40, everything());
    let names = ["id", "src_ip", "src_mac", "splt_ps", "bidirectional_first_seen_ms", "share"];
    let streamer = plain.streamer.anonymized(names, b"key").unwrap();
    let hidden = Captured { streamer, _capture: NamedTempFile::new().unwrap() };
    let records = hidden.records();
    for (hidden, plain) in records.iter().zip(plain.records()) {
        for (column, other) in hidden.schema().columns().iter().zip(plain.schema().columns()) {
            let (shown, value) = (hidden.get(&column.name).unwrap(), plain.get(&column.name).unwrap());
            if names.contains(&&*column.name) {
                assert_eq!(
                    (column.kind, shown),
                    (Kind::Text, Value::Text(digest(&value.to_string()).into()))
                );
            } else {
                assert_eq!((column, shown), (other, value));
            }
        }
    }
    let text = String::from_utf8(hidden.written(Format::Csv)).unwrap();
    let rows = records.iter().map(|record| record.values().map(|value| value.to_string()).collect());
    assert_eq!(parse_csv(&text)[1..], rows.collect::<Vec<Vec<String>>>());
    for format in Format::all() {
        assert_ne!(hidden.written(format), plain.written(format));
    }
}

/// Columns, with one that another is computed from, and one that is hidden, not among them.
const SELECTED: [&str; 5] = ["share", "dst_port", "src_ip", "mean_size", "splt_ps"];

#[test]
fn selected_columns_are_all_that_there_is_in_their_order() {
    let plain = flows(300, everything().feature("mean_size", "sum(raw_size) / bidirectional_packets"));
    let columns = |streamer: Streamer| Captured { streamer, _capture: NamedTempFile::new().unwrap() };
    let selected = columns(plain.streamer.selected(SELECTED).unwrap());
    let names = |schema: &Schema| schema.columns().iter().map(|column| column.name.to_string()).collect();
    let all: Vec<String> = names(plain.schema());
    assert_eq!(names(selected.schema()), SELECTED.to_vec());
    for (record, whole) in selected.records().iter().zip(plain.records()) {
        let values: Vec<Value<'_>> = SELECTED.iter().filter_map(|name| whole.get(name)).collect();
        assert_eq!(record.values().collect::<Vec<_>>(), values);
        assert_eq!((0..6).map_while(|index| record.value(index)).collect::<Vec<_>>(), values);
        assert_eq!(record.get("src_ip"), whole.get("src_ip"));
        assert_eq!((record.get("src_port"), record.value(5)), (None, None));
        assert_eq!(record.flow().src_port, whole.flow().src_port);
    }
    let csv = |captured: &Captured| parse_csv(&String::from_utf8(captured.written(Format::Csv)).unwrap());
    let place = |name: &&str| all.iter().position(|other| other == name).unwrap();
    let places: Vec<usize> = SELECTED.iter().map(place).collect();
    let project = |row: Vec<String>| places.iter().map(|place| row[*place].clone()).collect();
    assert_eq!(csv(&selected), csv(&plain).into_iter().map(project).collect::<Vec<Vec<String>>>());
    let lines = String::from_utf8(selected.written(Format::JsonLines)).unwrap();
    assert!(lines.starts_with("{\"share\":"), "{lines}");
}

#[test]
fn what_is_selected_and_what_is_hidden_do_not_depend_on_each_other() {
    let plain = flows(3, everything());
    let hidden = ["src_ip", "dst_ip", "src_mac"];
    let first = plain.streamer.selected(SELECTED.iter().filter(|name| **name != "mean_size")).unwrap();
    let first = first.anonymized(hidden, b"key").unwrap();
    let last = plain.streamer.anonymized(hidden, b"key").unwrap();
    let last = last.selected(["src_ip", "dst_port"]).unwrap().selected(["dst_port", "src_ip"]).unwrap();
    for streamer in [first, last] {
        assert_eq!(
            streamer.schema().columns().iter().find(|column| column.name == "src_ip").unwrap().kind,
            Kind::Text
        );
        for record in streamer.records().unwrap().map(Result::unwrap) {
            assert_eq!(record.get("src_ip"), Some(Value::Text(digest("10.0.0.1").into())));
            assert_eq!(record.get("dst_port"), Some(Value::Int(443)));
            let place =
                |name| record.schema().every_column().iter().position(|column| column.name == name).unwrap();
            assert_eq!(record.plain_value(place("src_ip")).unwrap().to_string(), "10.0.0.1");
            assert_eq!(record.plain_value(place("ip_version")), Some(Value::Int(4)));
            assert_eq!(record.plain_value(record.schema().every_column().len()), None);
            let set = record.with_values([(place("dst_port"), Value::Int(80))]).unwrap();
            assert_eq!(set.get("dst_port"), Some(Value::Int(80)));
        }
    }
}

#[test]
fn what_cannot_be_selected_is_told() {
    let streamer = flows(0, Streamer::builder()).streamer;
    let told = |names: &[&str]| streamer.selected(names).err().unwrap().to_string();
    assert_eq!(told(&[]), "no column is selected");
    assert_eq!(told(&["src_ip", "id", "src_ip"]), "the column src_ip is selected twice");
    assert_eq!(told(&["source_ip"]), "no column is called source_ip; did you mean src_ip?");
    assert!(told(&["SRC_IP"]).starts_with("no column is called SRC_IP; did you mean src_ip"));
    for (name, parameter) in [
        ("bidirectional_mean_ps", "statistical_analysis=True (--statistical-analysis)"),
        ("splt_ps", "splt_analysis=20 (--splt-analysis 20), or another number,"),
        ("l7", "l7_metadata=True (--l7-metadata)"),
        ("risks", "risks=True (--risks)"),
        ("src2dst_lost_bytes", "tcp_analysis=True (--tcp-analysis)"),
        ("icmp_type", "icmp_analysis=True (--icmp-analysis)"),
        ("system_process_pid", "system_visibility_mode=1 (--system-visibility-mode 1)"),
    ] {
        assert_eq!(told(&[name]), format!("no column is called {name}: {parameter} adds it"));
        assert_eq!(nfstream::parameter_that_adds(name), Some(parameter));
    }
    assert_eq!(nfstream::parameter_that_adds("src_ip"), None);
    assert_eq!(nfstream::parameter_that_adds("nothing"), None);
    let bare = Streamer::builder().n_dissections(0).decode_tunnels(false).source("none").build().unwrap();
    let told = |name: &str| bare.selected([name]).err().unwrap().to_string();
    assert!(told("application_name").contains(": n_dissections=20 (--n-dissections 20)"));
    assert!(told("tunnel_id").contains(": decode_tunnels=True (--decode-tunnels) adds it"));
}

/// BLAKE2b (RFC 7693) with the key `key`.
fn digest(text: &str) -> String {
    use blake2::digest::{KeyInit, Mac};

    let mut mac = blake2::Blake2bMac512::new_from_slice(b"key").unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_cannot_be_hidden_is_told() {
    let streamer = flows(0, everything()).streamer;
    let told =
        |columns: &[&str], key: &[u8]| streamer.anonymized(columns, key).err().map(|error| error.to_string());
    assert_eq!(told(&["src_ip"], &[7; 64]), None);
    let src = told(&["src_ip", "src"], &[7; 64]).unwrap();
    assert!(src.starts_with("no column is called src; did you mean src_"), "{src}");
    for length in [0, 65] {
        let expected = format!("an anonymisation key must have from 1 to 64 bytes, not {length}");
        assert_eq!(told(&["src_ip"], &vec![7; length]).unwrap(), expected);
    }
}

#[test]
fn numbered_files_together_hold_all_records() {
    let flows = flows(10, Streamer::builder());
    let whole = String::from_utf8(flows.written(Format::Csv)).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for (per_file, rotation, files) in [
        (4, 0, &[(1, 5), (5, 9), (9, 11)][..]),
        (5, 0, &[(1, 6), (6, 11)]),
        (10, 0, &[(1, 11)]),
        (4, 1, &[(9, 11)]),
        (3, 2, &[(7, 10), (10, 11)]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flows.csv");
        let [per_file, rotation] = [per_file, rotation].map(std::num::NonZeroUsize::new);
        let mut numbered = Numbered::create(
            path,
            Format::Csv,
            flows.schema(),
            per_file.unwrap(),
            rotation,
            &Patience::default(),
        )
        .unwrap();
        for pieces in flows.records().chunks(3) {
            numbered.write(pieces).unwrap();
        }
        numbered.finish().unwrap();
        for (number, (begin, end)) in files.iter().enumerate() {
            let file = directory.path().join(format!("flows.{number}.csv"));
            let expected = [lines[0], &lines[*begin..*end].concat()].concat();
            assert_eq!(fs::read_to_string(file).unwrap(), expected);
        }
        assert_eq!(fs::read_dir(&directory).unwrap().count(), files.len());
    }
}

#[test]
fn records_of_other_columns_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flows.csv");
    let mut writer = Writer::create(path.as_path(), Format::Csv, flows(0, everything()).schema()).unwrap();
    writer.write(&flows(1, everything()).records()).unwrap();
    let error = writer.write(&flows(1, Streamer::builder()).records()).unwrap_err();
    let expected = format!("{}: a record has different columns from the output", path.display());
    assert_eq!(error.to_string(), expected);

    // What lacks records must not look complete.
    let error = writer.finish().unwrap_err();
    let expected = format!("{}: an earlier write failed, so it is not complete", path.display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn a_missing_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let path = missing.join("flows.csv");
    let error = Writer::create(path.as_path(), Format::Csv, flows(0, everything()).schema()).err().unwrap();
    let expected = format!("{}: there is no directory {}", path.display(), missing.display());
    assert_eq!(error.to_string(), expected);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_those_of_any_file() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let directory = tempfile::tempdir().unwrap();
    let place = |name| directory.path().join(name);
    let mode = |name| fs::metadata(place(name)).unwrap().permissions().mode();
    let write = |name| {
        let writer = Writer::create(place(name), Format::Csv, flows(0, everything()).schema()).unwrap();
        writer.finish().unwrap();
    };
    fs::write(place("any"), "").unwrap();
    write("new");
    assert_eq!(mode("new"), mode("any"));

    // What the bits say beyond reading and writing is about the file that was there.
    for (is, becomes) in [(0o640, 0o640), (0o600, 0o600), (0o666, 0o666), (0o4755, 0o755)] {
        fs::set_permissions(place("any"), PermissionsExt::from_mode(is)).unwrap();
        let writer = Writer::create(place("any"), Format::Csv, flows(0, everything()).schema()).unwrap();
        assert_eq!(mode("any.part") & 0o7777, becomes);
        writer.finish().unwrap();
        assert_eq!(mode("any") & 0o7777, becomes);
    }

    fs::set_permissions(place("any"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("any", place("link")).unwrap();
    write("link");
    assert_eq!(mode("any") & 0o777, 0o640);
    assert!(place("link").is_symlink());
    assert_eq!(fs::read(place("any")).unwrap(), fs::read(place("new")).unwrap());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_have_its_name_stays_under_the_one_that_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let flows = flows(3, everything());
    let whole = directory.path().join("whole.csv");
    let mut writer = Writer::create(whole.as_path(), Format::Csv, flows.schema()).unwrap();
    writer.write(&flows.records()).unwrap();
    writer.finish().unwrap();

    for finish in [Writer::finish, Writer::finish_durably] {
        let path = directory.path().join("flows.csv");
        let mut writer = Writer::create(path.as_path(), Format::Csv, flows.schema()).unwrap();
        writer.write(&flows.records()).unwrap();
        fs::create_dir(&path).unwrap();
        let part = directory.path().join("flows.csv.part");
        assert_eq!(
            finish(writer).unwrap_err().to_string(),
            format!("{} is a directory; the written data is in {}", path.display(), part.display())
        );
        assert_eq!(fs::read(&part).unwrap(), fs::read(&whole).unwrap());
        fs::remove_file(part).unwrap();
        fs::remove_dir(path).unwrap();
    }
}

/// Writes until something fails.
#[cfg(target_os = "linux")]
fn failure(path: &Path, format: Format) -> Error {
    let flows = flows(3, everything());
    let attempt = || {
        let mut writer = Writer::create(path, format, flows.schema())?;
        writer.write(&flows.records())?;
        writer.finish()
    };
    attempt().unwrap_err()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_and_a_reader_that_has_gone_are_told_apart() {
    use std::os::fd::AsRawFd;

    for format in Format::all() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let pipe = format!("/proc/self/fd/{}", writer.as_raw_fd());
        for (path, expected) in [("/dev/full", ErrorKind::StorageFull), (&pipe, ErrorKind::BrokenPipe)] {
            let Error::Output { path: named, source } = failure(Path::new(path), format) else { panic!() };
            assert_eq!((named.as_path(), source.kind()), (Path::new(path), expected), "{format}");
        }
    }
}

#[cfg(feature = "parquet")]
mod typed {
    use std::io::Cursor;

    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type};
    use arrow_array::{RecordBatch, RecordBatchReader};
    use arrow_ipc::reader::FileReader;
    use arrow_schema::DataType;
    use nfstream::arrow::{BATCH_ROWS, RecordBatchBuilder};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::metadata::KeyValue;

    use super::*;

    fn read_arrow(bytes: Vec<u8>) -> (arrow_schema::Schema, Vec<RecordBatch>) {
        let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
        ((*reader.schema()).clone(), reader.map(Result::unwrap).collect())
    }

    fn read_parquet(bytes: Vec<u8>) -> (arrow_schema::Schema, Vec<RecordBatch>) {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, bytes).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
        let producer =
            KeyValue::new("producer".to_owned(), format!("nfstream {}", env!("CARGO_PKG_VERSION")));
        assert!(builder.metadata().file_metadata().key_value_metadata().unwrap().contains(&producer));
        (builder.schema().as_ref().clone(), builder.build().unwrap().map(Result::unwrap).collect())
    }

    /// All cells, as text and with their type.
    fn cells(batches: &[RecordBatch]) -> Vec<Vec<(DataType, String)>> {
        let mut rows = Vec::new();
        for batch in batches {
            for row in 0..batch.num_rows() {
                let cell = |column: &arrow_array::ArrayRef| (column.data_type().clone(), cell(column, row));
                rows.push(batch.columns().iter().map(cell).collect());
            }
        }
        rows
    }

    fn cell(array: &arrow_array::ArrayRef, row: usize) -> String {
        assert!(array.is_valid(row));
        match array.data_type() {
            DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
            DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
            DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Float64 => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
            DataType::List(_) => {
                format!(
                    "{:?}",
                    array.as_list::<i32>().value(row).as_primitive::<Int64Type>().values().to_vec()
                )
            }
            DataType::Struct(fields) => {
                let members = fields.iter().zip(array.as_struct().columns());
                let there = members.filter(|(_, texts)| texts.is_valid(row));
                let texts = there.map(|(field, texts)| {
                    (field.name().clone(), Json::from(texts.as_string::<i32>().value(row)))
                });
                Json::Object(texts.collect()).to_string()
            }
            other => panic!("{other}"),
        }
    }

    fn expected(records: &[Record]) -> Vec<Vec<(DataType, String)>> {
        let row = |record: &Record| {
            let columns = record.schema().columns().iter().zip(record.values());
            columns.map(|(column, value)| (data_type(column.kind), value.to_string())).collect()
        };
        records.iter().map(row).collect()
    }

    fn data_type(kind: Kind) -> DataType {
        match kind {
            Kind::UInt8 => DataType::UInt8,
            Kind::UInt16 => DataType::UInt16,
            Kind::Int32 => DataType::Int32,
            Kind::Int64 => DataType::Int64,
            Kind::Float64 => DataType::Float64,
            Kind::Text => DataType::Utf8,
            Kind::Int64List => DataType::new_list(DataType::Int64, false),
            Kind::TextList => DataType::new_list(DataType::Utf8, false),
            Kind::TextStruct(names) => {
                let field = |name: &&str| arrow_schema::Field::new(*name, DataType::Utf8, true);
                DataType::Struct(names.iter().map(field).collect())
            }
            other => panic!("{other}"),
        }
    }

    /// Name, unit and doc of every column.
    fn described(schema: &arrow_schema::Schema) -> Vec<(String, String, String)> {
        let fields = schema.fields().iter();
        let metadata =
            |field: &arrow_schema::Field, key| field.metadata().get(key).cloned().unwrap_or_default();
        fields.map(|field| (field.name().clone(), metadata(field, "unit"), metadata(field, "doc"))).collect()
    }

    fn declared(schema: &Schema) -> Vec<(String, String, String)> {
        let columns = schema.columns().iter();
        columns.map(|c| (c.name.to_string(), c.unit.symbol().to_owned(), c.doc.to_string())).collect()
    }

    #[test]
    fn files_read_back() {
        for flow_count in [0, 5, 300] {
            let flows = flows(flow_count, everything());
            let rows = expected(&flows.records());
            for (format, (schema, batches)) in [
                (Format::Arrow, read_arrow(flows.written(Format::Arrow))),
                (Format::Parquet, read_parquet(flows.written(Format::Parquet))),
            ] {
                assert_eq!(described(&schema), declared(flows.schema()), "{format}");
                assert_eq!(cells(&batches), rows, "{format}");
            }
        }
    }

    #[test]
    fn files_of_selected_columns_read_back() {
        let plain = flows(1_000, everything().feature("mean_size", "mean(raw_size)"));
        let streamer = plain.streamer.selected(SELECTED).unwrap();
        let selected = Captured { streamer, _capture: NamedTempFile::new().unwrap() };
        let (schema, batches) = read_parquet(selected.written(Format::Parquet));
        assert_eq!(described(&schema), declared(selected.schema()));
        assert_eq!(cells(&batches), expected(&selected.records()));
        let (schema, batches) = read_arrow(selected.written(Format::Arrow));
        assert_eq!(described(&schema), declared(selected.schema()));
        assert_eq!(cells(&batches), expected(&selected.records()));
    }

    #[test]
    fn batches_have_the_rows_asked_for() {
        let flows = flows(5, everything());
        let batches = flows.streamer.records().unwrap().batches(2);
        let schema = batches.schema();
        let batches: Vec<_> = batches.map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(batches.iter().all(|batch| batch.schema() == schema));
        assert_eq!(cells(&batches), expected(&flows.records()));
    }

    #[test]
    fn batches_end_where_they_would_without_help() {
        // Six kilobytes of lists for each.
        let flows = flows(12_000, Streamer::builder().n_dissections(0).splt_analysis(255).n_meters(2));
        let mut builder = RecordBatchBuilder::new(flows.schema(), BATCH_ROWS);
        let mut expected = Vec::new();
        for record in flows.records() {
            builder.append(&record).unwrap();
            if builder.is_full() {
                expected.push(builder.finish().unwrap());
            }
        }
        expected.push(builder.finish().unwrap());
        assert!(expected.len() > 1);
        let batches: Vec<_> =
            flows.streamer.records().unwrap().batches(BATCH_ROWS).map(Result::unwrap).collect();
        assert!(batches == expected, "{:?}", batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_record_is_lost_before_an_error() {
        use std::io::Write;
        use std::os::fd::AsRawFd;

        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"not a capture").unwrap();
        drop(writer);
        let broken = format!("/proc/self/fd/{}", reader.as_raw_fd());
        let capture = synthetic::capture(&[1, 2, 3].map(|port| packet((1, 2), (port, 443), 0, 0)));
        let streamer = Streamer::builder().source(capture.path()).source(broken.as_str()).build().unwrap();
        let mut batches = streamer.records().unwrap().batches(2);
        assert_eq!(batches.next().unwrap().unwrap().num_rows(), 2);
        assert_eq!(batches.next().unwrap().unwrap().num_rows(), 1);
        let error = batches.next().unwrap().unwrap_err().to_string();
        assert!(error.contains(&broken), "{error}");
        assert!(batches.next().is_none());
    }

    /// Says that its column holds bytes, and gives the source port.
    #[derive(Clone)]
    struct TooLarge;

    impl Plugin for TooLarge {
        type State = ();

        fn features(&self) -> Vec<Feature<()>> {
            vec![Feature::new("low_port", Kind::UInt8, Unit::None, "The source port.", |flow, (): &()| {
                Value::Int(flow.src_port.into())
            })]
        }

        fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

        fn on_update(&mut self, (): &mut (), _: &Packet<'_>, _: &mut Flow) {}
    }

    #[test]
    fn a_value_that_is_not_of_its_kind_is_an_error_after_the_rows_before_it() {
        let ports = [254, 255, 256, 7].map(|port| packet((1, 2), (port, 443), 0, 0));
        let flows = Captured::new(&ports, Streamer::builder().plugin(TooLarge));
        let reason = "nvalid argument error: column low_port: 256 is not of its kind, uint8";

        let mut batches = flows.streamer.records().unwrap().batches(10);
        assert_eq!(cells(&[batches.next().unwrap().unwrap()]), expected(&flows.records()[..2]));
        assert_eq!(batches.next().unwrap().unwrap_err().to_string(), format!("I{reason}"));
        assert!(batches.next().is_none());

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flows.parquet");
        let mut writer = Writer::create(path.as_path(), Format::Parquet, flows.schema()).unwrap();
        let error = writer.write(&flows.records()).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: i{reason}", path.display()));
    }

    #[test]
    fn so_is_one_that_others_come_upon() {
        let port = |n: u16| if n < 700 { n % 256 } else { n };
        let packets: Vec<_> =
            (0..1_000).map(|n| packet((n as u8, (n / 256) as u8), (port(n), 443), n.into(), 0)).collect();
        let flows = Captured::new(&packets, Streamer::builder().plugin(TooLarge).n_meters(1));
        // The worker is there as long as these are.
        let mut records = flows.streamer.records().unwrap();
        let mut batches = std::iter::from_fn(|| records.next_batch()).map(Result::unwrap);
        let all = batches.find(|batch| !batch.is_empty()).unwrap();
        assert_eq!(all.len(), 1_000);
        let mut builder = RecordBatchBuilder::new(flows.schema(), 10_000);
        let error = builder.append_all(&all, &Pool::default()).unwrap_err();
        assert!(error.to_string().contains("column low_port: 700 is not of its kind"), "{error}");
        assert!(builder.is_full());
        assert_eq!(builder.append_all(&all, &Pool::default()).unwrap(), 0);
        assert!(builder.append(&all[0]).is_err());
        assert_eq!(cells(&[builder.finish().unwrap()]), expected(&all[..700]));
        assert_eq!(builder.append_all(&all[..300], &Pool::default()).unwrap(), 300);
        assert_eq!(cells(&[builder.finish().unwrap()]), expected(&all[..300]));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_fifo_is_waited_for_as_long_as_patience_lasts() {
    use std::io::{self, Read};
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread;

    let flows = flows(2000, everything());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fifo.csv");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let write = |patience: &Patience| -> Result<(), Error> {
        let mut writer = Writer::create_with(path.as_path(), Format::Csv, flows.schema(), patience)?;
        writer.write(&flows.records())?;
        writer.finish()
    };

    // Nobody opens it.
    let error = write(&Patience::new(|| Ok(true))).unwrap_err().to_string();
    let expected = "interrupted before a reader opened it: nothing was written";
    assert_eq!(error, format!("{}: {expected}", path.display()));
    let error = write(&Patience::new(|| Err(io::Error::other("enough")))).unwrap_err().to_string();
    assert_eq!(error, format!("{}: enough", path.display()));

    // Somebody opens it when it has been asked for, and reads only when it is full.
    let (ask, asked) = mpsc::channel();
    let reader = {
        let path = path.clone();
        thread::spawn(move || {
            asked.recv().unwrap();
            let mut file = fs::File::open(path).unwrap();
            while asked.try_recv().is_ok() {}
            asked.recv().unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            text
        })
    };
    write(&Patience::new(move || ask.send(()).map(|()| false).map_err(io::Error::other))).unwrap();
    let file = directory.path().join("file.csv");
    let mut writer = Writer::create(file.as_path(), Format::Csv, flows.schema()).unwrap();
    writer.write(&flows.records()).unwrap();
    writer.finish().unwrap();
    assert_eq!(reader.join().unwrap(), fs::read_to_string(file).unwrap());
}

#[test]
fn files_that_lack_records_say_so_in_their_names() {
    let captured = Captured::new(&[packet((1, 2), (3, 4), 0, 5)], Streamer::builder());
    let records = captured.records();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flows.csv");
    let names = || {
        let entries = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let complete = |lost: u64| {
        let mut file = Retrying::create(path.clone(), Format::Csv, captured.schema()).unwrap();
        file.write(&records).unwrap();
        file.leave_out(lost);
        file.finish().unwrap();
        (file.lost(), file.take_incomplete())
    };
    assert_eq!(complete(0), (0, None));
    for (lost, name) in [(3, "flows.csv.incomplete"), (1, "flows.csv.1.incomplete")] {
        assert_eq!(complete(lost), (lost, Some(directory.path().join(name))));
        assert_eq!(fs::read(directory.path().join(name)).unwrap(), fs::read(&path).unwrap());
    }
    assert_eq!(names(), ["flows.csv", "flows.csv.1.incomplete", "flows.csv.incomplete"]);

    // Of files that are turned over, those are meant in whose time records were lost.
    let pattern = Pattern::new(directory.path().join("turned.csv")).unwrap();
    let mut files = Rotating::create(pattern, Format::Csv, captured.schema(), []).unwrap();
    for lost in [0, 2, 0] {
        files.write(&records).unwrap();
        files.leave_out(lost);
        files.turn().unwrap();
        assert_eq!(files.take_incomplete().is_some(), lost > 0);
    }
    // A time of which there is nothing at all has no file.
    files.leave_out(1);
    files.turn().unwrap();
    files.finish().unwrap();
    assert_eq!((files.lost(), files.files()), (3, 3));
    assert_eq!(names()[3..], ["turned-1.csv", "turned.csv", "turned.csv.incomplete"]);
}
