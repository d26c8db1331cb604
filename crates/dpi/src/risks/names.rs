//! Risks of the names of servers.

use std::net::IpAddr;

use super::{Judged, Raised};
use crate::knowledge::Rules;
use crate::vocabulary::{Risk, labels};

/// Judges the server name.
pub(crate) fn judge(flow: &Judged<'_>, _rules: &Rules, raised: &mut Raised) {
    let Some(name) = flow.metadata.server_name.as_deref() else { return };
    let is = |label| flow.classification.protocol == label;
    let is_of_web = [labels::HTTP, labels::TLS, labels::QUIC, labels::HTTP_PROXY].into_iter().any(is);
    let is_address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    if is_of_web && is_address {
        raised.push((Risk::NUMERIC_IP_HOST, name.to_owned()));
    }
    if (is_of_web || is(labels::DNS)) && name.split('.').any(|label| label.starts_with("xn--")) {
        raised.push((Risk::PUNYCODE_IDN, name.to_owned()));
    }
}
