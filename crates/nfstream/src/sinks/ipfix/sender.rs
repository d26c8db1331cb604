//! The thread that sends: messages over UDP or TCP, templates first.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Timings;
use super::collector::{Collector, Transport};
use super::layout::{Layout, OPTIONS_TEMPLATE_SET, TEMPLATE_SET};
use super::message::{Collecting, Content, LONGEST, Message};
use super::queue::{Chunk, Queue, Taken};
use super::tcp::{TCP_MESSAGE, TcpSender};

/// A UDP message fits in an Ethernet frame, also in one with a few headers of tunnels.
const UDP_MESSAGE: usize = 1420;

/// Over UDP, templates are sent again after so much time or so many messages (RFC 7011, section 8.4): a collector that was
/// started later understands nothing before.
const TEMPLATES_EVERY: Duration = Duration::from_secs(60);
const TEMPLATES_EVERY_MESSAGES: u32 = 1_000;

/// A collector that refuses is there again when nothing was refused for so long.
const CALM: Duration = Duration::from_secs(1);
/// How long an answer of a UDP collector that refuses may take.
const ICMP_PATIENCE: Duration = Duration::from_millis(100);

/// What the sending thread has.
pub(super) struct Sender {
    pub(super) collector: Collector,
    pub(super) layout: Arc<Layout>,
    pub(super) queue: Arc<Queue>,
    pub(super) timings: Timings,
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
    pub(super) fn templates(&self, most: usize) -> Vec<Message> {
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
pub(super) struct Messages<'a> {
    queue: &'a Queue,
    collecting: Collecting,
    ready: VecDeque<Message>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(queue: &'a Queue, most: usize) -> Self {
        Self { queue, collecting: Collecting::new(most), ready: VecDeque::new() }
    }

    /// The next message, waiting for records, though not for ever; it is sent before it is full when none are there.
    pub(super) fn next(&mut self, most: Duration) -> Next {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Next::Message(message);
            }
            if let Some(chunk) = self.queue.take_at_once() {
                self.collect(&chunk);
                continue;
            }
            if let Some(message) = self.collecting.take() {
                return Next::Message(message);
            }
            match self.queue.take(most) {
                Taken::Chunk(chunk) => self.collect(&chunk),
                Taken::Nothing => return Next::Nothing,
                Taken::End => return Next::End,
            }
        }
    }

    /// Whether nothing is left of what was taken from the queue.
    pub(super) fn are_none_ready(&self) -> bool {
        self.ready.is_empty() && self.collecting.is_empty()
    }

    fn collect(&mut self, chunk: &Chunk) {
        let mut begin = 0;
        for &(set, end) in &chunk.records {
            let record = &chunk.bytes[begin..end];
            self.ready.extend(self.collecting.push(set, record, Content::Flow));
            begin = end;
        }
    }
}

/// What there is to be sent.
pub(super) enum Next {
    Message(Message),
    /// Not yet.
    Nothing,
    End,
}

struct UdpSender<'a> {
    sender: &'a Sender,
    socket: Option<UdpSocket>,
    sequence: u32,
    templates_at: Option<Instant>,
    messages_since: u32,
    refused_at: Option<Instant>,
    /// Records of the message before, which is the one that a refusal is about: they count as sent when none has come.
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
        while !self.sender.queue.is_abandoned() {
            let message = match messages.next(self.sender.timings.look) {
                Next::Message(message) => message,
                Next::Nothing => {
                    self.take_refusal();
                    continue;
                }
                Next::End => break,
            };
            if self.are_templates_due() {
                self.send_templates();
            }
            self.send(message);
        }
        // Whether the last message was refused is known a moment after it.
        thread::sleep(ICMP_PATIENCE);
        self.take_refusal();
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
                self.pass();
                self.flows_before = flows;
            }
            Err(error) => {
                self.pass();
                self.socket = None;
                self.sender.queue.note(|delivery| {
                    delivery.lost += flows;
                    delivery.trouble = Some(reason(&error));
                });
            }
        }
    }

    /// Nothing was refused.
    fn pass(&mut self) {
        let flows = std::mem::take(&mut self.flows_before);
        let is_calm = self.refused_at.is_none_or(|at| at.elapsed() >= CALM);
        self.sender.queue.note(|delivery| {
            delivery.sent += flows;
            if is_calm {
                delivery.trouble = None;
            }
        });
    }

    fn refuse(&mut self) {
        self.refused_at = Some(Instant::now());
        let flows = std::mem::take(&mut self.flows_before);
        self.sender.queue.note(|delivery| {
            delivery.lost += flows;
            delivery.trouble = Some("connection refused".to_owned());
        });
    }

    /// Sees whether the last message was refused.
    fn take_refusal(&mut self) {
        let error = self.socket.as_ref().and_then(|socket| socket.take_error().ok().flatten());
        match error {
            Some(error) if error.kind() == ErrorKind::ConnectionRefused => self.refuse(),
            _ if self.socket.is_some() => self.pass(),
            _ => {}
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
pub(super) fn first_that_works<T>(
    collector: &Collector,
    open: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (collector.host.as_str(), collector.port).to_socket_addrs()? {
        match open(address) {
            Ok(opened) => return Ok(opened),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "the collector does not take what is sent".to_owned(),
        _ => error.to_string(),
    }
}

const _: () = assert!(TCP_MESSAGE <= LONGEST && UDP_MESSAGE <= LONGEST);
