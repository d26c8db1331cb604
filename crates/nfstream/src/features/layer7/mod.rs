//! Layer 7: what a flow's payloads are, and what they say in the clear (`nfstream-dpi`).
//!
//! A meter shows packets to the engine; the verdict comes where records are put in order, because it may depend on what
//! flows of other meters have taught. Where the meter is in the asking thread, [`ahead`] inspects in the workers.

mod ahead;
mod bounded;
mod family;
mod inspecting;
mod inspections;

pub(crate) use self::ahead::Finding;
pub(crate) use self::family::L7;
pub(crate) use self::inspecting::Inspecting;
pub(crate) use self::inspections::{Identified, Taught};
