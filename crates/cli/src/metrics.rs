//! Counters of a run for Prometheus: an HTTP endpoint, `/metrics`, in the text exposition format, version 0.0.4.

mod server;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nfstream::Report;
use nfstream::in_words;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::failure::warn;
use crate::progress;

use server::{Page, Server};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The counters that are served.
#[derive(Default)]
struct Counters {
    report: Report,
    /// Name of each output, with the number of records that it has lost.
    lost: Vec<(String, u64)>,
}

/// Serves the counters to any client until it is dropped.
pub(crate) struct Metrics {
    /// `None` if it could not listen: the run goes on without it.
    server: Option<Server>,
    counters: Arc<Mutex<Arc<Counters>>>,
}

impl Metrics {
    /// Listens on an address, as in `127.0.0.1:9300`. For port 0 it takes a free port and prints it.
    ///
    /// If it cannot listen, it warns: a run is worth no less when nobody can ask for its progress.
    pub(crate) fn serve(address: &str) -> Self {
        let counters = Arc::new(Mutex::new(Arc::new(Counters::default())));
        let shown = Arc::clone(&counters);
        let asked = format!("--metrics {address}");
        let failed = move |error: &std::io::Error| {
            warn(&format!("{asked}: {}; connections are refused until this is over", in_words(error)));
        };
        let server = Server::start(address, move |path| page(path, &shown), failed)
            .inspect_err(|error| {
                warn(&format!("--metrics {address}: {}; the run goes on without it", in_words(error)));
            })
            .ok();
        if let (Some(server), true) = (&server, address.ends_with(":0")) {
            progress::aside(|| {
                eprintln!("nfstream: the counters are at http://{}/metrics", server.address());
            });
        }
        Self { server, counters }
    }

    /// Takes the current counters, and the number of records that each output has lost.
    pub(crate) fn update<'a>(&self, report: Report, lost: impl Iterator<Item = (&'a str, u64)>) {
        if self.server.is_some() {
            let lost = lost.map(|(output, records)| (output.to_owned(), records)).collect();
            *lock(&self.counters) = Arc::new(Counters { report, lost });
        }
    }
}

/// Answers a connection like a run that has read nothing yet. For fuzzing.
#[doc(hidden)]
pub async fn answer_metrics_request(connection: impl AsyncRead + AsyncWrite + Unpin) {
    let counters = Mutex::default();
    server::serve(connection, Arc::new(move |path| page(path, &counters))).await;
}

fn lock(counters: &Mutex<Arc<Counters>>) -> MutexGuard<'_, Arc<Counters>> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

fn page(path: &str, counters: &Mutex<Arc<Counters>>) -> Option<Page> {
    let text = match path {
        // The run does not wait while the text is made.
        "/metrics" => {
            let counters = Arc::clone(&lock(counters));
            text(&counters)
        }
        "/" => "nfstream: the counters are at /metrics\n".to_owned(),
        _ => return None,
    };
    Some(Page { content_type: CONTENT_TYPE, text })
}

