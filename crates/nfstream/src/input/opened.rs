//! The input of a run: captures and interfaces that are open.

use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use nfstream_capture::Ring;
use nfstream_capture::{Captures, Filter, PcapInterface, Progress, Source, Steering, Timestamp};

use crate::status::State;

/// The input that a run reads.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Opened {
    /// Captures, with a filter if not all of their frames are wanted.
    Captures(Captures, Option<Filter>),
    /// An interface, through libpcap.
    Libpcap(PcapInterface),
    /// An interface: a ring for each worker, and the steering that says which packets belong to which ring.
    #[cfg(target_os = "linux")]
    Interface(Vec<Ring>, Steering),
}

impl Opened {
    /// The progress of reading.
    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Captures(captures, _) => captures.progress(),
            Self::Libpcap(_) => Progress::default(),
            #[cfg(target_os = "linux")]
            Self::Interface(..) => Progress::default(),
        }
    }
}

/// An input that is read block by block.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Feed {
    Captures(Captures),
    Libpcap(PcapInterface, Instant),
}

/// How often an interface is asked for its losses.
const LOSSES: Duration = Duration::from_millis(500);

impl Feed {
    pub(crate) fn libpcap(interface: PcapInterface) -> Self {
        Self::Libpcap(interface, Instant::now())
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Captures(captures) => captures,
            Self::Libpcap(interface, _) => interface,
        }
    }

    /// Whether packets come when they happen.
    pub(super) fn comes_by_and_by(&self) -> bool {
        match self {
            Self::Captures(captures) => captures.comes_by_and_by(),
            Self::Libpcap(..) => true,
        }
    }

    /// Whether all packets of an interface that came before `time` have been read.
    pub(super) fn has_read_until(&self, time: Timestamp) -> bool {
        match self {
            Self::Captures(_) => true,
            Self::Libpcap(interface, _) => interface.has_delivered_until(time),
        }
    }

    /// Reports damages and losses.
    pub(super) fn report(&mut self, told: &mut usize, state: &State) {
        match self {
            Self::Captures(captures) => {
                let damages = captures.damages();
                if *told < damages.len() {
                    *told = damages.len();
                    state.report().damages = damages.to_vec();
                }
            }
            Self::Libpcap(interface, asked) if asked.elapsed() >= LOSSES => {
                *asked = Instant::now();
                let losses = interface.losses();
                let mut report = state.report();
                (report.dropped_by_kernel, report.dropped_by_interface) = (losses.kernel, losses.interface);
            }
            Self::Libpcap(..) => {}
        }
    }
}
