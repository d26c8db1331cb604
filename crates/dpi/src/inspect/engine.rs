//! The engine: it is shown the packets of flows, and says what they are.

use std::borrow::Cow;

use super::candidates::Candidates;
use super::inspection::{Active, Connection, Inspection, Opened, Work};
use super::look::Look;
use super::reassembly::Stream;
use crate::flow::{Endpoints, Packet, Progress, Transport};
use crate::knowledge::{Guesses, Networks, Rules, of_ip_protocol};
use crate::lessons::{Lesson, Memory};
use crate::metadata::Metadata;
use crate::risks;
use crate::verdict::{Classification, Confidence, Labels};
use crate::vocabulary::{Category, Label, Risk, labels};

/// Most bytes of memory that the inspection of a flow may take: a message and early segments, for each direction. Beyond
/// this limit, the results so far are final.
const MOST_MEMORY: usize = 128 * 1024;

/// The parts that all flows share: dissectors, rules, address owners. One engine serves any number of threads.
pub struct Engine {
    candidates: Candidates,
    rules: Rules,
    pub(crate) networks: Networks,
    pub(crate) guesses: Guesses,
    n_dissections: u16,
    keeps_fields: bool,
    keeps_risks: bool,
    skips_padding: bool,
}

impl Engine {
    /// An engine with the given rules that looks at the first `n_dissections` packets of each flow.
    pub fn new(rules: Rules, n_dissections: u16) -> Self {
        rules.prepare();
        Self {
            candidates: Candidates::new(),
            rules,
            networks: Networks::builtin(),
            guesses: Guesses::new(),
            n_dissections,
            keeps_fields: false,
            keeps_risks: false,
            skips_padding: false,
        }
    }

    /// Sets whether metadata besides the columns is kept as well.
    #[must_use]
    pub fn keep_fields(mut self, keeps_fields: bool) -> Self {
        self.keeps_fields = keeps_fields;
        self
    }

    /// Sets whether payloads are judged for risks. [`Self::risks`] gives them.
    #[must_use]
    pub fn keep_risks(mut self, keeps_risks: bool) -> Self {
        self.keeps_risks = keeps_risks;
        self
    }

    /// Sets whether padding of short Ethernet frames that a host counts as TCP payload is skipped: up to six zeros, in whose
    /// place a longer segment has other bytes.
    #[must_use]
    pub fn skip_padding(mut self, skips_padding: bool) -> Self {
        self.skips_padding = skips_padding;
        self
    }

