//! Recorded captures, made ready to be sent.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use nfstream_capture::{Block, Captures, Input, Source as _};
use serde_json::Value;

use crate::namespaces::{Namespace, WIRE};

pub(crate) const ETHERNET: u16 = 1;
pub(crate) const RAW_IP: u16 = 101;

/// What a packet socket takes of an Ethernet device: a header at least, and at most what the MTU of a wire allows.
const SENDABLE: std::ops::RangeInclusive<usize> = 14..=65535 + 14;

/// The captures of the repository.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// The captures of the repository and of its folder of containers, without those that the tests cannot open.
pub(crate) fn of_repository() -> Vec<PathBuf> {
    let mut captures = captures_in(&testdata());
    captures.extend(captures_in(&testdata().join("containers")));
    captures
}

/// The captures of the corpus, if there is one.
pub(crate) fn of_corpus() -> Option<Vec<PathBuf>> {
    Some(captures_in(&nfstream_skip::corpus()?.join("pcap")))
}

/// The cases, if there are any: each capture, with the parameters that it is about.
pub(crate) fn of_cases() -> Option<Vec<(PathBuf, Vec<String>)>> {
    let folder = nfstream_skip::cases()?;
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |case: &Value| {
        (
            folder.join(text(&case["capture"])),
            case["parameters"].as_array().unwrap().iter().map(text).collect(),
        )
    };
    Some(cases.iter().map(of).collect())
}

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let mut captures: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.to_string_lossy().contains(".pcap"))
        .collect();
    captures.sort();
    captures
}

/// What of a capture can be sent again.
pub(crate) struct Sendable {
    /// How many packets these are.
    pub(crate) packets: usize,
    /// Packets of the capture that cannot be sent, because they are too short or too long.
    pub(crate) left_out: usize,
}

/// Writes those packets of a capture that have a link type, as far as they were captured, to a file: one packet each
/// microsecond, so that neither timeouts nor a clock that was turned back come between.
pub(crate) fn make_sendable(capture: &Path, link_type: u16, to: &Path) -> Sendable {
    let mut captures = Captures::open([Input::from(capture)]).unwrap();
    let mut block = Block::default();
    let mut bytes = file_header(link_type);
    let mut sendable = Sendable { packets: 0, left_out: 0 };
    while captures.fill(&mut block).unwrap() {
        for frame in block.frames().filter(|frame| frame.link_type == link_type) {
            if link_type == ETHERNET && !SENDABLE.contains(&frame.bytes.len()) {
                sendable.left_out += 1;
                continue;
            }
            let length = frame.bytes.len() as u32;
            let time = sendable.packets as u32;
            let header = [1_700_000_000 + time / 1_000_000, time % 1_000_000, length, length];
            bytes.extend(header.into_iter().flat_map(u32::to_le_bytes));
            bytes.extend(frame.bytes);
            sendable.packets += 1;
        }
    }
    fs::write(to, bytes).unwrap();
    sendable
}

/// A pcap file header: little-endian, microseconds (draft-ietf-opsawg-pcap, section 4).
fn file_header(link_type: u16) -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0x0004_0000, u32::from(link_type)];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Sends the packets of a file over a wire, as fast as they go, and says how many were sent.
pub(crate) fn replay(from: &Namespace, file: &Path) -> usize {
    replay_often(from, file, 1)
}

/// Sends them again and again.
pub(crate) fn replay_often(from: &Namespace, file: &Path, times: usize) -> usize {
    let (interface, times) = (format!("--intf1={WIRE}"), format!("--loop={times}"));
    let arguments = ["--topspeed", &interface, &times, file.to_str().unwrap()];
    let told = from.run("tcpreplay", arguments);
    let sent = told.lines().find_map(|line| line.trim().strip_prefix("Successful packets:"));
    sent.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("{told}"))
}
