//! JSON-RPC: calls in JSON over bare TCP (jsonrpc.org, version 2.0). Mining: the same or nearly so, between a pool and those who work for it (Stratum).

use memchr::memmem;

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::label::Label;
use crate::labels;
use crate::reader::Short;

/// As much of an object is looked at: members that tell it stand in front.
const ENOUGH: usize = 1024;

/// Methods of the dialects of Stratum (Bitcoin, Ethereum); Monero's has a login with what the miner is.
const MINING: [&[u8]; 7] = [
    b"\"mining.subscribe\"",
    b"\"mining.authorize\"",
    b"\"mining.configure\"",
    b"\"mining.notify\"",
    b"\"mining.set_difficulty\"",
    b"\"eth_submitLogin\"",
    b"\"eth_getWork\"",
];

pub(super) struct JsonRpc;

impl Dissector for JsonRpc {
    const META: Meta = Meta::tcp(labels::JSON_RPC)
        .starts_with(&[b"{\"", b"{ \"", b"{\n", b"{\r", b"[{\""])
        .specification("jsonrpc.org, JSON-RPC 2.0; Stratum");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match label(segment.payload) {
            Ok(label) => {
                found.protocol(label);
                Verdict::matched_if(label.is_known())
            }
            Err(Short) => Verdict::More,
        }
    }
}

fn label(payload: &[u8]) -> Result<Label, Short> {
    let begin = payload.get(..ENOUGH).unwrap_or(payload);
    let has = |name: &[u8]| memmem::find(begin, name).is_some();
    if MINING.into_iter().any(has) || has(b"\"login\"") && has(b"\"method\"") && has(b"\"pass\"") {
        return Ok(labels::MINING);
    }
    let is_whole = begin.len() == ENOUGH || begin.trim_ascii_end().ends_with(b"}");
    match (has(b"\"jsonrpc\""), is_whole) {
        // What follows in the object may still say that it is mining.
        (_, false) => Err(Short),
        (true, true) => Ok(labels::JSON_RPC),
        (false, true) => Ok(Label::UNKNOWN),
    }
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
        let bitcoin = Exchange::tcp(3333).client("{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": []}\n");
        assert_named(&bitcoin, labels::MINING);
        bitcoin.assert_cuts_do_not_matter();
        let monero = "{\"method\":\"login\",\"params\":{\"login\":\"4\",\"pass\":\"x\"},\"id\":1}\n";
        assert_named(&Exchange::tcp(3333).client(monero), labels::MINING);
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(8080).client("{\"method\":\"echo\"}");
        assert_eq!(other.verdict_of::<JsonRpc>(), Verdict::Excluded);
    }
}
