use proptest::prelude::*;

use super::*;
use crate::column::Unit;
use crate::features;

fn columns() -> Vec<Column> {
    let core = features::core::features(features::core::Further { tunnel: true, connections: true })
        .into_iter()
        .map(|feature| feature.column);
    core.chain(features::Splt { packets: 3 }.columns()).collect()
}

fn features(expressions: &[(&str, &str)]) -> Result<(Features, bool), FeatureError> {
    let expressions: Vec<_> =
        expressions.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let (features, functions) = Features::new(&expressions, &columns())?;
    Ok((features, functions.is_some()))
}

/// The value of an expression that contains only numbers.
fn value(expression: &str) -> Value<'static> {
    let (features, has_functions) = features(&[("x", expression)]).unwrap();
    assert!(!has_functions, "{expression}");
    features.value(0, |_| None).unwrap()
}

#[test]
fn operators_are_those_of_python() {
    let ints = [
        ("7 // 2 + -7 // 2 * 10", -37),
        ("7 % 3 * 1000 + -7 % 3 * 100 + 7 % -3 * 10 + -7 % -3", 1179),
        ("2 + 3 * 4 - -1", 15),
        ("1 - 2 - 3", -4),
        ("0x1F + 1_000", 1031),
        ("1 // 0 + 1 % 0", 0),
        ("9223372036854775807 + 1", i64::MAX),
        ("-9223372036854775807 - 2", i64::MIN),
        ("(-9223372036854775807 - 1) // -1", i64::MAX),
        ("(-9223372036854775807 - 1) % -1", 0),
        ("-9223372036854775808", i64::MIN),
        ("- 9_223_372_036_854_775_808", i64::MIN),
        ("-0x8000000000000000 + 1", -i64::MAX),
        ("--9223372036854775808", i64::MAX),
        ("0 * -9223372036854775808 - 9223372036854775807", -i64::MAX),
        ("1 < 2 < 3", 1),
        ("1 < 3 < 2", 0),
        ("3 > 2 >= 2 != 1", 1),
        ("not 1 == 2 and (2 <= 1 or 1.5 > 1)", 1),
        ("(1 < 2) + (2 < 3) * 2", 3),
        ("+-+3", -3),
    ];
    for (expression, expected) in ints {
        assert_eq!(value(expression), Value::Int(expected), "{expression}");
    }
    let floats = [
        ("7 / 2", 3.5),
        ("7.5 // 2 - -7.5 // 2", 7.0),
        ("7.5 % 2 + -7.5 % 2", 2.0),
        ("1 / 0 + 1.0 // 0 + 1 % 0.0", 0.0),
        ("1e3 + .5 + 2.", 1002.5),
        ("1e308 * 10", f64::MAX),
        ("1e308 * 10 - 1e308 * 10", 0.0),
        ("-(1e308 * 10)", f64::MIN),
    ];
    for (expression, expected) in floats {
        assert_eq!(value(expression), Value::Float(expected), "{expression}");
    }
}

#[test]
fn types_and_units_are_told() {
    let cases = [
        ("sum(raw_size >= 666)", Kind::Int64, Unit::Packets),
        ("count(raw_size where syn)", Kind::Int64, Unit::Packets),
        ("sum(payload_size)", Kind::Int64, Unit::Bytes),
        ("sum(payload_size) / bidirectional_bytes", Kind::Float64, Unit::None),
        ("sum(payload_size) - src2dst_bytes", Kind::Int64, Unit::Bytes),
        ("max(time) - min(time)", Kind::Int64, Unit::Milliseconds),
        ("bidirectional_first_seen_ms + max(delta_time)", Kind::Int64, Unit::EpochMilliseconds),
        ("std(time)", Kind::Float64, Unit::Milliseconds),
        ("mean(raw_size)", Kind::Float64, Unit::Bytes),
        ("var(raw_size)", Kind::Float64, Unit::None),
        ("max(payload_entropy)", Kind::Float64, Unit::None),
        ("first(syn) and flow.dst_port == 443", Kind::Int64, Unit::None),
        ("n_unique(ttl)", Kind::Int64, Unit::None),
    ];
    for (expression, kind, unit) in cases {
        let (features, _) = features(&[("x", expression)]).unwrap();
        let column = &features.columns()[0];
        assert_eq!((column.kind, column.unit, &*column.doc), (kind, unit, expression), "{expression}");
    }
}

