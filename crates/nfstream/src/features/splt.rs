//! SPLT: the sequence of packet lengths and times at a flow's start (after B. Anderson and D. McGrew, "Identifying
//! Encrypted Malware Traffic with Contextual Flow Data", 9th ACM workshop on artificial intelligence and security, 2016).

use crate::column::Kind::Int64List;
use crate::column::{Feature, Unit, Value};
use crate::flow::Flow;
use crate::packet::Packet;
use crate::plugin::Plugin;

/// Direction, size and inter-arrival time of the first packets.
#[derive(Clone, Debug)]
pub(crate) struct Splt {
    /// How many packets.
    pub(crate) packets: usize,
}

/// Three lists of equal length in one piece: directions, sizes, inter-arrival times; -1 where there was no packet.
#[derive(Debug)]
pub(crate) struct Sequence(Box<[i64]>);

impl Sequence {
    fn set(&mut self, index: usize, packet: &Packet<'_>) {
        let length = self.0.len() / 3;
        let values = [packet.direction as i64, packet.size.into(), packet.piat_ms as i64];
        for (place, value) in self.0.iter_mut().skip(index).step_by(length).zip(values) {
            *place = value;
        }
    }

    fn list(&self, which: usize) -> Value<'_> {
        let length = self.0.len() / 3;
        Value::IntList(&self.0[which * length..][..length])
    }
}

impl Plugin for Splt {
    type State = Sequence;

    fn features(&self) -> Vec<Feature<Sequence>> {
        let list = |name: &'static str, unit, what: &str, which: usize| {
            let doc = format!("{what} of the first packets, in order; -1 where there was none.");
            Feature::new(name, Int64List, unit, doc, move |_, sequence: &Sequence| sequence.list(which))
        };
        vec![
            list("splt_direction", Unit::None, "Directions (0 from the source, 1 towards it)", 0),
            list("splt_ps", Unit::Bytes, "Sizes, by the accounting mode,", 1),
            list(
                "splt_piat_ms",
                Unit::Milliseconds,
                "Times since the flow's previous packet (0 for the first)",
                2,
            ),
        ]
    }

    fn on_init(&mut self, packet: &Packet<'_>, _: &mut Flow) -> Sequence {
        let mut sequence = Sequence(vec![-1; self.packets * 3].into());
        sequence.set(0, packet);
        sequence
    }

    #[inline]
    fn on_update(&mut self, sequence: &mut Sequence, packet: &Packet<'_>, flow: &mut Flow) {
        let [up, down] = &flow.totals;
        let index = up.packets + down.packets - 1;
        if index < self.packets as u64 {
            sequence.set(index as usize, packet);
        }
    }
}
