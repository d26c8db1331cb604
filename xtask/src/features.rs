//! `docs/features.md`: the language of features.

use std::fmt::Write;

use nfstream::expression::{FIELDS, FUNCTIONS, MOST_UNIQUE};

const INTRODUCTION: &str = "\
# Features of your own

A feature is a column of your own, defined by one expression. It is computed packet by packet at
full speed: without a plugin, without Python while packets are read, and with as many meters as
there are cores. In every output, including the table, it is a column like any other. It comes after
the built-in columns; `--columns` puts it elsewhere. The lists below are generated from the code:
`cargo xtask generate`.

    nfstream capture.pcap -o flows.csv \\
        --feature 'big=sum(raw_size >= 666)' \\
        --feature 'largest_up=max(payload_size where direction == 0)' \\
        --feature 'payload_share=sum(payload_size) / bidirectional_bytes'

```python
from nfstream import F, NFStreamer, P

NFStreamer(\"capture.pcap\", features={
    \"big\": (P.raw_size >= 666).sum(),
    \"largest_up\": P.payload_size.filter(P.direction == 0).max(),
    \"payload_share\": P.payload_size.sum() / F.bidirectional_bytes,
    \"resets\": \"sum(rst)\",                                             # the text does as well
})
```

```rust
Streamer::builder().source(\"capture.pcap\").feature(\"big\", \"sum(raw_size >= 666)\")
```

## The language

An expression is arithmetic over *functions of packets* and *columns of the flow*, which are known
at the end of the flow.

- **Functions** evaluate the expression in their parentheses for each packet:
  `sum(raw_size >= 666)`, `max(ttl) - min(ttl)`. The parentheses may contain fields of packets,
  numbers and operators, but no other functions and no columns.
- **`where`** selects the packets that count:
  `mean(delta_time where direction == 1 and index < 10)`. In Python, use `.filter(condition)`.
- **Columns** are all numeric [columns](columns.md) that the parameters of the run select, except
  other features. A column with the same name as a field of packets needs the prefix `flow.`:
  `flow.dst_port == 443`. Any column may have the prefix. In Python, columns are `F.dst_port` and
  fields of packets are `P.dst_port`.
- **Operators** are Python's, with Python's precedence: `+ - * / // %`, `< <= > >= == !=` also in chains (`100 <= raw_size < 200`), `and or not`.
  In Python, write `&`, `|`, `~` for these, with parentheses around comparisons, and no chains.
- **Numbers** are written as in Python: `666`, `1_000`, `0x10`, `1.5`, `2e3`.
- **Conditions** count as 1 and 0 where a number is expected: `sum(syn)`, `mean(ack)`,
  `psh + 2 * ack`. A number is not a condition: write `ttl > 0`.

Types are checked before the run. An error message gives the position of the mistake:

    feature big, column 17: expected a number, a name or `(` instead of `>=`
        sum(raw_size >= >= 666)
                        ^

## Values

- The column is `int64` for whole numbers and conditions (1 and 0), and `float64` if the result can
  be a fraction: `/`, `mean`, `std`, `var`, a float in the expression. Its description in Arrow and
  Parquet is the text of the expression. Its unit follows from the fields.
- There are no nulls. A function of no packets is 0, as empty directions are in the statistics. The
  result of a division by zero is also 0.
- Whole numbers saturate at the limits of 64 bits and do not wrap. A float that is too large becomes
  the largest float.
- `//` and `%` round down, as in Python: `-7 // 2` is -4, `-7 % 3` is 2.
";

/// The page.
pub(crate) fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## Functions\n\n| name | value |\n| --- | --- |\n");
    for function in FUNCTIONS {
        push(&mut text, format_args!("| `{}` | {} |", function.name, function.doc));
    }
    push(
        &mut text,
        format_args!(
            "\n`count()` is `bidirectional_packets`. `n_unique` keeps up to {MOST_UNIQUE} values of a flow, and is exact below that number.\n\
             \n## Fields of packets\n\n| name | type | unit | meaning |\n| --- | --- | --- | --- |"
        ),
    );
    for field in FIELDS {
        let (name, unit) = (field.name, field.unit.symbol());
        push(&mut text, format_args!("| `{name}` | {} | {unit} | {} |", field.type_name(), field.doc));
    }
    text
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
