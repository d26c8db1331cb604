//! Sending over UDP: repeated templates, and refusals by ICMP.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use nfstream_capture::in_words;

use super::collector::Collector;
use super::message::{LONGEST, Message};
use super::sender::{Messages, Next, Sender, first_that_works};

/// A UDP message fits in an Ethernet frame, even together with a few tunnel headers.
const UDP_MESSAGE: usize = 1420;

/// Over UDP, templates are sent again after this time or this number of messages (RFC 7011, section 8.4): a collector that
/// was started later understands nothing before that.
const TEMPLATES_EVERY: Duration = Duration::from_secs(60);
const TEMPLATES_EVERY_MESSAGES: u32 = 1_000;

/// A collector that refused counts as back after this time without a refusal.
const CALM: Duration = Duration::from_secs(1);
/// How long the ICMP answer of a UDP collector that refuses may take.
const ICMP_PATIENCE: Duration = Duration::from_millis(100);

pub(super) struct UdpSender<'a> {
    sender: &'a Sender,
    socket: Option<UdpSocket>,
    sequence: u32,
    templates_at: Option<Instant>,
    messages_since: u32,
    refused_at: Option<Instant>,
    /// Number of records of the message before, which is the one that a refusal refers to. They count as sent if there was
    /// no refusal.
    flows_before: u64,
}

impl<'a> UdpSender<'a> {
    pub(super) fn new(sender: &'a Sender) -> Self {
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

    pub(super) fn run(mut self) {
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
        // A refusal of the last message arrives only a moment after it.
        thread::sleep(ICMP_PATIENCE);
        self.take_refusal();
    }

    fn are_templates_due(&self) -> bool {
        let Some(sent) = self.templates_at else { return true };
        // After a refusal, the collector may be a new one.
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
            // This refuses an earlier message: the current one has not been sent yet.
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
                    delivery.trouble = Some(in_words(&error));
                });
            }
        }
    }

    /// Counts the last message as not refused.
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
            delivery.trouble = Some("cannot send: connection refused".to_owned());
        });
    }

    /// Checks whether the last message was refused.
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
        sent.map(drop)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot send: {}", in_words(&error))))
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

const _: () = assert!(UDP_MESSAGE <= LONGEST);
