//! JSON-RPC: calls in JSON over bare TCP (jsonrpc.org, version 2.0). Mining, which is the same or almost the same, is distinguished.

use memchr::memmem;

use super::mining;
use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Number of inspected bytes of an object: the identifying members come first.
const ENOUGH: usize = 1024;

pub(super) struct JsonRpc;

impl Dissector for JsonRpc {
    const META: Meta = Meta::tcp(labels::JSON_RPC)
        .starts_with(&[b"{\"", b"{ \"", b"{\n", b"{\r", b"[{\""])
        .specification("jsonrpc.org, JSON-RPC 2.0");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_call(segment.payload))
    }
}

fn is_call(payload: &[u8]) -> Result<bool, Short> {
    let begin = payload.get(..ENOUGH).unwrap_or(payload);
    let has = |name: &[u8]| memmem::find(begin, name).is_some();
    if mining::is_stratum(begin) {
        return Ok(false);
    }
    if begin.len() < ENOUGH && !begin.trim_ascii_end().ends_with(b"}") && !begin.ends_with(b"]") {
        return Err(Short);
    }
    Ok(has(b"\"jsonrpc\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_members() {
        let call = Exchange::tcp(8080).client("{\"jsonrpc\": \"2.0\", \"method\": \"echo\", \"id\": 1}");
        assert_named(&call, labels::JSON_RPC);
        call.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(8080).client("{\"method\":\"echo\"}");
        assert_eq!(other.verdict_of::<JsonRpc>(), Verdict::Excluded);
        let mining = Exchange::tcp(8080).client("{\"jsonrpc\": \"2.0\", \"method\": \"mining.notify\"}");
        assert_eq!(mining.verdict_of::<JsonRpc>(), Verdict::Excluded);
    }
}
