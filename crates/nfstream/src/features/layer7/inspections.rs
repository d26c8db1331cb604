//! The inspections of a meter's flows. The engine inspects the packets, and its results become columns.

use std::net::SocketAddr;
use std::sync::Arc;

use nfstream_dpi::{
    Classification, Endpoints, Engine, Field, Inspection, Lesson, Memory, Metadata, Progress,
};

use super::bounded::{self, Taken};
use crate::column::Kind::{Text, TextStruct, UInt8};
use crate::column::{Feature, Unit, Value};
use crate::features::Part;
use crate::flow::{Direction, Flow, Packet};
use crate::room::Workroom;
use crate::slab::Slab;

/// Number of the IP protocol of UDP (IANA).
const UDP: u8 = 17;

/// nfstream does not mark a guess about a UDP flow of so many packets.
const PACKETS_OF_A_VERDICT: u64 = 8;

/// Data that all flows of a run share.
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) features: Vec<Feature<Identified>>,
    /// Whether every guess is marked as one.
    pub(super) marks_guesses: bool,
}

/// A lesson of a flow about others, and its time.
#[derive(Debug)]
pub(crate) struct Taught {
    pub(crate) time_ms: u64,
    pub(crate) lesson: Lesson,
}

/// A flow that is no longer inspected.
pub(crate) struct Identified {
    shared: Arc<Shared>,
    pub(super) inspection: Inspection,
    classification: Classification,
}

/// The inspections of a meter's flows.
pub(crate) struct Inspections {
    inspector: Inspector,
    pub(super) inspections: Slab<Inspection>,
    memory: bounded::Memory,
}

/// Shows packets to the engine, and keeps the lessons from them.
pub(super) struct Inspector {
    pub(super) shared: Arc<Shared>,
    /// The lessons of the current packet.
    lessons: Vec<Lesson>,
    pub(super) taught: Vec<Taught>,
}

impl Inspections {
    /// Size of a slot in bytes.
    pub(super) const SLOT_SIZE: usize = size_of::<Inspection>();

    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let (inspections, memory) = (Slab::default(), bounded::Memory::default());
        Self { inspector: Inspector::new(shared), inspections, memory }
    }

    fn show(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        let inspection = &mut self.inspections[slot];
        let before = Taken::by(inspection);
        self.inspector.show(inspection, packet, flow);
        let after = Taken::by(inspection);
        if self.memory.is_bounded() {
            self.memory.change(slot, before, after);
            self.memory.cut(&mut self.inspections);
        }
    }

    pub(super) fn on_init(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        self.inspections.insert(slot, Inspection::default());
        self.memory.begin(slot);
        self.show(slot, packet, flow);
    }

    #[inline]
    pub(super) fn on_update(&mut self, slot: u32, packet: &Packet<'_>, flow: &mut Flow) {
        self.show(slot, packet, flow);
    }

    pub(super) fn on_expire(&mut self, slot: u32) -> Identified {
        let mut inspection = std::mem::take(&mut self.inspections[slot]);
        if self.memory.is_bounded() {
            self.memory.change(slot, Taken::by(&inspection), Taken::by(&self.inspections[slot]));
        }
        inspection.end();
        Identified::new(&self.inspector.shared, inspection)
    }

    pub(super) fn memory(&self) -> u64 {
        self.memory.all()
    }

    pub(super) fn bound(&mut self, workroom: Workroom) {
        self.memory.bound(workroom);
    }

    pub(super) fn take_taught(&mut self) -> Vec<Taught> {
        std::mem::take(&mut self.inspector.taught)
    }
}

impl Identified {
    pub(super) fn new(shared: &Arc<Shared>, inspection: Inspection) -> Self {
        Self { shared: Arc::clone(shared), inspection, classification: Classification::default() }
    }
}

impl Inspector {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), lessons: Vec::new(), taught: Vec::new() }
    }

    /// Shows what a packet says. An IP fragment says nothing, but for the last one to come, which shows the datagram.
    pub(super) fn show(&mut self, inspection: &mut Inspection, packet: &Packet<'_>, flow: &mut Flow) {
        let Some(headers) = packet.whole() else {
            inspection.pass(packet.position, false);
            return;
        };
        let end = |address: nfstream_decode::Address, port| {
            SocketAddr::new(address.to_ip(headers.ip_version), port)
        };
        let sequence = packet.frame.get(headers.transport_offset as usize..).and_then(|tcp| tcp.get(4..8));
        let shown = nfstream_dpi::Packet {
            protocol: headers.protocol,
            src: end(headers.src, headers.src_port),
            dst: end(headers.dst, headers.dst_port),
            from_source: packet.direction == Direction::SrcToDst,
            sequence: sequence.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes),
            syn: headers.tcp_flags & 0x02 != 0,
            payload: packet.payload(),
            payload_size: headers.payload_size as usize,
            position: packet.position,
        };
        let progress = self.shared.engine.inspect(inspection, &shown, &mut self.lessons);
        flow.set_inspected(progress == Progress::Done);
        let time_ms = packet.time.milliseconds();
        self.taught.extend(self.lessons.drain(..).map(|lesson| Taught { time_ms, lesson }));
    }
}

