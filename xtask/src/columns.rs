//! `docs/columns.md`: every column, by the parameter that adds it.

use nfstream::dpi::Field;
use nfstream::{Column, Streamer, StreamerBuilder};
use nfstream_cli::markdown_table;

const INTRODUCTION: &str = "\
# Columns

The columns of a flow record. `nfstream columns` lists the columns of a run; CSV headers, Arrow schemas and Python attributes
have the same names, in the same order. This page is generated from the code: `cargo xtask generate`.

The source of a flow is the endpoint that asked (`orientation`): the sender of its first packet, unless that is an answer.
`src2dst` is from the source, `dst2src` to the source, `bidirectional` both; a direction without packets has zeros. Sizes are those of the accounting mode, by default the length on
the wire. Times are whole milliseconds; the fraction is cut off.

Columns of your own are [features](features.md), each an expression.
";

const TCP: &str = "\
The rules are those of Wireshark (User's Guide, \"TCP Analysis\") and, for
`conn_state` and `history`, of Zeek (conn.log). What differs from Wireshark, on purpose:

- Only bytes that came before are retransmitted. Wireshark also calls data spurious retransmissions that were captured after
  their acknowledgment.
- A SYN or SYN-ACK with another initial sequence number begins a stream. Wireshark measures all of its segments by the first number.
- Round trips are those of data, and leave out what was sent again (RFC 6298, section 3). Wireshark times every segment.

Keep-alives are no data, though they may have a byte. Zeek counts that byte, and has D and T for it in `history`.

A flow that begins within a connection, because the capture does or because a timeout cut it, has lost nothing that was
before it. Segments whose header was not captured whole do not count here. Times have fractions.

";

/// The page.
pub(crate) fn page() -> Result<String, String> {
    let core = columns(Streamer::builder().n_dissections(0));
    let statistics = columns(Streamer::builder().n_dissections(0).statistical_analysis(true));
    let splt = columns(Streamer::builder().n_dissections(0).splt_analysis(1));
    let system = columns(Streamer::builder().n_dissections(0).system_visibility(true).system_metadata(true));
    let tunnels = columns(Streamer::builder().n_dissections(0).tunnel_columns(true));
    let tcp = columns(Streamer::builder().n_dissections(0).tcp_analysis(true));
    let icmp = columns(Streamer::builder().n_dissections(0).icmp_analysis(true));
    let layer_7 = columns(Streamer::builder().n_dissections(1).l7_metadata(true));
    let risks = columns(Streamer::builder().n_dissections(1).l7_metadata(true).risks(true));
    for column in columns(Streamer::builder().every_column()) {
        let sections = [&core, &statistics, &splt, &system, &tunnels, &tcp, &icmp, &layer_7, &risks];
        if !sections.iter().any(|section| section.contains(&column)) {
            let name = column.name;
            return Err(format!(
                "no section of docs/columns.md has the column {name}: add one in xtask/src/columns.rs"
            ));
        }
    }
    Ok([
        INTRODUCTION,
        "\n## Core\n\nAlways present; `tunnel_id` only if tunnels are decoded (the default).\n\n",
        &markdown_table(&core),
        "\n## Statistics\n\nAdded by `statistical_analysis`, after the core columns.\n\n",
        &markdown_table(added(&core, &statistics)),
        "\n## Packet sequence (SPLT)\n\nAdded by `splt_analysis=N`, after the columns above: the first N packets.\n\n",
        &markdown_table(added(&core, &splt)),
        "\n## Layer 7\n\nPresent if `n_dissections` is above 0 (the default is 20), after the columns above; `l7` only with `l7_metadata`.\n\
         [protocols.md](protocols.md) lists what is recognised.\n\n",
        &markdown_table(added(&core, &layer_7)),
        "\nWhat `l7` may contain:\n\n| name | meaning |\n| --- | --- |\n",
        &fields(),
        "\n## Risks\n\nAdded by `risks`, after the columns of layer 7. [risks.md](risks.md) lists the risks.\n\n",
        &markdown_table(added(&layer_7, &risks)),
        "\n## Processes\n\nAdded by `system_visibility_mode=1`, for live traffic on Linux, after the columns above; `system` only with `system_metadata`.\n\n",
        &markdown_table(added(&core, &system)),
        "\n## Tunnels\n\nAdded by `tunnel_columns`, after the columns above. They are about the innermost tunnel.\n\n",
        &markdown_table(added(&core, &tunnels)),
        "\n## What TCP did\n\nAdded by `tcp_analysis`, after the columns above. ",
        TCP,
        &markdown_table(added(&core, &tcp)),
        "\n## ICMP\n\nAdded by `icmp_analysis`, after the columns above, for ICMP and ICMPv6.\n\n",
        &markdown_table(added(&core, &icmp)),
    ]
    .concat())
}

fn columns(builder: StreamerBuilder) -> Vec<Column> {
    let streamer = builder.source("none.pcap").build().expect("the built-in columns have different names");
    streamer.schema().columns().to_vec()
}

fn fields() -> String {
    Field::ALL.iter().map(|field| format!("| `{}` | {} |\n", field.name(), field.doc())).collect()
}

/// Columns that a parameter adds. They come after the core's columns.
fn added<'a>(core: &[Column], all: &'a [Column]) -> &'a [Column] {
    assert!(all.starts_with(core), "the core columns come first");
    &all[core.len()..]
}
