//! A packet as a Python object.

use std::fmt::Write;
use std::sync::Arc;

use nfstream::{KeptPacket, Value};
use pyo3::basic::CompareOp;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyTuple, PyType};

/// A packet as a plugin sees it, with an attribute for each of its values.
///
/// Values are computed when they are read, and cannot be changed. A plugin may keep the object as long as it likes. It can also be
/// used like nfstream's named tuple: ``packet[0]``, ``time, *rest = packet``, ``packet._asdict()``, ``packet._replace(time=0)``; the values are in
/// the order of ``_fields``. Where a ``tuple`` is required, use ``tuple(packet)``.
///
/// The attributes are those of nfstream 6.6, except ``src_mac``, ``src_oui``, ``dst_mac`` and ``dst_oui``: they are those of the
/// packet; nfstream gives those of the flow's first packet.
///
/// Attributes
/// ----------
/// time : int
///     Time of capture, in milliseconds since the epoch.
/// delta_time : int
///     Milliseconds since the flow's previous packet; 0 for the first.
/// direction : int
///     0 from the flow's source, 1 towards it.
/// raw_size, ip_size, transport_size, payload_size : int
///     Bytes on the wire, of the IP packet, of the payload of the IP packet, of the payload of TCP, UDP or ICMP.
/// src_ip, src_mac, src_oui, src_port
///     Sender of this packet, which need not be the flow's source.
/// dst_ip, dst_mac, dst_oui, dst_port
///     Its receiver.
/// protocol : int
///     IP protocol number (IANA): 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6.
/// vlan_id : int
///     Innermost VLAN id, 0 without a tag.
/// ip_version : int
///     4 or 6.
/// ip_packet : bytes
///     The captured bytes from the IP header on.
/// syn, cwr, ece, urg, ack, psh, rst, fin : int
///     TCP flags, 1 or 0.
/// tunnel_id : int
///     The tunnel that it was carried in, numbered as in the column ``tunnel_id``: 0 none, 1 GTP-U, ...
/// captured_size : int
///     Captured bytes, including the link header; nfstream does not have this, and it is not in ``_fields``.
#[expect(clippy::doc_markdown, reason = "this is a docstring of Python")]
#[pyclass(module = "nfstream", name = "NFPacket", frozen, sequence)]
pub(crate) struct NFPacket(Arc<KeptPacket>);

impl NFPacket {
    pub(crate) fn new(packet: Arc<KeptPacket>) -> Self {
        Self(packet)
    }

    fn tuple<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let values: PyResult<Vec<_>> = ATTRIBUTES.iter().map(|name| slf.getattr(*name)).collect();
        PyTuple::new(slf.py(), values?)
    }

    /// The values of another packet or a tuple, as a tuple.
    fn tuple_of<'py>(other: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        match other.cast::<Self>() {
            Ok(packet) => Self::tuple(packet).map(Some),
            Err(_) => Ok(other.cast::<PyTuple>().ok().cloned()),
        }
    }

    fn named_tuple(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        py.import("nfstream.packet")?.getattr("Packet")
    }

    fn flag(&self, bit: u8) -> u8 {
        self.0.headers.tcp_flags >> bit & 1
    }
}

/// All attributes, in nfstream's order.
const ATTRIBUTES: [&str; 28] = [
    "time",
    "delta_time",
    "direction",
    "raw_size",
    "ip_size",
    "transport_size",
    "payload_size",
    "src_ip",
    "src_mac",
    "src_oui",
    "dst_ip",
    "dst_mac",
    "dst_oui",
    "src_port",
    "dst_port",
    "protocol",
    "vlan_id",
    "ip_version",
    "ip_packet",
    "syn",
    "cwr",
    "ece",
    "urg",
    "ack",
    "psh",
    "rst",
    "fin",
    "tunnel_id",
];

#[pymethods]
impl NFPacket {
    #[getter]
    fn time(&self) -> u64 {
        self.0.time.milliseconds()
    }

    #[getter]
    fn delta_time(&self) -> u64 {
        self.0.piat_ms
    }

    #[getter]
    fn direction(&self) -> u8 {
        self.0.direction as u8
    }

    #[getter]
    fn raw_size(&self) -> u32 {
        self.0.raw_size
    }

    #[getter]
    fn ip_size(&self) -> u32 {
        self.0.headers.ip_size
    }

    #[getter]
    fn transport_size(&self) -> u32 {
        self.0.headers.transport_size
    }

    #[getter]
    fn payload_size(&self) -> u32 {
        self.0.headers.payload_size
    }

    #[getter]
    fn src_ip(&self) -> String {
        Value::Ip(self.0.headers.src.to_ip(self.0.headers.ip_version)).to_string()
    }

    #[getter]
    fn src_mac(&self) -> String {
        Value::Mac(&self.0.headers.src_mac).to_string()
    }

    #[getter]
    fn src_oui(&self) -> String {
        Value::Mac(&self.0.headers.src_mac[..3]).to_string()
    }

    #[getter]
    fn dst_ip(&self) -> String {
        Value::Ip(self.0.headers.dst.to_ip(self.0.headers.ip_version)).to_string()
    }

