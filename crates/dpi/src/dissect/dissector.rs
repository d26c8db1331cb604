//! What a dissector is: constant metadata, a private state, and one function from a payload to a verdict.

use std::net::IpAddr;

use super::found::Found;
use super::reader::{Reader, Short};
use crate::flow::Transport;
use crate::vocabulary::Label;

/// A protocol that can be recognised. See the crate's documentation for an example.
pub(crate) trait Dissector: 'static {
    /// What is known without looking.
    const META: Meta;

    /// What is kept from one payload of a flow to the next.
    type State: Default + Send + Sync + 'static;

    /// Looks at a payload. What is malformed is not an error: it is excluded.
    ///
    /// What is put into `found` counts when the verdict is [`Verdict::Matched`], and is forgotten otherwise.
    fn inspect(state: &mut Self::State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict;

    /// Whether a state is still what it is by default: then it is not kept. Worth telling where most flows that are something
    /// else leave it so.
    fn is_default(state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// Bytes of memory that a state has beside itself.
    fn memory(state: &Self::State) -> usize {
        let _ = state;
        0
    }
}

/// What a dissector says to a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The flow is something else.
    Excluded,
    /// The message is not whole. TCP: these bytes again, with those that follow them. UDP: as [`Verdict::Wait`].
    More,
    /// Nothing speaks against it: the next payload, please.
    Wait,
    /// This is it.
    Matched(Then),
}

/// What a dissector wants of a flow that it has recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing.
    Done,
    /// Further payloads, for what they tell.
    Wait,
    /// As [`Verdict::More`].
    More,
}

impl Verdict {
    /// Recognised, and nothing more to learn.
    pub(crate) const DONE: Self = Self::Matched(Then::Done);

    /// Matched when something holds, else excluded.
    pub(crate) fn matched_if(holds: bool) -> Self {
        if holds { Self::DONE } else { Self::Excluded }
    }
}

/// A payload of one direction of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// UDP: the datagram. TCP: bytes in order, new ones, preceded by those that a dissector asked to see again.
    pub payload: &'a [u8],
    /// What it was carried in.
    pub transport: Transport,
    /// Whether the flow's source sent it.
    pub from_source: bool,
    /// Sender's address.
    pub src: IpAddr,
    /// Receiver's address.
    pub dst: IpAddr,
    /// Sender's port.
    pub src_port: u16,
    /// Receiver's port.
    pub dst_port: u16,
    /// How many payloads the flow had before this one.
    pub number: u16,
    /// How many payloads this direction had before this one.
    pub number_of_direction: u16,
    /// Length of the payload on the wire; more than was captured when the frame was cut.
    pub wire_len: usize,
}

impl<'a> Segment<'a> {
    /// A reader at the beginning of the payload.
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.payload)
    }

    /// Which direction: 0 from the source, 1 to it.
    pub(crate) fn side(&self) -> usize {
        usize::from(!self.from_source)
    }

    /// Whether it is the first payload that its direction had.
    pub(crate) fn is_first_of_direction(&self) -> bool {
        self.number_of_direction == 0
    }

    /// Whether one of the ports is this.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.src_port == port || self.dst_port == port
    }

    /// Whether it was carried in TCP.
    pub(crate) fn is_tcp(&self) -> bool {
        self.transport == Transport::Tcp
    }

    /// Whether it was carried in UDP.
    pub(crate) fn is_udp(&self) -> bool {
        self.transport == Transport::Udp
    }

    /// [`Verdict::More`] where more of the message can come (TCP), else [`Verdict::Excluded`]: a datagram is whole.
    pub(crate) fn more(&self) -> Verdict {
        if self.is_tcp() { Verdict::More } else { Verdict::Excluded }
    }

    /// Matched when something holds, else excluded; where the payload ends before one can tell, as [`Self::more`].
    pub(crate) fn matched_if(&self, holds: Result<bool, Short>) -> Verdict {
        match holds {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => self.more(),
        }
    }
}

/// What is known of a dissector without looking at a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    /// What it recognises.
    pub label: Label,
    /// What else it tells apart: protocols that begin alike, applications of its own.
    pub also: &'static [Label],
    /// Whether it looks at TCP.
    pub tcp: bool,
    /// Whether it looks at UDP.
    pub udp: bool,
    /// Ports on which it is asked first.
    pub ports: &'static [u16],
    /// Whether it is asked on those ports only.
    pub only_on_ports: bool,
    /// How the first payload of a direction may begin; any when empty.
    pub starts_with: &'static [&'static [u8]],
    /// After so many payloads without a match it is excluded.
    pub max_segments: u16,
    /// Asked after all others: what it looks for is seen by chance, too.
    pub weak: bool,
    /// The specification that it follows.
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

    /// A protocol over either.
    pub(crate) const fn tcp_udp(label: Label) -> Self {
        Self::new(label, true, true)
    }

    /// What else it tells apart.
    pub(crate) const fn also(mut self, labels: &'static [Label]) -> Self {
        self.also = labels;
        self
    }

    /// Ports on which it is asked first.
    pub(crate) const fn ports(mut self, ports: &'static [u16]) -> Self {
        self.ports = ports;
        self
    }

    /// It is asked on these ports, and on no other.
    pub(crate) const fn only_on_ports(mut self, ports: &'static [u16]) -> Self {
        self.ports = ports;
        self.only_on_ports = true;
        self
    }

    /// How the first payload of a direction may begin. It is asked only once one does, then for every payload.
    pub(crate) const fn starts_with(mut self, beginnings: &'static [&'static [u8]]) -> Self {
        self.starts_with = beginnings;
        self
    }

    /// After so many payloads without a match it is excluded (8 unless told).
    pub(crate) const fn max_segments(mut self, most: u16) -> Self {
        self.max_segments = most;
        self
    }

    /// Asked after all others.
    pub(crate) const fn weak(mut self) -> Self {
        self.weak = true;
        self
    }

    /// The specification that it follows: RFC and section, standard, vendor's document, or how it was found out.
    pub(crate) const fn specification(mut self, specification: &'static str) -> Self {
        self.specification = specification;
        self
    }

    /// Whether it looks at a transport.
    pub(crate) fn looks_at(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.tcp,
            Transport::Udp => self.udp,
        }
    }

    /// Whether a direction's first payload may be the beginning of this protocol. Over TCP it may end too early to tell.
    pub(crate) fn may_start(&self, payload: &[u8], transport: Transport) -> bool {
        let cut_short = |start: &[u8]| transport == Transport::Tcp && start.starts_with(payload);
        self.starts_with.is_empty()
            || self.starts_with.iter().any(|start| payload.starts_with(start) || cut_short(start))
    }
}
