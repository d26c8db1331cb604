//! What TCP did: retransmissions, gaps, windows, round trips, and the state of the connection.
//!
//! The rules are those of Wireshark's "TCP analysis" (User's Guide, section "TCP Analysis"), and of Zeek's `conn_state`
//! and `history` (documentation of conn.log). They need the headers of a flow's segments, in the order of the capture.

mod conversation;
mod endpoint;
mod family;
mod gaps;
mod history;
mod options;
mod round_trips;
mod segment;
mod sequence;
mod side;
#[cfg(test)]
mod tests;

pub(crate) use self::family::TcpAnalysis;
