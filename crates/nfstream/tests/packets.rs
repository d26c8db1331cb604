//! Runs packet by packet: the same records, and what is seen on the way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nfstream::{
    Event, Feature, Flow, Kind, LiveFlow, Orientation, Packet, Plugin, Record, Streamer, StreamerBuilder,
    TunnelKey, Unit, Value,
};

/// All captures of `testdata`, and of the corpus if it is there.
fn captures() -> Vec<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut captures = Vec::new();
    let corpus = nfstream_skip::corpus().map(|corpus| corpus.join("pcap"));
    for directory in [repository.join("testdata")].into_iter().chain(corpus) {
        captures.extend(fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
            path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng")
        }));
    }
    captures.sort();
    captures
}

fn everything(n_meters: usize) -> StreamerBuilder {
    let builder = Streamer::builder().sources(captures()).n_meters(n_meters).l7_metadata(true);
    builder.statistical_analysis(true).splt_analysis(3).idle_timeout(Duration::from_millis(2500))
}

/// What the record says in all its columns but the first ones left out.
fn shown(record: &Record, left_out: usize) -> Vec<String> {
    let mut values: Vec<_> = record.values().map(|value| value.to_string()).collect();
    values.truncate(values.len() - left_out);
    values
}

/// Runs packet by packet.
fn run(streamer: &Streamer, mut see: impl FnMut(&Event<'_>)) -> Vec<Vec<String>> {
    let mut packets = streamer.packets().unwrap();
    let mut records = Vec::new();
    while packets.receive().unwrap() {
        while let Some(event) = packets.next() {
            see(&event);
            if let Event::Ended { record, .. } = event {
                records.push(shown(&record, 0));
            }
        }
    }
    assert_eq!(packets.report().flows, records.len() as u64);
    records
}

#[test]
fn records_are_those_of_other_runs() {
    let mut expected = Vec::new();
    for further in [true, false] {
        let everything = |n_meters| match everything(n_meters) {
            plain if !further => plain,
            plain => plain.tunnel_key(TunnelKey::All).orientation(Orientation::Service),
        };
        let records = everything(2).build().unwrap().records().unwrap();
        expected = records.map(|record| shown(&record.unwrap(), 0)).collect::<Vec<_>>();
        assert!(expected.len() > 100);
        for n_meters in [1, 3] {
            assert!(run(&everything(n_meters).build().unwrap(), |_| {}) == expected, "{n_meters} {further}");
        }
    }
    let few = everything(1).max_nflows(7).build().unwrap();
    assert!(run(&few, |_| {}) == expected[..7]);
}

#[test]
fn where_room_is_short_flows_end_as_with_one_meter() {
    let short = |n_meters| everything(n_meters).max_active_flows(10).build().unwrap();
    let mut records = short(1).records().unwrap();
    let expected: Vec<_> = records.by_ref().map(|record| shown(&record.unwrap(), 0)).collect();
    assert!(records.report().out_of_room > 100);
    assert!(run(&short(1), |_| {}) == expected);
    // Scouts of which each has a share of the room give up other flows. Only what payloads say may depend on that.
    let first_of_layer_7 = short(1).schema().index_of("application_name").unwrap();
    let before = |records: Vec<Vec<String>>| -> Vec<Vec<String>> {
        records.into_iter().map(|record| record[..first_of_layer_7].to_vec()).collect()
    };
    assert!(before(run(&short(3), |_| {})) == before(expected));
}

#[test]
fn values_so_far_end_as_those_of_the_record() {
    let streamer = everything(2).build().unwrap();
    let columns = 2..streamer.schema().columns().len();
    let mut alive: HashMap<u32, (LiveFlow, Vec<String>)> = HashMap::new();
    let mut compared = 0;
    run(&streamer, |event| match event {
        Event::Packet(seen) => {
            let flow = seen.flow();
            assert_eq!(flow.read(0, |id| id == Value::Int(0)), Some(true));
            let so_far = columns.clone().map(|column| flow.read(column, |value| value.to_string()).unwrap());
            let so_far = so_far.collect();
            let before = alive.insert(seen.slot, (flow, so_far));
            assert_eq!(before.is_none(), seen.begins);
        }
        Event::Ended { slot, record } => {
            let (flow, so_far) = alive.remove(slot).unwrap();
            assert_eq!(flow.read(0, |_| ()), None);
            for ((column, before), after) in columns.clone().zip(so_far).zip(&shown(record, 0)[2..]) {
                let column = &streamer.schema().columns()[column].name;
                // A guess, and what other flows have taught, comes with the end.
                if !column.starts_with("application") && column != "expiration_reason" {
                    assert_eq!(&before, after, "{column}");
                    compared += 1;
                }
            }
        }
        _ => {}
    });
    assert!(alive.is_empty() && compared > 1000);
}

#[test]
fn selected_columns_are_those_of_flows_that_are_alive() {
    let streamer = everything(1).build().unwrap().selected(["src2dst_packets", "ip_version"]).unwrap();
    let mut seen_flows = 0;
    let records = run(&streamer, |event| {
        if let Event::Packet(seen) = event {
            let flow = seen.flow();
            assert!(flow.read(0, |packets| matches!(packets, Value::Int(0..))).unwrap());
            assert!(flow.read(1, |version| matches!(version, Value::Int(4 | 6))).unwrap());
            assert_eq!(flow.read(2, |_| ()), None);
            let all = flow.schema();
            let place = |name| all.every_column().iter().position(|column| column.name == name).unwrap();
            assert!(
                flow.read_plain(place("bidirectional_packets"), |packets| matches!(packets, Value::Int(1..)))
                    .unwrap()
            );
            assert_eq!(flow.read_plain(all.every_column().len(), |_| ()), None);
            seen_flows += usize::from(seen.begins);
        }
    });
    assert_eq!((records.len(), records[0].len()), (seen_flows, 2));
}

/// Ends every flow with its third packet.
#[derive(Clone)]
struct Short;

impl Plugin for Short {
    type State = ();

    fn features(&self) -> Vec<Feature<()>> {
        vec![Feature::new("short", Kind::UInt8, Unit::None, "Nothing.", |_, ()| Value::Int(0))]
    }

    fn on_init(&mut self, _: &Packet<'_>, _: &mut Flow) {}

    fn on_update(&mut self, (): &mut (), _: &Packet<'_>, flow: &mut Flow) {
        if flow.bidirectional().packets == 3 {
            flow.expiration_id = -1;
        }
    }
}

#[test]
fn flows_that_are_ended_on_the_way_are_those_that_a_plugin_ends() {
    let with_plugin = everything(1).plugin(Short).build().unwrap();
    let expected: Vec<_> = with_plugin.records().unwrap().map(|record| shown(&record.unwrap(), 1)).collect();
    assert!(expected.iter().filter(|values| values[1] == "-1").count() > 100);
    let streamer = everything(2).build().unwrap();
    let packets = streamer.schema().index_of("bidirectional_packets").unwrap();
    let ended = run(&streamer, |event| {
        if let Event::Packet(seen) = event
            && seen.flow().read(packets, |value| value == Value::Int(3)) == Some(true)
        {
            seen.flow().set_expiration_id(-1);
        }
    });
    assert!(ended == expected);
    let by_plugin = run(&with_plugin, |_| {});
    assert!(by_plugin.iter().map(|values| &values[..values.len() - 1]).eq(expected.iter().map(|v| &v[..])));
}

#[test]
fn a_packet_that_is_kept_stays_as_it_was() {
    let streamer = everything(2).build().unwrap();
    let (mut kept, mut seen_bytes) = (Vec::new(), Vec::new());
    run(&streamer, |event| {
        if let Event::Packet(seen) = event {
            let packet = seen.keep();
            if kept.len() % 2 == 0 {
                packet.own();
            }
            kept.push(packet);
            seen_bytes.push((seen.packet.ip_packet().to_vec(), *seen.packet.headers, seen.packet.time));
        }
    });
    assert!(kept.len() > 1000);
    for (packet, (bytes, headers, time)) in kept.iter().zip(seen_bytes) {
        assert!(packet.with_ip_packet(|kept| kept == bytes));
        assert_eq!((packet.headers, packet.time), (headers, time));
    }
}
