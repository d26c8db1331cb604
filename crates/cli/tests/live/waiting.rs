//! Waiting for what other programs bring about.

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes, on the busiest machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

const POLL: Duration = Duration::from_millis(10);

/// Looks again and again until there is something; panics, with what was waited for, when there never is.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for {what}, in vain");
        thread::sleep(POLL);
    }
}

/// Looks again and again until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || holds().then_some(()));
}
