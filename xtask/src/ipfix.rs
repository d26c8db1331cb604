//! `docs/ipfix.md`: the information element of each column.

use nfstream::sinks::ipfix::{DOCUMENTATION_ENTERPRISE, markdown_table};

/// The page.
pub(crate) fn page() -> String {
    format!(
        "\
# IPFIX

`--ipfix HOST:PORT` sends flow records to an IPFIX collector (RFC 7011), over UDP or, with
`tcp://HOST:PORT`, over TCP. It sends every column, including those of features and plugins. This
page is generated from the code: `cargo xtask generate`.

An IPv6 address stands in brackets. A link-local one needs a zone: the name or the number of the
interface that leads to it, as in `[fe80::1%eth0]:4739` (RFC 4007, section 11), or, in a URL,
`tcp://[fe80::1%25eth0]:4739` (RFC 6874). Without such an interface the command does not start.

## Information elements

A number alone is an element of the [IANA registry](https://www.iana.org/assignments/ipfix). The
prefix `29305/` marks the reverse of an element (RFC 5103): the value for the packets that the
destination sent back. `E/` stands for the enterprise number. Nobody has registered one for this
project, so it is {DOCUMENTATION_ENTERPRISE}, which is reserved for documentation (RFC 5612);
`--ipfix-enterprise N` sets another. A collector that understands RFC 5610 needs neither this table
nor the number: the command sends the names and types of these elements with the templates.

{table}
Notes on the table:

- Columns that are not in the table (features, plugins, predictions) have `E/16384`, `E/16385`, ...
  in their order. `E/1` is `listItem`: a signed64 in a list. Ids never change their meaning.
- `octetDeltaCount` counts bytes by the accounting mode, by default on the wire. The element is
  defined as octets of IP packets; `--accounting-mode 1` counts those.
- `flowStartMilliseconds` and `flowEndMilliseconds` are the times of both directions together. Times
  of one direction have elements of their own, because collectors take the reverse of these two for
  the times of the flow. `flowDurationMilliseconds` has 32 bits: 49 days and more are 4294967295.
- `flowEndReason` is 1 for the idle timeout, 2 for the active timeout and the end of a slice, 3 for the end of a TCP connection
  and for a plugin, 4 for the end of the input, 5 for lack of room.
- `tcpControlBits` and the counts of flags need `--statistical-analysis`.
- Lists are basicLists (RFC 6313) of signed64, in order. `l7` is text: a JSON object.
- Anonymised columns are strings under the enterprise number, each with an id of its own between the
  others; the type information names them.

## Messages

- Template 256 is for IPv4, 257 for IPv6, 258 (options) for type information. The observation domain is 1, or `--ipfix-domain N`.
- Over UDP, messages have at most 1,420 bytes. A single longer record (long lists, much metadata)
  goes in a datagram of its own, which IP fragments. The command sends templates and type
  information first, then again after 60 seconds or 1,000 messages, and after a collector has
  refused a message. Nothing slows the command down, so use TCP for a big file.
- Over TCP, a connection begins with templates. When it breaks, the command tries another after half
  a second, then waits twice as long each time, up to 10 seconds, until the collector takes
  something again. The same holds for a collector that accepts connections and closes them at once.
  The command also drops a connection whose collector takes nothing for 15 seconds.

## Delivery

At the end, every record counts either as sent or as lost. The command reports lost records, also in
the metrics. If records were lost, a run over files or a pipe ends with status 1.

- Over UDP, a record counts as sent if the message left and the collector's host did not report a
  refusal. Hosts refuse messages to a closed port, but seldom every message (ICMP is limited).
  Messages that are lost on the way or find no room are never reported.
- Over TCP, a record counts as sent if it is certain enough that the collector has read it. There
  are four cases. The collector closed the connection in order after the last message. Or it closed
  the connection before, and its host had acknowledged the message (a host that closes with unread
  bytes resets the connection instead). Or the host acknowledged the message before another 32 MiB,
  which is the most that Linux holds unread unless it is configured otherwise. Or the host
  acknowledged the message a minute before the connection broke. The last case does not count for a
  collector that takes nothing or does not close its side at the end, because a host acknowledges
  what nobody reads: these records are lost. With a proxy in between, the proxy's answers count.
  Only Linux reports acknowledged bytes; on other systems, written bytes count as acknowledged.
- When a connection breaks, the command sends the uncertain messages again in the next connection
  (RFC 7011, section 10.4). So a collector may have some records twice, at most those of the last
  minute and the last 40 MiB; `flowId` and the time of the flow identify them. A message that was in
  twenty broken connections counts as lost: it may be the reason why they break.
- While the command reads an interface or a pipe, up to 16 MiB of records wait; further records are
  lost. At the end, nothing waits longer than three seconds.
- While the command reads files, it waits for the collector instead, and at the end it waits for the
  collector to close the connection. The wait ends after 30 seconds in which the collector takes
  nothing (longer if it was slow all the time), or three seconds after Ctrl-C or SIGTERM. The
  command waits for all collectors at the same time: the waits do not add up. (If other outputs took
  up the three seconds, a collector still has one at the end.) The command does not wait for a
  collector that is missing at the beginning or refuses datagrams. After the wait, the command gives
  the collector up like any other output.
- Messages name the collector, what was tried and why it failed, for each address of a name:
  `tcp://collector.example:4739: cannot connect to 192.0.2.1:4739: connection refused; to
  [2001:db8::1]:4739: connection timed out`.
- A record of more than 65,515 bytes fits in no message, and counts as lost.
",
        table = markdown_table()
    )
}
