//! The state of a run: its counters, whether it is to stop, and its error.

mod report;
mod state;

pub use self::report::{ClockSteps, MeterReport, Report, WrongChecksums};
pub(crate) use self::state::State;
pub use self::state::StopHandle;
