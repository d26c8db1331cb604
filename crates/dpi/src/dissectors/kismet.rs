//! Kismet: server of the wireless sniffer of that name, before 2019 (kismetwireless.net, client/server protocol). It sends
//! sentences as a greeting.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Kismet;

impl Dissector for Kismet {
    const META: Meta = Meta::tcp(labels::KISMET)
        .ports(&[2501])
        .starts_with(&[b"*KISMET: "])
        .specification("kismetwireless.net, client/server protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_greeting(segment.reader()))
    }
}

fn is_greeting(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(9)? == b"*KISMET: " && reader.u8()?.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_greeting() {
        let exchange = Exchange::tcp(2501).server("*KISMET: 0.0.0 1100000000 \u{1}Kismet\u{1} 2005\n");
        assert_named(&exchange, labels::KISMET);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(2501).server("*KISMET: no\n");
        assert_eq!(other.verdict_of::<Kismet>(), Verdict::Excluded);
    }
}