fn text(Counters { report, lost }: &Counters) -> String {
    let mut text = Text(String::new());
    text.family("packets", "counter", "Frames read.", &[("", report.packets)]);
    text.family("bytes", "counter", "Bytes of these frames on the wire.", &[("", report.bytes)]);
    text.family("flows", "counter", "Flows that have ended.", &[("", report.flows)]);
    text.family(
        "out_of_room_flows",
        "counter",
        "Flows that ended early, because there was no room for more.",
        &[("", report.out_of_room)],
    );
    text.family(
        "cut_inspections",
        "counter",
        "Flows whose payloads were not inspected to the end, for lack of memory.",
        &[("", report.cut_inspections)],
    );
    text.family("active_flows", "gauge", "Flows that are alive.", &[("", report.active_flows())]);
    text.family(
        "filtered_packets",
        "counter",
        "Frames that the packet filter left out, if the kernel does not apply it.",
        &[("", report.filtered)],
    );
    let ignored: Vec<(String, u64)> =
        report.ignored_reasons().map(|(reason, count)| (format!("reason=\"{reason}\""), count)).collect();
    text.family("ignored_packets", "counter", "Frames that did not count for a flow.", &ignored);
    let noticed: Vec<(String, u64)> =
        report.noticed().map(|(notice, count)| (format!("what=\"{}\"", notice.name()), count)).collect();
    text.family("notices", "counter", "What was noticed about packets and flows.", &noticed);
    text.family(
        "dropped_packets",
        "counter",
        "Frames that were lost, because the kernel or the interface had no room for them.",
        &[("by=\"kernel\"", report.dropped_by_kernel), ("by=\"interface\"", report.dropped_by_interface)],
    );
    text.family(
        "clock_steps",
        "counter",
        "Packets of captures whose time is earlier than that of the previous packet, or more than an hour later.",
        &[("direction=\"ahead\"", report.jumps_ahead.count), ("direction=\"back\"", report.steps_back.count)],
    );
    text.family(
        "mended_packets",
        "counter",
        "Packets of captures that were more than an hour ahead of their neighbours.",
        &[("", report.clock_mended.count)],
    );
    let of_meters = |value: fn(&nfstream::MeterReport) -> u64| -> Vec<(String, u64)> {
        let meters = report.meters.iter().enumerate();
        meters.map(|(number, meter)| (format!("meter=\"{number}\""), value(meter))).collect()
    };
    text.family(
        "meter_packets",
        "counter",
        "Packets that a meter has counted.",
        &of_meters(|meter| meter.packets),
    );
    text.family(
        "meter_active_flows",
        "gauge",
        "Flows that are alive in a meter.",
        &of_meters(|meter| meter.active_flows),
    );
    let of_output = |(place, (output, records)): (usize, &(String, u64))| {
        let labels = label("output", output);
        // Names that are not UTF-8 may look the same, and a sample must not come twice.
        let labels = match lost[..place].iter().filter(|(other, _)| other == output).count() {
            0 => labels,
            others => format!("{labels},{}", label("number", &(others + 1).to_string())),
        };
        (labels, *records)
    };
    let lost: Vec<_> = lost.iter().enumerate().map(of_output).collect();
    text.family("lost_records", "counter", "Records that did not reach an output.", &lost);
    text.0
}

/// A label whose value may have any characters.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}

struct Text(String);

impl Text {
    /// Adds a metric with its samples: labels and value.
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[(impl AsRef<str>, u64)]) {
        if samples.is_empty() {
            return;
        }
        let total = if kind == "counter" { "_total" } else { "" };
        let name = format!("nfstream_{name}{total}");
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let labels = match labels.as_ref() {
                "" => String::new(),
                labels => format!("{{{labels}}}"),
            };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use nfstream::MeterReport;

    use super::*;

    fn ask(metrics: &Metrics, line: &str) -> String {
        let address = metrics.server.as_ref().unwrap().address();
        let mut connection = TcpStream::connect(address).unwrap();
        write!(connection, "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn counters_are_told_to_whoever_asks() {
        let metrics = Metrics::serve("127.0.0.1:0");
        let mut report = Report {
            packets: 12,
            flows: 3,
            out_of_room: 2,
            cut_inspections: 1,
            dropped_by_kernel: 5,
            ..Report::default()
        };
        report.meters =
            vec![MeterReport { packets: 7, active_flows: 2 }, MeterReport { packets: 5, active_flows: 1 }];
        // Two names that are not UTF-8 look the same.
        metrics.update(report, [("a \"b\"\\\n.csv", 4), ("a\u{fffd}", 1), ("a\u{fffd}", 2)].into_iter());
        let answer = ask(&metrics, "GET /metrics");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        for line in [
            "# TYPE nfstream_packets_total counter",
            "nfstream_packets_total 12",
            "nfstream_flows_total 3",
            "nfstream_out_of_room_flows_total 2",
            "nfstream_cut_inspections_total 1",
            "# TYPE nfstream_active_flows gauge",
            "nfstream_active_flows 3",
            "nfstream_dropped_packets_total{by=\"kernel\"} 5",
            "nfstream_dropped_packets_total{by=\"interface\"} 0",
            "nfstream_meter_packets_total{meter=\"1\"} 5",
            r#"nfstream_lost_records_total{output="a \"b\"\\\n.csv"} 4"#,
            "nfstream_lost_records_total{output=\"a\u{fffd}\"} 1",
            "nfstream_lost_records_total{output=\"a\u{fffd}\",number=\"2\"} 2",
        ] {
            assert!(answer.lines().any(|told| told == line), "{line}: {answer}");
        }
        assert!(ask(&metrics, "GET /other").starts_with("HTTP/1.1 404 "));
        assert!(ask(&metrics, "POST /metrics").starts_with("HTTP/1.1 405 "));
    }

    #[test]
    fn a_run_goes_on_where_the_address_is_taken() {
        let metrics = Metrics::serve("127.0.0.1:0");
        let address = metrics.server.as_ref().unwrap().address().to_string();
        let second = Metrics::serve(&address);
        assert!(second.server.is_none());
        second.update(Report::default(), std::iter::empty());
    }
}
