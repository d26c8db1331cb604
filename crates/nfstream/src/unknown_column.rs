//! Names that no column has, and hints for them.

use std::fmt;

use nfstream_dpi::{Engine, Rules};

use crate::column::Column;
use crate::features::{self, Family, IcmpAnalysis, L7, Splt, Statistics, System, TcpAnalysis, Tunnels};

/// A name that no column of the records has. It is displayed as a sentence that says which parameter adds the column,
/// or which names are near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// The name.
    pub name: String,
    hint: String,
}

impl UnknownColumn {
    pub(crate) fn new(name: &str, known: &[Column]) -> Self {
        Self { name: name.to_owned(), hint: hint(name, known) }
    }
}

impl fmt::Display for UnknownColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no column is called {}{}", self.name, self.hint)
    }
}

/// A hint for a user who asks for a column that does not exist, as the end of a sentence.
pub(crate) fn hint(name: &str, known: &[Column]) -> String {
    match parameter_that_adds(name) {
        Some(parameter) => format!(": {parameter} adds it"),
        None => suggestion(name, known.iter().map(|column| &*column.name)),
    }
}

/// The parameter that adds a column to the records, in the form of Python and, in brackets, of the command:
/// `statistical_analysis=True (--statistical-analysis)`. `None` for columns that are always present and for unknown
/// ones.
pub fn parameter_that_adds(column: &str) -> Option<&'static str> {
    const STATISTICS: &str = "statistical_analysis=True (--statistical-analysis)";
    const SPLT: &str = "splt_analysis=20 (--splt-analysis 20), or another number,";
    const TUNNELS: &str = "decode_tunnels=True (--decode-tunnels)";
    const CONNECTIONS: &str = "connection_columns=True (--connection-columns)";
    const TUNNEL_COLUMNS: &str = "tunnel_columns=True (--tunnel-columns)";
    const TCP: &str = "tcp_analysis=True (--tcp-analysis)";
    const ICMP: &str = "icmp_analysis=True (--icmp-analysis)";
    const LAYER_7: &str = "n_dissections=20 (--n-dissections 20), or another number above 0,";
    const METADATA: &str = "l7_metadata=True (--l7-metadata)";
    const SYSTEM: &str = "system_visibility_mode=1 (--system-visibility-mode 1)";
    const SYSTEM_METADATA: &str =
        "system_metadata=True with system_visibility_mode=1 (--system-metadata --system-visibility-mode 1)";

    let is = |known: &Column| known.name == column;
    let has = |family: &dyn Family| family.columns().iter().any(is);
    let l7 =
        |metadata| L7::new(Engine::new(Rules::builtin(), 1), metadata, false, true).columns().iter().any(is);
    let system = |metadata| has(&System { metadata, watcher: None });
    let core = |tunnel, connections| {
        let further = features::core::Further { tunnel, connections };
        features::core::features(further).iter().any(|feature| is(&feature.column))
    };
    // Parameters that add more columns come after those that add fewer.
    if core(false, false) {
        None
    } else if core(true, false) {
        Some(TUNNELS)
    } else if core(false, true) {
        Some(CONNECTIONS)
    } else if has(&Statistics) {
        Some(STATISTICS)
    } else if has(&Splt { packets: 1 }) {
        Some(SPLT)
    } else if has(&Tunnels) {
        Some(TUNNEL_COLUMNS)
    } else if has(&TcpAnalysis) {
        Some(TCP)
    } else if has(&IcmpAnalysis) {
        Some(ICMP)
    } else if system(false) {
        Some(SYSTEM)
    } else if system(true) {
        Some(SYSTEM_METADATA)
    } else if l7(false) {
        Some(LAYER_7)
    } else {
        l7(true).then_some(METADATA)
    }
}

/// The names that are nearest to an unknown name: `; did you mean ...?`, or nothing.
pub(crate) fn suggestion<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let folded = unknown.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&folded, &name.to_lowercase());
    let mut near: Vec<_> = known.into_iter().map(|name| (likeness(name), name)).collect();
    near.retain(|(likeness, _)| *likeness > 0.85);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<_> = near.iter().take(3).map(|(_, name)| *name).collect();
    match names[..] {
        [] => String::new(),
        _ => format!("; did you mean {}?", names.join(" or ")),
    }
}
