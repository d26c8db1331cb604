//! [`Incoming`]: a fragment that has come.

use nfstream_decode::{Fragment, Part};

use crate::lane::Arrival;

/// A fragment that has come.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) frame: &'a [u8],
    pub(super) position: u64,
    pub(super) part: Part,
}

impl<'a> Incoming<'a> {
    /// `None` if the arrival is not a fragment after all.
    pub(crate) fn new(arrival: &'a Arrival, frame: &'a [u8], position: u64) -> Option<Self> {
        // By the reference's rules, a packet may be whole though its header says otherwise.
        if arrival.headers.fragment == Fragment::Whole {
            return None;
        }
        let part = Part::of(&arrival.headers, frame)?;
        Some(Self { arrival, frame, position, part })
    }
}
