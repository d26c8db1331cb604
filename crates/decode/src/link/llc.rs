//! IEEE 802.2 logical link control, and its SNAP extension (IEEE 802 clause 9, RFC 1042).

/// Bytes of an LLC header with its SNAP extension.
pub(crate) const SNAP_LEN: usize = 8;

const SAP_SNAP: u8 = 0xaa;
const SAP_SPANNING_TREE: u8 = 0x42;

/// Both service access points, control, and SNAP's organization and type.
pub(crate) struct Header<'a>(&'a [u8; SNAP_LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether either service access point is that of SNAP.
    pub(crate) fn is_snap(&self) -> bool {
        self.0[0] == SAP_SNAP || self.0[1] == SAP_SNAP
    }

    /// Whether the receiver's service access point is that of SNAP.
    pub(crate) fn is_to_snap(&self) -> bool {
        self.0[0] == SAP_SNAP
    }

    pub(crate) fn is_spanning_tree(&self) -> bool {
        self.0[0] == SAP_SPANNING_TREE || self.0[1] == SAP_SPANNING_TREE
    }

    /// The `EtherType` after SNAP's organization code.
    pub(crate) fn ethertype(&self) -> u16 {
        u16::from_be_bytes([self.0[6], self.0[7]])
    }
}
