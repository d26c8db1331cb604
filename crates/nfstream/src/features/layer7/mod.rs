//! Layer 7: identifies a flow's payloads, and reads what they say in the clear (`nfstream-dpi`).
//!
//! A meter shows packets to the engine. The verdict is reached later, when records are put in order, because it may
//! depend on what flows of other meters have taught. If the meter is in the asking thread, [`ahead`] inspects in the
//! workers.

mod ahead;
mod bounded;
mod family;
mod inspecting;
mod inspections;
mod risks;

pub(crate) use self::ahead::Finding;
pub(crate) use self::family::L7;
pub(crate) use self::inspecting::Inspecting;
pub(crate) use self::inspections::{Identified, Taught};
