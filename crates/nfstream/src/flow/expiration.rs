//! Why a flow ended.

use crate::named::named;

named! {
    /// Why a flow ended.
    pub enum ExpirationReason {
        /// No packet came for the idle timeout.
        Idle = "idle",
        /// The flow had lasted for the active timeout.
        Active = "active",
        /// Both endpoints closed their TCP connection, and its flow ends with it (`tcp_close`).
        Close = "close",
        /// An endpoint reset the TCP connection, and its flow ends with it (`tcp_close`).
        Reset = "reset",
        /// A new TCP connection has the addresses and ports of the flow, whose own connection was over (`split_connections`).
        PortReuse = "port_reuse",
        /// A window of time ended (`slice`).
        Slice = "slice",
        /// A plugin ended the flow.
        Plugin = "plugin",
        /// There was no room for another flow (`max_active_flows`, `max_memory`).
        Resource = "resource",
        /// The input was over.
        EndOfInput = "end_of_input",
    }
}
