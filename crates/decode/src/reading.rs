//! [`Reading`]: how frames are read.

/// How [`decode`](crate::decode) reads a frame.
///
/// Everything but [`wire_len`](Self::wire_len) and [`is_cut`](Self::is_cut) is the same for all frames of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Whose rules decide.
    pub rules: Rules,
    /// The tunnels that are entered.
    pub tunnels: TunnelSet,
    /// Whether the frame's own length counts where the length field of IP has no length: IPv4 total length 0, IPv6
    /// payload length 0 (segmentation offload), and jumbograms (RFC 2675).
    pub mends_lengths: bool,
    /// Whether fragments other than the first count, with ports 0 and [`Fragment::Later`](crate::Fragment::Later);
    /// otherwise they are ignored.
    pub counts_fragments: bool,
    /// Whether the capture kept only the first bytes of the frame and [`Rules::Reference`] are to count it anyway:
    /// IPv6 packets that end after the last captured byte, which nfstream 6.6.0 rejects in capture files.
    /// [`Rules::Specification`] need no such permission.
    pub is_cut: bool,
    /// Bytes of the frame on the wire; 0 stands for as many as were captured.
    pub wire_len: u32,
}

/// The rules that frames are read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rules {
    /// The headers are read as their standards define them. A packet whose tunnel cannot be read counts itself.
    Specification,
    /// Those of nfstream 6.6.0, its faults included.
    Reference,
}

/// The tunnels that are entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TunnelSet {
    /// None: the outer packet counts. [`Rules::Reference`] enter IP in IP even so, as nfstream 6.6.0 does.
    None,
    /// Those of nfstream 6.6.0: GTP-U, CAPWAP, TZSP, and IP in IP.
    Reference,
    /// All of [`Tunnel`](crate::Tunnel).
    All,
}

impl Reading {
    /// As nfstream 6.6.0 reads a frame of a capture file.
    pub const REFERENCE: Self = Self {
        rules: Rules::Reference,
        tunnels: TunnelSet::Reference,
        mends_lengths: false,
        counts_fragments: false,
        is_cut: false,
        wire_len: 0,
    };

    /// By the standards, with all tunnels. Fragments other than the first are ignored: who counts them has to know
    /// their flows.
    pub const SPECIFICATION: Self =
        Self { rules: Rules::Specification, tunnels: TunnelSet::All, mends_lengths: true, ..Self::REFERENCE };

    /// The same reading without tunnels, unless `decode_tunnels`.
    #[must_use]
    pub const fn with_tunnels(self, decode_tunnels: bool) -> Self {
        if decode_tunnels { self } else { Self { tunnels: TunnelSet::None, ..self } }
    }

    /// The same reading, for a frame of this length on the wire.
    #[inline]
    #[must_use]
    pub const fn of_frame(self, wire_len: u32, is_cut: bool) -> Self {
        Self { wire_len, is_cut, ..self }
    }
}
