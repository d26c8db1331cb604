//! The network interfaces.

use nfstream::Value;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

#[expect(clippy::doc_markdown, reason = "Python's documentation")]
/// A network interface of this machine.
///
/// Attributes
/// ----------
/// name : str
///     Its name, as in `eth0`.
/// index : int
///     Its number in the system.
/// addresses : list of str
///     Its IP addresses.
/// mac : str or None
///     Its address on the link, if it has one.
/// is_up : bool
///     Whether it is up.
/// is_loopback : bool
///     Whether it leads only to this machine.
/// link : str
///     The kind of link: `Ethernet`, `loopback`, `IP`, ...
#[pyclass(module = "nfstream", frozen, get_all)]
pub(crate) struct Interface {
    name: String,
    index: u32,
    addresses: Vec<String>,
    mac: Option<String>,
    is_up: bool,
    is_loopback: bool,
    link: &'static str,
}

#[pymethods]
impl Interface {
    fn __repr__(&self) -> String {
        let state = if self.is_up { "up" } else { "down" };
        format!("<Interface {}: {state}, {}, {}>", self.name, self.link, self.addresses.join(" "))
    }
}

#[expect(clippy::doc_markdown, reason = "Python's documentation")]
/// Lists the network interfaces of this machine.
///
/// Raises
/// ------
/// OSError
///     When the operating system does not list them.
///
/// Examples
/// --------
/// >>> from nfstream import interfaces
/// >>> [interface.name for interface in interfaces() if interface.is_loopback]
/// ['lo']
#[pyfunction]
pub(crate) fn interfaces() -> PyResult<Vec<Interface>> {
    let all = nfstream::interfaces().map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok(all.into_iter().map(Interface::from).collect())
}

impl From<nfstream::Interface> for Interface {
    fn from(interface: nfstream::Interface) -> Self {
        let link = interface.link();
        let nfstream::Interface { name, index, addresses, mac, is_up, is_loopback, .. } = interface;
        let addresses = addresses.iter().map(ToString::to_string).collect();
        let mac = mac.map(|mac| Value::Mac(&mac).to_string());
        Self { name, index, addresses, mac, is_up, is_loopback, link }
    }
}
