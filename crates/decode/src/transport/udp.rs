//! User Datagram Protocol (RFC 768).

/// Bytes of a header.
pub(crate) const LEN: usize = 8;

/// A header.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8; LEN]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(crate) fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    #[inline]
    pub(crate) fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }

    /// Bytes of header and payload; 0 in datagrams of more than 65,535 bytes (RFC 2675 section 4).
    #[inline]
    pub(crate) fn len(&self) -> usize {
        usize::from(u16::from_be_bytes([self.0[4], self.0[5]]))
    }

    /// Whether one of the ports is this port.
    #[inline]
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.source_port() == port || self.destination_port() == port
    }
}
