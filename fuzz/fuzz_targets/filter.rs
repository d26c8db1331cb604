//! Any text as a packet filter, up to a null byte, then a frame: no panic, and no frame that comes from nowhere.
//!
//! The byte after the null byte chooses the link type. Where libpcap is missing, nothing is tried.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nfstream_capture::{Block, Filter, Frame, Timestamp};

/// Ethernet, raw IP, Linux cooked, 802.11, null.
const LINK_TYPES: [u16; 5] = [1, 101, 113, 105, 0];

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|byte| *byte == 0) else { return };
    let (expression, [_, link, frame @ ..]) = input.split_at(end) else { return };
    let Ok(expression) = std::str::from_utf8(expression) else { return };
    let Ok(mut filter) = Filter::new(expression) else { return };
    let frame = Frame {
        time: Timestamp::default(),
        bytes: frame,
        wire_len: frame.len() as u32,
        link_type: LINK_TYPES[usize::from(*link) % LINK_TYPES.len()],
    };
    let mut block = Block::default();
    if !block.push(frame) {
        return;
    }
    let filtered = filter.apply(&mut block);
    let gone = filtered.packets + filtered.not_judged.values().sum::<u64>();
    assert!(block.len() as u64 + gone == 1 || filtered.error.is_some(), "{filtered:?}");
});
