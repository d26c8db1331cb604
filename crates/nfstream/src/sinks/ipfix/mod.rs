//! IPFIX (RFC 7011): records to a collector, over UDP or TCP.
//!
//! A column with an element in the IANA registry goes out as that element. Values that the destination sent back go out as its
//! reverse (RFC 5103). Every other column has an element under an enterprise number, with a record that gives its name and type
//! (RFC 5610); `docs/ipfix.md` lists all elements. Lists are `basicList`s (RFC 6313).

mod collector;
mod documentation;
mod elements;
mod exporter;
mod layout;
mod message;
mod queue;
mod send_queue;
mod sender;
mod tcp;
mod timings;
mod udp;

pub use self::collector::{Collector, DOCUMENTATION_ENTERPRISE, DOMAIN, InvalidCollector, Transport};
#[doc(hidden)]
pub use self::documentation::markdown_table;
pub use self::exporter::Exporter;
#[doc(hidden)]
pub use self::exporter::messages;
pub use self::queue::Delivery;
pub use self::timings::Timings;
