//! Features of one expression against a slow reading of what they mean, packet by packet and at the end of the flow,
//! whatever the number of meters.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod synthetic;

use std::collections::HashMap;

use nfstream::{Direction, Event, Streamer, StreamerBuilder, Value};
use proptest::prelude::*;

use synthetic::{Packet, capture};

/// A number or a condition of a packet.
#[derive(Clone, Debug)]
enum OfPacket {
    Field(&'static str),
    Number(i64),
    Binary(&'static str, Box<[OfPacket; 2]>),
    Not(Box<OfPacket>),
}

/// A number of a flow.
#[derive(Clone, Debug)]
enum OfFlow {
    Function(&'static str, OfPacket, Option<OfPacket>),
    Column(&'static str),
    Number(i64),
    Binary(&'static str, Box<[OfFlow; 2]>),
}

/// Of each packet of a flow: the fields.
type Fields = HashMap<&'static str, i64>;

impl OfPacket {
    fn text(&self) -> String {
        match self {
            OfPacket::Field(name) => (*name).to_owned(),
            OfPacket::Number(number) => number.to_string(),
            OfPacket::Binary(operator, operands) => {
                format!("({} {operator} {})", operands[0].text(), operands[1].text())
            }
            OfPacket::Not(negated) => format!("(not {})", negated.text()),
        }
    }

    fn value(&self, packet: &Fields) -> i64 {
        match self {
            OfPacket::Field(name) => packet[name],
            OfPacket::Number(number) => *number,
            OfPacket::Binary(operator, operands) => {
                let [a, b] = [operands[0].value(packet), operands[1].value(packet)];
                match *operator {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "//" if b != 0 => (a as f64 / b as f64).floor() as i64,
                    "%" if b != 0 => a - b * (a as f64 / b as f64).floor() as i64,
                    "//" | "%" => 0,
                    "<" => (a < b).into(),
                    "<=" => (a <= b).into(),
                    ">" => (a > b).into(),
                    ">=" => (a >= b).into(),
                    "==" => (a == b).into(),
                    "!=" => (a != b).into(),
                    "and" => (a != 0 && b != 0).into(),
                    _ => (a != 0 || b != 0).into(),
                }
            }
            OfPacket::Not(negated) => (negated.value(packet) == 0).into(),
        }
    }
}

impl OfFlow {
    fn text(&self) -> String {
        match self {
            OfFlow::Function(function, of, None) => format!("{function}({})", of.text()),
            OfFlow::Function(function, of, Some(filter)) => {
                format!("{function}({} where {})", of.text(), filter.text())
            }
            OfFlow::Column(name) => (*name).to_owned(),
            OfFlow::Number(number) => number.to_string(),
            OfFlow::Binary(operator, operands) => {
                format!("({} {operator} {})", operands[0].text(), operands[1].text())
            }
        }
    }

    fn value(&self, packets: &[Fields]) -> f64 {
        match self {
            OfFlow::Function(function, of, filter) => {
                let passes = |packet: &&Fields| filter.as_ref().is_none_or(|f| f.value(packet) != 0);
                let values: Vec<f64> =
                    packets.iter().filter(passes).map(|packet| of.value(packet) as f64).collect();
                function_of(function, &values)
            }
            OfFlow::Column("bidirectional_packets") => packets.len() as f64,
            OfFlow::Column("dst2src_bytes") => {
                let down = packets.iter().filter(|packet| packet["direction"] == 1);
                down.map(|packet| packet["raw_size"]).sum::<i64>() as f64
            }
            OfFlow::Column(_) => {
                let sizes: Vec<_> = packets.iter().map(|packet| packet["raw_size"] as f64).collect();
                function_of("std", &sizes)
            }
            OfFlow::Number(number) => *number as f64,
            OfFlow::Binary(operator, operands) => {
                let [a, b] = [operands[0].value(packets), operands[1].value(packets)];
                match *operator {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    _ if b == 0.0 => 0.0,
                    _ => a / b,
                }
            }
        }
    }
}

fn function_of(function: &str, values: &[f64]) -> f64 {
    let Some((&first, _)) = values.split_first() else { return 0.0 };
    let sum: f64 = values.iter().sum();
    let count = values.len() as f64;
    let mean = sum / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let variance = if values.len() < 2 { 0.0 } else { squares / (count - 1.0) };
    match function {
        "sum" => sum,
        "min" => values.iter().copied().fold(first, f64::min),
        "max" => values.iter().copied().fold(first, f64::max),
        "mean" => mean,
        "var" => variance,
        "std" => variance.sqrt(),
        "first" => first,
        "last" => values[values.len() - 1],
        _ => {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            sorted.len().min(nfstream::expression::MOST_UNIQUE) as f64
        }
    }
}

const NUMBERS: [&str; 11] = [
    "raw_size",
    "ip_size",
    "transport_size",
    "payload_size",
    "delta_time",
    "direction_delta_time",
    "direction",
    "index",
    "direction_index",
    "src_port",
    "window",
];
const FLAGS: [&str; 4] = ["syn", "ack", "fin", "rst"];

fn number() -> impl Strategy<Value = OfPacket> {
    let leaf = prop_oneof![
        3 => prop::sample::select(&NUMBERS[..]).prop_map(OfPacket::Field),
        1 => prop::sample::select(&FLAGS[..]).prop_map(OfPacket::Field),
        1 => (-3..200_i64).prop_map(OfPacket::Number),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "//", "%"]);
        (operator, inner.clone(), inner)
            .prop_map(|(operator, a, b)| OfPacket::Binary(operator, [a, b].into()))
    })
}

fn condition() -> impl Strategy<Value = OfPacket> {
    let comparison = (prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]), number(), number())
        .prop_map(|(operator, a, b)| OfPacket::Binary(operator, [a, b].into()));
    let leaf = prop_oneof![comparison, prop::sample::select(&FLAGS[..]).prop_map(OfPacket::Field)];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let operator = prop::sample::select(vec!["and", "or"]);
        prop_oneof![
            (operator, inner.clone(), inner.clone())
                .prop_map(|(operator, a, b)| OfPacket::Binary(operator, [a, b].into())),
            inner.prop_map(|negated| OfPacket::Not(negated.into())),
        ]
    })
}