    #[getter]
    fn dst_mac(&self) -> String {
        Value::Mac(&self.0.headers.dst_mac).to_string()
    }

    #[getter]
    fn dst_oui(&self) -> String {
        Value::Mac(&self.0.headers.dst_mac[..3]).to_string()
    }

    #[getter]
    fn src_port(&self) -> u16 {
        self.0.headers.src_port
    }

    #[getter]
    fn dst_port(&self) -> u16 {
        self.0.headers.dst_port
    }

    #[getter]
    fn protocol(&self) -> u8 {
        self.0.headers.protocol
    }

    #[getter]
    fn vlan_id(&self) -> u16 {
        self.0.headers.vlan_id
    }

    #[getter]
    fn ip_version(&self) -> u8 {
        self.0.headers.ip_version
    }

    #[getter]
    fn ip_packet<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.0.with_ip_packet(|bytes| PyBytes::new(py, bytes))
    }

    #[getter]
    fn syn(&self) -> u8 {
        self.flag(1)
    }

    #[getter]
    fn cwr(&self) -> u8 {
        self.flag(7)
    }

    #[getter]
    fn ece(&self) -> u8 {
        self.flag(6)
    }

    #[getter]
    fn urg(&self) -> u8 {
        self.flag(5)
    }

    #[getter]
    fn ack(&self) -> u8 {
        self.flag(4)
    }

    #[getter]
    fn psh(&self) -> u8 {
        self.flag(3)
    }

    #[getter]
    fn rst(&self) -> u8 {
        self.flag(2)
    }

    #[getter]
    fn fin(&self) -> u8 {
        self.flag(0)
    }

    #[getter]
    fn tunnel_id(&self) -> u8 {
        self.0.headers.tunnel as u8
    }

    #[getter]
    fn captured_size(&self) -> usize {
        self.0.captured_size()
    }

    /// Empty: no field has a default value.
    #[classattr]
    fn _field_defaults(py: Python<'_>) -> Bound<'_, PyDict> {
        PyDict::new(py)
    }

    /// A named tuple of values, in the order of the fields.
    #[classmethod]
    fn _make<'py>(class: &Bound<'py, PyType>, iterable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::named_tuple(class.py())?.call_method1("_make", (iterable,))
    }

    /// The names, in the order of the tuple.
    #[classattr]
    fn _fields(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ATTRIBUTES)
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        Self::_fields(py)
    }

    fn __len__(&self) -> usize {
        ATTRIBUTES.len()
    }

    fn __getitem__<'py>(slf: &Bound<'py, Self>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(index) = index.extract::<isize>() {
            let place = if index < 0 { index + ATTRIBUTES.len() as isize } else { index };
            let name = usize::try_from(place).ok().and_then(|place| ATTRIBUTES.get(place));
            return match name {
                Some(name) => slf.getattr(*name),
                None => Err(PyIndexError::new_err("packet index out of range")),
            };
        }
        Self::tuple(slf)?.as_any().get_item(index)
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        Self::tuple(slf)?.try_iter()
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        operator: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        match Self::tuple_of(other)? {
            Some(other) => Self::tuple(slf)?.rich_compare(other, operator),
            None => Ok(slf.py().NotImplemented().into_bound(slf.py())),
        }
    }

    fn __add__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match Self::tuple_of(other)? {
            Some(other) => Self::tuple(slf)?.add(other),
            None => Ok(slf.py().NotImplemented().into_bound(slf.py())),
        }
    }

    fn __radd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match Self::tuple_of(other)? {
            Some(other) => other.add(Self::tuple(slf)?),
            None => Ok(slf.py().NotImplemented().into_bound(slf.py())),
        }
    }

    fn __mul__<'py>(slf: &Bound<'py, Self>, times: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::tuple(slf)?.mul(times)
    }

    fn __rmul__<'py>(slf: &Bound<'py, Self>, times: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Self::tuple(slf)?.mul(times)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        Self::tuple(slf)?.hash()
    }

    /// Names and values.
    fn _asdict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let values = PyDict::new(slf.py());
        for name in ATTRIBUTES {
            values.set_item(name, slf.getattr(name)?)?;
        }
        Ok(values)
    }

    /// A named tuple of the values, some of them replaced.
    #[pyo3(signature = (**values))]
    fn _replace<'py>(
        slf: &Bound<'py, Self>,
        values: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::named_tuple(slf.py())?.call1(Self::tuple(slf)?)?.call_method("_replace", (), values)
    }

    /// Number of times that a value occurs.
    fn count(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        Self::tuple(slf)?.as_sequence().count(value)
    }

    /// First place of a value.
    fn index(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        Self::tuple(slf)?.as_sequence().index(value)
    }

    /// A copy or a pickled packet is a named tuple of the values.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        Ok((Self::named_tuple(slf.py())?, Self::tuple(slf)?))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let mut text = String::from("NFPacket(");
        for (number, name) in ATTRIBUTES.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            let _ = write!(text, "{separator}{name}={}", slf.getattr(*name)?.repr()?);
        }
        text.push(')');
        Ok(text)
    }
}
