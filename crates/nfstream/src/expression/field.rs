//! Fields of packets, which expressions may name inside a function. Each is declared once.

use super::entropy;
use super::node::{Type, Word, word};
use crate::column::Unit;
use crate::flow::{Flow, Packet};

/// A field of packets.
#[derive(Debug)]
pub struct Field {
    /// The name in expressions.
    pub name: &'static str,
    pub(super) kind: Type,
    /// The unit of the values.
    pub unit: Unit,
    /// A sentence about the meaning.
    pub doc: &'static str,
    pub(super) read: fn(&Packet<'_>, &Flow) -> Word,
}

impl Field {
    /// The name of the type: `int`, `float` or `bool`.
    pub fn type_name(&self) -> &'static str {
        self.kind.name()
    }
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
        }
    }
}

/// All fields of packets, in the order of the reference.
pub const FIELDS: &[Field] = &[
    int("raw_size", Unit::Bytes, "Length on the wire, link header included.", |p, _| p.raw_size.into()),
    int("ip_size", Unit::Bytes, "Length of the IP packet.", |p, _| p.headers.ip_size.into()),
    int(
        "transport_size",
        Unit::Bytes,
        "Length of the payload of the IP packet, for TCP, UDP, ICMP and ICMPv6; 0 for others.",
        |p, _| p.headers.transport_size.into(),
    ),
    int(
        "payload_size",
        Unit::Bytes,
        "Length of the payload of TCP, UDP, ICMP and ICMPv6; 0 for others.",
        |p, _| p.headers.payload_size.into(),
    ),
    int(
        "size",
        Unit::Bytes,
        "The one of these lengths that the accounting mode selects, as in columns of bytes.",
        |p, _| p.size.into(),
    ),
    int("time", Unit::EpochMilliseconds, "Time of capture.", |p, _| whole(p.time.milliseconds())),
    int(
        "delta_time",
        Unit::Milliseconds,
        "Time since the previous packet of the flow; 0 for the first.",
        |p, _| whole(p.piat_ms),
    ),
    int(
        "direction_delta_time",
        Unit::Milliseconds,
        "Time since the previous packet of the flow in the same direction; 0 for the first.",
        |p, _| whole(p.direction_piat_ms.unwrap_or(0)),
    ),
    int("direction", Unit::None, "0 from the source of the flow, 1 towards it.", |p, _| p.direction as i64),
    int("index", Unit::None, "Number of the packet in its flow, from 0.", |_, flow| {
        whole(flow.packets() - 1)
    }),
    int(
        "direction_index",
        Unit::None,
        "Number of the packet among those of its flow in the same direction, from 0.",
        |p, flow| whole(flow.totals(p.direction).packets - 1),
    ),
    int("src_port", Unit::None, "TCP or UDP port of the packet's sender, 0 for other protocols.", |p, _| {
        p.headers.src_port.into()
    }),
    int(
        "dst_port",
        Unit::None,
        "TCP or UDP port of the packet's receiver, 0 for other protocols.",
        |p, _| p.headers.dst_port.into(),
    ),
    int("protocol", Unit::None, "IP protocol number (IANA).", |p, _| p.headers.protocol.into()),
    int("ip_version", Unit::None, "4 or 6.", |p, _| p.headers.ip_version.into()),
    int("vlan_id", Unit::None, "Innermost VLAN id, 0 without a tag.", |p, _| p.headers.vlan_id.into()),
    int("tunnel_id", Unit::None, "Tunnel, numbered as in the column `tunnel_id`; 0 without one.", |p, _| {
        p.headers.tunnel as i64
    }),
    flag("syn", "TCP flag SYN.", |p, _| (p.headers.tcp_flags & 0x02 != 0).into()),
    flag("cwr", "TCP flag CWR.", |p, _| (p.headers.tcp_flags & 0x80 != 0).into()),
    flag("ece", "TCP flag ECE.", |p, _| (p.headers.tcp_flags & 0x40 != 0).into()),
    flag("urg", "TCP flag URG.", |p, _| (p.headers.tcp_flags & 0x20 != 0).into()),
    flag("ack", "TCP flag ACK.", |p, _| (p.headers.tcp_flags & 0x10 != 0).into()),
    flag("psh", "TCP flag PSH.", |p, _| (p.headers.tcp_flags & 0x08 != 0).into()),
    flag("rst", "TCP flag RST.", |p, _| (p.headers.tcp_flags & 0x04 != 0).into()),
    flag("fin", "TCP flag FIN.", |p, _| (p.headers.tcp_flags & 0x01 != 0).into()),
    int("window", Unit::None, "TCP window as given in the header, 0 for other protocols.", |p, _| {
        p.headers.tcp_window(p.frame).into()
    }),
    int("ttl", Unit::None, "Time to live of IPv4, hop limit of IPv6.", |p, _| p.headers.ttl(p.frame).into()),
    Field {
        name: "payload_entropy",
        kind: Type::Float,
        unit: Unit::None,
        doc: "Entropy of the captured payload in bits per byte, 0 to 8; 0 if `payload_size` is 0.",
        read: |p, _| word(if p.headers.payload_size == 0 { 0.0 } else { entropy::of(p.payload()) }),
    },
];

const fn int(
    name: &'static str,
    unit: Unit,
    doc: &'static str,
    read: fn(&Packet<'_>, &Flow) -> Word,
) -> Field {
    Field { name, kind: Type::Int, unit, doc, read }
}

const fn flag(name: &'static str, doc: &'static str, read: fn(&Packet<'_>, &Flow) -> Word) -> Field {
    Field { name, kind: Type::Bool, unit: Unit::None, doc, read }
}

fn whole(number: u64) -> Word {
    Word::try_from(number).unwrap_or(Word::MAX)
}
