//! The catalogue of labels that can be recognised, and of the ways to recognise them.

use std::collections::BTreeMap;

use crate::dissect::Meta;
use crate::dissectors::DISSECTORS;
use crate::inspect::Engine;
use crate::knowledge::of_ip_protocol;
use crate::vocabulary::{Category, Label};

/// A label, and the ways in which flows get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'e> {
    /// The label.
    pub label: Label,
    /// Name of the label.
    pub name: &'e str,
    /// Kind of thing that the label stands for.
    pub category: Category,
    /// How safe it is to have on a network, in nDPI's words; "" for a name of a rules file.
    pub breed: &'static str,
    /// Ways in which flows get the label, those that count more first; none if it is not
    /// recognised yet.
    pub ways: Vec<Way>,
}

/// A way in which flows get a label.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// By inspection of the payload, according to a specification.
    Payload {
        /// Document that describes its form.
        specification: &'static str,
        /// Ports on which it is expected before anything else, if there are any.
        ports: &'static [u16],
    },
    /// By its IP protocol number.
    IpProtocol(u8),
    /// By this many patterns of host names.
    Hosts(usize),
    /// By this many texts in user agents.
    UserAgents(usize),
    /// By this many names in certificates.
    Certificates(usize),
    /// By this many protocol names of ALPN.
    Alpn(usize),
    /// By the owner of an address.
    Addresses,
    /// As a guess, by this many ports.
    Ports(usize),
}

/// The text in `nfstream protocols`.
impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counted = |f: &mut std::fmt::Formatter<'_>, count: &usize, what: &str| {
            write!(f, "{count} {what}{}", if *count == 1 { "" } else { "s" })
        };
        match self {
            Self::Payload { specification, .. } => write!(f, "payload ({specification})"),
            Self::IpProtocol(number) => write!(f, "IP protocol {number}"),
            Self::Hosts(count) => counted(f, count, "host"),
            Self::UserAgents(count) => counted(f, count, "user agent"),
            Self::Certificates(count) => counted(f, count, "certificate name"),
            Self::Alpn(count) => counted(f, count, "ALPN name"),
            Self::Addresses => f.write_str("address"),
            Self::Ports(count) => counted(f, count, "port"),
        }
    }
}

impl Engine {
    /// Every label except "Unknown", in the order of ids.
    pub fn catalogue(&self) -> Vec<Known<'_>> {
        let mut ways: BTreeMap<Label, Vec<Way>> = BTreeMap::new();
        for meta in DISSECTORS.iter().map(|dissector| dissector.meta()) {
            let Meta { specification, ports, .. } = *meta;
            for label in [meta.label].iter().chain(meta.also) {
                ways.entry(*label).or_default().push(Way::Payload { specification, ports });
            }
        }
        for number in 0..=u8::MAX {
            let label = of_ip_protocol(number);
            if label.is_known() {
                ways.entry(label).or_default().push(Way::IpProtocol(number));
            }
        }
        for (label, [hosts, user_agents, certificates, alpn]) in self.rules().ways() {
            let counted = [
                Way::Hosts(hosts),
                Way::UserAgents(user_agents),
                Way::Certificates(certificates),
                Way::Alpn(alpn),
            ];
            let counts = [hosts, user_agents, certificates, alpn];
            let there = counted.into_iter().zip(counts).filter(|(_, count)| *count > 0);
            ways.entry(label).or_default().extend(there.map(|(way, _)| way));
        }
        for label in self.networks.owners() {
            ways.entry(label).or_default().push(Way::Addresses);
        }
        for (label, ports) in self.guesses.ports() {
            ways.entry(label).or_default().push(Way::Ports(ports));
        }
        let known = |label: Label| Known {
            label,
            name: self.rules().name(label),
            category: self.rules().category(label),
            breed: label.entry().map_or("", |entry| entry.breed),
            ways: ways.get(&label).cloned().unwrap_or_default(),
        };
        Label::all().skip(1).chain(self.rules().custom_labels()).map(known).collect()
    }
}
