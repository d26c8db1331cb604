//! Risks that inspection shows, one file for each subject. Dissectors hand over what they read; names, certificates and the
//! verdict are judged at the end of inspection. `data/risks.toml` says when each risk is raised.

pub(crate) mod certificates;
pub(crate) mod dns;
pub(crate) mod http;
pub(crate) mod names;
pub(crate) mod protocols;
pub(crate) mod ssh;
pub(crate) mod targets;
pub(crate) mod tls;

use crate::flow::Endpoints;
use crate::metadata::Metadata;
use crate::verdict::Classification;
use crate::vocabulary::Risk;

/// A flow at the end of its inspection.
pub(crate) struct Judged<'a> {
    pub(crate) classification: &'a Classification,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) metadata: &'a Metadata,
}

/// Risks with their evidence.
pub(crate) type Raised = Vec<(Risk, String)>;
