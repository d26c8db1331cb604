//! The thread that sends: messages over UDP or TCP, templates first.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::collector::{Collector, Transport};
use super::layout::{Layout, OPTIONS_TEMPLATE_SET, TEMPLATE_SET};
use super::message::{Collecting, Content, LONGEST, Message};
use super::queue::{Delivery, Queue};

/// A UDP message fits in an Ethernet frame, also in one with a few headers of tunnels.
const UDP_MESSAGE: usize = 1420;
/// How much is written to a connection at a time.
const TCP_MESSAGE: usize = 32 << 10;

/// Over UDP, templates are sent again after so much time or so many messages (RFC 7011, section 8.4): a collector that was
/// started later understands nothing before.
const TEMPLATES_EVERY: Duration = Duration::from_secs(60);
const TEMPLATES_EVERY_MESSAGES: u32 = 1_000;

/// A collector that refuses is there again when nothing was refused for so long.
const CALM: Duration = Duration::from_secs(1);
/// How long an answer of a UDP collector that refuses may take.
const ICMP_PATIENCE: Duration = Duration::from_millis(100);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection that failed, and the longest to which it grows.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the sending thread has.
pub(super) struct Sender {
    pub(super) collector: Collector,
    pub(super) layout: Arc<Layout>,
    pub(super) queue: Arc<Queue>,
}

impl Sender {
    /// Starts the thread.
    pub(super) fn start(self) -> io::Result<thread::JoinHandle<()>> {
        thread::Builder::new().name("ipfix".to_owned()).spawn(move || self.run())
    }

    fn run(self) {
        match self.collector.transport {
            Transport::Udp => UdpSender::new(&self).run(),
            Transport::Tcp => TcpSender::new(&self).run(),
        }
        self.queue.done();
    }

    /// Messages of templates and type information.
    fn templates(&self, most: usize) -> Vec<Message> {
        let mut collecting = Collecting::new(most);
        let mut messages = Vec::new();
        let mut push = |set, record: &[u8], content| messages.extend(collecting.push(set, record, content));
        for template in self.layout.templates() {
            push(TEMPLATE_SET, &template, Content::Template);
        }
        push(OPTIONS_TEMPLATE_SET, &Layout::type_information_template(), Content::Template);
        let (set, records) = self.layout.type_information();
        for record in records {
            push(set, &record, Content::Option);
        }
        messages.extend(collecting.take());
        messages
    }
}

/// Messages of the records that come through the queue.
struct Messages<'a> {
    queue: &'a Queue,
    collecting: Collecting,
    ready: VecDeque<Message>,
}

impl<'a> Messages<'a> {
    fn new(queue: &'a Queue, most: usize) -> Self {
        Self { queue, collecting: Collecting::new(most), ready: VecDeque::new() }
    }

    /// The next message, waiting for records; it is sent before it is full when none are there. `None` in the end.
    fn next(&mut self) -> Option<Message> {
        while self.ready.is_empty() {
            let Some(chunk) = self.queue.take_at_once() else {
                if let Some(message) = self.collecting.take() {
                    return Some(message);
                }
                let chunk = self.queue.take()?;
                self.collect(&chunk);
                continue;
            };
            self.collect(&chunk);
        }
        self.ready.pop_front()
    }

    fn collect(&mut self, chunk: &super::queue::Chunk) {
        let mut begin = 0;
        for &(set, end) in &chunk.records {
            let record = &chunk.bytes[begin..end];
            self.ready.extend(self.collecting.push(set, record, Content::Flow));
            begin = end;
        }
    }
}

struct UdpSender<'a> {
    sender: &'a Sender,
    socket: Option<UdpSocket>,
    sequence: u32,
    templates_at: Option<Instant>,
    messages_since: u32,
    refused_at: Option<Instant>,
    /// Records of the message before, which is the one that a refusal is about.
    flows_before: u64,
}

impl<'a> UdpSender<'a> {
    fn new(sender: &'a Sender) -> Self {
        Self {
            sender,
            socket: None,
            sequence: 0,
            templates_at: None,
            messages_since: 0,
            refused_at: None,
            flows_before: 0,
        }
    }

    fn run(mut self) {
        let mut messages = Messages::new(&self.sender.queue, UDP_MESSAGE);
        while let Some(message) = messages.next() {
            if self.are_templates_due() {
                self.send_templates();
            }
            self.send(message);
        }
        self.wait_for_refusal();
    }

    fn are_templates_due(&self) -> bool {
        let Some(sent) = self.templates_at else { return true };
        // After a refusal the collector may be a new one.
        let patience = if self.refused_at.is_some_and(|at| at >= sent) { CALM } else { TEMPLATES_EVERY };
        sent.elapsed() >= patience || self.messages_since >= TEMPLATES_EVERY_MESSAGES
    }

    fn send_templates(&mut self) {
        self.templates_at = Some(Instant::now());
        self.messages_since = 0;
        for message in self.sender.templates(UDP_MESSAGE) {
            self.send(message);
        }
    }

