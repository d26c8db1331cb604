//! RX: remote procedure calls of AFS ("Rx protocol specification", Zeldovich). A header of 28 bytes, then data or an
//! acknowledgement.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rx;

/// The connection that was seen on other than the usual ports.
#[derive(Default)]
pub(crate) struct State(Option<Connection>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Connection {
    epoch: u32,
    id: u32,
    by_client: bool,
}

impl Dissector for Rx {
    const META: Meta = Meta::udp(labels::RX)
        .ports(&[7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009])
        .specification("OpenAFS: Rx protocol specification");

    type State = State;

    fn inspect(State(seen): &mut State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Ok(Some(connection)) = header(&mut segment.reader()) else { return Verdict::Excluded };
        if Self::META.ports.iter().any(|port| segment.has_port(*port)) {
            return Verdict::DONE;
        }
        match seen {
            None => {
                *seen = Some(connection);
                Verdict::Wait
            }
            // The other side answers on the same connection.
            Some(seen) if (seen.epoch, seen.id) != (connection.epoch, connection.id) => Verdict::Excluded,
            Some(seen) if seen.by_client == connection.by_client => Verdict::Wait,
            Some(_) => Verdict::DONE,
        }
    }
}

fn header(reader: &mut Reader<'_>) -> Result<Option<Connection>, Short> {
    const CLIENT_INITIATED: u8 = 0x01;
    const ACK: u8 = 4;
    let (epoch, id, call) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (sequence, serial) = (reader.u32()?, reader.u32()?);
    let (kind, flags, status, security) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let (_checksum, service) = (reader.u16()?, reader.u16()?);
    let is_known = matches!(kind, 1..=8 | 13) && flags & 0x90 == 0 && status <= 4 && security <= 5;
    let is_early = call < 1 << 24 && sequence < 1 << 20 && serial < 1 << 24 && serial > 0;
    let has_room = kind != ACK || reader.len() >= 18;
    let fits = is_known && is_early && has_room && epoch != 0 && service < 0x1000;
    Ok(fits.then_some(Connection { epoch, id: id & !3, by_client: flags & CLIENT_INITIATED != 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const CALL: &str = "570fb560 5c3fc988 00000001 00000001 00000001 01 05 00 00 0000 0049 000001f8 00000001";
    const ANSWER: &str = "570fb560 5c3fc988 00000001 00000001 00000001 01 04 00 00 0000 0049 00000001";

    #[test]
    fn recognised_on_its_ports_or_by_both_sides() {
        let elsewhere = Exchange::udp(4711).client(hex(CALL)).server(hex(ANSWER));
        for exchange in [Exchange::udp(7002).client(hex(CALL)), elsewhere] {
            assert_named(&exchange, labels::RX);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let no_kind = CALL.replacen("01 05 00 00", "0f 05 00 00", 1);
        assert_eq!(Exchange::udp(7002).client(hex(&no_kind)).verdict_of::<Rx>(), Verdict::Excluded);
        let other = Exchange::udp(4711).client(hex(CALL)).server(hex(&ANSWER.replacen("5c", "5d", 1)));
        assert_eq!(other.verdict_of::<Rx>(), Verdict::Excluded);
    }
}
