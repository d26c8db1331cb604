//! `GaijinEntertainment`: War Thunder (from captures): a `ENet` connect to the game's ports, and counters as text:
//! `name,env=...,circuit=...,application=...`.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const GAME_PORTS: std::ops::RangeInclusive<u16> = 20010..=20500;
/// Longest name of a counter.
const LONGEST_NAME: usize = 128;
const TAGS: &[u8] = b",env=";

pub(super) struct Gaijin;

impl Dissector for Gaijin {
    const META: Meta = Meta::udp(labels::GAIJINENTERTAINMENT).ports(&[20011]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_client = GAME_PORTS.contains(&segment.dst_port);
        if !is_client && !GAME_PORTS.contains(&segment.src_port) {
            return Verdict::Excluded;
        }
        Verdict::matched_if(is_counter(segment.payload) || enet_connect(segment.reader()).unwrap_or(false))
    }
}

/// The name of a counter, then tags.
fn is_counter(payload: &[u8]) -> bool {
    let start = payload.get(..LONGEST_NAME).unwrap_or(payload);
    let Some(at) = memchr::memchr(b',', start) else { return false };
    let (name, tags) = payload.split_at(at);
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    is_name && tags.starts_with(TAGS) && memchr::memmem::find(tags, b",circuit=").is_some()
}

/// `ENet`: an unassigned peer, the time, then Connect or Verify Connect with its sizes.
fn enet_connect(mut reader: Reader<'_>) -> Result<bool, Short> {
    const CONNECT: u8 = 2;
    const VERIFY_CONNECT: u8 = 3;
    let peer = reader.u16()?;
    reader.skip(2)?;
    let (command, channel, sequence) = (reader.u8()?, reader.u8()?, reader.u16()?);
    reader.skip(4)?;
    let (mtu, window) = (reader.u32()?, reader.u32()?);
    let sizes = (576..=4096).contains(&mtu) && (4096..=65536).contains(&window);
    let is_command = match command & 0x0f {
        CONNECT => peer & 0x0fff == 0x0fff,
        VERIFY_CONNECT => peer & 0x0fff != 0x0fff,
        _ => false,
    };
    Ok(peer & 0x8000 != 0 && is_command && channel == 0xff && sequence == 1 && sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const CONNECT: &str = "8fff 0001 82ff0001 0000ffff 000004b0 00010000 000000ff 00000000 00000000 00001388 00000000";

    #[test]
    fn recognised_by_connect_and_counters() {
        assert_named(&Exchange::udp(20021).client(hex(CONNECT)), labels::GAIJINENTERTAINMENT);
        let counter = "app.start,env=production,circuit=production,application=client:1|c";
        assert_named(&Exchange::udp(20011).client(counter), labels::GAIJINENTERTAINMENT);
    }

    #[test]
    fn refuses_its_neighbours() {
        let refused = |exchange: Exchange| exchange.verdict_of::<Gaijin>() == Verdict::Excluded;
        assert!(refused(Exchange::udp(5000).client(hex(CONNECT))));
        assert!(refused(Exchange::udp(20011).client("app.start,host=a:1|c")));
        assert!(refused(Exchange::udp(20011).client(hex("8fff 0001 82ff0002 0000ffff 000004b0 00010000"))));
    }
}
