//! Risks: what is dangerous or wrong about a flow. `build/risks.rs` generates them from `data/risks.toml`.

use std::fmt;

/// Something dangerous or wrong about a flow, by its id. Ids and names are those of nDPI.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Risk(u8);

/// How bad a risk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 10 points.
    Low,
    /// 50 points.
    Medium,
    /// 100 points.
    High,
    /// 250 points.
    Severe,
}

/// The client's share of a risk's points; the rest is the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// 10 percent.
    Low,
    /// 50 percent.
    Fair,
    /// 90 percent.
    High,
}

/// Who can do something about a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accountable {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Either of them.
    Both,
}

struct Entry {
    risk: Risk,
    name: &'static str,
    severity: Severity,
    share: Share,
    accountable: Accountable,
    doc: &'static str,
    detection: &'static str,
    evidence: &'static str,
    limits: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/risks.rs"));

impl Severity {
    /// Points of a risk.
    pub fn points(self) -> u32 {
        match self {
            Self::Low => 10,
            Self::Medium => 50,
            Self::High => 100,
            Self::Severe => 250,
        }
    }
}

impl Share {
    /// Percent of the points that are the client's.
    pub fn percent(self) -> u32 {
        match self {
            Self::Low => 10,
            Self::Fair => 50,
            Self::High => 90,
        }
    }
}

impl Risk {
    /// Every risk, in the order of ids.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.risk)
    }

    /// The risk with a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|entry| entry.name == name).map(|entry| entry.risk)
    }

    fn entry(self) -> &'static Entry {
        let place = ENTRIES.binary_search_by_key(&self, |entry| entry.risk);
        &ENTRIES[place.expect("only the constants and the table have risks")]
    }

    /// Number of the risk, as in nDPI.
    pub fn id(self) -> u8 {
        self.0
    }

    /// Name of the risk: nDPI's, in lower case.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// How bad the risk is.
    pub fn severity(self) -> Severity {
        self.entry().severity
    }

    /// The client's share of the points.
    pub fn share(self) -> Share {
        self.entry().share
    }

    /// Who can do something about it.
    pub fn accountable(self) -> Accountable {
        self.entry().accountable
    }

    /// Points of the client.
    pub fn client_score(self) -> u32 {
        self.severity().points() * self.share().percent() / 100
    }

    /// Points of the server.
    pub fn server_score(self) -> u32 {
        self.severity().points() - self.client_score()
    }

    /// What the risk says, in a sentence.
    pub fn doc(self) -> &'static str {
        self.entry().doc
    }

    /// When it is raised; "" if it is not.
    pub fn detection(self) -> &'static str {
        self.entry().detection
    }

    /// What is shown as evidence; "" if nothing is.
    pub fn evidence(self) -> &'static str {
        self.entry().evidence
    }

    /// What is not detected, and why; "" if there is nothing to say.
    pub fn limits(self) -> &'static str {
        self.entry().limits
    }
}

impl fmt::Debug for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of risks.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Risks(u64);

impl Risks {
    /// Adds a risk.
    pub fn insert(&mut self, risk: Risk) {
        self.0 |= 1 << risk.0;
    }

    /// Removes a risk.
    pub fn remove(&mut self, risk: Risk) {
        self.0 &= !(1 << risk.0);
    }

    /// Whether a risk is in the set.
    pub fn has(self, risk: Risk) -> bool {
        self.0 & 1 << risk.0 != 0
    }

    /// Whether there is no risk.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits, each at the place of its risk's id.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The risks, in the order of ids.
    pub fn iter(self) -> impl Iterator<Item = Risk> {
        Risk::all().filter(move |risk| self.has(*risk))
    }

    /// The points of all risks together.
    pub fn score(self) -> u32 {
        self.iter().map(|risk| risk.severity().points()).sum()
    }

    /// The client's part of the points.
    pub fn client_score(self) -> u32 {
        self.iter().map(Risk::client_score).sum()
    }

    /// The server's part of the points.
    pub fn server_score(self) -> u32 {
        self.iter().map(Risk::server_score).sum()
    }
}

impl FromIterator<Risk> for Risks {
    fn from_iter<I: IntoIterator<Item = Risk>>(risks: I) -> Self {
        let mut set = Self::default();
        risks.into_iter().for_each(|risk| set.insert(risk));
        set
    }
}

impl fmt::Debug for Risks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_risk_is_found_by_its_name_and_its_points_are_shared_out() {
        for risk in Risk::all() {
            assert_eq!(Risk::named(risk.name()), Some(risk));
            assert_eq!(risk.client_score() + risk.server_score(), risk.severity().points());
            assert!(risk.doc().ends_with('.') && !risk.doc().is_empty(), "{risk:?}");
            assert!(!(risk.detection().is_empty() && risk.limits().is_empty()), "{risk:?}");
        }
        assert_eq!(Risk::TLS_SELFSIGNED_CERTIFICATE.id(), 6);
        assert_eq!(
            (Risk::TLS_SELFSIGNED_CERTIFICATE.client_score(), Risk::TLS_CERTIFICATE_EXPIRED.client_score()),
            (90, 10)
        );
        assert_eq!(Risk::named("no_risk"), None);
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let mut risks: Risks =
            [Risk::SLOW_DOS, Risk::URL_POSSIBLE_XSS, Risk::URL_POSSIBLE_XSS].into_iter().collect();
        assert_eq!(format!("{risks:?}"), "{url_possible_xss, slow_dos}");
        assert_eq!((risks.score(), risks.client_score(), risks.server_score()), (300, 270, 30));
        risks.remove(Risk::SLOW_DOS);
        assert_eq!(risks.iter().collect::<Vec<_>>(), [Risk::URL_POSSIBLE_XSS]);
        assert_eq!(risks.bits(), 2);
        risks.remove(Risk::URL_POSSIBLE_XSS);
        assert!(risks.is_empty());
    }
}
