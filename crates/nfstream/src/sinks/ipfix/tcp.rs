//! Sending over TCP: connections that break, and the state of the messages in them.
//!
//! A message that was written is in the kernel, but the collector may not have it yet. So messages are kept until it is certain
//! enough that the collector has read them. The messages of a connection that broke are sent again in the next connection (RFC 7011,
//! section 10.4): a collector may get some of them twice. These messages count as taken:
//!
//! - all messages, when the collector closes the connection after we did: a host that closes with unread bytes resets it instead;
//! - messages that its host had acknowledged, when the collector closes the connection before we do, for the same reason;
//! - messages after which its host acknowledged more bytes than it can hold unread;
//! - messages that its host acknowledged some time ago, when the connection breaks for another reason than that the collector takes
//!   nothing.
//!
//! Messages of the last sort are not sent again, but count only when the connection ends, because a host also acknowledges what nobody
//! reads. If the collector takes nothing, or does not close its side at the end, they are lost.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use nfstream_capture::in_words;

use super::message::{LONGEST, Message};
use super::send_queue::unacknowledged;
use super::sender::{Messages, Next, Sender, first_that_works};

/// Number of bytes that are written to a connection at a time.
pub(super) const TCP_MESSAGE: usize = 32 << 10;

/// Most bytes that a host may acknowledge before the collector reads them: the limit of a connection (`tcp_rmem`) that Linux sets by
/// itself.
const MOST_UNREAD: u64 = 32 << 20;

/// A message that was in this many broken connections is lost: it may be the reason why they break.
const MOST_CONNECTIONS: u32 = 20;

/// Most flows of settled messages that are counted together.
const FLOWS_TOGETHER: u64 = 256;

/// The pause between two checks for the acknowledgement of the last bytes, after the collector has closed its side.
const INSTANT: Duration = Duration::from_millis(10);

pub(super) struct TcpSender<'a> {
    sender: &'a Sender,
    connection: Option<Connection>,
    /// Messages that the collector may not have, oldest first.
    kept: VecDeque<Kept>,
    /// Messages of this connection that are not kept, because its host acknowledged them some time ago, and do not count as taken yet,
    /// oldest first. They are not sent again.
    settled: VecDeque<Settled>,
    /// Number of those messages that have been written to this connection, and number of those that its host has acknowledged.
    written: usize,
    acknowledged: usize,
    /// The pause before the next connection, unless it is the first.
    pause: Duration,
    has_failed: bool,
}

struct Kept {
    message: Message,
    /// Number of bytes of the connection up to the end of the message.
    end: u64,
    acknowledged_at: Instant,
    /// Number of connections that broke with the message.
    broken: u32,
}

struct Settled {
    /// Number of bytes of the connection up to the end.
    end: u64,
    flows: u64,
}

struct Connection {
    stream: TcpStream,
    opened: Instant,
    /// Counted from 0 in each connection (RFC 7011, section 3.1).
    sequence: u32,
    /// Number of bytes that have been written, and number of those that the host has acknowledged.
    written: u64,
    acknowledged: u64,
    /// Whether the system reports acknowledged bytes.
    is_told: bool,
    /// Set when our side has been shut down.
    is_shut: bool,
    is_closed: bool,
    /// When bytes were last written or acknowledged.
    moved: Instant,
    /// How long the collector kept us waiting.
    waited: Duration,
}

/// The state of a connection.
#[derive(PartialEq)]
enum State {
    Open,
    /// The collector has closed its side.
    Closed,
}

impl<'a> TcpSender<'a> {
    pub(super) fn new(sender: &'a Sender) -> Self {
        let pause = sender.timings.first_pause;
        let kept = VecDeque::new();
        let settled = VecDeque::new();
        Self {
            sender,
            connection: None,
            kept,
            settled,
            written: 0,
            acknowledged: 0,
            pause,
            has_failed: false,
        }
    }

