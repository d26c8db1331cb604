//! The state of a run: its counters, whether it is to stop, and its error.

mod notice;
mod report;
mod state;

pub(crate) use self::notice::Tally;
pub use self::notice::{Notice, Notices};
pub use self::report::{ClockSteps, MeterReport, Report};
pub(crate) use self::state::State;
pub use self::state::StopHandle;
