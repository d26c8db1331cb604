//! Any bytes as what a client sends to the metrics server: no panic, an end, an answer that is whole, and the next client gets its page.
//!
//! The first byte says how many bytes come at a time, the second how often the rest comes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nfstream_cli::answer_metrics_request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

/// Bytes on their way in each direction: more than an answer has.
const ROOM: usize = 64 << 10;

const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost:9300\r\n\r\n";

fuzz_target!(|input: &[u8]| {
    let [piece, times, sent @ ..] = input else { return };
    let sent = sent.repeat(usize::from(times % 16) + 1);
    let answer = RUNTIME.block_on(exchange(sent.chunks(usize::from(*piece) * 8 + 1)));
    if !answer.is_empty() {
        assert_whole(&answer, sent.windows(4).any(|bytes| bytes == b"HEAD"));
    }

    let page = RUNTIME.block_on(exchange([REQUEST].into_iter()));
    assert!(page.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", page.escape_ascii());
    assert_whole(&page, false);
});

/// What a client gets that sends pieces, one after the other, then no more.
async fn exchange<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut client, server) = duplex(ROOM);
    let served = tokio::spawn(answer_metrics_request(server));
    for piece in pieces {
        // The server may have heard enough.
        if client.write_all(piece).await.is_err() {
            break;
        }
        yield_now().await;
    }
    let _ = client.shutdown().await;
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    served.await.expect("the server does not panic");
    answer
}

/// One answer, with all of its body, or none if that was not asked for.
fn assert_whole(answer: &[u8], may_lack_body: bool) {
    let shown = answer.escape_ascii();
    assert!(answer.starts_with(b"HTTP/1."), "{shown}");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("the head has an end");
    let head = str::from_utf8(&answer[..end]).expect("the head is text").to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().expect("a length is a number"));
    let body = &answer[end + 4..];
    assert!(body.len() == length || body.is_empty() && may_lack_body, "{shown}");
}
