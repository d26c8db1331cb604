//! [`Flow`]: what is known of a flow.

use std::net::IpAddr;
use std::sync::Arc;

use super::rate::{Rate, Traffic};

/// A flow as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Number of the flow, in the order in which flows began.
    pub(super) number: u64,
    pub(super) source: (IpAddr, u16),
    pub(super) destination: (IpAddr, u16),
    pub(super) protocol: u8,
    pub(super) application: Arc<str>,
    pub(super) server_name: Option<Arc<str>>,
    pub(super) traffic: Traffic,
    pub(super) rate: Rate,
    pub(super) first_ms: u64,
    pub(super) last_ms: u64,
}