    pub(super) fn run(mut self) {
        let queue = &self.sender.queue;
        let mut messages = Messages::new(queue, TCP_MESSAGE);
        while !queue.is_abandoned() {
            match self.step(&mut messages) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => self.break_off(&error),
            }
        }
    }

    /// Takes the next step; returns false when there is nothing left to do.
    fn step(&mut self, messages: &mut Messages<'_>) -> io::Result<bool> {
        let timings = &self.sender.timings;
        if self.connection.is_none() {
            if self.has_failed {
                if self.kept.is_empty() && self.sender.queue.is_drained() && messages.are_none_ready() {
                    return Ok(false);
                }
                self.sender.queue.pause(self.pause);
                self.pause = (self.pause * 2).min(timings.longest_pause);
            }
            if self.sender.queue.is_abandoned() {
                return Ok(false);
            }
            self.connect()?;
        }
        if self.listen()? == State::Closed {
            return Err(closed());
        }
        if self.written < self.kept.len() {
            self.write_next()?;
            return Ok(true);
        }
        match messages.next(timings.look) {
            Next::Message(mut message) => {
                message.shrink();
                self.kept.push_back(Kept { message, end: 0, acknowledged_at: Instant::now(), broken: 0 });
                Ok(true)
            }
            Next::Nothing => Ok(true),
            Next::End => self.close().map(|()| false),
        }
    }

    /// Connects, and sends the templates.
    fn connect(&mut self) -> io::Result<()> {
        let Sender { collector, timings, queue, .. } = self.sender;
        let stream =
            first_that_works(collector, |address| TcpStream::connect_timeout(&address, timings.connect))?;
        stream.set_write_timeout(Some(timings.look))?;
        stream.set_read_timeout(Some(timings.look))?;
        stream.set_nodelay(true)?;
        // A connection that ends right after this ends by accident, and the problem may pass.
        queue.be_patient(timings.patience);
        let mut connection = Connection::new(stream);
        for mut message in self.sender.templates(TCP_MESSAGE) {
            connection.write(&mut message, self.sender)?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn write_next(&mut self) -> io::Result<()> {
        let (Some(connection), Some(kept)) = (&mut self.connection, self.kept.get_mut(self.written)) else {
            return Err(ErrorKind::NotConnected.into());
        };
        connection.write(&mut kept.message, self.sender)?;
        kept.end = connection.written;
        self.written += 1;
        Ok(())
    }

    /// Checks what the collector's host has acknowledged, and draws the consequences.
    fn listen(&mut self) -> io::Result<State> {
        let Some(connection) = &mut self.connection else { return Err(ErrorKind::NotConnected.into()) };
        let state = connection.listen(self.sender)?;
        let (acknowledged, now) = (connection.acknowledged, Instant::now());
        let is_calm = connection.is_calm(self.sender);
        while self.acknowledged < self.written && self.kept[self.acknowledged].end <= acknowledged {
            self.kept[self.acknowledged].acknowledged_at = now;
            self.acknowledged += 1;
        }
        self.settle(now);
        self.confirm_beyond(acknowledged.saturating_sub(MOST_UNREAD));
        if is_calm {
            self.sender.queue.note(|delivery| delivery.trouble = None);
        }
        Ok(state)
    }

    /// Puts aside messages that were acknowledged some time ago.
    fn settle(&mut self, now: Instant) {
        let is_settled =
            |kept: &Kept| now.duration_since(kept.acknowledged_at) >= self.sender.timings.settled;
        let settled = self.kept.iter().take(self.acknowledged).take_while(|kept| is_settled(kept)).count();
        if settled > 0 {
            self.put_aside(settled);
            self.pause = self.sender.timings.first_pause;
        }
    }

    /// Keeps only the numbers of the first messages: those of small ones together, so that there are never many.
    fn put_aside(&mut self, messages: usize) {
        for Kept { message, end, .. } in self.kept.drain(..messages) {
            let is_small = |last: &&mut Settled| last.flows < FLOWS_TOGETHER;
            match self.settled.back_mut().filter(is_small) {
                Some(last) => *last = Settled { end, flows: last.flows + message.flows },
                None => self.settled.push_back(Settled { end, flows: message.flows }),
            }
        }
        self.written -= messages;
        self.acknowledged -= messages;
    }

    /// Counts acknowledged messages as taken by the collector if they end before this number of bytes.
    fn confirm_beyond(&mut self, bytes: u64) {
        let read = self.kept.iter().take(self.acknowledged).take_while(|kept| kept.end <= bytes).count();
        if read > 0 {
            self.put_aside(read);
            self.pause = self.sender.timings.first_pause;
        }
        let read = self.settled.iter().take_while(|settled| settled.end <= bytes).count();
        let flows: u64 = self.settled.drain(..read).map(|settled| settled.flows).sum();
        if read > 0 {
            self.sender.queue.note_progress();
            self.sender.queue.note(|delivery| {
                delivery.sent += flows;
                delivery.trouble = None;
            });
        }
    }

    /// Counts all acknowledged messages as taken by the collector.
    fn confirm(&mut self) {
        self.confirm_beyond(u64::MAX);
    }

    /// Closes the connection, and waits until the collector has closed it, too.
    fn close(&mut self) -> io::Result<()> {
        let mut begun = Some(Instant::now());
        if let Some(connection) = &mut self.connection {
            connection.shut()?;
        }
        while !self.sender.queue.is_abandoned() {
            let state = self.listen()?;
            let Some(connection) = &mut self.connection else { break };
            let is_acknowledged = connection.acknowledged == connection.written;
            if let Some(begun) = begun.take_if(|_| is_acknowledged) {
                connection.waited += begun.elapsed();
                self.sender.queue.be_patient(connection.time_to_read());
            }
            match state {
                State::Closed if is_acknowledged => {
                    self.acknowledged = self.written;
                    self.confirm();
                    break;
                }
                // The host has not yet reported whether it took the rest.
                State::Closed => thread::sleep(INSTANT),
                State::Open => connection.wait()?,
            }
        }
        Ok(())
    }

    /// Handles a failed connection: its messages are sent again.
    fn break_off(&mut self, error: &io::Error) {
        if let Some(connection) = self.connection.take() {
            if connection.is_closed && connection.is_told {
                self.confirm();
            }
            if is_stalled(error) {
                self.sender.queue.note_beginning(connection.moved);
            }
        }
        // A host that resets the connection, or has gone, says nothing of them. One whose window stays closed has not read all.
        let settled: u64 = self.settled.drain(..).map(|settled| settled.flows).sum();
        let (taken, unread) = if is_stalled(error) { (0, settled) } else { (settled, 0) };
        self.kept.iter_mut().take(self.written).for_each(|kept| kept.broken += 1);
        (self.written, self.acknowledged) = (0, 0);
        let mut lost = 0;
        self.kept.retain(|kept| {
            let is_kept = kept.broken < MOST_CONNECTIONS;
            lost += if is_kept { 0 } else { kept.message.flows };
            is_kept
        });
        self.has_failed = true;
        self.sender.queue.note(|delivery| {
            delivery.sent += taken;
            delivery.lost += lost + unread;
            delivery.trouble = Some(reason(error));
        });
    }
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let opened = Instant::now();
        Self {
            stream,
            opened,
            sequence: 0,
            written: 0,
            acknowledged: 0,
            is_told: true,
            is_shut: false,
            is_closed: false,
            moved: opened,
            waited: Duration::ZERO,
        }
    }

    fn is_calm(&self, sender: &Sender) -> bool {
        self.opened.elapsed() >= sender.timings.calm
    }

    fn write(&mut self, message: &mut Message, sender: &Sender) -> io::Result<()> {
        let length = message.length();
        let bytes = message.stamped(self.sequence, sender.collector.domain);
        let begun = Instant::now();
        let mut place = 0;
        while place < length {
            match self.stream.write(&bytes[place..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    place += written;
                    self.written += written as u64;
                    self.moved = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => self.see_whether_it_moves(sender)?,
                Err(error) => return Err(error),
            }
        }
        self.waited += begun.elapsed();
        self.sequence = self.sequence.wrapping_add(message.records);
        Ok(())
    }

    fn see_whether_it_moves(&mut self, sender: &Sender) -> io::Result<()> {
        if self.listen(sender)? == State::Closed {
            return Err(closed());
        }
        if self.moved.elapsed() >= sender.timings.stall || sender.queue.is_abandoned() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    /// Checks what has been acknowledged, and whether the connection is open. A collector sends nothing; anything that it sends is
    /// ignored.
    fn listen(&mut self, sender: &Sender) -> io::Result<State> {
        // Asked first: bytes that were acknowledged before the collector closed its side have been read.
        let unacknowledged = unacknowledged(&self.stream);
        if !self.is_closed {
            self.stream.set_nonblocking(true)?;
            let ended = self.read_to_end();
            self.stream.set_nonblocking(false)?;
            self.is_closed = ended?;
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        self.is_told = unacknowledged.is_some();
        let sent = self.written + u64::from(self.is_shut);
        let acknowledged = sent.saturating_sub(unacknowledged.unwrap_or(0)).min(self.written);
        if acknowledged > self.acknowledged {
            self.acknowledged = acknowledged;
            self.moved = Instant::now();
            if self.is_calm(sender) {
                sender.queue.note_progress();
            }
        }
        Ok(if self.is_closed { State::Closed } else { State::Open })
    }

    fn read_to_end(&mut self) -> io::Result<bool> {
        loop {
            match self.stream.read(&mut [0; 512]) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    fn shut(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.is_shut = true;
        Ok(())
    }

    /// Waits for the collector, but not for long.
    fn wait(&self) -> io::Result<()> {
        match self.stream.peek(&mut [0]) {
            Err(error) if error.kind() != ErrorKind::Interrupted && !is_timeout(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// How long a collector may take to read everything that its host can hold unread, judging by how long it kept us waiting.
    fn time_to_read(&self) -> Duration {
        let share = MOST_UNREAD.min(self.acknowledged) as f64 / self.acknowledged.max(1) as f64;
        self.waited.mul_f64(2.0 * share)
    }
}

/// What to tell of an error. The system has its own words only for a connection that was made.
fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => format!("the connection broke: {}", in_words(error)),
        None if is_timeout(error) => "the collector does not take the data".to_owned(),
        None => in_words(error),
    }
}

fn closed() -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, "the collector closed the connection")
}

/// Whether a connection was given up because its collector takes nothing. The system's own timeout means that the host has gone.
fn is_stalled(error: &io::Error) -> bool {
    error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none()
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

const _: () = assert!(TCP_MESSAGE <= LONGEST);
