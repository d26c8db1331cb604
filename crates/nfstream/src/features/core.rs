//! Core columns: who spoke with whom, when and how much. Every record has them.

use std::borrow::Cow;

use nfstream_decode::Tunnel;

use super::scope::SCOPES;
use crate::column::Kind::{Int32, Int64, Text, UInt8, UInt16};
use crate::column::{Feature, Unit, Value};
use crate::flow::{ExpirationReason, Flow, Totals};

/// What a record knows that a flow does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// Number of the record; 0 while its flow is alive, and until the record is numbered.
    pub(crate) id: u64,
    /// Why the flow ended; `None` while it is alive.
    pub(crate) reason: Option<ExpirationReason>,
}

impl Exit {
    pub(crate) const ALIVE: Self = Self { id: 0, reason: None };
}

/// Core columns that not every record has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Further {
    /// `tunnel_id`.
    pub(crate) tunnel: bool,
    /// How the flow began and ended.
    pub(crate) connections: bool,
}

/// The core columns.
pub(crate) fn features(further: Further) -> Vec<Feature<Exit>> {
    let doc = "Number of the record, from 0 in the order in which flows ended.";
    let mut features = vec![
        Feature::new("id", Int64, Unit::None, doc, |_, exit: &Exit| Value::from(exit.id)),
        identity(
            "expiration_id",
            Int32,
            "Why the flow ended: 0 idle timeout, end of its connection or end of input, 1 active timeout or slice, 2 out of room (`max_active_flows`, `max_memory`), -1 a plugin.",
            |f| Value::Int(f.expiration_id.into()),
        ),
        identity(
            "src_ip",
            Text,
            "IP address of the source: the sender of the first packet, unless `is_turned`.",
            |f| Value::Ip(f.src_ip()),
        ),
        identity("src_mac", Text, "MAC address of the source.", |f| Value::Mac(&f.src_mac)),
        identity(
            "src_oui",
            Text,
            "First three bytes of the source's MAC address, the organisation's identifier.",
            |f| Value::Mac(&f.src_mac[..3]),
        ),
        identity("src_port", UInt16, "TCP or UDP port of the source, 0 for other protocols.", |f| {
            Value::Int(f.src_port.into())
        }),
        identity("dst_ip", Text, "IP address of the destination.", |f| Value::Ip(f.dst_ip())),
        identity("dst_mac", Text, "MAC address of the destination.", |f| Value::Mac(&f.dst_mac)),
        identity(
            "dst_oui",
            Text,
            "First three bytes of the destination's MAC address, the organisation's identifier.",
            |f| Value::Mac(&f.dst_mac[..3]),
        ),
        identity("dst_port", UInt16, "TCP or UDP port of the destination, 0 for other protocols.", |f| {
            Value::Int(f.dst_port.into())
        }),
        identity("protocol", UInt8, "IP protocol number (IANA): 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6.", |f| {
            Value::Int(f.protocol.into())
        }),
        identity("ip_version", UInt8, "IP version, 4 or 6.", |f| Value::Int(f.ip_version().into())),
        identity("vlan_id", UInt16, "Innermost VLAN id, 0 without a tag.", |f| {
            Value::Int(f.vlan_id().into())
        }),
    ];
    if further.tunnel {
        let mut tunnels: Vec<_> = [Tunnel::None].iter().chain(Tunnel::ALL).collect();
        tunnels.sort();
        let tunnels: Vec<_> =
            tunnels.iter().map(|&&tunnel| format!("{} {}", tunnel as u8, tunnel.name())).collect();
        let doc = format!("Tunnel of the packets: {}.", tunnels.join(", "));
        features.push(identity("tunnel_id", UInt8, doc, |f| Value::Int(f.tunnel() as i64)));
    }
    for (prefix, scope, direction) in SCOPES {
        let totals = move |flow: &Flow| match direction {
            Some(direction) => *flow.totals(direction),
            None => flow.bidirectional(),
        };
        let mut total = |name: &str, unit, doc: &str, value: fn(&Totals) -> u64| {
            features.push(Feature::new(
                format!("{prefix}_{name}"),
                Int64,
                unit,
                format!("{doc} {scope}."),
                move |flow, _: &Exit| Value::from(value(&totals(flow))),
            ));
        };
        total("first_seen_ms", Unit::EpochMilliseconds, "Time of the first packet", |t| {
            t.first_seen.milliseconds()
        });
        total("last_seen_ms", Unit::EpochMilliseconds, "Time of the last packet", |t| {
            t.last_seen.milliseconds()
        });
        total(
            "duration_ms",
            Unit::Milliseconds,
            "Time from the first packet to the last",
            Totals::duration_ms,
        );
        total("packets", Unit::Packets, "Packets", |t| t.packets);
        total("bytes", Unit::Bytes, "Bytes, by the accounting mode,", |t| t.bytes);
    }
    if further.connections {
        features.extend(of_connections());
    }
    features
}

/// The columns on how flows began and ended.
fn of_connections() -> [Feature<Exit>; 2] {
    let doc = format!("Why the flow ended: {}; empty while it is alive.", ExpirationReason::NAMES.join(", "));
    let turned = "1 if the source is not the sender of the first packet (`orientation`), else 0.";
    [
        Feature::new("expiration_reason", Text, Unit::None, doc, |_, exit: &Exit| {
            Value::Text(exit.reason.map_or("", ExpirationReason::name).into())
        }),
        identity("is_turned", UInt8, turned, |f| Value::Int(f.is_turned().into())),
    ]
}

fn identity(
    name: &'static str,
    kind: crate::Kind,
    doc: impl Into<Cow<'static, str>>,
    value: for<'a> fn(&'a Flow) -> Value<'a>,
) -> Feature<Exit> {
    Feature::new(name, kind, Unit::None, doc, move |flow, _: &Exit| value(flow))
}
