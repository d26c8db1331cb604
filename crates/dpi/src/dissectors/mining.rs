//! Mining: workers of a mining pool (Stratum for Bitcoin: BIP 310 and its predecessors; Stratum for `CryptoNote`; `EthereumStratum`:
//! EIP-1571). Requests and answers are lines of JSON.

use memchr::{memchr, memmem};

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Mining;

/// Number of bytes of a message that are searched.
const FAR: usize = 2048;

/// Words, each of which is enough.
const ALONE: [&[u8]; 6] = [
    b"\"mining.",
    b"\"eth_submitLogin\"",
    b"\"eth_submitWork\"",
    b"\"eth_submitHashrate\"",
    b"\"eth_getWork\"",
    b"\"eth_login\"",
];

/// `CryptoNote`: the words of a request to sign in.
const SIGN_IN: [&[u8]; 3] = [b"\"method\"", b"\"login\"", b"\"params\""];
const OF_SIGN_IN: [&[u8]; 3] = [b"\"pass\"", b"\"agent\"", b"\"algo\""];

/// The number of a job, and its accompanying words.
const JOB: &[u8] = b"\"job_id\"";
const OF_JOB: [&[u8]; 5] = [b"\"blob\"", b"\"nonce\"", b"\"target\"", b"\"seed_hash\"", b"\"result\""];

impl Dissector for Mining {
    const META: Meta = Meta::tcp(labels::MINING)
        .ports(&[3333, 4444, 5555, 7777, 8888, 9999, 14444])
        .starts_with(&[b"{", b"["])
        .max_segments(4)
        .specification("BIP 310; EIP-1571; CryptoNote Stratum as pools document it");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if !matches!(segment.payload, [b'{' | b'[', ..]) {
            return Verdict::Excluded;
        }
        let start = segment.payload.get(..FAR).unwrap_or(segment.payload);
        if is_stratum(start) {
            return Verdict::DONE;
        }
        let is_whole = start.len() == FAR || memchr(b'\n', start).is_some();
        if is_whole { Verdict::Excluded } else { Verdict::More }
    }
}

/// Whether the beginning of a message is of one of the dialects.
pub(super) fn is_stratum(start: &[u8]) -> bool {
    let has = |word: &&[u8]| memmem::find(start, word).is_some();
    ALONE.iter().any(has)
        || (has(&JOB) && OF_JOB.iter().any(has))
        || (SIGN_IN.iter().all(has) && OF_SIGN_IN.iter().any(has))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_what_workers_and_pools_say() {
        for line in [
            "{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": [\"cgminer/4.10\"]}\n",
            "{\"id\":1,\"result\":[[[\"mining.notify\",\"ae68\"]],\"08\",4],\"error\":null}\n",
            "{\"method\":\"login\",\"params\":{\"login\":\"4BCeEPhodg\",\"pass\":\"x\",\"agent\":\"y\"},\"id\":1}\n",
            "{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{\"blob\":\"0606\",\"job_id\":\"72\",\"target\":\"f3\"}}\n",
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"eth_submitLogin\",\"params\":[\"0xb7\",\"x\"]}\n",
        ] {
            let exchange = Exchange::tcp(9050).client(line);
            assert_named(&exchange, labels::MINING);
            exchange.assert_cuts_do_not_matter();
        }
        for other in ["{\"method\":\"login\",\"params\":[]}\n", "{\"job_id\":1}\n", "x\"mining.notify\"\n"] {
            assert_eq!(Exchange::tcp(3333).client(other).verdict_of::<Mining>(), Verdict::Excluded, "{other}");
        }
    }
}
