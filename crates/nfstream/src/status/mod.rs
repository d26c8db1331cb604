//! How a run stands: its counters, whether it is to stop, what failed.

mod report;
mod state;

pub use self::report::{ClockSteps, MeterReport, Report};
pub(crate) use self::state::State;
pub use self::state::StopHandle;
