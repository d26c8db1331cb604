//! The thread that sends: messages over UDP or TCP, templates first.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nfstream_capture::in_words;

use super::collector::Collector;
use super::layout::{Layout, OPTIONS_TEMPLATE_SET, TEMPLATE_SET};
use super::message::{Collecting, Content, Message};
use super::queue::{Chunk, Queue, Taken};
use super::timings::Timings;

/// The data of the sending thread.
pub(super) struct Sender {
    pub(super) collector: Collector,
    pub(super) layout: Arc<Layout>,
    pub(super) queue: Arc<Queue>,
    pub(super) timings: Timings,
}

impl Sender {
    /// Messages with templates and type information.
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

/// Messages with the records that come through the queue.
pub(super) struct Messages<'a> {
    queue: &'a Queue,
    collecting: Collecting,
    ready: VecDeque<Message>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(queue: &'a Queue, most: usize) -> Self {
        Self { queue, collecting: Collecting::new(most), ready: VecDeque::new() }
    }

    /// The next message. Waits for records, but only up to `most`. When no records are there, a message is sent
    /// before it is full.
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

    /// Whether everything that was taken from the queue has been handed out.
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

/// The next thing to send.
pub(super) enum Next {
    Message(Message),
    /// Nothing to send yet.
    Nothing,
    End,
}

/// Tries the addresses of a collector's name in turn. The error says why each of them does not work.
pub(super) fn first_that_works<T>(
    collector: &Collector,
    open: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failures = Vec::new();
    for address in collector.addresses()? {
        match open(address) {
            Ok(opened) => return Ok(opened),
            Err(error) => failures.push((address, in_words(&error))),
        }
    }
    let told = match &failures[..] {
        [] => ": the name has no address".to_owned(),
        [(address, reason)] if address.ip().to_string() == collector.host => format!(": {reason}"),
        failures => {
            let each = failures.iter().map(|(address, reason)| format!(" to {address}: {reason}"));
            each.collect::<Vec<_>>().join(";")
        }
    };
    Err(io::Error::other(format!("cannot connect{told}")))
}