    /// The rules that say which application a name belongs to.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Name of a classification, as in `application_name`: `TLS.Facebook`, `SSH`, `Unknown`.
    pub fn name(&self, classification: &Classification) -> Cow<'_, str> {
        let Classification { protocol, application, .. } = *classification;
        let one = |label| self.rules.name(label);
        if protocol.is_known() && application.is_known() && protocol != application {
            format!("{}.{}", one(protocol), one(application)).into()
        } else {
            one(if application.is_known() { application } else { protocol }).into()
        }
    }

    /// Shows a flow's next packet. Lessons about other flows are added to `lessons`.
    pub fn inspect(
        &self,
        inspection: &mut Inspection,
        packet: &Packet<'_>,
        lessons: &mut Vec<Lesson>,
    ) -> Progress {
        let Inspection { labels, metadata, work, position, memory, saw_payload, revision } = inspection;
        *position = packet.position;
        *saw_payload |= !packet.payload.is_empty();
        let Some(transport) = Transport::of(packet.protocol).filter(|_| self.n_dissections > 0) else {
            if let Work::NotBegun = work {
                *labels = self.by_ip_protocol(packet);
            }
            *work = Work::Done;
            return Progress::Done;
        };
        if let Work::NotBegun = work {
            *work = Work::Opened(Opened::default());
        }
        if let Work::Opened(opened) = work {
            if packet.payload.is_empty() {
                let progress = opened.at_packet(packet, transport, self.n_dissections);
                if progress == Progress::Done {
                    *work = Work::Done;
                }
                return progress;
            }
            let active = Active::begin(&self.candidates, opened.packets, packet, transport);
            *work = match transport {
                Transport::Tcp => {
                    let streams = [0, 1].map(|side| Stream::at(opened.next(side)));
                    Work::Connection(Box::new(Connection { active, streams }))
                }
                Transport::Udp => Work::Datagrams(Box::new(active)),
            };
        }
        let mut look = Look {
            candidates: &self.candidates,
            rules: &self.rules,
            networks: &self.networks,
            keeps_fields: self.keeps_fields,
            keeps_risks: self.keeps_risks,
            skips_padding: self.skips_padding,
            labels,
            metadata,
            revision,
            lessons,
            position: packet.position,
        };
        let (progress, packets) = match work {
            Work::Datagrams(active) => (look.at_datagram(active, packet), active.packets),
            Work::Connection(connection) => (look.at_segment(connection, packet), connection.active.packets),
            Work::NotBegun | Work::Opened(_) | Work::Done => return Progress::Done,
        };
        let of_metadata = metadata.as_deref().map_or(0, Metadata::memory);
        if progress == Progress::More && packets < self.n_dissections {
            let of_work = work.memory(&self.candidates);
            if of_work <= MOST_MEMORY {
                *memory = (of_work + of_metadata) as u32;
                return Progress::More;
            }
        }
        *memory = of_metadata as u32;
        *work = Work::Done;
        Progress::Done
    }

    fn by_ip_protocol(&self, packet: &Packet<'_>) -> Labels {
        let label = match of_ip_protocol(packet.protocol) {
            _ if self.n_dissections == 0 => Label::UNKNOWN,
            // RFC 7868: this is the only version.
            labels::EIGRP if !matches!(packet.payload, [] | [2, ..]) => Label::UNKNOWN,
            label => label,
        };
        let confidence = if label.is_known() { Confidence::Inspection } else { Confidence::Unknown };
        Labels { protocol: label, confidence, ..Labels::default() }
    }

    /// The verdict, with the lessons of earlier flows, and with a guess if nothing was recognised. Frees the memory that
    /// inspection needed.
    pub fn finish(
        &self,
        inspection: &mut Inspection,
        endpoints: &Endpoints,
        memory: &Memory,
    ) -> Classification {
        inspection.end();
        self.so_far(inspection, endpoints, memory)
    }

    /// The result for a flow so far: the recognised labels while it is inspected, and the verdict afterwards.
    pub fn so_far(&self, inspection: &Inspection, endpoints: &Endpoints, memory: &Memory) -> Classification {
        let labels = inspection.labels;
        let mut classification = Classification {
            protocol: labels.protocol,
            application: labels.application,
            category: Category::UNSPECIFIED,
            confidence: labels.confidence,
            is_guessed: false,
        };
        if matches!(inspection.work, Work::Done) {
            self.conclude(&mut classification, inspection, endpoints, memory);
        }
        let named = if classification.application.is_known() {
            classification.application
        } else {
            classification.protocol
        };
        classification.category = labels.category.unwrap_or_else(|| self.rules.category(named));
        classification
    }

    /// The risks of a flow, each with its evidence: those that its payloads show, and those of its verdict and its names.
    /// `seconds` is the time of the flow's first packet since 1970; certificates are judged by it. None without
    /// [`Self::keep_risks`].
    pub fn risks(
        &self,
        inspection: &Inspection,
        classification: &Classification,
        endpoints: &Endpoints,
        seconds: i64,
    ) -> Vec<(Risk, String)> {
        if !self.keeps_risks {
            return Vec::new();
        }
        let none = Metadata::default();
        let metadata = inspection.metadata().unwrap_or(&none);
        let mut raised: Vec<_> =
            metadata.risks().map(|(risk, evidence)| (risk, evidence.to_owned())).collect();
        // RFC 8827, section 6.5: the certificates of WebRTC are made for each session; SDP vouches for them.
        if classification.protocol == labels::DTLS || classification.protocol == labels::SRTP {
            raised.retain(|(risk, _)| *risk != Risk::TLS_SELFSIGNED_CERTIFICATE);
        }
        let flow = risks::Judged { classification, endpoints, metadata };
        risks::names::judge(&flow, &self.rules, &mut raised);
        risks::protocols::judge(
            &flow,
            &|label, port| self.candidates.ports(label).any(|own| own == port),
            &self.rules,
            &mut raised,
        );
        risks::certificates::judge(metadata, seconds, &mut raised);
        raised
    }

    fn conclude(
        &self,
        classification: &mut Classification,
        inspection: &Inspection,
        endpoints: &Endpoints,
        memory: &Memory,
    ) {
        if !classification.application.is_known() && self.n_dissections > 0 {
            classification.recall(memory, endpoints, inspection.position);
        }
        classification.name_media();
        if classification.confidence == Confidence::Unknown && self.n_dissections > 0 {
            self.guesses.guess(classification, endpoints, inspection.saw_payload, &self.networks);
        }
    }
}

