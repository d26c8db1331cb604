//! Which ids of tunnels tell flows apart.

use crate::named::named;

named! {
    /// Which ids of tunnels tell flows apart.
    pub enum TunnelKey {
        /// Ids that are the same in both directions: the VNI of VXLAN and Geneve, the VSID of NVGRE.
        Shared = "shared",
        /// These, and ids that each direction has for itself: the TEID of GTP-U, the session of L2TP, the key of GRE. A packet
        /// whose id differs from the one that its direction has had belongs to another flow: the one that has the id; else the
        /// newest one without packets in its direction; else a new one. The next part of a flow, and the next connection on its
        /// ports, keep its ids.
        All = "all",
        /// None.
        None = "none",
    }
}
