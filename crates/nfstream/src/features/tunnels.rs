//! Tunnels: what carried a flow's packets, in each direction.

use std::net::IpAddr;

use nfstream_decode::{Headers, Tunnel};

use super::plugin::Plugin;
use super::scope::SCOPES;
use crate::column::Kind::{Int64, Text, UInt8};
use crate::column::{Feature, Unit, Value};
use crate::flow::{Direction, Flow, Packet};

/// Type, depth, ids and outer addresses of the innermost tunnel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tunnels;

/// The tunnel of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    tunnel: Tunnel,
    depth: u8,
    /// Of each direction, once it has had a packet.
    ways: [Option<Way>; 2],
}

/// The tunnel of one direction.
#[derive(Clone, Copy, Debug)]
struct Way {
    first_id: u32,
    last_id: u32,
    id_changes: u32,
    /// Addresses of the sender and of the receiver of the first outer packet.
    outer: Option<[IpAddr; 2]>,
}

impl Carried {
    /// Takes in a packet. Only the first packet of a direction is looked into.
    #[inline]
    fn add(&mut self, packet: &Packet<'_>) {
        let headers = packet.headers;
        match &mut self.ways[packet.direction as usize] {
            Some(way) if way.last_id == headers.tunnel_id => {}
            Some(way) => {
                way.last_id = headers.tunnel_id;
                way.id_changes = way.id_changes.saturating_add(1);
            }
            none => *none = Some(Way::new(headers, packet.frame)),
        }
    }

    fn way(&self, direction: Direction) -> Option<&Way> {
        self.ways[direction as usize].as_ref()
    }

    fn outer(&self, direction: Direction, end: usize) -> Value<'static> {
        let outer = self.way(direction).and_then(|way| way.outer);
        outer.map_or(Value::Text("".into()), |addresses| Value::Ip(addresses[end]))
    }
}

impl Way {
    fn new(headers: &Headers, frame: &[u8]) -> Self {
        let outer = headers.outer_addresses(frame);
        let outer = outer.map(|(src, dst, version)| [src.to_ip(version), dst.to_ip(version)]);
        Self { first_id: headers.tunnel_id, last_id: headers.tunnel_id, id_changes: 0, outer }
    }
}

impl Plugin for Tunnels {
    type State = Carried;

    fn features(&self) -> Vec<Feature<Carried>> {
        let mut features = vec![
            Feature::new(
                "tunnel_type",
                Text,
                Unit::None,
                "Innermost tunnel that carried the packets, such as VXLAN; empty without one.",
                |_, carried: &Carried| match carried.tunnel {
                    Tunnel::None => Value::Text("".into()),
                    tunnel => Value::Text(tunnel.name().into()),
                },
            ),
            Feature::new(
                "tunnel_depth",
                UInt8,
                Unit::None,
                "Tunnels that were entered to find the first packet, one inside the other.",
                |_, carried: &Carried| Value::Int(carried.depth.into()),
            ),
        ];
        let directions = SCOPES.iter().filter_map(|(prefix, scope, way)| Some((*prefix, *scope, (*way)?)));
        for (prefix, scope, direction) in directions {
            let mut number = |name: &str, unit, doc: &str, value: fn(&Way) -> u32| {
                features.push(Feature::new(
                    format!("{prefix}_{name}"),
                    Int64,
                    unit,
                    doc.to_owned(),
                    move |_, carried: &Carried| {
                        Value::Int(carried.way(direction).map_or(0, |way| value(way).into()))
                    },
                ));
            };
            let doc = format!(
                "Id of the tunnel {scope} at first: TEID, VNI, VSID, key, session, call, label; 0 if it has none."
            );
            number("tunnel_id", Unit::None, &doc, |way| way.first_id);
            let doc = format!("Times that the tunnel's id changed {scope}, as at a handover.");
            number("tunnel_id_changes", Unit::None, &doc, |way| way.id_changes);
            for (end, name, who) in [(0, "outer_src_ip", "sender"), (1, "outer_dst_ip", "receiver")] {
                let doc = format!(
                    "IP address of the {who} of the outer packets {scope}, at first; empty without a tunnel."
                );
                features.push(Feature::new(
                    format!("{prefix}_{name}"),
                    Text,
                    Unit::None,
                    doc,
                    move |_, carried: &Carried| carried.outer(direction, end),
                ));
            }
        }
        features
    }

    fn on_init(&mut self, packet: &Packet<'_>, _: &mut Flow) -> Carried {
        let Headers { tunnel, tunnel_depth, .. } = *packet.headers;
        let mut carried = Carried { tunnel, depth: tunnel_depth, ways: [None; 2] };
        carried.add(packet);
        carried
    }

    #[inline]
    fn on_update(&mut self, carried: &mut Carried, packet: &Packet<'_>, _: &mut Flow) {
        carried.add(packet);
    }
}
