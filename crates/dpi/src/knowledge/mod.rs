//! Knowledge about applications from names, addresses, ports and IP protocols.

mod guesses;
mod ip_protocols;
mod networks;
mod rules;

pub(crate) use guesses::Guesses;
pub use guesses::ServerPorts;
pub(crate) use ip_protocols::of_ip_protocol;
pub use networks::Networks;
pub use rules::{HostMatch, Rules, RulesError};
