//! A flow: the packets of one conversation between two endpoints, with the data that every family of features may
//! use.

use std::net::IpAddr;

use nfstream_capture::Timestamp;
use nfstream_decode::{Address, Headers, Tunnel};

use super::packet::{Direction, Packet};
use super::tunnel_key::TunnelKey;

/// `expiration_id` of a flow that ended because there was no room for another.
pub(crate) const OUT_OF_ROOM: i32 = 2;

/// Totals of one direction of a flow so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Time of the first packet; the epoch while there is none.
    pub first_seen: Timestamp,
    /// Time of the last packet; the epoch while there is none.
    pub last_seen: Timestamp,
    /// Packets.
    pub packets: u64,
    /// Bytes, by the accounting mode.
    pub bytes: u64,
}

impl Totals {
    /// The totals of a direction without packets.
    const NONE: Self =
        Self { first_seen: Timestamp::EPOCH, last_seen: Timestamp::EPOCH, packets: 0, bytes: 0 };

    fn add(&mut self, time: Timestamp, size: u32) {
        if self.packets == 0 {
            self.first_seen = time;
        }
        self.last_seen = time;
        self.packets += 1;
        self.bytes += u64::from(size);
    }

    /// Time from the first packet to the last, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.last_seen.milliseconds() - self.first_seen.milliseconds()
    }
}

/// A VLAN id of 12 bits (IEEE 802.1Q), the IP version, and marks of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tags(u16);

impl Tags {
    const VLAN_ID: u16 = 0x0fff;
    const IPV6: u16 = 1 << 12;
    /// A flag that is next to data that every packet touches anyway.
    const INSPECTED: u16 = 1 << 13;
    /// The first packet is one of the destination.
    const TURNED: u16 = 1 << 14;
    /// The initial sequence number of the TCP connection is known.
    const OPENED: u16 = 1 << 15;

    /// The tags from a packet's headers.
    #[inline]
    fn of(headers: &Headers) -> Self {
        // The second bit tells 4 and 6 apart.
        Self(headers.vlan_id & Self::VLAN_ID | u16::from(headers.ip_version & 2) << 11)
    }
}

/// The number of a tunnel, and whether the endpoints have closed their TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Carrier(u8);

impl Carrier {
    const TUNNEL: u8 = 0x3f;
    const SRC_CLOSED: u8 = 1 << 6;
    const DST_CLOSED: u8 = 1 << 7;
    const BOTH_CLOSED: u8 = Self::SRC_CLOSED | Self::DST_CLOSED;
}

/// What tells flows apart beside addresses and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Circumstances {
    pub(super) tags: u16,
    pub(super) tunnel: u8,
    pub(super) protocol: u8,
    /// Id of the tunnel, if it is part of the key.
    pub(super) tunnel_id: u32,
}

/// Which circumstances tell flows apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRule {
    tags: u16,
    tunnel_key: TunnelKey,
}

impl KeyRule {
    pub(crate) fn new(vlan_in_key: bool, tunnel_key: TunnelKey) -> Self {
        let tags = if vlan_in_key { Tags::VLAN_ID | Tags::IPV6 } else { Tags::IPV6 };
        Self { tags, tunnel_key }
    }

    /// Whether several flows may have one key, told apart by ids that each direction of a tunnel has for itself.
    pub(crate) fn has_ids_of_directions(self) -> bool {
        self.tunnel_key == TunnelKey::All
    }

    /// The circumstances of a packet.
    #[inline]
    pub(super) fn of_packet(self, headers: &Headers) -> Circumstances {
        Circumstances {
            tags: Tags::of(headers).0 & self.tags,
            tunnel: headers.tunnel as u8,
            protocol: headers.protocol,
            tunnel_id: self.id(headers),
        }
    }

    /// The circumstances of a flow's packets.
    #[inline]
    pub(super) fn of_flow(self, flow: &Flow) -> Circumstances {
        Circumstances {
            tags: flow.tags.0 & self.tags,
            tunnel: flow.carrier.0 & Carrier::TUNNEL,
            protocol: flow.protocol,
            tunnel_id: flow.tunnel_id,
        }
    }

    #[inline]
    fn id(self, headers: &Headers) -> u32 {
        if self.tunnel_key != TunnelKey::None && headers.tunnel.is_id_shared() {
            headers.tunnel_id
        } else {
            0
        }
    }
}