    fn send(&mut self, mut message: Message) {
        let domain = self.sender.collector.domain;
        let bytes = message.stamped(self.sequence, domain);
        let mut sent = self.try_send(bytes);
        if sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            // The refusal of an earlier message: this one has not been sent yet.
            self.refuse();
            sent = self.try_send(bytes);
        }
        self.sequence = self.sequence.wrapping_add(message.records);
        self.messages_since += 1;
        let flows = message.flows;
        match sent {
            Ok(()) => {
                self.flows_before = flows;
                let is_calm = self.refused_at.is_none_or(|at| at.elapsed() >= CALM);
                self.sender.queue.note(|delivery| {
                    delivery.sent += flows;
                    if is_calm {
                        delivery.trouble = None;
                    }
                });
            }
            Err(error) => {
                self.socket = None;
                self.flows_before = 0;
                self.sender.queue.note(|delivery| {
                    delivery.lost += flows;
                    delivery.trouble = Some(reason(&error));
                });
            }
        }
    }

    fn refuse(&mut self) {
        self.refused_at = Some(Instant::now());
        let flows = std::mem::take(&mut self.flows_before);
        self.sender.queue.note(|delivery| {
            delivery.sent -= flows;
            delivery.lost += flows;
            delivery.trouble = Some("connection refused".to_owned());
        });
    }

    /// Whether the last message was refused is known a moment after it.
    fn wait_for_refusal(&mut self) {
        let Some(socket) = &self.socket else { return };
        thread::sleep(ICMP_PATIENCE);
        let error = socket.take_error().ok().flatten();
        if error.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            self.refuse();
        }
    }

    fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => udp_socket(&self.sender.collector)?,
        };
        let sent = socket.send(bytes);
        self.socket = Some(socket);
        sent.map(|_| ())
    }
}

fn udp_socket(collector: &Collector) -> io::Result<UdpSocket> {
    first_that_works(collector, |address| {
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(address)?;
        Ok(socket)
    })
}

/// Tries the addresses of a collector's name in turn.
fn first_that_works<T>(collector: &Collector, open: impl Fn(SocketAddr) -> io::Result<T>) -> io::Result<T> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (collector.host.as_str(), collector.port).to_socket_addrs()? {
        match open(address) {
            Ok(opened) => return Ok(opened),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

struct TcpSender<'a> {
    sender: &'a Sender,
    connection: Option<TcpStream>,
    /// Counted anew in each connection (RFC 7011, section 3.1).
    sequence: u32,
    pause: Duration,
}

impl<'a> TcpSender<'a> {
    fn new(sender: &'a Sender) -> Self {
        Self { sender, connection: None, sequence: 0, pause: FIRST_PAUSE }
    }

    fn run(mut self) {
        let queue = &self.sender.queue;
        let mut messages = Messages::new(queue, TCP_MESSAGE);
        let mut unsent: Option<Message> = None;
        loop {
            if self.connection.is_none() && !self.connect() {
                if queue.pause(self.pause) {
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
                break;
            }
            let Some(message) = unsent.take().or_else(|| messages.next()) else { break };
            unsent = self.send(message);
        }
        if let Some(connection) = &self.connection {
            // What was written is still delivered.
            let _ = connection.shutdown(Shutdown::Write);
        }
    }

    /// Connects, and sends the templates; tells why not.
    fn connect(&mut self) -> bool {
        match self.try_connect() {
            Ok(()) => {
                self.pause = FIRST_PAUSE;
                self.sender.queue.note(|delivery| delivery.trouble = None);
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn try_connect(&mut self) -> io::Result<()> {
        let connection = first_that_works(&self.sender.collector, |address| {
            TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)
        })?;
        connection.set_write_timeout(Some(WRITE_TIMEOUT))?;
        connection.set_nodelay(true)?;
        self.connection = Some(connection);
        self.sequence = 0;
        for mut message in self.sender.templates(TCP_MESSAGE) {
            self.write(&mut message)?;
        }
        Ok(())
    }

    /// Sends a message; gives it back when it could not be sent.
    fn send(&mut self, mut message: Message) -> Option<Message> {
        match self.check_connection().and_then(|()| self.write(&mut message)) {
            Ok(()) => {
                let flows = message.flows;
                self.sender.queue.note(|delivery| delivery.sent += flows);
                None
            }
            Err(error) => {
                self.fail(&error);
                Some(message)
            }
        }
    }

    fn write(&mut self, message: &mut Message) -> io::Result<()> {
        let Some(connection) = &mut self.connection else { return Err(ErrorKind::NotConnected.into()) };
        connection.write_all(message.stamped(self.sequence, self.sender.collector.domain))?;
        self.sequence = self.sequence.wrapping_add(message.records);
        Ok(())
    }

    /// A collector says nothing; where there is something to read, it is the end. To write then would succeed once, and be
    /// lost.
    fn check_connection(&self) -> io::Result<()> {
        let Some(connection) = &self.connection else { return Err(ErrorKind::NotConnected.into()) };
        connection.set_nonblocking(true)?;
        let peeked = connection.peek(&mut [0]);
        connection.set_nonblocking(false)?;
        match peeked {
            Ok(0) => Err(io::Error::new(ErrorKind::ConnectionAborted, "the collector closed the connection")),
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.connection = None;
        let reason = reason(error);
        self.sender.queue.note(|delivery: &mut Delivery| delivery.trouble = Some(reason));
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "the collector does not take what is sent".to_owned(),
        _ => error.to_string(),
    }
}

const _: () = assert!(TCP_MESSAGE <= LONGEST && UDP_MESSAGE <= LONGEST);
