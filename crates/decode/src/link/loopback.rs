//! BSD loopback encapsulation (tcpdump.org, `LINKTYPE_NULL` and `LINKTYPE_LOOP`).

/// Bytes of the address family.
pub(crate) const LEN: usize = 4;

/// `AF_INET`, the same on every system.
const ADDRESS_FAMILY_INET: u32 = 2;

/// The address family, in the byte order of the capturing machine.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether the family, read in network order, is that of IPv4.
    pub(crate) fn is_ipv4(&self) -> bool {
        u32::from_be_bytes(*self.0) == ADDRESS_FAMILY_INET
    }
}
