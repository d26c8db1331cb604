//! What a run reads: captures and interfaces that are open.

use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use nfstream_capture::Ring;
use nfstream_capture::{Captures, Filter, PcapInterface, Progress, Source, Steering};

use crate::status::State;

/// What a run reads.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Opened {
    /// Captures, and which frames of them are wanted, if not all are.
    Captures(Captures, Option<Filter>),
    /// An interface, through libpcap.
    Libpcap(PcapInterface),
    /// An interface: a ring for each worker, and which packets belong to which.
    #[cfg(target_os = "linux")]
    Interface(Vec<Ring>, Steering),
}

impl Opened {
    /// How far the reading has come.
    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Captures(captures, _) => captures.progress(),
            Self::Libpcap(_) => Progress::default(),
            #[cfg(target_os = "linux")]
            Self::Interface(..) => Progress::default(),
        }
    }
}

/// What is read block after block.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(crate) enum Feed {
    Captures(Captures),
    Libpcap(PcapInterface, Instant),
}

/// How often an interface is asked for what it has lost.
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

    /// Reports what was damaged or lost.
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
