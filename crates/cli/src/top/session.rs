//! The terminal while this program uses it: raw mode, the alternate screen, no cursor. However the command ends, the
//! terminal is restored.

use std::io::{self, Stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

static IS_OURS: AtomicBool = AtomicBool::new(false);
static PANICS: Once = Once::new();

/// The terminal, until this is dropped.
pub(super) struct Session {
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Session {
    pub(super) fn begin() -> io::Result<Self> {
        PANICS.call_once(|| {
            let tell = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                leave();
                tell(panic);
            }));
        });
        enter()?;
        Ok(Self { terminal: terminal().inspect_err(|_| leave())? })
    }

    /// Does what Ctrl-Z does. It restores the terminal and stops the process, and whatever is piped into it, until it is
    /// continued.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self, continued: &AtomicBool) -> io::Result<()> {
        use rustix::process::{Signal, kill_current_process_group};

        leave();
        kill_current_process_group(Signal::TSTP)?;
        // The stop comes a little later. It does not come if nobody could continue the process.
        for _ in 0..100 {
            if continued.swap(false, Ordering::Relaxed) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        self.resume()
    }

    /// Takes the terminal again after another process has used it.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        leave();
        enter()?;
        self.terminal = terminal()?;
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        leave();
    }
}

/// A terminal that takes the screen to be empty. (To clear a screen that was drawn on, ratatui asks for the position of the
/// cursor and waits for the answer.)
fn terminal() -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
    Terminal::new(CrosstermBackend::new(io::stdout()))
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    IS_OURS.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All), Hide).inspect_err(|_| leave())
}

/// If the terminal has gone, there is nobody to report to.
fn leave() {
    if IS_OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}