/// A flow's identity and totals.
///
/// The source is the sender of the first packet, unless the [orientation](crate::Orientation) of the run says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub(crate) src: Address,
    pub(crate) dst: Address,
    /// MAC address of the source in the first packet.
    pub src_mac: [u8; 6],
    /// MAC address of the destination in the first packet.
    pub dst_mac: [u8; 6],
    /// Port of the source, 0 unless TCP or UDP.
    pub src_port: u16,
    /// Port of the destination, 0 unless TCP or UDP.
    pub dst_port: u16,
    tags: Tags,
    /// IP protocol number (IANA).
    pub protocol: u8,
    carrier: Carrier,
    /// Id of the tunnel, if it is part of the key.
    tunnel_id: u32,
    /// Initial sequence number of the TCP connection's opener. Until it is known, what the first packet says of it: 16 bits
    /// of its sequence number and 16 of its acknowledgment number; 0 if it says nothing.
    opening_sequence: u32,
    /// Why the flow ended: 0 idle or end of input, 1 active timeout, 2 out of room, -1 a plugin.
    /// A plugin that sets it to a negative number ends the flow with the packet at hand.
    pub expiration_id: i32,
    /// Totals of the packets that the source sent.
    up: Totals,
    /// Totals of the packets that the destination sent, if it has sent any. In a flood, no flow has these totals.
    down: Option<Box<Totals>>,
    /// Position of the first packet in the input: unique, and the order in which flows began.
    pub(crate) first_packet: u64,
}

impl Flow {
    /// Begins a flow with a packet, and counts the packet. Its direction says which endpoint is the source.
    pub(crate) fn begin(packet: &Packet<'_>, rule: KeyRule) -> Self {
        let headers = packet.headers;
        let sender = (headers.src, headers.src_mac, headers.src_port);
        let receiver = (headers.dst, headers.dst_mac, headers.dst_port);
        let (turned, [source, destination]) = match packet.direction {
            Direction::SrcToDst => (0, [sender, receiver]),
            Direction::DstToSrc => (Tags::TURNED, [receiver, sender]),
        };
        let mut flow = Flow {
            src: source.0,
            dst: destination.0,
            src_mac: source.1,
            dst_mac: destination.1,
            src_port: source.2,
            dst_port: destination.2,
            tags: Tags(Tags::of(headers).0 | turned),
            protocol: headers.protocol,
            carrier: Carrier(headers.tunnel as u8),
            tunnel_id: rule.id(headers),
            opening_sequence: 0,
            expiration_id: 0,
            up: Totals::NONE,
            down: None,
            first_packet: packet.position,
        };
        flow.add(packet);
        flow
    }

    /// Counts a packet. Returns the milliseconds since the previous packet in its direction, if there was one.
    #[inline]
    pub(crate) fn add(&mut self, packet: &Packet<'_>) -> Option<u64> {
        let own = match packet.direction {
            Direction::SrcToDst => &mut self.up,
            Direction::DstToSrc => self.down.get_or_insert_default(),
        };
        let piat_ms = (own.packets > 0).then(|| packet.time.milliseconds() - own.last_seen.milliseconds());
        own.add(packet.time, packet.size);
        piat_ms
    }

    /// The direction of a packet in this flow, or `None` if it belongs to another flow.
    #[inline]
    pub(crate) fn direction_of(
        &self,
        headers: &Headers,
        circumstances: Circumstances,
        rule: KeyRule,
    ) -> Option<Direction> {
        if rule.of_flow(self) != circumstances {
            return None;
        }
        // Arrays are compared at once, tuples number by number.
        let ours = [self.src_port, self.dst_port];
        if ours == [headers.src_port, headers.dst_port] && self.src == headers.src && self.dst == headers.dst
        {
            Some(Direction::SrcToDst)
        } else if ours == [headers.dst_port, headers.src_port]
            && self.src == headers.dst
            && self.dst == headers.src
        {
            Some(Direction::DstToSrc)
        } else {
            None
        }
    }

    /// Innermost VLAN id, 0 without a tag.
    #[inline]
    pub fn vlan_id(&self) -> u16 {
        self.tags.0 & Tags::VLAN_ID
    }

    /// The IP version, 4 or 6.
    #[inline]
    pub fn ip_version(&self) -> u8 {
        if self.tags.0 & Tags::IPV6 == 0 { 4 } else { 6 }
    }

    /// Whether further packets say nothing more about the application.
    #[inline]
    pub(crate) fn is_inspected(&self) -> bool {
        self.tags.0 & Tags::INSPECTED != 0
    }

    pub(crate) fn set_inspected(&mut self, is_inspected: bool) {
        self.tags.0 =
            if is_inspected { self.tags.0 | Tags::INSPECTED } else { self.tags.0 & !Tags::INSPECTED };
    }

    /// The tunnel that the packets were carried in.
    pub fn tunnel(&self) -> Tunnel {
        let number = self.carrier.0 & Carrier::TUNNEL;
        Tunnel::ALL.iter().copied().find(|tunnel| *tunnel as u8 == number).unwrap_or(Tunnel::None)
    }

    /// Whether the source is not the sender of the first packet.
    #[inline]
    pub fn is_turned(&self) -> bool {
        self.tags.0 & Tags::TURNED != 0
    }

    /// Direction of the first packet.
    #[inline]
    pub(crate) fn first_direction(&self) -> Direction {
        if self.is_turned() { Direction::DstToSrc } else { Direction::SrcToDst }
    }

