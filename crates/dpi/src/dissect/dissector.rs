//! The definition of a dissector: constant metadata, a private state, and one function from a payload to a verdict.

use std::net::IpAddr;

use super::found::Found;
use super::reader::{Reader, Short};
use crate::flow::Transport;
use crate::vocabulary::Label;

/// A protocol that can be recognised. See the crate's documentation for an example.
pub(crate) trait Dissector: 'static {
    /// Metadata that is known without a payload.
    const META: Meta;

    /// State that is kept from one payload of a flow to the next.
    type State: Default + Send + Sync + 'static;

    /// Looks at a payload. A malformed payload is not an error: it is excluded.
    ///
    /// Values in `found` count if the verdict is [`Verdict::Matched`], and are forgotten otherwise.
    fn inspect(state: &mut Self::State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict;

    /// Whether a state is still the default; then it is not kept. A dissector should say so if most flows of other protocols
    /// leave its state that way.
    fn is_default(state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// Bytes of memory that a state takes besides itself.
    fn memory(state: &Self::State) -> usize {
        let _ = state;
        0
    }
}

/// A dissector's answer to a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The flow is something else.
    Excluded,
    /// The message is not complete. TCP: asks for these bytes again, with those that follow them. UDP: like
    /// [`Verdict::Wait`].
    More,
    /// Nothing speaks against the protocol: asks for the next payload.
    Wait,
    /// The flow is recognised.
    Matched(Then),
}

/// A dissector's request after it has recognised a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing.
    Done,
    /// Further payloads, to learn more.
    Wait,
    /// Like [`Verdict::More`].
    More,
}

impl Verdict {
    /// Recognised, and nothing more to learn.
    pub(crate) const DONE: Self = Self::Matched(Then::Done);

    /// Matched if something holds, else excluded.
    pub(crate) fn matched_if(holds: bool) -> Self {
        if holds { Self::DONE } else { Self::Excluded }
    }
}

/// A payload of one direction of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// UDP: the datagram. TCP: new bytes in order, after those that a dissector asked to see again.
    pub payload: &'a [u8],
    /// Transport that carried the payload.
    pub transport: Transport,
    /// Whether the flow's source sent the payload.
    pub from_source: bool,
    /// Sender's address.
    pub src: IpAddr,
    /// Receiver's address.
    pub dst: IpAddr,
    /// Sender's port.
    pub src_port: u16,
    /// Receiver's port.
    pub dst_port: u16,
    /// Number of payloads of the flow before this one.
    pub number: u16,
    /// Number of payloads of this direction before this one.
    pub number_of_direction: u16,
    /// Length of the payload on the wire. It is more than the captured length if the frame was cut.
    pub wire_len: usize,
}

impl<'a> Segment<'a> {
    /// A reader at the beginning of the payload.
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.payload)
    }

    /// Direction: 0 from the source, 1 to it.
    pub(crate) fn side(&self) -> usize {
        usize::from(!self.from_source)
    }

    /// Whether this is the first payload of its direction.
    pub(crate) fn is_first_of_direction(&self) -> bool {
        self.number_of_direction == 0
    }

    /// Whether this is one of the ports.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.src_port == port || self.dst_port == port
    }

    /// Whether the payload was carried in TCP.
    pub(crate) fn is_tcp(&self) -> bool {
        self.transport == Transport::Tcp
    }

    /// Whether the payload was carried in UDP.
    pub(crate) fn is_udp(&self) -> bool {
        self.transport == Transport::Udp
    }

    /// [`Verdict::More`] if more of the message can come (TCP), else [`Verdict::Excluded`], because a datagram is complete.
    pub(crate) fn more(&self) -> Verdict {
        if self.is_tcp() { Verdict::More } else { Verdict::Excluded }
    }

    /// Matched if something holds, else excluded. If the payload ends too early to decide, the same as [`Self::more`].
    pub(crate) fn matched_if(&self, holds: Result<bool, Short>) -> Verdict {
        match holds {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => self.more(),
        }
    }
}

/// Metadata of a dissector, known without a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    /// Label that the dissector recognises.
    pub label: Label,
    /// Other labels that it can give: protocols that begin alike, applications of its own.
    pub also: &'static [Label],
    /// Whether the dissector looks at TCP.
    pub tcp: bool,
    /// Whether the dissector looks at UDP.
    pub udp: bool,
    /// Ports on which the dissector is asked first.
    pub ports: &'static [u16],
    /// Whether the dissector is asked only on those ports.
    pub only_on_ports: bool,
    /// Possible beginnings of the first payload of a direction; if empty, any.
    pub starts_with: &'static [&'static [u8]],
    /// Number of payloads without a match after which the dissector is excluded.
    pub max_segments: u16,
    /// Whether the dissector is asked after all others, because its signs also occur by chance.
    pub weak: bool,
    /// Specification that the dissector follows.
    pub specification: &'static str,
}

impl Meta {
    const fn new(label: Label, tcp: bool, udp: bool) -> Self {
        Self {
            label,
            also: &[],
            tcp,
            udp,
            ports: &[],
            only_on_ports: false,
            starts_with: &[],
            max_segments: 8,
            weak: false,
            specification: "",
        }
    }

    /// A protocol over TCP.
    pub(crate) const fn tcp(label: Label) -> Self {
        Self::new(label, true, false)
    }

    /// A protocol over UDP.
    pub(crate) const fn udp(label: Label) -> Self {
        Self::new(label, false, true)
    }

    /// A protocol over TCP or UDP.
    pub(crate) const fn tcp_udp(label: Label) -> Self {
        Self::new(label, true, true)
    }

    /// Adds other labels that the dissector can give.
    pub(crate) const fn also(mut self, labels: &'static [Label]) -> Self {
        self.also = labels;
        self
    }

    /// Sets the ports on which the dissector is asked first.
    pub(crate) const fn ports(mut self, ports: &'static [u16]) -> Self {
        self.ports = ports;
        self
    }

    /// Sets the only ports on which the dissector is asked.
    pub(crate) const fn only_on_ports(mut self, ports: &'static [u16]) -> Self {
        self.ports = ports;
        self.only_on_ports = true;
        self
    }

    /// Sets the possible beginnings of the first payload of a direction. The dissector is asked only once a payload begins
    /// like that, and then for every payload.
    pub(crate) const fn starts_with(mut self, beginnings: &'static [&'static [u8]]) -> Self {
        self.starts_with = beginnings;
        self
    }

    /// Sets the number of payloads without a match after which the dissector is excluded (8 by default).
    pub(crate) const fn max_segments(mut self, most: u16) -> Self {
        self.max_segments = most;
        self
    }

    /// Asks the dissector after all others.
    pub(crate) const fn weak(mut self) -> Self {
        self.weak = true;
        self
    }

    /// Sets the specification that the dissector follows: RFC and section, standard, vendor's document, or how it was found
    /// out.
    pub(crate) const fn specification(mut self, specification: &'static str) -> Self {
        self.specification = specification;
        self
    }

    /// Whether the dissector looks at a transport.
    pub(crate) fn looks_at(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.tcp,
            Transport::Udp => self.udp,
        }
    }

    /// Whether a direction's first payload may be the beginning of this protocol. Over TCP, the payload may end too early to
    /// tell.
    pub(crate) fn may_start(&self, payload: &[u8], transport: Transport) -> bool {
        let cut_short = |start: &[u8]| transport == Transport::Tcp && start.starts_with(payload);
        self.starts_with.is_empty()
            || self.starts_with.iter().any(|start| payload.starts_with(start) || cut_short(start))
    }
}