fn feature() -> impl Strategy<Value = OfFlow> {
    let functions =
        prop::sample::select(vec!["sum", "min", "max", "mean", "std", "var", "first", "last", "n_unique"]);
    let of = prop_oneof![number(), condition()];
    let leaf = prop_oneof![
        6 => (functions, of, prop::option::of(condition()))
            .prop_map(|(function, of, filter)| OfFlow::Function(function, of, filter)),
        1 => prop::sample::select(vec!["bidirectional_packets", "dst2src_bytes", "bidirectional_stddev_ps"])
            .prop_map(OfFlow::Column),
        1 => (0..9_i64).prop_map(OfFlow::Number),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/"]);
        (operator, inner.clone(), inner).prop_map(|(operator, a, b)| OfFlow::Binary(operator, [a, b].into()))
    })
}

fn packet() -> impl Strategy<Value = Packet> {
    let place = (prop::bool::ANY, 1..4_u8, prop::sample::select(vec![(0, 0), (1000, 80), (1001, 443)]));
    (place, 0..400_000_u64, 0..90_usize, any::<u8>()).prop_map(|((up, host, ports), gap, payload, flags)| {
        let (hosts, ports) = if up { ((host, 9), ports) } else { ((9, host), (ports.1, ports.0)) };
        Packet { hosts, ports, v6: host == 2, vlan: 0, time_us: gap, payload, flags }
    })
}

/// What the engine says of a packet, by the names of the fields.
fn fields(packet: &nfstream::Packet<'_>, before: &[Fields]) -> Fields {
    let headers = packet.headers;
    let direction = packet.direction as i64;
    let same: Vec<_> = before.iter().filter(|other| other["direction"] == direction).collect();
    let time = packet.time.milliseconds() as i64;
    let flag = |bit: u8| i64::from(headers.tcp_flags >> bit & 1);
    HashMap::from([
        ("raw_size", packet.raw_size.into()),
        ("ip_size", headers.ip_size.into()),
        ("transport_size", headers.transport_size.into()),
        ("payload_size", headers.payload_size.into()),
        ("time", time),
        ("delta_time", before.last().map_or(0, |last| time - last["time"])),
        ("direction_delta_time", same.last().map_or(0, |last| time - last["time"])),
        ("direction", (packet.direction == Direction::DstToSrc).into()),
        ("index", before.len() as i64),
        ("direction_index", same.len() as i64),
        ("src_port", headers.src_port.into()),
        ("window", if headers.protocol == 6 { 0xffff } else { 0 }),
        ("syn", flag(1)),
        ("ack", flag(4)),
        ("fin", flag(0)),
        ("rst", flag(2)),
    ])
}

fn float(value: &Value<'_>) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

fn assert_near(value: f64, expected: f64, feature: &OfFlow, packets: &[Fields]) {
    let scale = expected.abs().max(1.0);
    assert!(
        (value - expected).abs() <= 1e-6 * scale,
        "{} is {value}, not {expected}: {packets:?}",
        feature.text()
    );
}

fn builder(path: &std::path::Path, features: &[OfFlow]) -> StreamerBuilder {
    let builder = Streamer::builder().source(path).n_dissections(0).statistical_analysis(true);
    features.iter().enumerate().fold(builder, |builder, (number, feature)| {
        builder.feature(format!("feature_{number}"), feature.text())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn features_are_what_they_say(
        mut packets in prop::collection::vec(packet(), 1..60),
        features in prop::collection::vec(feature(), 1..8),
    ) {
        let mut now = 1_700_000_000_000_000;
        for packet in &mut packets {
            now += packet.time_us;
            packet.time_us = now;
        }
        let file = capture(&packets);

        let mut run = builder(file.path(), &features).build().unwrap().packets().unwrap();
        let first = run.schema().columns().len() - features.len();
        let mut flows: HashMap<u32, Vec<Fields>> = HashMap::new();
        let mut rows = Vec::new();
        while run.receive().unwrap() {
            while let Some(event) = run.next() {
                match event {
                    Event::Packet(seen) => {
                        let flow = flows.entry(seen.slot).or_default();
                        flow.push(fields(&seen.packet, flow));
                        for (number, feature) in features.iter().enumerate() {
                            let value = seen.flow().read(first + number, |value| float(&value)).unwrap();
                            assert_near(value, feature.value(flow), feature, flow);
                        }
                    }
                    Event::Ended { slot, record } => {
                        let flow = flows.remove(&slot).unwrap();
                        for (number, feature) in features.iter().enumerate() {
                            let value = float(&record.value(first + number).unwrap());
                            assert_near(value, feature.value(&flow), feature, &flow);
                        }
                        rows.push(format!("{record:?}"));
                    }
                    _ => {}
                }
            }
        }
        for n_meters in 1..=3 {
            let records = builder(file.path(), &features).n_meters(n_meters).build().unwrap().records().unwrap();
            let shown: Vec<_> = records.map(|record| format!("{:?}", record.unwrap())).collect();
            prop_assert_eq!(&shown, &rows, "{} meters", n_meters);
        }
    }
}
