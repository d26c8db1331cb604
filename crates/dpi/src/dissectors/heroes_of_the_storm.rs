//! `Heroes_of_the_Storm`: the match itself, over UDP (from captures): a session, a hash, a mark, then counters of sent and received
//! packets.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const MARK: u8 = 0x40;
/// Greatest distance of a packet from the last one.
const MOST_AHEAD: u16 = 0x400;

pub(super) struct HeroesOfTheStorm;

/// Header of each packet.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    session: u32,
    hash: [u8; 10],
    sent: u16,
    received: u16,
}

impl Dissector for HeroesOfTheStorm {
    const META: Meta = Meta::udp(labels::HEROES_OF_THE_STORM)
        .only_on_ports(&[1119, 1120, 3724, 6113])
        .specification("from captures");

    type State = [Option<Header>; 2];

    fn inspect(state: &mut Self::State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Ok(Some(header)) = header(&mut segment.reader()) else { return Verdict::Excluded };
        // A server sends neither session nor hash.
        if header.session == 0 && header.hash == [0; 10] {
            return Verdict::matched_if(header.sent != 0 && header.received != 0);
        }
        let [of_source, of_destination] = state;
        let last = if segment.from_source { of_source } else { of_destination };
        match last.replace(header) {
            None => Verdict::Wait,
            Some(last) => Verdict::matched_if(header.follows(&last)),
        }
    }
}

impl Header {
    fn follows(&self, last: &Self) -> bool {
        let ahead = |now: u16, then: u16| now.wrapping_sub(then) < MOST_AHEAD;
        self.session == last.session && ahead(self.sent, last.sent) && ahead(self.received, last.received)
    }
}

fn header(reader: &mut Reader<'_>) -> Result<Option<Header>, Short> {
    let (session, hash) = (reader.u32()?, reader.array()?);
    let (mark, flags) = (reader.u8()?, reader.u8()?);
    let header = Header { session, hash, sent: reader.u16()?, received: reader.u16()? };
    Ok((mark == MARK && flags & 0xef == 0).then_some(header))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_either_direction() {
        let client = |hash: u8, counters: &str| [&hex("01020304")[..], &[hash; 10], &hex("4000"), &hex(counters)].concat();
        let exchange = Exchange::udp(3724).client(client(1, "1abc63b3")).client(client(2, "1abc63bf"));
        assert_named(&exchange, labels::HEROES_OF_THE_STORM);
        let server = [&[0; 14][..], &hex("4010 4b2a8378 0102")].concat();
        assert_named(&Exchange::udp(3724).server(server), labels::HEROES_OF_THE_STORM);
        let jumps = Exchange::udp(3724).client(client(1, "1abc63b3")).client(client(2, "9abc63bf"));
        assert_eq!(jumps.verdict_of::<HeroesOfTheStorm>(), Verdict::Excluded);
    }
}
