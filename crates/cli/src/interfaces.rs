//! The network interfaces, listed.

use std::borrow::Cow;

use nfstream::in_words;
use nfstream::{Interface, Value};

use crate::arguments::InterfacesArguments;
use crate::failure::Failure;
use crate::listing::Listing;

/// Prints the available interfaces.
pub(crate) fn list(arguments: &InterfacesArguments) -> Result<(), Failure> {
    let interfaces = nfstream::interfaces()
        .map_err(|error| Failure::Told(format!("the interfaces cannot be listed: {}", in_words(&error))))?;
    let rows = interfaces.iter().map(row).collect();
    Listing { headers: ["name", "state", "link", "mac", "addresses"], numbers: &[], rows }
        .print(arguments.format)
}

fn row(interface: &Interface) -> [Cow<'_, str>; 5] {
    let mac = interface.mac.map(|mac| Value::Mac(&mac).to_string()).unwrap_or_default();
    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
    [
        Cow::from(&interface.name),
        if interface.is_up { "up" } else { "down" }.into(),
        interface.link().into(),
        mac.into(),
        addresses.join(" ").into(),
    ]
}
