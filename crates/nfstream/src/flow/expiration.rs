//! Why a flow ended.

use crate::named::named;

named! {
    /// Why a flow ended.
    pub enum ExpirationReason {
        /// No packet came for the idle timeout.
        Idle = "idle",
        /// The flow had lasted for the active timeout.
        Active = "active",
        /// Both endpoints closed their TCP connection.
        Close = "close",
        /// An endpoint reset the TCP connection.
        Reset = "reset",
        /// A new TCP connection has the addresses and ports of the flow.
        PortReuse = "port_reuse",
        /// A time window ended.
        Slice = "slice",
        /// A plugin ended the flow.
        Plugin = "plugin",
        /// There was no room for another flow.
        Resource = "resource",
        /// The input was over.
        EndOfInput = "end_of_input",
    }
}
