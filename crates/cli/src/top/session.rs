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
use ratatui::backend::{Backend, ClearType as Region, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

static IS_OURS: AtomicBool = AtomicBool::new(false);
static PANICS: Once = Once::new();

/// Most cells that are drawn: more than any screen shows. A terminal may say that it has 65,535 times 65,535, and the memory and the time
/// of a redraw grow with them.
const MOST: Size = Size { width: 500, height: 200 };

/// A terminal of which only the upper left part is used if it is huge.
pub(super) struct Bounded<B>(B);

impl<B: Backend> Backend for Bounded<B> {
    type Error = B::Error;

    fn size(&self) -> Result<Size, B::Error> {
        self.0.size().map(bounded)
    }

    fn window_size(&mut self) -> Result<WindowSize, B::Error> {
        let WindowSize { columns_rows, pixels } = self.0.window_size()?;
        Ok(WindowSize { columns_rows: bounded(columns_rows), pixels })
    }

    fn draw<'a, I>(&mut self, content: I) -> Result<(), B::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.0.draw(content)
    }

    fn append_lines(&mut self, lines: u16) -> Result<(), B::Error> {
        self.0.append_lines(lines)
    }

    fn hide_cursor(&mut self) -> Result<(), B::Error> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), B::Error> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, B::Error> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), B::Error> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), B::Error> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: Region) -> Result<(), B::Error> {
        self.0.clear_region(region)
    }

    fn flush(&mut self) -> Result<(), B::Error> {
        self.0.flush()
    }
}

fn bounded(Size { width, height }: Size) -> Size {
    Size { width: width.min(MOST.width), height: height.min(MOST.height) }
}

/// The terminal, until this is dropped.
pub(super) struct Session {
    pub(super) terminal: Terminal<Bounded<CrosstermBackend<Stdout>>>,
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
fn terminal() -> io::Result<Terminal<Bounded<CrosstermBackend<Stdout>>>> {
    Terminal::new(Bounded(CrosstermBackend::new(io::stdout())))
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
