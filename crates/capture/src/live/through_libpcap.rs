//! Interfaces through libpcap: on systems without rings like those of Linux, and for devices that only libpcap knows.

use std::ffi::c_int;
use std::fmt;
use std::time::{Duration, Instant};

use super::clock::ago;
use super::interfaces::{interfaces, none_named};
use super::losses::Losses;
use super::options::{LiveOptions, Stamps};
use crate::bpf::Encoded;
use crate::filter;
use crate::libpcap::{Capture, Libpcap, Refusal, Wanted, c_string};
#[cfg(target_os = "linux")]
use crate::tpacket::Socket;
use crate::{Block, Error, Filter, FilterError, Frame, Source, Timestamp};

/// How long frames are gathered before they are delivered.
const GATHER: Duration = Duration::from_millis(50);

/// How long after its arrival a frame may be delivered.
const DELAY: Duration = Duration::from_millis(500);

/// Frames of an interface, copied out of libpcap.
pub struct PcapInterface {
    name: String,
    capture: Capture,
    link_type: u16,
    /// The filter for the wanted frames, if the kernel cannot filter them.
    filter: Option<Filter>,
    /// A frame that did not fit in its block.
    waiting: Option<(Timestamp, u32, Vec<u8>)>,
    /// The time up to which all frames have been delivered.
    now: Option<Timestamp>,
    /// The latest time of a frame that was delivered, or left out by the filter.
    newest: Timestamp,
}

impl PcapInterface {
    /// Opens an interface.
    ///
    /// # Errors
    /// [`Error::Filter`] without libpcap, or for an invalid expression; [`Error::NoInterface`], [`Error::InterfaceDown`],
    /// [`Error::NotPermitted`]; [`Error::Interface`] for any other error of libpcap.
    pub fn open(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        if options.stamps == Stamps::Hardware {
            let reason = "with libpcap, the system timestamps frames".to_owned();
            return Err(failure(name, "use its hardware timestamps", reason));
        }
        let libpcap = Libpcap::load().ok_or(FilterError::NoLibpcap)?;
        let interface = || name.to_owned();
        let LiveOptions { filter, .. } = options;
        let c_name = c_string(name).ok_or_else(|| no_interface(name))?;
        let wanted = Wanted {
            interface: &c_name,
            snapshot_length: c_int::try_from(options.snapshot_length).unwrap_or(c_int::MAX),
            promiscuous: options.promiscuous,
            buffer_size: c_int::try_from(options.buffer_size).unwrap_or(c_int::MAX),
        };
        let mut capture = Capture::begin(libpcap, &wanted).map_err(|refusal| match refusal {
            Refusal::NotPermitted => Error::NotPermitted { interface: interface() },
            Refusal::NoDevice => no_interface(name),
            Refusal::Down => Error::InterfaceDown { interface: interface() },
            Refusal::Other(message) => failure(name, "open it through libpcap", message),
        })?;
        let link_type = link_type(capture.data_link());
        let filter = if filter.trim().is_empty() {
            None
        } else {
            in_process(filter, link_type, options.snapshot_length.max(1), &mut capture)?
        };
        let newest = Timestamp::default();
        Ok(Self { name: interface(), capture, link_type, filter, waiting: None, now: None, newest })
    }

    /// Whether all frames that came before `time` have been delivered: a later one has, or none is left.
    pub fn has_delivered_until(&self, time: Timestamp) -> bool {
        self.newest >= time || self.now.is_some()
    }

    /// Number of frames that have been lost so far.
    pub fn losses(&mut self) -> Losses {
        let (kernel, interface) = self.capture.dropped().unwrap_or_default();
        Losses { kernel, interface }
    }
}

impl Source for PcapInterface {
    fn fill(&mut self, block: &mut Block) -> Result<bool, Error> {
        block.clear();
        self.gather(block)?;
        match self.filter.as_mut().and_then(|filter| filter.apply(block).error) {
            Some(error) => Err(error.into()),
            None => Ok(true),
        }
    }

    fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

impl PcapInterface {
    fn gather(&mut self, block: &mut Block) -> Result<(), Error> {
        let link_type = self.link_type;
        if let Some((time, wire_len, bytes)) = self.waiting.take()
            && !block.push(Frame { time, wire_len, link_type, bytes: &bytes })
        {
            return Err(failure(&self.name, "read it", format!("a frame has {} bytes", bytes.len())));
        }
        let began = Instant::now();
        loop {
            match self.capture.next().map_err(|message| failure(&self.name, "read it further", message))? {
                Some(frame) => {
                    let time = Timestamp::new(frame.time.0, frame.time.1);
                    let wire_len = frame.wire_len;
                    if !block.push(Frame { time, wire_len, link_type, bytes: frame.bytes }) {
                        self.waiting = Some((time, wire_len, frame.bytes.to_vec()));
                        self.now = None;
                        return Ok(());
                    }
                    self.newest = self.newest.max(time);
                }
                None if began.elapsed() >= GATHER => {
                    self.now = ago(DELAY);
                    return Ok(());
                }
                None => self.capture.wait(GATHER),
            }
            if !block.is_empty() && began.elapsed() >= GATHER {
                self.now = None;
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for PcapInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PcapInterface").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes libpcap filter frames, or returns the filter that does so here. If the kernel cannot filter, libpcap would do it itself, but
/// it writes to standard error then. If the kernel removes VLAN tags before it runs the filter, the result would differ from that for
/// a file.
fn in_process(
    expression: &str,
    link_type: u16,
    snapshot_length: u32,
    capture: &mut Capture,
) -> Result<Option<Filter>, FilterError> {
    let program = filter::compile(expression, link_type, snapshot_length)?;
    let is_for_kernels = !expression.contains("vlan") && takes_filter(&program);
    if is_for_kernels && capture.set_filter(&program) { Ok(None) } else { Filter::new(expression).map(Some) }
}

#[cfg(target_os = "linux")]
fn takes_filter(program: &[Encoded]) -> bool {
    Socket::takes_filter(&filter::for_kernel(program))
}

#[cfg(not(target_os = "linux"))]
fn takes_filter(_: &[Encoded]) -> bool {
    true
}

fn no_interface(name: &str) -> Error {
    none_named(name, interfaces().unwrap_or_default())
}

fn failure(name: &str, doing: &'static str, message: String) -> Error {
    Error::Interface { interface: name.to_owned(), doing, source: std::io::Error::other(message) }
}

/// The link type in files for a link type of libpcap, if they differ.
fn link_type(data_link: c_int) -> u16 {
    match u16::try_from(data_link) {
        Ok(12) => 101,
        Ok(same) => same,
        Err(_) => u16::MAX,
    }
}