#[test]
fn what_features_have_in_common_is_computed_once() {
    let mut packets = OfPackets::default();
    for text in
        ["mean(raw_size where raw_size > 9)", "sum(raw_size where raw_size > 9)", "count(raw_size > 9)"]
    {
        check::check(&syntax::parse(text).unwrap_or_else(|_| unreachable!()), &columns(), &mut packets)
            .unwrap_or_else(|_| unreachable!());
    }
    // Nodes: the size, nine, the comparison. Cells: the sum and the count.
    assert_eq!((packets.nodes.as_slice().len(), packets.cells.len()), (3, 2));
}

/// The expression, the column of the mistake, and the message.
const MISTAKES: &[(&str, usize, &str)] = &[
    ("", 1, "expected a number, a name or `(` instead of the end of the expression"),
    ("sum(raw_size >= >= 666)", 17, "expected a number, a name or `(` instead of `>=`"),
    ("sum(raw_size", 13, "expected `)` or an operator instead of the end of the expression"),
    ("sum(raw_size) 3", 15, "expected an operator instead of `3`"),
    ("sum(raw_size))", 14, "there is no `(` for this `)`"),
    (
        "sum(raw_size) where syn",
        15,
        "`where` filters packets inside a function, as in max(raw_size where syn)",
    ),
    (
        "max(raw_size, syn)",
        13,
        "a function takes one argument; write a filter after `where`, as in max(raw_size where syn)",
    ),
    ("max(raw_size where syn where ack)", 24, "one `where` is enough: join conditions with `and`"),
    ("max(raw_size where direction = 0)", 30, "`=` is written `==`"),
    ("sum(syn & ack)", 9, "`&` is written `and`"),
    ("sum(syn && ack)", 9, "`&&` is written `and`"),
    ("sum(!syn)", 5, "`!` is written `not`"),
    ("sum(raw_size ** 2)", 14, "expected `)` or an operator instead of `**`"),
    ("sum(raw_size) + é", 17, "`é` has no meaning in an expression"),
    ("sum('a')", 5, "`'` has no meaning in an expression"),
    ("\"a\"", 1, "`\"` has no meaning in an expression"),
    ("1 + 12x", 5, "`12x` is not a number"),
    ("1 + 9223372036854775808", 5, "`9223372036854775808` is larger than 9223372036854775807"),
    ("9223372036854775808", 1, "`9223372036854775808` is larger than 9223372036854775807"),
    ("+9223372036854775808", 2, "`9223372036854775808` is larger than 9223372036854775807"),
    ("-(9223372036854775808)", 3, "`9223372036854775808` is larger than 9223372036854775807"),
    ("1 - 9223372036854775808", 5, "`9223372036854775808` is larger than 9223372036854775807"),
    ("-9223372036854775809", 2, "`9223372036854775809` is larger than 9223372036854775807"),
    ("0x8000000000000000", 1, "`0x8000000000000000` is larger than 9223372036854775807"),
    ("0xfffffffffffffffff", 1, "`0xfffffffffffffffff` is larger than 9223372036854775807"),
    ("0x", 1, "`0x` is not a number"),
    ("0xg", 1, "`0xg` is not a number"),
    ("1e999", 1, "`1e999` is larger than a float64 can be"),
    ("1 == not syn", 6, "put parentheses around `not` and what it negates"),
    ("packet.dst_port", 1, "`.` may follow only `flow`, as in flow.dst_port, not `packet`"),
    ("flow.1", 5, "expected an operator instead of `.1`"),
    ("sum(raw_sise)", 5, "packets have no field `raw_sise`; did you mean raw_size?"),
    ("sum(xyzzy)", 5, "packets have no field `xyzzy`"),
    (
        "sum(src_ip)",
        5,
        "the column `src_ip` is known only at the end of the flow: sum() takes fields of packets",
    ),
    (
        "sum(flow.dst_port)",
        5,
        "the column `dst_port` is known only at the end of the flow: sum() takes fields of packets",
    ),
    ("1 + raw_size", 5, "`raw_size` is a field of packets: put it into a function, as in max(raw_size)"),
    (
        "dst_port == 443",
        1,
        "`dst_port` is a field of packets: put it into a function, as in max(dst_port); the column of the flow is flow.dst_port",
    ),
    (
        "expiration_idd",
        1,
        "flows have no column `expiration_idd` with these parameters; did you mean expiration_id or expiration_reason?",
    ),
    ("src_ip", 1, "the column `src_ip` is text, not a number"),
    ("1 + splt_ps", 5, "the column `splt_ps` is list of int64, not a number"),
    ("summe(raw_size)", 1, "`summe` is not a function; did you mean sum?"),
    (
        "avg(raw_size)",
        1,
        "`avg` is not a function; the functions are count, sum, min, max, mean, std, var, first, last, n_unique",
    ),
    (
        "max(raw_size - min(raw_size))",
        16,
        "min() cannot stand inside max(): functions take fields of packets, not functions",
    ),
    ("max()", 1, "max() needs an argument: write, for example, max(raw_size)"),
    ("sum(raw_size and syn)", 5, "expected a condition, such as syn or raw_size > 100; this is a number"),
    ("max(raw_size where ttl)", 20, "expected a condition, such as syn or raw_size > 100; this is a number"),
    ("not sum(syn)", 5, "expected a condition, such as sum(syn) > 1; this is a number"),
];

