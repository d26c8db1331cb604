//! `docs/ipfix.md`: the information element of each column.

use nfstream::sinks::ipfix::{DOCUMENTATION_ENTERPRISE, markdown_table};

/// The page.
pub(crate) fn page() -> String {
    format!(
        "\
# IPFIX

`--ipfix HOST:PORT` sends flow records to an IPFIX collector (RFC 7011), over UDP or, with `tcp://HOST:PORT`, over TCP. Every column
goes out, those of features and plugins, too. This page is generated from the code: `cargo xtask generate`.

## Information elements

A number alone is an element of the [IANA registry](https://www.iana.org/assignments/ipfix). `29305/` stands before the reverse of one (RFC
5103): what the destination sent back. `E/` stands for the enterprise number. Nobody has registered one for this project, so it is {DOCUMENTATION_ENTERPRISE},
which is kept for documentation (RFC 5612); `--ipfix-enterprise N` sets another. A collector that understands RFC 5610 needs
neither this table nor the number: names and types of these elements are sent with the templates.

{table}
What the table leaves open:

- Columns that are not in it (features, plugins, predictions) have `E/16384`, `E/16385`, ... in their order. `E/1` is `listItem`: a signed64 in a
  list. Ids never change their meaning.
- `octetDeltaCount` counts bytes by the accounting mode, by default on the wire; the element's own definition, octets of IP packets, is
  that of `--accounting-mode 1`.
- `flowStartMilliseconds` and `flowEndMilliseconds` are those of both directions together. Times of one direction have elements of their own: collectors take
  the reverse of these for the times of the flow. `flowDurationMilliseconds` has 32 bits: 49 days and more are 4294967295.
- `flowEndReason` is 1 for the idle timeout and for the end of the input, 2 for the active timeout, 3 for a plugin.
- `tcpControlBits` and the counts of flags need `--statistical-analysis`.
- Lists are basicLists (RFC 6313) of signed64, in order. `l7` is text: a JSON object.
- Anonymised columns are strings under the enterprise number, each with an id of its own between the others; type information tells which.

## Messages

- Template 256 is for IPv4, 257 for IPv6, 258 (options) for type information. The observation domain is 1, or `--ipfix-domain N`.
- Over UDP, messages have 1,420 bytes at most; a single record that is longer (long lists, much metadata) goes in a datagram of its own, which IP
  fragments. Templates and type information are sent first, then again after 60 seconds or 1,000 messages, and after a collector has refused a message.
  Nothing slows the command down, so that a big file is better sent over TCP.
- Over TCP, a connection begins with templates. When it breaks, another is tried, after half a second, then twice as long each time, up to 10
  seconds, until the collector takes something again; so it is with a collector that accepts connections and closes them at once. One that takes nothing for 15
  seconds is left, too.

## What is known of their arrival

At the end, what was sent and what was lost are all records. What was lost is told, and in the metrics; a run over files or a pipe ends with status 1 then.

- Over UDP, a record was sent when the message left and its host was not heard to refuse it. Hosts refuse what comes to a port that is closed, but seldom every
  message (ICMP is limited), and what is lost on the way or finds no room is never known.
- Over TCP, a record was sent when it is certain enough that the collector has read it: it closed the connection in order after the last message; or before, and its host had
  acknowledged the message (a host that closes with something unread resets the connection instead); or the host acknowledged it a minute ago, or before another 32 MiB,
  which is the most that Linux holds unread unless it is told otherwise. Where a proxy is between, its word is what counts. Only Linux tells what is acknowledged; elsewhere what was
  written counts for that.
- What was in a connection that broke and is not certain is sent again in the next one (RFC 7011, section 10.4). So a collector may have some
  records twice, at most those of the last minute and the last 40 MiB; `flowId` and the time of the flow tell which. A message that was in twenty connections that broke counts as lost: it may be why they do.
- Up to 16 MiB of records wait while an interface or a pipe is read; beyond that they are lost. Nothing waits longer than three seconds in the end.
- Where files are read the command waits for the collector instead, and at the end for it to close the connection: for 30 seconds in which it takes nothing (longer when it was
  slow all the time), or three after Ctrl-C or SIGTERM. A collector that is not there in the beginning, or refuses datagrams, is not waited for. Then it is given up as other outputs are.
- A record of more than 65,515 bytes fits in no message. It is counted as lost.
",
        table = markdown_table()
    )
}
