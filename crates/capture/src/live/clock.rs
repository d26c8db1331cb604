//! The system's clock, which shows that nothing has come in a live capture.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// The time of the system's clock, earlier by `delay`.
pub(super) fn ago(delay: Duration) -> Option<Timestamp> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(delay)?;
    Some(Timestamp::new(time.as_secs(), time.subsec_nanos().into()))
}
