//! `nfstream top`: shows the traffic in the terminal.
//!
//! ```text
//! packets ──▶ feed ──▶ model ──snapshot──▶ screen ──▶ draw
//!             thread   counts  now and     keys       lines
//!                              then
//! ```

mod draw;
mod feed;
mod flow;
mod hosts;
mod kept;
mod list;
mod model;
mod rate;
mod rows;
mod screen;
mod session;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind};

use self::draw::{Theme, draw};
use self::feed::{Feed, Wanted};
use self::screen::{Asked, Screen};
use self::session::Session;
use crate::arguments::TopArguments;
use crate::captures;
use crate::failure::{Failure, warn};
use crate::interruption::Interruption;
use crate::privileges::Privileges;
use crate::table::printable;

/// Longest time until a signal is seen.
const PATIENCE: Duration = Duration::from_millis(50);
/// A poll without any time does not see the keys that were read together with the last one.
const SHORTEST_POLL: Duration = Duration::from_millis(1);
/// Looking and drawing take at most one part in this many of the time.
const SHARE: u32 = 4;

/// Shows the traffic until the user has seen enough.
pub(crate) fn run(arguments: &TopArguments) -> Result<ExitCode, Failure> {
    let mut interruption = Interruption::watch(false)?;
    let inputs = captures::expand(&arguments.captures(), &arguments.live, "nfstream top")?;
    if !io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "nfstream top needs a terminal; standard output is not one. nfstream CAPTURE, without top, writes flows to pipes and files".to_owned(),
        ));
    }
    let source = match &arguments.live.interface {
        Some(interface) => printable(interface),
        None => screen::source(&inputs),
    };
    let privileges = Privileges::to_give_up(&arguments.live)?;
    let streamer = arguments.live.apply(arguments.parameters.streamer()?.sources(inputs))?.build()?;
    let packets = streamer.packets_after(|| privileges.give_up().and_then(|()| interruption.begin()))?;
    let is_current = arguments.speed.is_some() || packets.progress().total_bytes().is_none();
    let feed = Feed::start(packets, arguments.speed)?;

    let screen = Screen::new(source, arguments.speed, is_current, feed.look(Wanted::only_details(None)));
    let shown = show(&feed, screen, &interruption, Duration::from_millis(arguments.refresh));
    let (report, ran) = feed.finish();
    for damage in &report.damages {
        warn(&damage.to_string());
    }
    let status = shown.map_err(|error| Failure::Told(format!("the terminal cannot be used: {error}")))?;
    ran?;
    Ok(ExitCode::from(status))
}

/// Shows the screen and obeys keys. Returns the exit status.
fn show(feed: &Feed, mut screen: Screen, interruption: &Interruption, refresh: Duration) -> io::Result<u8> {
    const INTERRUPTED: u8 = 130;
    let theme = Theme::of_environment();
    let continued = continued()?;
    let mut session = Session::begin()?;
    let mut next = Instant::now();
    let mut seen = Wanted::only_details(None);
    loop {
        let began = Instant::now();
        let is_due = began >= next;
        let wanted = screen.wanted();
        if wanted != seen && screen.is_paused && seen.is_all() {
            screen.snapshot.details = feed.look(Wanted::only_details(wanted.details)).details;
        } else if wanted != seen || (is_due && !screen.is_settled()) {
            screen.see(feed.look(wanted));
        }
        seen = wanted;
        session.terminal.draw(|frame| draw(frame, &mut screen, theme))?;
        if is_due {
            next = Instant::now() + refresh.max(began.elapsed() * SHARE);
        }
        match wait(&mut screen, next, interruption, feed, &continued)? {
            Woken::Redraw => {}
            Woken::Continued => session.resume()?,
            Woken::Asked(Asked::Nothing) => {}
            Woken::Asked(Asked::Quit) => return Ok(0),
            Woken::Asked(Asked::Interrupt) => return Ok(INTERRUPTED),
            Woken::Asked(Asked::Suspend) => suspend(&mut session, &continued)?,
            Woken::Signalled(status) => return Ok(status),
            Woken::Broken => return Ok(0),
        }
    }
}

/// Reason why the loop has something to do.
enum Woken {
    Redraw,
    /// The process was continued after a stop.
    Continued,
    Asked(Asked),
    /// A signal came that calls for this exit status.
    Signalled(u8),
    /// The thread with the packets has panicked. Its end shows why.
    Broken,
}

fn wait(
    screen: &mut Screen,
    until: Instant,
    interruption: &Interruption,
    feed: &Feed,
    continued: &AtomicBool,
) -> io::Result<Woken> {
    loop {
        if let Some(status) = interruption.exit_status() {
            return Ok(Woken::Signalled(status));
        }
        if continued.swap(false, Ordering::Relaxed) {
            return Ok(Woken::Continued);
        }
        if feed.has_panicked() {
            return Ok(Woken::Broken);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Woken::Redraw);
        }
        if !event::poll(left.min(PATIENCE))? {
            continue;
        }
        // Keys that are held down come faster than the screen can be drawn. The contents that a key asks for have
        // to arrive before the next key.
        let wanted = screen.wanted();
        loop {
            if let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
            {
                let asked = screen.press(key);
                if asked != Asked::Nothing {
                    return Ok(Woken::Asked(asked));
                }
            }
            if screen.wanted() != wanted || !event::poll(SHORTEST_POLL)? {
                return Ok(Woken::Redraw);
            }
        }
    }
}

/// A flag that says whether the process was continued after a stop. Meanwhile another process may have used the
/// terminal.
fn continued() -> io::Result<Arc<AtomicBool>> {
    let continued = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGCONT, Arc::clone(&continued))?;
    Ok(continued)
}

#[cfg(unix)]
fn suspend(session: &mut Session, continued: &AtomicBool) -> io::Result<()> {
    session.suspend(continued)
}

#[cfg(not(unix))]
fn suspend(_: &mut Session, _: &AtomicBool) -> io::Result<()> {
    Ok(())
}
