//! [`LinkType`]: the type of header that a frame begins with.

/// A link-layer header type, by its value in the LINKTYPE registry of tcpdump.org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback, `LINKTYPE_NULL`.
    pub const NULL: Self = Self(0);
    /// Ethernet, `LINKTYPE_ETHERNET`.
    pub const ETHERNET: Self = Self(1);
    /// PPP, `LINKTYPE_PPP`.
    pub const PPP: Self = Self(9);
    /// IP without a link header, with the number that most systems use before they write a file (`DLT_RAW`).
    pub const DLT_RAW: Self = Self(12);
    /// IP without a link header, with the number that OpenBSD uses (`DLT_RAW`).
    pub const DLT_RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing, `LINKTYPE_PPP_HDLC`.
    pub const PPP_HDLC: Self = Self(50);
    /// IP without a link header, `LINKTYPE_RAW`.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC or PPP, `LINKTYPE_C_HDLC`.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11, `LINKTYPE_IEEE802_11`.
    pub const IEEE802_11: Self = Self(105);
    /// OpenBSD loopback, `LINKTYPE_LOOP`.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, `LINKTYPE_LINUX_SLL`.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 after radiotap, `LINKTYPE_IEEE802_11_RADIOTAP`.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// Per-Packet Information before a frame of the link type that it names, `LINKTYPE_PPI`.
    pub const PPI: Self = Self(192);
    /// IPv4, `LINKTYPE_IPV4`.
    pub const IPV4: Self = Self(228);
    /// IPv6, `LINKTYPE_IPV6`.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture version 2, `LINKTYPE_LINUX_SLL2`.
    pub const LINUX_SLL2: Self = Self(276);

    /// Whether nfstream 6.6.0 reads frames of this type.
    pub(crate) fn is_read_by_reference(self) -> bool {
        matches!(
            self,
            Self::NULL
                | Self::ETHERNET
                | Self::PPP
                | Self::DLT_RAW
                | Self::PPP_HDLC
                | Self::RAW
                | Self::C_HDLC
                | Self::LINUX_SLL
                | Self::IEEE802_11_RADIOTAP
                | Self::IPV4
                | Self::IPV6
        )
    }
}