#[test]
fn mistakes_are_told_with_their_place() {
    for &(expression, column, reason) in MISTAKES {
        let Err(FeatureError::Expression(error)) = features(&[("good", "1"), ("x", expression)]) else {
            panic!("{expression} is no mistake")
        };
        assert_eq!((error.position + 1, &*error.reason), (column, reason), "{expression}");
    }
    let Err(FeatureError::Expression(error)) = features(&[("big", "sum(raw_size\n>= >= 666)")]) else {
        panic!("no mistake")
    };
    let shown = "feature big, column 17: expected a number, a name or `(` instead of `>=`\n    \
                 sum(raw_size >= >= 666)\n                    ^";
    assert_eq!(error.to_string(), shown);
    let long = format!("{}sum(raw_size >= >= 666){}", "1 + ".repeat(90), " + 1".repeat(90));
    let Err(FeatureError::Expression(error)) = features(&[("big", &long)]) else { panic!("no mistake") };
    let shown = error.to_string();
    let [_, excerpt, mark] = shown.lines().collect::<Vec<_>>()[..] else { panic!("{shown}") };
    assert!(excerpt.starts_with("    …") && excerpt.ends_with('…') && shown.len() < 500, "{shown}");
    let marked: String = excerpt.chars().skip(mark.find('^').unwrap()).take(6).collect();
    assert_eq!(marked, ">= 666");
}

#[test]
fn names_are_identifiers() {
    for name in ["", "2big", "big-ones", "größe", "a b", "udps.big"] {
        assert!(
            matches!(features(&[(name, "1")]), Err(FeatureError::Name(found)) if found == name),
            "{name}"
        );
    }
    assert!(features(&[("_Big2", "1")]).is_ok());
}

/// Any kind of nesting, however deep, gives an answer instead of a stack overflow.
#[test]
fn nesting_is_limited() {
    for (open, middle, close) in
        [("(", "1", ")"), ("-", "1", ""), ("not ", "syn", ""), ("1 + ", "1", ""), ("(1<", "1", "<2)")]
    {
        for (times, is_fine) in [(90, true), (2000, false)] {
            let expression = [open.repeat(times), middle.to_owned(), close.repeat(times)].concat();
            let expression = if middle == "syn" { format!("sum({expression})") } else { expression };
            assert_eq!(features(&[("x", &expression)]).is_ok(), is_fine, "{open} {times} times");
        }
    }
    let sums = vec!["sum(raw_size)"; 800].join("+");
    assert!(features(&[("x", &sums)]).is_err(), "longer than an expression may be");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = features(&[("x", &text)]).map_err(|error| crate::Error::from(error).to_string());
    }

    #[test]
    fn no_order_of_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(vec![
        "sum", "max", "count", "std", "n_unique", "(", ")", "where", "raw_size", "syn", "payload_entropy", "flow", ".", "dst_port",
        "bidirectional_packets", "src_ip", "1", "2.5", "0", "+", "-", "*", "/", "//", "%", "<", ">=", "==", "!=", "and", "or", "not", ",", "=",
    ]), 0..24)) {
        if let Ok((features, _)) = features(&[("x", &words.join(" "))]) {
            prop_assert!(features.value(0, |_| Some(1)).is_some());
        }
    }
}

#[test]
fn fields_and_functions_are_documented_and_named_once() {
    let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    names.extend(FUNCTIONS.iter().map(|function| function.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    let docs = FIELDS.iter().map(|field| field.doc).chain(FUNCTIONS.iter().map(|function| function.doc));
    docs.for_each(|doc| assert!(doc.ends_with('.'), "{doc}"));
    let unique = FUNCTIONS.iter().find(|function| function.name == "n_unique").unwrap();
    assert!(unique.doc.contains(&MOST_UNIQUE.to_string()));
}
