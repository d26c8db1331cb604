//! The columns on what TCP did.

use std::borrow::Cow;

use super::conversation::Conversation;
use super::round_trips::RoundTrips;
use super::segment::{Segment, TCP};
use super::side::{Offer, Side};
use crate::column::Kind::{Float64, Int32, Int64, Text};
use crate::column::{Feature, Kind, Unit, Value};
use crate::features::Plugin;
use crate::features::scope::SCOPES;
use crate::flow::{Direction, Flow, Packet};

/// What TCP did, for each direction and for the connection.
#[derive(Clone, Debug)]
pub(crate) struct TcpAnalysis;

/// The connection of a flow; none for flows that are not TCP.
#[derive(Debug, Default)]
pub(crate) struct Analysed(Option<Box<Conversation>>);

impl Plugin for TcpAnalysis {
    type State = Analysed;

    fn features(&self) -> Vec<Feature<Analysed>> {
        let mut features = connection_features();
        for (prefix, words, direction) in SCOPES {
            if let Some(direction) = direction {
                features.extend(side_features(prefix, words, direction));
            }
        }
        features
    }

    fn on_init(&mut self, packet: &Packet<'_>, flow: &mut Flow) -> Analysed {
        let mut analysed = Analysed::default();
        self.on_update(&mut analysed, packet, flow);
        analysed
    }

    #[inline(always)]
    fn on_update(&mut self, Analysed(analysed): &mut Analysed, packet: &Packet<'_>, flow: &mut Flow) {
        if flow.protocol != TCP {
            return;
        }
        let Some(segment) = Segment::of(packet) else { return };
        match analysed {
            Some(conversation) => conversation.add(&segment, packet.direction),
            None => *analysed = Some(begin(segment, packet.direction)),
        }
    }

    #[inline]
    fn memory(Analysed(analysed): &Analysed) -> usize {
        analysed.as_ref().map_or(0, |conversation| conversation.memory())
    }
}

#[inline(never)]
fn begin(segment: Segment<'_>, direction: Direction) -> Box<Conversation> {
    let mut conversation = Box::new(Conversation::beginning(direction));
    conversation.add_other(&segment, direction);
    conversation
}

fn connection_features() -> Vec<Feature<Analysed>> {
    let time = |name, doc: &'static str, read: fn(&Conversation) -> Option<u64>| {
        let doc = format!("Time from {doc}; -1 if it was not seen.");
        Feature::new(name, Float64, Unit::Milliseconds, doc, move |_, Analysed(analysed): &Analysed| {
            Value::Float(analysed.as_deref().and_then(read).map_or(-1.0, |time| milliseconds(time as f64)))
        })
    };
    let text = |name, doc: &'static str, read: fn(&Conversation) -> &str| {
        Feature::new(name, Text, Unit::None, doc, move |_, Analysed(analysed): &Analysed| {
            Value::Text(Cow::Borrowed(analysed.as_deref().map_or("", read)))
        })
    };
    vec![
        text("conn_state", CONN_STATE, |conversation| conversation.conn_state()),
        text("history", HISTORY, Conversation::history),
        time("syn_to_syn_ack_ms", "the last SYN to the SYN-ACK", Conversation::syn_to_syn_ack),
        time(
            "syn_ack_to_ack_ms",
            "the last SYN-ACK to the first acknowledgment of it",
            Conversation::syn_ack_to_ack,
        ),
    ]
}

const CONN_STATE: &str = "State of the connection, as Zeek defines it; empty for other protocols than TCP. \
     The originator is the side that asked for the connection; without a handshake, the source. \
     S0: attempt without reply. S1: established, not ended. SF: established, ended by both sides. REJ: attempt refused. \
     S2, S3: established, ended only by the originator, by the responder. RSTO, RSTR: established, reset by the \
     originator, by the responder. RSTOS0: SYN and RST of the originator, no SYN-ACK. RSTRH: RST of the responder, no SYN. \
     SH: SYN and FIN of the originator, no SYN-ACK. SHR: SYN-ACK and FIN of the responder, no SYN. OTH: no SYN, not ended.";

const HISTORY: &str = "What happened in the connection, as Zeek defines it, at most 31 letters, upper case for the \
     originator and lower case for the responder; empty for other protocols than TCP. s: SYN, h: SYN-ACK, a: empty \
     acknowledgment, d: data, f: FIN, r: RST, i: FIN and RST, q: SYN with FIN or RST, w: zero window, t: data sent again, \
     g: gap that was acknowledged. c (wrong checksum) is not recorded. a, d, i and q are recorded once; s, h, f and r for \
     each sequence number; w, t and g the 1st, 10th, 100th, ... time. ^ at the beginning: the first packet is the responder's.";

