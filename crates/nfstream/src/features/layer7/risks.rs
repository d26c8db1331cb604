//! The columns of risks: those that inspection shows, and those of the flow itself.

use nfstream_dpi::{Classification, Confidence, Risk, Risks};

use super::inspections::Identified;
use crate::column::Kind::{Int32, TextList};
use crate::column::{Feature, Unit, Value};
use crate::flow::{Direction, Flow};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Protocols whose receivers do not answer.
const WITHOUT_ANSWERS: [&str; 9] =
    ["Syslog", "NetFlow", "sFlow", "RTP", "collectd", "SAP", "WSD", "SSDP", "MDNS"];

/// The risks of a flow.
pub(super) struct Judgement {
    risks: Risks,
    /// Names and evidence, with semicolons in between.
    pub(super) evidence: Box<str>,
}

impl Judgement {
    /// Adds the risks of the flow itself to those that inspection has raised.
    pub(super) fn new(
        mut raised: Vec<(Risk, String)>,
        flow: &Flow,
        classification: &Classification,
        saw_payload: bool,
    ) -> Self {
        if flow.protocol == TCP && !saw_payload {
            raised.extend(without_data(flow));
        }
        if is_unanswered(flow, classification) {
            raised.push((Risk::UNIDIRECTIONAL_TRAFFIC, String::new()));
        }
        let risks: Risks = raised.iter().map(|(risk, _)| *risk).collect();
        let said = raised.iter().filter(|(_, evidence)| !evidence.is_empty());
        let said: Vec<_> = said.map(|(risk, evidence)| format!("{}: {evidence}", risk.name())).collect();
        Self { risks, evidence: said.join("; ").into() }
    }
}

/// The risk of a TCP flow without data: an answer that is a reset refuses the connection. Without knowledge of the opening
/// and of the end, there is none.
fn without_data(flow: &Flow) -> Option<(Risk, String)> {
    flow.opening_sequence()?;
    let [up, down] = [Direction::SrcToDst, Direction::DstToSrc].map(|side| flow.totals(side).packets);
    match (up, down) {
        (_, 0) => Some((Risk::TCP_ISSUES, "not answered".to_owned())),
        (1, 1) if flow.is_closed() => Some((Risk::TCP_ISSUES, "refused".to_owned())),
        (2.., 1..) if flow.is_closed() => Some((Risk::PROBING_ATTEMPT, String::new())),
        _ => None,
    }
}

/// Whether the destination could have answered and did not.
fn is_unanswered(flow: &Flow, classification: &Classification) -> bool {
    let is_to_one = match flow.dst_ip() {
        std::net::IpAddr::V4(address) => !address.is_multicast() && address.octets()[3] != 255,
        std::net::IpAddr::V6(address) => !address.is_multicast(),
    };
    let is_of_use = classification.confidence != Confidence::Inspection
        || [classification.protocol, classification.application]
            .iter()
            .filter_map(|label| label.entry())
            .all(|entry| !WITHOUT_ANSWERS.contains(&entry.name));
    matches!(flow.protocol, TCP | UDP)
        && is_to_one
        && is_of_use
        && flow.totals(Direction::DstToSrc).packets == 0
}

/// The columns.
pub(super) fn features() -> Vec<Feature<Identified>> {
    let doc = "What is dangerous or wrong about the flow: names of risks, in the order of their ids.";
    let risks = Feature::new("risks", TextList, Unit::None, doc, |_, identified: &Identified| {
        Value::TextList(set(identified).iter().map(Risk::name).collect())
    });
    vec![
        risks,
        score(
            "risk_score",
            "Points of all risks: 10, 50, 100 or 250 for each, by its severity.",
            Risks::score,
        ),
        score("risk_client_score", "The client's part of the points.", Risks::client_score),
        score("risk_server_score", "The server's part of the points.", Risks::server_score),
    ]
}

fn set(identified: &Identified) -> Risks {
    identified.risks.as_deref().map(|judgement| judgement.risks).unwrap_or_default()
}

fn score(name: &'static str, doc: &'static str, read: fn(Risks) -> u32) -> Feature<Identified> {
    Feature::new(name, Int32, Unit::None, doc, move |_, identified: &Identified| {
        Value::Int(read(set(identified)).into())
    })
}