impl Part for Identified {
    fn value<'a>(&'a self, index: usize, flow: &'a Flow) -> Option<Value<'a>> {
        Some(self.shared.features.get(index)?.value(flow, self))
    }

    fn for_each_value(&self, flow: &Flow, visit: &mut dyn FnMut(Value<'_>)) {
        self.shared.features.iter().for_each(|feature| visit(feature.value(flow, self)));
    }
}

impl Identified {
    pub(crate) fn metadata(&self) -> Option<&Metadata> {
        self.inspection.metadata()
    }

    /// Reaches the verdict, which may depend on lessons that earlier flows have taught.
    pub(crate) fn conclude(&mut self, flow: &Flow, memory: &Memory) {
        self.inspection.end();
        self.classify(flow, memory);
    }

    /// Classifies the flow by what is known so far; after the end of the inspection, this is the verdict.
    pub(super) fn classify(&mut self, flow: &Flow, memory: &Memory) {
        let endpoints = Endpoints {
            protocol: flow.protocol,
            src: SocketAddr::new(flow.src_ip(), flow.src_port),
            dst: SocketAddr::new(flow.dst_ip(), flow.dst_port),
        };
        self.classification = self.shared.engine.so_far(&self.inspection, &endpoints, memory);
        if !self.shared.marks_guesses && flow.protocol == UDP && flow.packets() >= PACKETS_OF_A_VERDICT {
            self.classification.is_guessed = false;
        }
    }
}

pub(super) fn features() -> Vec<Feature<Identified>> {
    vec![
        Feature::new(
            "application_name",
            Text,
            Unit::None,
            "Protocol or application of the flow, or both with a dot in between; `Unknown` if nothing was recognised.",
            |_, identified: &Identified| {
                Value::Text(identified.shared.engine.name(&identified.classification))
            },
        ),
        of_verdict("application_category_name", Text, "Category of the application.", |verdict| {
            Value::Text(verdict.category.name().into())
        }),
        of_verdict(
            "application_is_guessed",
            UInt8,
            "1 if the application is a guess by port or address, else 0.",
            |verdict| Value::Int(verdict.is_guessed.into()),
        ),
        of_verdict(
            "application_confidence",
            UInt8,
            "How the application was recognised: 0 not at all, 1 by port, 3 by a part of the payload, 4 or 5 by earlier flows, 6 by inspection, 7 by address, 8 by a weak heuristic.",
            |verdict| Value::Int(verdict.confidence as i64),
        ),
        of_metadata(
            "requested_server_name",
            "Server name (TLS, QUIC), host (HTTP), question (DNS), or the name that a host announces.",
            |metadata| &metadata.server_name,
        ),
        of_metadata(
            "client_fingerprint",
            "Fingerprint of the client: JA4 (TLS, QUIC), HASSH (SSH), option list (DHCP).",
            |metadata| &metadata.client_fingerprint,
        ),
        of_metadata(
            "server_fingerprint",
            "Fingerprint of the server: JA3S (TLS), HASSH (SSH).",
            |metadata| &metadata.server_fingerprint,
        ),
        of_metadata("user_agent", "User agent (HTTP, QUIC).", |metadata| &metadata.user_agent),
        of_metadata("content_type", "Content type (HTTP).", |metadata| &metadata.content_type),
    ]
}

pub(super) fn nested() -> Feature<Identified> {
    let doc = "More details from the inspection, by name: fingerprints, versions, certificates, methods, identifications, ...";
    Feature::new("l7", TextStruct(Field::NAMES), Unit::None, doc, |_, identified: &Identified| {
        let metadata = identified.inspection.metadata();
        let fields = metadata.into_iter().flat_map(Metadata::fields);
        Value::TextStruct(fields.map(|(field, text)| (field.name(), text)).collect())
    })
}

fn of_verdict(
    name: &'static str,
    kind: crate::column::Kind,
    doc: &'static str,
    value: fn(&Classification) -> Value<'static>,
) -> Feature<Identified> {
    Feature::new(name, kind, Unit::None, doc, move |_, identified: &Identified| {
        value(&identified.classification)
    })
}

fn of_metadata(
    name: &'static str,
    doc: &'static str,
    value: fn(&Metadata) -> &Option<Box<str>>,
) -> Feature<Identified> {
    Feature::new(name, Text, Unit::None, doc, move |_, identified: &Identified| {
        let text = identified.inspection.metadata().and_then(|metadata| value(metadata).as_deref());
        Value::Text(text.unwrap_or_default().into())
    })
}
