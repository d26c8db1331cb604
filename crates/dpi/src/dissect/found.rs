//! The findings of a dissector in a flow.

use std::net::IpAddr;

use crate::knowledge::{Networks, Rules};
use crate::lessons::{About, Lesson};
use crate::metadata::{Certified, Field, Metadata, text};
use crate::verdict::{Confidence, Labels};
use crate::vocabulary::{Category, Label, Risk};

/// Takes the findings of a dissector, and tells it which application a name belongs to.
pub(crate) struct Found<'a> {
    rules: &'a Rules,
    networks: &'a Networks,
    wants_fields: bool,
    wants_risks: bool,
    pub(crate) labels: Labels,
    pub(crate) metadata: Option<Box<Metadata>>,
    pub(crate) lessons: Vec<Lesson>,
    /// Whether its server name replaces that of an earlier payload.
    pub(crate) renames: bool,
}

impl<'a> Found<'a> {
    pub(crate) fn new(rules: &'a Rules, networks: &'a Networks, wants_fields: bool, labels: Labels) -> Self {
        Self {
            rules,
            networks,
            wants_fields,
            wants_risks: false,
            labels,
            metadata: None,
            lessons: Vec::new(),
            renames: false,
        }
    }

    /// Sets whether risks are wanted.
    pub(crate) fn judging(mut self, wants_risks: bool) -> Self {
        self.wants_risks = wants_risks;
        self
    }

    /// Names the protocol, if it is not the dissector's own label.
    pub(crate) fn protocol(&mut self, label: Label) {
        self.labels.protocol = label;
    }

    /// Names the application that the protocol carries.
    pub(crate) fn application(&mut self, label: Label) {
        self.labels.application = label;
    }

    /// The application, if it is known so far.
    pub(crate) fn known_application(&self) -> Label {
        self.labels.application
    }

    /// Sets the category, if it is not the application's own.
    pub(crate) fn category(&mut self, category: Category) {
        self.labels.category = Some(category);
    }

    /// Sets how the verdict was reached, if not by inspection.
    pub(crate) fn confidence(&mut self, confidence: Confidence) {
        self.labels.confidence = confidence;
    }

    /// Keeps a server name, in lower case. Names the application and category that the rules have for it, unless they are
    /// already known.
    pub(crate) fn host(&mut self, name: &[u8]) {
        self.server_name(name);
        self.application_of_host(name);
    }

    /// Keeps a server name, in lower case.
    pub(crate) fn server_name(&mut self, name: &[u8]) {
        self.metadata().server_name.get_or_insert_with(|| text(name).to_lowercase().into());
    }

    /// Keeps a server name, in lower case, instead of the name in an earlier payload.
    pub(crate) fn later_server_name(&mut self, name: &[u8]) {
        self.renames = true;
        self.server_name(name);
    }

    /// Names the application and category that the rules have for a host, unless they are already known. Returns whether
    /// an application is known now.
    pub(crate) fn application_of_host(&mut self, name: &[u8]) -> bool {
        let lower = text(name).to_lowercase();
        let matched = self.rules.host(&lower);
        if !self.labels.application.is_known() {
            self.labels.application = matched.application;
        }
        self.labels.category = self.labels.category.or(matched.category);
        self.labels.application.is_known()
    }

    /// The rules that say which application a name belongs to.
    pub(crate) fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// Owner of an address.
    pub(crate) fn owner(&self, address: IpAddr) -> Label {
        self.networks.owner(address)
    }

    /// Keeps the client's fingerprint.
    pub(crate) fn client_fingerprint(&mut self, fingerprint: &str) {
        self.metadata().client_fingerprint.get_or_insert_with(|| fingerprint.into());
    }

    /// Keeps the server's fingerprint.
    pub(crate) fn server_fingerprint(&mut self, fingerprint: &str) {
        self.metadata().server_fingerprint.get_or_insert_with(|| fingerprint.into());
    }

    /// Keeps a user agent.
    pub(crate) fn user_agent(&mut self, user_agent: &[u8]) {
        self.metadata().user_agent.get_or_insert_with(|| text(user_agent));
    }

    /// Keeps a content type.
    pub(crate) fn content_type(&mut self, content_type: &[u8]) {
        self.metadata().content_type.get_or_insert_with(|| text(content_type));
    }

    /// Whether metadata besides the columns is wanted. Otherwise costly values need not be computed.
    pub(crate) fn wants_fields(&self) -> bool {
        self.wants_fields
    }

    /// Whether risks are wanted. Otherwise nothing needs to be judged.
    pub(crate) fn wants_risks(&self) -> bool {
        self.wants_risks
    }

    /// Raises a risk, if risks are wanted. The first evidence of a risk stays.
    pub(crate) fn risk(&mut self, risk: Risk, evidence: impl AsRef<[u8]>) {
        if self.wants_risks {
            self.metadata().raise(risk, evidence.as_ref());
        }
    }

    /// Keeps what risks need to know of the server's certificate.
    pub(crate) fn certified(&mut self, validity: [i64; 2], names: String) {
        self.metadata()
            .certified
            .get_or_insert_with(|| Box::new(Certified { validity, names: names.into() }));
    }

    /// Keeps a value besides the columns, if such values are wanted. The first value of a field stays.
    pub(crate) fn field(&mut self, field: Field, value: impl AsRef<[u8]>) {
        if self.wants_fields {
            self.metadata().keep(field, value.as_ref());
        }
    }

    /// Adds a lesson about later flows that have an endpoint, or that are between two hosts. They get the labels if
    /// nothing in them says otherwise. A flow of the same protocol gets the application if it has none.
    pub(crate) fn teach(&mut self, about: About, protocol: Label, application: Label) {
        self.lessons.push(Lesson { about, protocol, application, position: 0 });
    }

    fn metadata(&mut self) -> &mut Metadata {
        self.metadata.get_or_insert_default()
    }
}
