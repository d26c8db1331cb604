//! The settings that all meters of a run share.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use nfstream_capture::Steering;
use nfstream_decode::Reading;
use nfstream_processes::Watcher;

use super::closing::Connections;
use super::fragments::{Defragmenter, Lookup};
use super::servers::Servers;
use super::timers::Timers;
use super::tunnel_ids::TunnelIds;
use crate::features::{Accumulators, Families};
use crate::flow::{Flow, KeyHash, Orientation};
use crate::lane::{Broadcast, Share};
use crate::parameters::Parameters;
use crate::record::Schema;
use crate::room::{Room, Sizes};
use crate::status::Tally;

/// The settings of a run's meters.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) parameters: Parameters,
    /// The parameters' timeouts in milliseconds, which packets are compared with.
    pub(crate) idle_timeout_ms: u64,
    pub(crate) active_timeout_ms: u64,
    /// The grid that flows are cut at; 0 for none.
    pub(crate) slice_ms: u64,
    pub(crate) connections: Connections,
    pub(crate) orientation: Orientation,
    pub(crate) tally: Arc<Tally>,
    pub(crate) room: Room,
    /// Inspections that ended before they were done, for want of memory.
    pub(crate) cut_inspections: Arc<AtomicU64>,
    pub(crate) families: Families,
    pub(crate) schema: Arc<Schema>,
    pub(crate) key_hash: KeyHash,
    /// The flows of the meter.
    pub(crate) share: Share,
    /// The packets that every meter gets.
    pub(crate) broadcast: Broadcast,
    /// How frames are read.
    pub(crate) reading: Reading,
    /// Whether time goes on while no packets come.
    pub(crate) is_live: bool,
    /// The watcher that knows the processes of this machine, if they are asked for.
    pub(crate) watcher: Option<Arc<Watcher>>,
}

impl Config {
    /// The settings of meter `number`, one of `of` meters that share the room and the flows.
    pub(crate) fn of_meter(&self, number: usize, of: usize, steering: Option<&Steering>) -> Self {
        let share = Share { number, of, steering: steering.cloned() };
        Self { room: self.room.of_meter(number, of), share, ..self.clone() }
    }

    /// What puts fragments together, if they count.
    pub(super) fn defragmenter(&self) -> Option<Defragmenter> {
        self.reading.counts_fragments.then(|| {
            Defragmenter::new(Lookup {
                key_hash: self.key_hash.clone(),
                share: self.share.clone(),
                reading: self.reading,
                tally: Arc::clone(&self.tally),
            })
        })
    }

    /// The sizes of a flow in a meter with these families.
    pub(crate) fn sizes(&self, accumulators: &Accumulators) -> Sizes {
        let timers = if self.is_live { 2 } else { 1 };
        let ids = if self.key_hash.rule().has_ids_of_directions() { TunnelIds::SLOT_SIZE } else { 0 };
        let own = Flow::SIZE + timers * Timers::SLOT_SIZE + ids;
        Sizes::new(own, accumulators.slot_sizes())
    }

    /// Bytes that a meter takes for the servers that it knows.
    pub(crate) fn servers_memory(&self) -> usize {
        if self.broadcast.servers { Servers::MEMORY } else { 0 }
    }
}