/// The columns of one direction.
fn side_features(prefix: &str, words: &'static str, direction: Direction) -> Vec<Feature<Analysed>> {
    let feature = |name: &str, kind: Kind, unit, doc: String, read: fn(&Side) -> Value<'static>| {
        let nothing = Side::default();
        Feature::new(format!("{prefix}_{name}"), kind, unit, doc, move |_, Analysed(analysed): &Analysed| {
            read(analysed.as_ref().map_or(&nothing, |conversation| conversation.side(direction)))
        })
    };
    let count = |name: &str, doc: &str, read| {
        feature(name, Int64, Unit::Packets, format!("TCP segments {words} {doc}."), read)
    };
    let offer = |name: &str, unit, doc: &str, read| {
        let doc = format!("{doc} in the first SYN {words}; -1 if there was none.");
        feature(name, Int32, unit, doc, read)
    };
    let round_trip = |name: &str, which: &str, read| {
        let doc = format!(
            "{which} round trip of TCP segments {words}: time from a segment with data to the acknowledgment of its last byte. \
             Data that was sent again is left out, and segments beyond the 16 that wait at a time. -1 if there was none."
        );
        feature(name, Float64, Unit::Milliseconds, doc, read)
    };
    vec![
        feature(
            "stream_bytes",
            Int64,
            Unit::Bytes,
            format!(
                "Bytes of the TCP stream {words} that were seen, each counted once however often it was sent."
            ),
            |side| Value::from(side.stream_bytes),
        ),
        count(
            "retransmitted_packets",
            "that begin before the end of what was sent, have data, SYN or FIN, and are not out of order: \
             retransmissions of all kinds",
            |side| int(side.counts.retransmitted),
        ),
        count(
            "fast_retransmitted_packets",
            "that are retransmissions of the byte that two or more duplicate acknowledgments ask for, \
             within 20 ms of the last",
            |side| int(side.counts.fast_retransmitted),
        ),
        count(
            "spurious_retransmitted_packets",
            "that are retransmissions of data that had been acknowledged",
            |side| int(side.counts.spurious_retransmitted),
        ),
        count(
            "out_of_order_packets",
            "that come after what they should have come before, within the round trip of the handshake, \
             or 3 ms if that is not known",
            |side| int(side.counts.out_of_order),
        ),
        feature(
            "lost_bytes",
            Int64,
            Unit::Bytes,
            format!(
                "Bytes of the TCP stream {words} that were skipped and never came. What was before the first segment is not \
                 counted; of more than 32 gaps at a time, the oldest counts as lost."
            ),
            |side| Value::from(side.gaps.as_ref().map_or(0, |gaps| gaps.bytes())),
        ),
        feature(
            "lost_gaps",
            Int64,
            Unit::None,
            format!("Gaps in the TCP stream {words} that were not filled, each a run of lost bytes."),
            |side| Value::from(side.gaps.as_ref().map_or(0, |gaps| gaps.count())),
        ),
        count(
            "duplicate_ack_packets",
            "that are empty and repeat the last acknowledgment, the window and the sequence number, \
             and do not answer a keep-alive",
            |side| int(side.counts.duplicate_acks),
        ),
        count(
            "keep_alive_packets",
            "that have no data or one byte, and begin one byte before the end of what was sent",
            |side| int(side.counts.keep_alives),
        ),
        count("zero_window_packets", "with a window of 0, without SYN, FIN and RST", |side| {
            int(side.counts.zero_windows)
        }),
        count("window_full_packets", "with data that ends where the receiver's window ends", |side| {
            int(side.counts.window_fulls)
        }),
        offer("initial_window", Unit::Bytes, "TCP window", |side| {
            offered(side, |offer| Some(offer.window.into()))
        }),
        offer(
            "mss",
            Unit::Bytes,
            "Maximum segment size of TCP (RFC 9293, section 3.7.1), 0 without the option,",
            |side| offered(side, |offer| Some(offer.options.mss.unwrap_or(0).into())),
        ),
        offer(
            "window_scale",
            Unit::None,
            "Shift count of the TCP window (RFC 7323, section 2), -1 without the option,",
            |side| offered(side, |offer| offer.options.window_scale.map(i64::from)),
        ),
        offer(
            "sack_permitted",
            Unit::None,
            "Whether TCP permits selective acknowledgments (RFC 2018), 0 or 1,",
            |side| offered(side, |offer| Some(offer.options.sack_permitted.into())),
        ),
        offer(
            "tcp_timestamps",
            Unit::None,
            "Whether there are TCP timestamps (RFC 7323, section 3), 0 or 1,",
            |side| offered(side, |offer| Some(offer.options.timestamps.into())),
        ),
        round_trip("min_rtt_ms", "Shortest", |side| round_trip_of(side, |trips| trips.min as f64)),
        round_trip("mean_rtt_ms", "Mean", |side| round_trip_of(side, RoundTrips::mean)),
        round_trip("max_rtt_ms", "Longest", |side| round_trip_of(side, |trips| trips.max as f64)),
    ]
}

fn int(count: u32) -> Value<'static> {
    Value::Int(count.into())
}

fn offered(side: &Side, read: fn(&Offer) -> Option<i64>) -> Value<'static> {
    Value::Int(side.offer.as_ref().and_then(read).unwrap_or(-1))
}

fn round_trip_of(side: &Side, read: fn(&RoundTrips) -> f64) -> Value<'static> {
    let round_trips = side.round_trips.as_deref().filter(|round_trips| round_trips.count > 0);
    Value::Float(round_trips.map_or(-1.0, |round_trips| milliseconds(read(round_trips))))
}

fn milliseconds(nanoseconds: f64) -> f64 {
    nanoseconds / 1e6
}
