//! SIGINT (Ctrl-C) and SIGTERM: the first asks for an orderly end, the second ends the process at once. SIGHUP asks to turn
//! files over.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nfstream::in_words;
use nfstream::sinks::Patience;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::failure::Failure;

/// Knows whether the process has been asked to end, or to turn files over.
pub(crate) struct Interruption {
    signal: Arc<AtomicUsize>,
    turn: Arc<AtomicBool>,
}

impl Interruption {
    /// Takes SIGHUP from now on where files can be turned over: elsewhere it ends the process, as when a terminal closes, unless it
    /// is ignored, as under nohup(1).
    pub(crate) fn of_turning(turns: bool) -> Result<Self, Failure> {
        let interruption = Self { signal: Arc::default(), turn: Arc::default() };
        if turns {
            flag::register(SIGHUP, Arc::clone(&interruption.turn)).map_err(|error| failure(&error))?;
        }
        Ok(interruption)
    }

    /// Takes SIGINT and SIGTERM from now on. Before, while rules are loaded and filters compiled, they end the process: nothing is
    /// written as yet.
    pub(crate) fn watch(&self) -> Result<(), Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        let watch = |number| {
            // Actions run in this order: only a second signal finds `asked` set.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&asked))?;
            flag::register(number, Arc::clone(&asked))?;
            flag::register_usize(number, Arc::clone(&self.signal), number as usize)
        };
        for number in [SIGINT, SIGTERM] {
            watch(number).map_err(|error| failure(&error))?;
        }
        Ok(())
    }

    /// Whether SIGHUP has come since this was asked last.
    pub(crate) fn asks_to_turn(&self) -> bool {
        self.turn.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGINT or SIGTERM has come.
    pub(crate) fn asks_to_end(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// How long a FIFO or a collector is waited for.
    pub(crate) fn patience(&self) -> Patience {
        let signal = Arc::clone(&self.signal);
        Patience::new(move || Ok(signal.load(Ordering::Relaxed) != 0))
    }

    /// The exit status that the signal calls for, if one has come. What goes on until it is told to end has ended well with
    /// SIGTERM.
    pub(crate) fn exit_status(&self, goes_on_until_told: bool) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) as i32 {
            0 => None,
            SIGTERM if goes_on_until_told => Some(0),
            number => Some(128 + number as u8),
        }
    }
}

/// Has a file that is as long as it may be (`ulimit -f`) refuse what is written, instead of ending the process.
pub(crate) fn outlive_full_files() -> Result<(), Failure> {
    flag::register(SIGXFSZ, Arc::default()).map(|_| ()).map_err(|error| failure(&error))
}

fn failure(error: &io::Error) -> Failure {
    Failure::Told(format!("cannot watch for signals: {}", in_words(error)))
}
