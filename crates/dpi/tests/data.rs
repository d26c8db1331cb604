//! What the build says of a mistake in `data/`: the file, the line, and what would be right.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "the build uses all of it")]

#[path = "../build/labels.rs"]
mod labels;
#[path = "../build/networks.rs"]
mod networks;
#[path = "../build/rules.rs"]
mod rules;

const LABELS: &str = "\
id,name,category,breed,udp_ports,tcp_ports
0,Unknown,Unspecified,Unrated,,
1,FTP_CONTROL,Download,Unsafe,,21
1000,L2TP,Download,Unsafe,1701,
";

/// The build's word on the labels with a line behind the others, or in place of the file.
fn of_labels(more: &str) -> Option<String> {
    labels::rows(&[LABELS, more].concat()).err()
}

#[test]
fn a_label_takes_its_line_alone() {
    let csv = [LABELS, "1001,Made-up,Download,Unsafe,7 8,9\n"].concat();
    let rows = labels::rows(&csv).unwrap();
    let tables = labels::tables(&rows);
    for text in [
        "pub const MADE_UP: Label = Label(1001);",
        "pub(crate) const LABELS: ",
        "pub(crate) const OWN_LABELS: ",
        "name: \"Made-up\", category: \"Download\", kind: Category::constant(\"Download\"), breed: \"Unsafe\", \
         udp_ports: &[7, 8], tcp_ports: &[9]",
    ] {
        assert!(tables.contains(text), "{text}");
    }
    let categories = r#"["AdultContent", "ConnCheck", "Download", "Gambling", "Malware", "Unspecified"]"#;
    assert!(labels::categories(&rows).contains(categories));
}

#[test]
fn mistakes_in_labels_are_told() {
    for (line, reason) in [
        (
            "1001,A,Download,Unsafe",
            "this has 4 fields, not the six of id,name,category,breed,udp_ports,tcp_ports",
        ),
        ("x,A,Download,Unsafe,,", "\"x\" is no id"),
        ("1002,A,Download,Unsafe,,", "the id must be 1001, the one after the last"),
        ("1000,A,Download,Unsafe,,", "the id must be 1001, the one after the last"),
        ("1001,,Download,Unsafe,,", "a name is ASCII, and has no blank, no dot and no quote"),
        ("1001,A.B,Download,Unsafe,,", "a name is ASCII, and has no blank, no dot and no quote"),
        ("1001,FTP-Control,Download,Unsafe,,", "FTP_CONTROL is labels::FTP_CONTROL already"),
        ("1001,L2TP,Download,Unsafe,,", "L2TP is labels::L2TP already"),
        ("1001,A,Downloads,Unsafe,,", "\"Downloads\" is no category; there are Download, Unspecified"),
        ("1001,A,Download,Safe,,", "\"Safe\" is no breed; there are Unrated, Unsafe"),
        ("1001,A,Download,Unsafe,7;8,", "\"7;8\" is no port; blanks stand between ports"),
        ("1001,A,Download,Unsafe,,70000", "\"70000\" is no port; blanks stand between ports"),
    ] {
        assert_eq!(of_labels(line), Some(format!("data/labels.csv:5: {reason}: {line}")));
    }
    let header = "data/labels.csv:1: the first line must be id,name,category,breed,udp_ports,tcp_ports";
    assert_eq!(labels::rows("1,A\n").err().as_deref(), Some(header));
    assert_eq!(of_labels(""), None);
}

#[test]
fn mistakes_in_rules_are_told() {
    let rows = labels::rows(LABELS).unwrap();
    for (applications, categories, reason) in [
        (
            "[L2TP]\nhosts = []\n\n[Made-up]\nhosts = []",
            "",
            "data/applications.toml:4: \"Made-up\" is not in data/labels.csv: add a line for it there, at the end",
        ),
        ("hosts = []", "", "data/applications.toml:1: hosts must stand below a name in brackets"),
        ("", "\nhosts = []", "data/categories.toml:2: hosts must stand below a name in brackets"),
    ] {
        assert_eq!(rules::tables(applications, categories, &rows), Err(reason.to_owned()));
    }
    let reason = rules::tables("[L2TP]\nhosts = [\n", "", &rows).unwrap_err();
    assert!(reason.starts_with("data/applications.toml:"), "{reason}");
}

#[test]
fn mistakes_in_networks_are_told() {
    let rows = labels::rows(LABELS).unwrap();
    for (networks, reason) in [
        ("[Made-up]", "1: this owner is not in data/labels.csv: [Made-up]"),
        ("192.0.2.0 192.0.2.1", "1: there is no owner above this range: 192.0.2.0 192.0.2.1"),
        ("[L2TP]\n192.0.2.1 192.0.2.0", "2: the first address is behind the last: 192.0.2.1 192.0.2.0"),
        ("[L2TP]\n192.0.2.0 192.0.2.9\n192.0.2.9 192.0.2.9", "3: this range overlaps the one of line 2"),
    ] {
        assert_eq!(networks::tables(networks, &rows), Err(format!("data/networks.txt:{reason}")));
    }
}
