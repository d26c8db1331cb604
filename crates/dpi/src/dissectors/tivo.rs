//! TiVoConnect: discovery among digital recorders (TiVo Connect Automatic Machine Discovery). Lines of names and values, the
//! protocol's name first; over TCP after a length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const BEGINNING: &[u8] = b"tivoconnect=";

pub(super) struct Tivo;

impl Dissector for Tivo {
    const META: Meta = Meta::tcp_udp(labels::TIVOCONNECT)
        .ports(&[2190])
        .starts_with(&[b"TiVoConnect=", b"TIVOCONNECT=", b"tivoconnect=", b"\0\0"])
        .specification("TiVo Connect Automatic Machine Discovery Protocol, revision 1.5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_tcp() && reader.rest().first() == Some(&0) {
            let Ok(length) = reader.u32() else { return Verdict::More };
            if length > 0x1000 {
                return Verdict::Excluded;
            }
        }
        let begin = reader.rest().get(..BEGINNING.len()).unwrap_or(reader.rest());
        if !BEGINNING.get(..begin.len()).is_some_and(|expected| begin.eq_ignore_ascii_case(expected)) {
            return Verdict::Excluded;
        }
        if begin.len() < BEGINNING.len() {
            return segment.more();
        }
        let names = reader.rest().split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"machine="));
        if let Some(name) = names {
            found.field(Field::Host, name);
        }
        Verdict::DONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_first_line() {
        let announcement = "TiVoConnect=1\nswversion=1.0\nmachine=Den\n";
        let exchange = Exchange::udp(2190).client(announcement);
        assert_named(&exchange, labels::TIVOCONNECT);
        assert_eq!(exchange.outcome().field(Field::Host), "Den");
        let over_tcp = Exchange::tcp(2190).client(format!("\0\0\0\x29{announcement}"));
        assert_named(&over_tcp, labels::TIVOCONNECT);
        over_tcp.assert_cuts_do_not_matter();
        assert_eq!(Exchange::tcp(2190).client("\0\0\0\x29TiVoConnected").verdict_of::<Tivo>(), Verdict::Excluded);
    }
}
