//! The state of a connection as Zeek's documentation of `conn_state` has it.

use super::segment::{ACK, FIN, RST, SYN, Segment};

/// What a side of a connection has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Sent nothing.
    #[default]
    Inactive,
    /// Sent segments without a handshake.
    Partial,
    /// Sent a SYN.
    Asked,
    /// Sent a SYN-ACK, without a SYN of the other side.
    Answered,
    /// Took part in a handshake.
    Established,
    /// Sent a FIN.
    Closed,
    /// Sent an RST.
    Reset,
}

use Endpoint::{Answered, Asked, Closed, Established, Inactive, Partial, Reset};

impl Endpoint {
    /// Follows a segment that a side sent to the other.
    pub(super) fn follow(segment: &Segment<'_>, own: &mut Self, other: &mut Self) {
        let is_syn = segment.has(SYN) && !segment.has(FIN | RST);
        match (*own, *other) {
            // Whatever follows after both sides have closed, or after a refusal, changes nothing.
            (Closed, Closed) | (Reset, _) | (Asked, Reset) => {}
            _ if segment.has(RST) => *own = Reset,
            (Inactive | Partial | Asked, Asked) if is_syn && segment.has(ACK) => {
                (*own, *other) = (Established, Established);
            }
            // The SYN-ACK was captured before the SYN.
            (Inactive | Partial, Answered) if is_syn => (*own, *other) = (Established, Established),
            (Inactive | Partial, _) if is_syn => {
                *own = if segment.has(ACK) { Answered } else { Asked };
            }
            _ if segment.has(FIN) => *own = Closed,
            (Inactive, _) => *own = Partial,
            _ => {}
        }
    }

    fn has_no_handshake(self) -> bool {
        matches!(self, Inactive | Partial)
    }
}

/// The state of a connection, by what its originator and its responder did.
pub(super) fn conn_state(originator: Endpoint, responder: Endpoint) -> &'static str {
    match (originator, responder) {
        (Asked, Reset) => "REJ",
        (originator, Reset) if originator.has_no_handshake() => "RSTRH",
        (_, Reset) => "RSTR",
        (Reset, responder) if responder.has_no_handshake() => "RSTOS0",
        (Reset, _) => "RSTO",
        (Closed, Closed) => "SF",
        (Closed, responder) if responder.has_no_handshake() => "SH",
        (Closed, _) => "S2",
        (originator, Closed) if originator.has_no_handshake() => "SHR",
        (_, Closed) => "S3",
        (Asked, Inactive) => "S0",
        (Established, Established) => "S1",
        _ => "OTH",
    }
}
