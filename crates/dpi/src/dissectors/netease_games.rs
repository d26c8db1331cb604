//! `NetEaseGames`: a transport over UDP (from captures): a mark, a checksum, the connections of receiver and sender, a counter.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const MARK: &[u8] = b"\x07\x08\x08\x0c";
/// Counters of a connection's first packets are below.
const FIRST_COUNTERS: u16 = 0x1000;
/// Connections are below.
const CONNECTIONS: u32 = 1 << 24;

pub(super) struct NetEaseGames;

impl Dissector for NetEaseGames {
    const META: Meta = Meta::udp(labels::NETEASEGAMES).starts_with(&[MARK]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_header(segment.reader()).unwrap_or(false))
    }
}

fn is_header(mut reader: Reader<'_>) -> Result<bool, Short> {
    reader.skip(MARK.len() + 4)?;
    let (receiver, sender, counter) = (reader.u32()?, reader.u32()?, reader.u16()?);
    reader.u8()?;
    Ok(receiver.max(sender) < CONNECTIONS && sender != receiver && counter < FIRST_COUNTERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let open = hex("0708080c 01020304 00000000 00000001 0000 03 ac");
        let answer = hex("0708080c 05060708 00000001 00007e04 0001 03 3c");
        assert_named(&Exchange::udp(28203).client(open), labels::NETEASEGAMES);
        assert_named(&Exchange::udp(28203).server(answer), labels::NETEASEGAMES);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["0708080c 01020304 00000000", "0708080c 01020304 99000000 00000001 0000 03"] {
            let exchange = Exchange::udp(28203).client(hex(message));
            assert_eq!(exchange.verdict_of::<NetEaseGames>(), Verdict::Excluded, "{message}");
        }
    }
}
