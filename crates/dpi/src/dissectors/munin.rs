//! Munin: a node that reports measurements (guide.munin-monitoring.org, "Data exchange between master and node"). The node greets
//! with its name.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

const GREETING: &[u8] = b"# munin node at ";

pub(super) struct Munin;

impl Dissector for Munin {
    const META: Meta = Meta::tcp(labels::MUNIN)
        .ports(&[4949])
        .starts_with(&[GREETING])
        .specification("guide.munin-monitoring.org, network protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match segment.reader().line() {
            Ok(line) => {
                let Some(name) = line.strip_prefix(GREETING) else { return Verdict::Excluded };
                found.server_name(name);
                Verdict::DONE
            }
            Err(Short) => segment.more(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_greeting() {
        let exchange = Exchange::tcp(4949).server("# munin node at Db01\n").client("list\n");
        assert_named(&exchange, labels::MUNIN);
        assert_eq!(exchange.outcome().server_name(), "db01");
        exchange.assert_cuts_do_not_matter();
    }
}