    /// Whether another flow has the same key, and its first packet went in the same direction.
    pub(crate) fn begins_like(&self, other: &Self, rule: KeyRule) -> bool {
        rule.of_flow(self) == rule.of_flow(other) && self.first_endpoints() == other.first_endpoints()
    }

    /// Sender and receiver of the first packet.
    fn first_endpoints(&self) -> [(Address, u16); 2] {
        let (source, destination) = ((self.src, self.src_port), (self.dst, self.dst_port));
        if self.is_turned() { [destination, source] } else { [source, destination] }
    }

    /// Whether both endpoints have closed their TCP connection, or one has reset it.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.carrier.0 & Carrier::BOTH_CLOSED == Carrier::BOTH_CLOSED
    }

    /// Whether the only endpoint that packets came from has closed its TCP connection.
    pub(crate) fn is_closed_one_way(&self) -> bool {
        match self.carrier.0 & Carrier::BOTH_CLOSED {
            Carrier::SRC_CLOSED => self.down().packets == 0,
            Carrier::DST_CLOSED => self.up.packets == 0,
            _ => false,
        }
    }

    /// Notes that the sender of packets in a direction has closed its TCP connection.
    pub(crate) fn close(&mut self, direction: Direction) {
        self.carrier.0 |= match direction {
            Direction::SrcToDst => Carrier::SRC_CLOSED,
            Direction::DstToSrc => Carrier::DST_CLOSED,
        };
    }

    /// The initial sequence number of the TCP connection's opener, if it was seen.
    pub(crate) fn opening_sequence(&self) -> Option<u32> {
        (self.tags.0 & Tags::OPENED != 0).then_some(self.opening_sequence)
    }

    /// Notes the sequence and acknowledgment numbers of a first packet that does not open a TCP connection.
    pub(crate) fn begin_within(&mut self, sequence: u32, acknowledgment: u32) {
        self.opening_sequence = u32::from(place(sequence)) << 16 | u32::from(place(acknowledgment));
    }

    /// Whether a TCP connection that its opener begins with a sequence number may have had the flow's first packet, which was
    /// captured before: it has a number of the connection's first 32 KiB. `true` if the first packet had no numbers.
    pub(crate) fn may_open_with(&self, opener: Direction, sequence: u32) -> bool {
        let is_of_opener = opener == self.first_direction();
        let first = if is_of_opener { self.opening_sequence >> 16 } else { self.opening_sequence } as u16;
        self.opening_sequence == 0 || first.wrapping_sub(place(sequence)) <= place(32 << 10)
    }

    /// Begins another connection in the same flow.
    pub(crate) fn reopen(&mut self, sequence: u32) {
        self.carrier.0 &= !Carrier::BOTH_CLOSED;
        self.open(sequence);
    }

    /// Notes the initial sequence number of the TCP connection's opener.
    pub(crate) fn open(&mut self, sequence: u32) {
        self.tags.0 |= Tags::OPENED;
        self.opening_sequence = sequence;
    }

    /// Address of the source.
    pub fn src_ip(&self) -> IpAddr {
        self.src.to_ip(self.ip_version())
    }

    /// Address of the destination.
    pub fn dst_ip(&self) -> IpAddr {
        self.dst.to_ip(self.ip_version())
    }

    /// Totals of one direction.
    pub fn totals(&self, direction: Direction) -> &Totals {
        match direction {
            Direction::SrcToDst => &self.up,
            Direction::DstToSrc => self.down(),
        }
    }

    #[inline]
    fn down(&self) -> &Totals {
        self.down.as_deref().unwrap_or(&Totals::NONE)
    }

    /// Number of packets in both directions.
    #[inline]
    pub(crate) fn packets(&self) -> u64 {
        self.up.packets + self.down().packets
    }

    /// Totals of both directions together.
    pub fn bidirectional(&self) -> Totals {
        let (up, down) = (&self.up, self.down());
        Totals {
            first_seen: self.first_seen(),
            last_seen: self.last_seen(),
            packets: up.packets + down.packets,
            bytes: up.bytes + down.bytes,
        }
    }

    /// Time of the first packet.
    #[inline]
    pub fn first_seen(&self) -> Timestamp {
        if self.is_turned() { self.down().first_seen } else { self.up.first_seen }
    }

    /// Time of the last packet.
    #[inline]
    pub fn last_seen(&self) -> Timestamp {
        match &self.down {
            Some(down) => self.up.last_seen.max(down.last_seen),
            None => self.up.last_seen,
        }
    }

    /// Takes the flow out to keep it; the value left in its place is not used.
    pub(crate) fn take(&mut self) -> Self {
        Self { down: self.down.take(), ..*self }
    }

    /// The most bytes that a flow takes.
    pub(crate) const SIZE: usize = size_of::<Self>() + size_of::<Totals>();
}

/// The place of a sequence number in 4 MiB, in steps of 64: so little that a flow has room for two.
fn place(sequence: u32) -> u16 {
    (sequence >> 6) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_takes_as_little_memory_as_documented() {
        assert_eq!((size_of::<Flow>(), size_of::<Totals>()), (120, 40));
    }
}