impl Classification {
    /// Takes labels from an earlier flow if this one lacks them.
    fn recall(&mut self, memory: &Memory, endpoints: &Endpoints, position: u64) {
        let Some(lesson) = memory.recall(endpoints, position) else { return };
        if !self.protocol.is_known() || (self.protocol == lesson.protocol && lesson.application.is_known()) {
            self.protocol = lesson.protocol;
            self.application = lesson.application;
            self.confidence = Confidence::EarlierFlow;
        } else if lesson.protocol == labels::STUN && [labels::SRTP, labels::DTLS].contains(&self.protocol) {
            self.application = lesson.application;
        }
    }

    /// Names media for which STUN opened the way, if its application is unknown.
    fn name_media(&mut self) {
        if self.protocol == labels::SRTP && !self.application.is_known() {
            (self.protocol, self.application) = (labels::STUN, labels::RTP);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::dissect::State;

    #[test]
    fn memory_is_for_what_is_at_work() {
        let engine = Engine::new(Rules::default(), 20);
        let mut inspection = Inspection::default();
        let show = |inspection: &mut Inspection, sequence, payload: &[u8]| {
            let packet = Packet {
                protocol: 6,
                src: SocketAddr::from(([192, 0, 2, 1], 40000)),
                dst: SocketAddr::from(([192, 0, 2, 2], 443)),
                from_source: true,
                sequence,
                syn: payload.is_empty(),
                payload,
                payload_size: payload.len(),
                position: 0,
            };
            engine.inspect(inspection, &packet, &mut Vec::new());
            (inspection.memory(), inspection.is_at_work())
        };
        assert_eq!(show(&mut inspection, 0, &[]), (0, false));
        // A TLS record that is not whole.
        let mut record = vec![0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00, 0x3f, 0xfc, 0x03, 0x03];
        record.resize(4096, 7);
        let (memory, is_at_work) = show(&mut inspection, 1, &record);
        assert!(is_at_work && (4096..5000).contains(&memory), "{memory}");
        // However many segments come early, the memory that keeps them is bounded.
        for number in 2..20 {
            let (memory, _) = show(&mut inspection, number * 100_000, &[7; 65_000]);
            assert!(memory <= MOST_MEMORY, "{memory}");
        }
        inspection.end();
        assert_eq!((inspection.memory(), inspection.is_at_work()), (0, false));
        assert_eq!([size_of::<Inspection>(), size_of::<Active>(), size_of::<Connection>()], [48, 112, 160]);
    }

    /// Nothing is kept for a dissector that has learnt nothing.
    #[test]
    fn a_datagram_that_nobody_recognises_takes_little_memory() {
        let engine = Engine::new(Rules::default(), 20);
        let memory = |payload: &[u8]| {
            let mut inspection = Inspection::default();
            let packet = Packet {
                protocol: 17,
                src: SocketAddr::from(([192, 0, 2, 1], 40000)),
                dst: SocketAddr::from(([192, 0, 2, 2], 40001)),
                from_source: true,
                sequence: 0,
                syn: false,
                payload,
                payload_size: payload.len(),
                position: 0,
            };
            let progress = engine.inspect(&mut inspection, &packet, &mut Vec::new());
            (progress, inspection.memory())
        };
        let active = size_of::<Active>();
        let mut payload = [0xd3, 0xe1, 0xf0, 0x99, 0xd3, 0xe1, 0xf0, 0x99, 0xd3, 0xe1, 0xf0, 0x99, 0xd3];
        assert_eq!(memory(&payload), (Progress::More, active));
        // As a packet of RTP begins.
        payload[..2].copy_from_slice(&[0x80, 0x60]);
        assert_eq!(memory(&payload), (Progress::More, active + size_of::<(u16, State)>() + 32));
    }

    #[test]
    fn what_has_no_ports_is_known_by_its_number() {
        let engine = Engine::new(Rules::default(), 1);
        let end = SocketAddr::from(([192, 0, 2, 1], 0));
        let name = |protocol, payload: &[u8]| {
            let packet = Packet {
                protocol,
                src: end,
                dst: end,
                from_source: true,
                sequence: 0,
                syn: false,
                payload,
                payload_size: 0,
                position: 0,
            };
            engine.by_ip_protocol(&packet).protocol
        };
        assert_eq!((name(115, &[]), name(89, &[1])), (labels::L2TP, labels::IP_OSPF));
        let eigrp = [&[][..], &[2, 5], &[7, 20]].map(|payload| name(88, payload));
        assert_eq!(eigrp, [labels::EIGRP, labels::EIGRP, Label::UNKNOWN]);
    }
}
