//! Lanes, which pass from stage to stage: a lane has the decoded packets of one block that belong to one meter.

use std::sync::Arc;

use nfstream_capture::{Block, Steering, Timestamp};
use nfstream_decode::{Address, Fragment, Headers};

/// A decoded packet on its way to a meter; its bytes are in the block that comes with it.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: Headers,
    pub(crate) time: Timestamp,
    pub(crate) hash: u64,
    /// Index of the frame in the block.
    pub(crate) frame: u32,
    pub(crate) raw_size: u32,
}

/// The place of a block in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Position of the block's first frame. `None` if blocks come from several rings; then only time says which packet came
    /// first.
    pub(crate) first_frame: Option<u64>,
    /// Time of the packet before it, if there was one.
    pub(crate) last: Option<Timestamp>,
    /// Time of the newest packet before it.
    pub(crate) before: Timestamp,
    /// Time of the newest packet up to the end of the block: the current time for every meter. Frames that do not count do
    /// not affect it.
    pub(crate) now: Timestamp,
    /// Whether the block's frames follow the packet before the block, and each other, in time and within an hour.
    pub(crate) is_orderly: bool,
    /// Whether nothing was read, because the input is silent so far.
    pub(crate) silent: bool,
}

impl Place {
    /// The position of a packet in the order of the input: its number or, for live capture, its time in nanoseconds.
    #[inline]
    pub(crate) fn position(&self, arrival: &Arrival) -> u64 {
        match self.first_frame {
            Some(first_frame) => first_frame + u64::from(arrival.frame),
            None => arrival.time.nanoseconds() as u64,
        }
    }
}

/// The packets that every meter gets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Broadcast {
    /// IP fragments, if they count: none of them alone tells whose flow it is of.
    pub(crate) fragments: bool,
    /// Packets that show a server.
    pub(crate) servers: bool,
}

impl Broadcast {
    /// Whether every meter gets a packet with these headers.
    #[inline]
    pub(crate) fn has(self, headers: &Headers) -> bool {
        self.fragments && headers.fragment != Fragment::Whole || self.servers && shows_server(headers)
    }
}

/// IP protocol number of TCP.
const TCP: u8 = 6;

/// Whether a packet shows that its sender is a server: it accepts a connection (SYN-ACK, RFC 9293, section 3.5).
#[inline]
pub(crate) fn shows_server(headers: &Headers) -> bool {
    /// FIN, SYN, RST and ACK.
    const FLAGS: u8 = 0x17;
    const SYN_ACK: u8 = 0x12;
    headers.tcp_flags & FLAGS == SYN_ACK && headers.protocol == TCP && headers.fragment == Fragment::Whole
}

/// The share of one meter in the flows of a run.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) number: usize,
    /// Number of meters.
    pub(crate) of: usize,
    /// Decides which meter gets a flow, if the hash does not.
    pub(crate) steering: Option<Steering>,
}

impl Share {
    /// All flows.
    pub(crate) const ALL: Self = Self { number: 0, of: 1, steering: None };

    /// Whether a flow is in the share.
    pub(crate) fn has(&self, hash: u64, headers: &Headers) -> bool {
        meter_of(hash, headers, self.of as u64, self.steering.as_ref()) == self.number
    }
}

/// The meter, one of `meters`, that has the flow of a packet with these headers and this hash.
#[inline]
pub(crate) fn meter_of(hash: u64, headers: &Headers, meters: u64, steering: Option<&Steering>) -> usize {
    let meter = match steering {
        Some(steering) => u64::from(steer(steering, headers)) % meters,
        // The low half, because a table takes its tags from the high one.
        None => (u64::from(hash as u32) * meters) >> 32,
    };
    meter as usize
}

/// Steers a packet as the kernel does when it can see the same headers.
fn steer(steering: &Steering, headers: &Headers) -> u32 {
    let words = |Address(address): Address| {
        let (words, _) = address.as_chunks::<4>();
        std::array::from_fn(|word| words.get(word).map_or(0, |bytes| u32::from_be_bytes(*bytes)))
    };
    let port = |port| if headers.protocol == TCP { port } else { 0 };
    steering.of((words(headers.src), port(headers.src_port)), (words(headers.dst), port(headers.dst_port)))
}

/// A packet that is this much later than the one before is worth reporting.
pub(crate) const JUMP_MS: u64 = 60 * 60 * 1000;

/// A block, and the packets in it that belong to one worker.
pub(crate) struct Lane {
    pub(crate) block: Arc<Block>,
    pub(crate) place: Place,
    pub(crate) arrivals: Vec<Arrival>,
    /// The packets that every worker gets.
    pub(crate) for_all: Arc<Vec<Arrival>>,
}

impl Lane {
    /// All packets in their order, in pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[Arrival]> {
        let mut own = self.arrivals.as_slice();
        let mut for_all = self.for_all.as_slice();
        let mut is_own_next = true;
        std::iter::from_fn(move || {
            if own.is_empty() && for_all.is_empty() {
                return None;
            }
            let (from, until) = if is_own_next { (&mut own, &for_all) } else { (&mut for_all, &own) };
            is_own_next = !is_own_next;
            let len = match until.first() {
                Some(next) => from.partition_point(|arrival| arrival.frame < next.frame),
                None => from.len(),
            };
            from.split_off(..len)
        })
    }

    /// Whether the worker has nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.arrivals.is_empty() && self.for_all.is_empty()
    }

    /// The packets for every worker that are of flows in a share. No fragment is.
    pub(crate) fn for_all_of(&self, share: &Share) -> impl Iterator<Item = &Arrival> {
        self.for_all
            .iter()
            .filter(|arrival| shows_server(&arrival.headers) && share.has(arrival.hash, &arrival.headers))
    }
}
