//! [`Protocol`]: the transport protocol of a socket.

/// The transport protocol of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP (RFC 9293).
    Tcp,
    /// UDP (RFC 768).
    Udp,
}

impl Protocol {
    /// Its IP protocol number (IANA, protocol numbers).
    pub fn number(self) -> u8 {
        match self {
            Protocol::Tcp => 6,
            Protocol::Udp => 17,
        }
    }

    /// Returns the protocol with this IP protocol number, if it is one of these.
    pub fn of_number(number: u8) -> Option<Self> {
        [Protocol::Tcp, Protocol::Udp].into_iter().find(|protocol| protocol.number() == number)
    }
}
