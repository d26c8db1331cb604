//! What a record costs in each format, for the core columns and for all.

#[allow(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use divan::Bencher;
use divan::counter::ItemsCount;
use nfstream::arrow::RecordBatchBuilder;
use nfstream::sinks::{Format, Writer};
use nfstream::{Record, Streamer, StreamerBuilder};

const FLOWS: u32 = 2_000;

fn main() {
    divan::main();
}

/// TCP flows of six packets, every fourth IPv6.
fn records(parameters: StreamerBuilder) -> Vec<Record> {
    let packet = |flow: u32, number: u32| {
        let (host, port) = ((flow % 250) as u8, 1024 + flow as u16);
        let up = !number.is_multiple_of(3);
        synthetic::Packet {
            hosts: if up { (host, 251) } else { (251, host) },
            ports: if up { (port, 443) } else { (443, port) },
            v6: flow.is_multiple_of(4),
            vlan: 0,
            time_us: 1_700_000_000_000_000 + u64::from(flow) * 937 + u64::from(number) * 41_311,
            payload: (flow as usize * 31 + number as usize * 457) % 1400,
            flags: 0x10,
        }
    };
    let packets: Vec<_> =
        (0..FLOWS).flat_map(|flow| (1..7).map(move |number| packet(flow, number))).collect();
    let capture = synthetic::capture(&packets);
    let streamer = parameters.source(capture.path()).n_meters(1).build().expect("parameters are right");
    streamer.records().expect("the capture opens").map(|record| record.expect("the capture reads")).collect()
}

fn core() -> Vec<Record> {
    records(Streamer::builder())
}

fn all_columns() -> Vec<Record> {
    records(Streamer::builder().statistical_analysis(true).splt_analysis(20))
}

fn write(bencher: Bencher<'_, '_>, format: Format, records: &[Record]) {
    let schema = records[0].schema();
    bencher.counter(ItemsCount::new(records.len())).bench(|| {
        let mut writer = Writer::create("/dev/null", format, schema).expect("the device opens");
        writer.write(records).expect("the device takes it");
        writer.finish().expect("the device takes it");
    });
}

#[divan::bench(args = Format::all())]
fn core_columns(bencher: Bencher<'_, '_>, format: Format) {
    write(bencher, format, &core());
}

#[divan::bench(args = Format::all())]
fn statistics_and_splt_20(bencher: Bencher<'_, '_>, format: Format) {
    write(bencher, format, &all_columns());
}

/// What it costs to ask for every value, and do nothing with it.
#[divan::bench]
fn values_statistics_and_splt_20(bencher: Bencher<'_, '_>) {
    let records = all_columns();
    bencher.counter(ItemsCount::new(records.len())).bench(|| {
        records.iter().for_each(|record| record.values().for_each(|value| drop(divan::black_box(value))));
    });
}

#[divan::bench]
fn record_batch_statistics_and_splt_20(bencher: Bencher<'_, '_>) {
    let records = all_columns();
    bencher.counter(ItemsCount::new(records.len())).bench(|| {
        let mut builder = RecordBatchBuilder::new(records[0].schema(), records.len());
        records.iter().for_each(|record| builder.append(record).expect("values are of their kind"));
        builder.finish()
    });
}
