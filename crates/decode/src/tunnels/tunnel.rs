//! [`Tunnel`]: which tunnel a packet was found in.

macro_rules! tunnels {
    ($($(#[$attribute:meta])+ $tunnel:ident = $id:literal $name:literal,)+) => {
        /// The tunnel that the counted packet was found in; the number is the `tunnel_id` column.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Tunnel {
            $($(#[$attribute])+ $tunnel = $id,)+
        }

        impl Tunnel {
            /// The number and the name of each, as documentation has them.
            pub const NAMES: &[(u8, &str)] = &[$(($id, $name),)+];
        }
    };
}

tunnels! {
    /// No tunnel.
    #[default]
    None = 0 "none",
    /// GTP-U, 3GPP TS 29.281.
    Gtp = 1 "GTP-U",
    /// CAPWAP data, RFC 5415.
    Capwap = 2 "CAPWAP",
    /// TaZmen Sniffer Protocol.
    Tzsp = 3 "TZSP",
}
