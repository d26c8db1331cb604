//! The engine on recorded captures: ours in `testdata`, and where it is there, a corpus with the flows that nfstream
//! 6.6.0 gives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use nfstream::sinks::Format;
use nfstream::{Profile, Streamer};

/// The records of captures read as one, in a file's bytes.
fn written(captures: &[PathBuf], n_meters: usize, format: Format) -> Vec<u8> {
    golden::written(captures, n_meters, format).unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Scripts that are made for nfstream find its columns, and no others unless they ask for them.
#[test]
fn columns_are_as_many_as_nfstream_has() {
    let core = Streamer::builder().source("none.pcap").profile(Profile::Nfstream).n_dissections(0);
    for (parameters, count) in [
        (core.clone(), 29),
        (core.clone().decode_tunnels(false), 28),
        (core.clone().statistical_analysis(true), 29 + 48),
        (core.clone().splt_analysis(1), 29 + 3),
        (core.n_dissections(20), 29 + 9),
    ] {
        let streamer = parameters.build().unwrap();
        let columns: Vec<_> = streamer.schema().columns().iter().map(|column| &column.name).collect();
        assert_eq!(
            columns.len(),
            count,
            "nfstream has {count}; what it does not have belongs to a family that a parameter of its own asks for: {columns:?}"
        );
    }
}

/// `testdata/expected` says what each capture gives, to the byte.
#[test]
fn testdata_gives_what_is_expected_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let captures = golden::captures(&root).unwrap();
    assert!(captures.len() > 30, "{} captures are not all", captures.len());
    let other: Vec<_> = captures
        .iter()
        .filter(|capture| {
            let expected = fs::read_to_string(root.join(golden::path(capture))).unwrap_or_default();
            golden::csv(capture).unwrap() != expected
        })
        .map(|capture| golden::path(capture))
        .collect();
    assert!(
        other.is_empty(),
        "other flows than in {}: see the difference with: cargo xtask generate --check; \
         if it is what you meant, write it with: cargo xtask generate",
        other.join(", ")
    );
}

/// Captures whose link type the reference does not read.
const ADDED: [&str; 1] = ["someip_sd_sample.pcap"];

const LAYER_7: [&str; 9] = [
    "application_name",
    "application_category_name",
    "application_is_guessed",
    "application_confidence",
    "requested_server_name",
    "client_fingerprint",
    "server_fingerprint",
    "user_agent",
    "content_type",
];

type Row = HashMap<String, String>;

/// Shares of flows whose verdict is that of the reference: what was reached once is kept.
const LEAST: [(&str, f64); 8] = [
    ("application_name", 0.99),
    ("application_confidence", 0.97),
    ("requested_server_name", 0.99),
    ("client_fingerprint", 0.99),
    ("server_fingerprint", 0.99),
    ("user_agent", 0.99),
    ("content_type", 0.98),
    ("Unknown", 0.99),
];
const LEAST_MACRO: f64 = 0.97;

fn rows(csv: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(csv).deserialize().map(Result::unwrap).collect()
}

/// What tells flows of a capture apart.
fn key(row: &Row) -> Vec<&str> {
    let columns = [
        "bidirectional_first_seen_ms",
        "src_ip",
        "src_port",
        "dst_ip",
        "dst_port",
        "protocol",
        "vlan_id",
        "tunnel_id",
        "bidirectional_packets",
        "bidirectional_bytes",
    ];
    columns.map(|column| row[column].as_str()).to_vec()
}

fn equal(ours: &str, theirs: &str) -> bool {
    let close = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs());
    ours == theirs || matches!((ours.parse(), theirs.parse()), (Ok(ours), Ok(theirs)) if close(ours, theirs))
}

#[test]
fn every_number_is_that_of_the_reference() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    for capture in files(&corpus.join("pcap")) {
        let name = file_name(&capture);
        let mut theirs = rows(&fs::read(corpus.join("expected").join(format!("{name}.csv"))).unwrap());
        let mut ours = rows(&written(&[capture], 1, Format::Csv));
        if ADDED.contains(&name.as_str()) {
            assert!(theirs.is_empty() && !ours.is_empty(), "{name} is not an addition any more");
            continue;
        }
        assert_eq!(ours.len(), theirs.len(), "flows of {name}");
        ours.sort_by(|a, b| key(a).cmp(&key(b)));
        theirs.sort_by(|a, b| key(a).cmp(&key(b)));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            // The reference numbers flows in another order; layer 7 has a test of its own.
            let numbers = |column: &&String| *column != "id" && !LAYER_7.contains(&column.as_str());
            for (column, value) in theirs.iter().filter(|(column, _)| numbers(column)) {
                let ours = ours.get(column).unwrap_or_else(|| panic!("{name}: there is no {column}"));
                assert!(equal(ours, value), "{name}: {column} is {ours}, not {value}: {theirs:?}");
            }
        }
    }
}

/// Of how many flows something is as the reference has it.
#[derive(Default)]
struct Share {
    equal: u32,
    all: u32,
}

impl Share {
    fn count(&mut self, equal: bool) {
        self.equal += u32::from(equal);
        self.all += 1;
    }

    fn of_one(&self) -> f64 {
        f64::from(self.equal) / f64::from(self.all.max(1))
    }
}

#[test]
fn verdicts_are_those_of_the_reference_as_often_as_ever() {
    let Some(corpus) = nfstream_skip::corpus() else { return };
    let mut labels = HashMap::<String, Share>::new();
    let mut figures = HashMap::<&str, Share>::new();
    for capture in files(&corpus.join("pcap")) {
        let expected = corpus.join("expected").join(format!("{}.csv", file_name(&capture)));
        let (mut theirs, mut ours) =
            (rows(&fs::read(expected).unwrap()), rows(&written(&[capture], 1, Format::Csv)));
        ours.sort_by(|a, b| key(a).cmp(&key(b)));
        theirs.sort_by(|a, b| key(a).cmp(&key(b)));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let equal = |column: &str| ours[column] == theirs[column];
            if theirs["application_name"] == "Unknown" {
                figures.entry("Unknown").or_default().count(equal("application_name"));
                continue;
            }
            labels.entry(theirs["application_name"].clone()).or_default().count(equal("application_name"));
            for column in LAYER_7.into_iter().filter(|column| !theirs[*column].is_empty()) {
                figures.entry(column).or_default().count(equal(column));
            }
        }
    }
    let macro_average = labels.values().map(Share::of_one).sum::<f64>() / labels.len() as f64;
    assert!(macro_average >= LEAST_MACRO, "of all names, {macro_average:.4} are right on average");
    for (column, least) in LEAST {
        let share = figures[column].of_one();
        assert!(share >= least, "{column}: {share:.4} are right, less than {least}");
    }
}

#[test]
fn records_do_not_depend_on_the_number_of_meters() {
    let captures =
        nfstream_skip::corpus().map_or_else(|| files(&testdata()), |corpus| files(&corpus.join("pcap")));
    let captures: Vec<_> = captures
        .into_iter()
        .filter(|path| !matches!(path.extension(), Some(e) if e == "md" || e == "py"))
        .collect();
    for format in [Format::Csv, Format::Parquet] {
        let one = written(&captures, 1, format);
        for n_meters in [2, 3, 8] {
            assert!(written(&captures, n_meters, format) == one, "{format} with {n_meters} meters");
        }
    }
}
