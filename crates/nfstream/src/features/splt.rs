//! SPLT: the sequence of packet lengths and times at a flow's start (after B. Anderson and D. McGrew, "Identifying
//! Encrypted Malware Traffic with Contextual Flow Data", 9th ACM workshop on artificial intelligence and security, 2016).

use super::plugin::Plugin;
use crate::column::Kind::Int64List;
use crate::column::{Feature, Unit, Value};
use crate::flow::{Direction, Flow, Packet};

/// Direction, size and inter-arrival time of the first packets.
#[derive(Clone, Debug)]
pub(crate) struct Splt {
    /// Number of packets.
    pub(crate) packets: usize,
}

/// The data kept of the first packets.
#[derive(Debug)]
pub(crate) struct Sequence {
    packets: Vec<Kept>,
    /// Length of the lists, which is the largest number of packets kept.
    length: usize,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    piat_ms: u64,
    size: u32,
    direction: Direction,
}

impl Sequence {
    fn push(&mut self, packet: &Packet<'_>) {
        let Packet { piat_ms, size, direction, .. } = *packet;
        self.packets.push(Kept { piat_ms, size, direction });
    }

    /// A list with one value for each packet, and -1 for each packet that is missing.
    fn list(&self, what: fn(&Kept) -> i64) -> Value<'static> {
        let mut list = Vec::with_capacity(self.length);
        list.extend(self.packets.iter().map(what));
        list.resize(self.length, -1);
        Value::IntList(list.into())
    }
}

impl Plugin for Splt {
    type State = Sequence;

    fn features(&self) -> Vec<Feature<Sequence>> {
        let list = |name: &'static str, unit, what: &str, read: fn(&Kept) -> i64| {
            let doc = format!("{what} of the first packets, in order; -1 if there was none.");
            Feature::new(name, Int64List, unit, doc, move |_, sequence: &Sequence| sequence.list(read))
        };
        vec![
            list("splt_direction", Unit::None, "Directions (0 from the source, 1 towards it)", |kept| {
                kept.direction as i64
            }),
            list("splt_ps", Unit::Bytes, "Sizes, by the accounting mode,", |kept| kept.size.into()),
            list(
                "splt_piat_ms",
                Unit::Milliseconds,
                "Times since the flow's previous packet (0 for the first)",
                |kept| kept.piat_ms as i64,
            ),
        ]
    }

    fn on_init(&mut self, packet: &Packet<'_>, _: &mut Flow) -> Sequence {
        let mut sequence = Sequence { packets: Vec::new(), length: self.packets };
        sequence.push(packet);
        sequence
    }

    #[inline]
    fn on_update(&mut self, sequence: &mut Sequence, packet: &Packet<'_>, _: &mut Flow) {
        if sequence.packets.len() < sequence.length {
            sequence.push(packet);
        }
    }

    #[inline]
    fn memory(sequence: &Sequence) -> usize {
        sequence.packets.capacity() * size_of::<Kept>()
    }
}
