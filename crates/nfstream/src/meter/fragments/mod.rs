//! Fragments of IP datagrams: which flow they belong to, and what the whole datagram says.
//!
//! A later fragment has no ports, so its lane is not known when it is decoded: every meter gets every fragment. Each
//! meter does the same with all fragments, in the order of the input, but counts only those of its own flows. So the
//! records do not depend on the number of meters, and other packets cost nothing.
//!
//! Every fragment is a packet of its own size in its flow. Fragments that come before their flow is known are held, and
//! counted when it is, in the order in which they came. The packet that completes a datagram shows all of it to the
//! families of features; other fragments show no payload. What comes of a datagram that is given up is shown to the
//! inspection of payloads, up to the first gap.

mod datagram;
mod defragmenter;
mod incoming;
mod pieces;
mod released;

pub(super) use self::defragmenter::{Defragmenter, Lookup};
pub(super) use self::incoming::Incoming;
pub(crate) use self::released::Released;
pub(super) use self::released::{Shown, Step};
