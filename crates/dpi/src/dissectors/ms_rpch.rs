//! MS-RPCH: calls of remote procedures over HTTP, version 1 (MS-RPCH, section 2.1.1). The server greets in ASCII, without the end
//! of a line, on the connection that a proxy opens to it. The messages of clients to the proxy are recognised in `http`.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const GREETING: &[u8] = b"ncacn_http/1.0";

pub(super) struct MsRpch;

impl Dissector for MsRpch {
    const META: Meta = Meta::tcp(labels::MS_RPCH).ports(&[593]).starts_with(&[GREETING]).specification("MS-RPCH, section 2.1.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            greeting if greeting.starts_with(GREETING) => Verdict::DONE,
            begun if GREETING.starts_with(begun) => Verdict::More,
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_the_greeting() {
        let greeting = Exchange::tcp(593).server(GREETING);
        assert_named(&greeting, labels::MS_RPCH);
        greeting.assert_cuts_do_not_matter();
        let other = Exchange::tcp(593).server("ncacn_np/1.0 and more");
        assert_eq!(other.verdict_of::<MsRpch>(), Verdict::Excluded);
    }
}
