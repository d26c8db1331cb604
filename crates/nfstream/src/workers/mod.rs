//! Workers: the threads of a run beside the one that asks for records. There is one for each meter.

mod deal;
mod file_worker;
mod recycler;
#[cfg(target_os = "linux")]
mod ring_worker;
mod scheduler;
mod stage;
mod sync;
mod workers;

pub(crate) use self::recycler::Recycler;
pub(crate) use self::stage::Stage;
pub(crate) use self::workers::{Collected, Workers};
