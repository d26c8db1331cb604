//! Flows of a capture, with a plugin of our own, as records and as Arrow record batches.
//!
//! ```sh
//! cargo run --example flows -- testdata/web.pcap
//! ```

use nfstream::{Feature, Flow, Kind, Packet, Plugin, Streamer, Unit, Value};

/// Counts the packets of a flow that carry payload.
#[derive(Clone)]
struct DataPackets;

impl Plugin for DataPackets {
    type State = u64;

    fn features(&self) -> Vec<Feature<u64>> {
        let doc = "Packets that carry payload.";
        vec![Feature::new("data_packets", Kind::Int64, Unit::Packets, doc, |_, count| Value::from(*count))]
    }

    fn on_init(&mut self, packet: &Packet<'_>, _: &mut Flow) -> u64 {
        u64::from(packet.headers.payload_size > 0)
    }

    fn on_update(&mut self, count: &mut u64, packet: &Packet<'_>, _: &mut Flow) {
        *count += u64::from(packet.headers.payload_size > 0);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which capture? Name one: flows CAPTURE")?;
    let streamer = Streamer::builder().source(path).statistical_analysis(true).plugin(DataPackets).build()?;

    let mut records = streamer.records()?;
    for record in &mut records {
        let record = record?;
        let flow = record.flow();
        println!(
            "{}:{} -> {}:{}  {} packets, {} with payload, mean size {} bytes",
            flow.src_ip(),
            flow.src_port,
            flow.dst_ip(),
            flow.dst_port,
            flow.bidirectional().packets,
            record.get("data_packets").ok_or("no such column")?,
            record.get("bidirectional_mean_ps").ok_or("no such column")?,
        );
    }
    let report = records.report();
    println!("{} packets, {} of them ignored, {} flows", report.packets, report.ignored(), report.flows);

    for batch in streamer.records()?.batches(65_536) {
        let batch = batch?;
        println!("a record batch of {} rows and {} columns", batch.num_rows(), batch.num_columns());
    }
    Ok(())
}
