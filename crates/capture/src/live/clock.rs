//! The system's clock, by which a live capture says that nothing has come.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// The system's clock, so long ago.
pub(super) fn ago(delay: Duration) -> Option<Timestamp> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(delay)?;
    Some(Timestamp::new(time.as_secs(), time.subsec_nanos().into()))
}
