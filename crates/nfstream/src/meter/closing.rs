//! TCP connections: when a new one begins on old ports (RFC 9293), and flows that end with theirs.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use foldhash::fast::FixedState;

use super::moment::{Cause, Moment};
use crate::flow::{Direction, Flow, Packet};
use crate::parameters::Parameters;

/// TCP flags (RFC 9293, section 3.1).
pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RST: u8 = 0x04;
pub(super) const ACK: u8 = 0x10;

/// IP protocol number of TCP.
pub(super) const TCP: u8 = 6;

/// What the connections of a run mean for its flows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connections {
    /// Whether every connection is a flow.
    pub(super) splits: bool,
    /// Whether a flow ends with its connection, and how long after it.
    pub(super) linger_ms: Option<u64>,
}

impl Connections {
    pub(crate) fn of(parameters: &Parameters) -> Self {
        let linger = u64::try_from(parameters.linger.as_millis()).unwrap_or(u64::MAX);
        Self { splits: parameters.splits_connections(), linger_ms: parameters.tcp_close.then_some(linger) }
    }
}

/// A number of four bytes in the TCP header of a packet, by its offset, if it was captured.
fn number(packet: &Packet<'_>, offset: usize) -> Option<u32> {
    let at = packet.headers.transport_offset as usize + offset;
    let bytes = packet.frame.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

fn sequence(packet: &Packet<'_>) -> Option<u32> {
    number(packet, 4)
}

fn acknowledgment(packet: &Packet<'_>) -> Option<u32> {
    number(packet, 8)
}

/// The opener of a connection and its initial sequence number, from a SYN or from the SYN-ACK that answers it. `None` if the
/// number was not captured.
fn opening(packet: &Packet<'_>) -> Option<(Direction, u32)> {
    Some(match packet.headers.tcp_flags & ACK {
        0 => (packet.direction, sequence(packet)?),
        _ => (packet.direction.opposite(), acknowledgment(packet)?.wrapping_sub(1)),
    })
}

/// The opener's initial sequence number if a packet opens another connection than that of a flow: the flow's is closed, or the
/// flow began with a packet that cannot be of this one.
#[inline]
pub(super) fn reopens(flow: &Flow, packet: &Packet<'_>) -> Option<u32> {
    let headers = packet.headers;
    if headers.tcp_flags & SYN == 0 || headers.protocol != TCP {
        return None;
    }
    let (opener, sequence) = opening(packet)?;
    let is_other = match flow.opening_sequence() {
        Some(known) => known != sequence && (flow.is_closed() || flow.is_closed_one_way()),
        None => flow.is_closed() || !flow.may_open_with(opener, sequence),
    };
    is_other.then_some(sequence)
}

/// Notes what the packet that begins a flow says of its connection, unless it opens one.
pub(super) fn note_first(flow: &mut Flow, packet: &Packet<'_>) {
    if packet.headers.tcp_flags & SYN == 0
        && let Some(sequence) = sequence(packet)
        && let Some(acknowledgment) = acknowledgment(packet)
    {
        flow.begin_within(sequence, acknowledgment);
    }
}

/// Notes what a packet with SYN, FIN or RST does to the connection of its flow. Returns the cause of the flow's end if the
/// connection is over.
pub(super) fn note(flow: &mut Flow, packet: &Packet<'_>) -> Option<Cause> {
    let flags = packet.headers.tcp_flags;
    if flags & SYN != 0
        && flow.opening_sequence().is_none()
        && let Some((_, sequence)) = opening(packet)
    {
        flow.open(sequence);
    }
    if flags & RST != 0 {
        flow.close(packet.direction);
        flow.close(packet.direction.opposite());
        return Some(Cause::Reset);
    }
    if flags & FIN != 0 {
        flow.close(packet.direction);
    }
    flow.is_closed().then_some(Cause::Close)
}

/// Flows whose connection is over, until late packets have had their time.
#[derive(Debug, Default)]
pub(super) struct Closings {
    /// The ends of flows, with their slots; the earliest first.
    queue: BinaryHeap<Reverse<(Moment, u32)>>,
    by_slot: HashMap<u32, Moment, FixedState>,
}

impl Closings {
    /// Ends the flow in a slot, unless it ends before.
    pub(super) fn add(&mut self, slot: u32, moment: Moment) {
        if self.moment(slot).is_none_or(|before| moment < before) {
            self.by_slot.insert(slot, moment);
            self.queue.push(Reverse((moment, slot)));
        }
    }

    /// When the flow in a slot ends.
    pub(super) fn moment(&self, slot: u32) -> Option<Moment> {
        self.by_slot.get(&slot).copied()
    }

    /// Forgets the flow in a slot, which has ended.
    pub(super) fn remove(&mut self, slot: u32) {
        self.by_slot.remove(&slot);
    }

    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.queue.peek().is_some_and(|Reverse((moment, _))| moment.time_ms <= now_ms)
    }

    /// Takes out the slots of flows that end by now.
    pub(super) fn take_due(&mut self, now_ms: u64, due: &mut Vec<u32>) {
        while self.is_due(now_ms)
            && let Some(Reverse((moment, slot))) = self.queue.pop()
        {
            if self.moment(slot) == Some(moment) {
                due.push(slot);
            }
        }
    }
}
