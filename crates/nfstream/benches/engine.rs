//! What each stage adds, in packets a second: read, decode, flow table, features, meters.
//!
//! `NFSTREAM_BENCH_CAPTURE` names the capture; without it one of 200,000 packets in 2,000 flows is made.

#[allow(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use std::path::PathBuf;
use std::sync::OnceLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use nfstream::{Streamer, StreamerBuilder};
use nfstream_capture::{Block, Captures, Input, Source};
use nfstream_decode::{LinkType, Reading, decode};

fn main() {
    divan::main();
}

struct Capture {
    path: PathBuf,
    packets: u64,
}

/// The capture, and how many packets are in it.
fn bench_capture() -> &'static Capture {
    static CAPTURE: OnceLock<Capture> = OnceLock::new();
    CAPTURE.get_or_init(|| {
        let path = std::env::var_os("NFSTREAM_BENCH_CAPTURE").map_or_else(made, PathBuf::from);
        let packets = frames(&path, |_| ());
        Capture { path, packets }
    })
}

fn made() -> PathBuf {
    let packets: Vec<synthetic::Packet> = (0..200_000_u64)
        .map(|number| {
            let flow = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53;
            let (host, port) = ((flow % 250) as u8, 1024 + flow as u16);
            let up = number % 3 > 0;
            synthetic::Packet {
                hosts: if up { (host, 251) } else { (251, host) },
                ports: if up { (port, 443) } else { (443, port) },
                v6: false,
                vlan: 0,
                time_us: 1_700_000_000_000_000 + number * 20,
                payload: if up { 0 } else { 1400 },
                flags: 0x10,
            }
        })
        .collect();
    let (_, path) = synthetic::capture(&packets).keep().expect("the temporary file can be kept");
    path
}

fn frames(path: &std::path::Path, mut each: impl FnMut(nfstream_capture::Frame<'_>)) -> u64 {
    let mut captures = Captures::open([Input::from(path)]).expect("the capture opens");
    let (mut block, mut count) = (Block::default(), 0);
    while captures.fill(&mut block).expect("the capture reads") {
        count += block.len() as u64;
        block.frames().for_each(&mut each);
    }
    count
}

#[divan::bench]
fn stage_1_read(bencher: Bencher<'_, '_>) {
    let capture = bench_capture();
    bencher.counter(ItemsCount::new(capture.packets)).bench_local(|| frames(&capture.path, |_| ()));
}

#[divan::bench]
fn stage_2_decode(bencher: Bencher<'_, '_>) {
    let capture = bench_capture();
    bencher.counter(ItemsCount::new(capture.packets)).bench_local(|| {
        frames(&capture.path, |frame| {
            let _ = black_box(decode(LinkType(frame.link_type), frame.bytes, Reading::SPECIFICATION));
        })
    });
}

fn run(bencher: Bencher<'_, '_>, parameters: impl Fn(StreamerBuilder) -> StreamerBuilder) {
    let capture = bench_capture();
    let builder = Streamer::builder().source(capture.path.as_path()).n_meters(1);
    let streamer = parameters(builder).build().expect("the parameters are right");
    bencher.counter(ItemsCount::new(capture.packets)).bench_local(|| {
        streamer
            .records()
            .expect("the capture opens")
            .map(|record| record.map(|_| 1).expect("it reads"))
            .sum::<u64>()
    });
}

#[divan::bench]
fn stage_3_table(bencher: Bencher<'_, '_>) {
    run(bencher, |builder| builder);
}

#[divan::bench]
fn stage_4_statistics(bencher: Bencher<'_, '_>) {
    run(bencher, |builder| builder.statistical_analysis(true));
}

#[divan::bench]
fn stage_5_statistics_and_splt(bencher: Bencher<'_, '_>) {
    run(bencher, |builder| builder.statistical_analysis(true).splt_analysis(20));
}

#[divan::bench]
fn stage_6_two_meters(bencher: Bencher<'_, '_>) {
    run(bencher, |builder| builder.statistical_analysis(true).splt_analysis(20).n_meters(2));
}
