//! The parameters of the engine: `docs/parameters.md`, and their places in `NFStreamer`: in its docstring, as attributes and
//! in the signature, in a file that is otherwise written by hand.

use nfstream::parameters::{Domain, Group, PARAMETERS, Parameter, Setting};

pub(crate) const STREAMER: &str = "python/nfstream/streamer.py";

/// Width of lines in docstrings.
const WIDTH: usize = 120;

const INTRODUCTION: &str = "\
# Parameters

The parameters of a run in Rust, in Python and on the command line: the builder's methods, the parameters of `NFStreamer` and the
options have the same names, with dashes on the command line. This page is generated from the code: `cargo xtask generate`.

A value outside the range is an error. For numbers with a *, Python replaces a larger value by the largest, as nfstream does.
";

/// The page.
pub(crate) fn page() -> String {
    let groups = [
        (Group::Flow, "Flows and their columns"),
        (Group::Capture, "Capture from an interface"),
        (Group::Report, "While a run goes on"),
    ];
    let section = |(group, title): (Group, &str)| {
        let parameters = PARAMETERS.iter().filter(|parameter| parameter.group == group);
        format!(
            "\n## {title}\n\n| name | value | default | meaning |\n| --- | --- | --- | --- |\n{}",
            parameters.map(row).collect::<String>()
        )
    };
    [INTRODUCTION.to_owned()].into_iter().chain(groups.map(section)).collect()
}

fn row(parameter: &Parameter) -> String {
    let star = if matches!(parameter.domain, Domain::Number { is_capped: true, .. }) { " *" } else { "" };
    let default = match parameter.default() {
        Setting::Switch(true) => "on".to_owned(),
        Setting::Switch(false) => "off".to_owned(),
        Setting::Number(number) => number.to_string(),
        Setting::Duration(time) => time.as_secs_f64().to_string(),
        Setting::Text(name) if !name.is_empty() => name,
        Setting::Unset | Setting::Text(_) | Setting::Paths(_) => match parameter.domain.by_profile() {
            Some([accurate, nfstream]) => format!("{accurate}; {nfstream} in `nfstream`"),
            None => "none".to_owned(),
        },
    };
    let value = match parameter.domain {
        Domain::Switch { .. } | Domain::ByProfile { .. } => "on or off".to_owned(),
        domain => domain.to_string(),
    };
    let meaning = &parameter.doc(|name| format!("`{name}`"))[0];
    format!("| `{}` | {value}{star} | {default} | {meaning} |\n", parameter.name)
}

/// The module with every parameter in the docstring of `NFStreamer`, among its attributes and in its signature. Parameters
/// stay where they are, because they can be given by position. A new one comes after the others.
pub(crate) fn streamer(old: &str) -> Result<String, String> {
    let text = renewed(old, "    Parameters\n    ----------\n", "\n    Raises\n", entry, documentation)?;
    let attribute = |line: &str| line.trim().split_once(": ").map(|(name, _)| name.to_owned());
    let annotated = |parameter: &Parameter| format!("    {}: {}\n", parameter.name, annotation(parameter));
    let text =
        renewed(&text, "are in the docstring and the signature.\n", "\n    _running", attribute, annotated)?;
    let argument = |parameter: &Parameter| {
        format!("        {}: {} = {},\n", parameter.name, annotation(parameter), default(parameter))
    };
    renewed(&text, "    def __init__(\n", "    ) -> None:\n", attribute, argument)
}

/// A text in which the piece of each parameter is renewed, between the texts `begin` and `end`. A piece is a line and the
/// indented lines after it.
fn renewed(
    text: &str,
    begin: &str,
    end: &str,
    name: impl Fn(&str) -> Option<String>,
    piece: impl Fn(&Parameter) -> String,
) -> Result<String, String> {
    let wrong = || format!("{STREAMER}: there is no {:?} with {:?} after it", begin.trim(), end.trim());
    let (before, rest) = text.split_once(begin).ok_or_else(wrong)?;
    let (between, after) = rest.split_once(end).ok_or_else(wrong)?;
    let indentation = between.len() - between.trim_start_matches(' ').len();
    let mut pieces: Vec<String> = Vec::new();
    for line in between.split_inclusive('\n') {
        let is_more = line.len() - line.trim_start_matches(' ').len() > indentation;
        match pieces.last_mut() {
            Some(last) if is_more => last.push_str(line),
            _ => pieces.push(line.to_owned()),
        }
    }
    let of_parameter =
        |piece: &str| name(piece).and_then(|name| PARAMETERS.iter().find(|known| known.name == name));
    let last = pieces.iter().rposition(|piece| of_parameter(piece).is_some()).ok_or_else(wrong)?;
    let new = PARAMETERS.iter().filter(|parameter| {
        !pieces.iter().any(|piece| name(piece).is_some_and(|name| name == parameter.name))
    });
    let new: String = new.map(&piece).collect();
    let pieces = pieces.iter().enumerate().map(|(i, old)| {
        let renewed = of_parameter(old).map_or_else(|| old.clone(), &piece);
        if i == last { renewed + &new } else { renewed }
    });
    Ok([before, begin, &pieces.collect::<String>(), end, after].concat())
}

/// The name of an entry of the docstring.
fn entry(text: &str) -> Option<String> {
    text.trim_start().split_once(" : ").map(|(name, _)| name.to_owned())
}

fn documentation(parameter: &Parameter) -> String {
    let optional = match default(parameter).as_str() {
        "None" => ", optional",
        _ => "",
    };
    let kind = match parameter.domain {
        Domain::Switch { .. } | Domain::ByProfile { .. } => "bool",
        Domain::Number { .. } | Domain::Choice(_) => "int",
        Domain::Duration { .. } => "int or float",
        Domain::Text | Domain::Names { .. } | Domain::Form { .. } => "str",
        Domain::Paths => "str, os.PathLike, or list or tuple of these",
    };
    let mut text = parameter.doc(|name| format!("``{name}``")).join(" ");
    if let Some([accurate, nfstream]) = parameter.domain.by_profile() {
        text += &format!(" ``None`` is {accurate}, or {nfstream} in the profile ``nfstream``.");
    }
    if parameter.group != Group::Flow {
        text += " Without effect on files.";
    }
    let mut lines = vec![format!("    {} : {kind}{optional}", parameter.name)];
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && 8 + line.len() + word.len() >= WIDTH {
            lines.push(format!("       {line}"));
            line.clear();
        }
        line += " ";
        line += word;
    }
    lines.push(format!("       {line}\n"));
    lines.join("\n")
}

fn annotation(parameter: &Parameter) -> &'static str {
    match parameter.domain {
        Domain::Switch { .. } => "bool",
        Domain::ByProfile { .. } => "bool | None",
        Domain::Duration { .. } => "float",
        Domain::Names { .. } if default(parameter) != "None" => "str",
        Domain::Names { .. } | Domain::Form { .. } => "str | None",
        Domain::Number { .. } if parameter.default() == Setting::Unset => "int | None",
        Domain::Number { .. } | Domain::Choice(_) => "int",
        Domain::Text => "str | None",
        Domain::Paths => "_Path | Sequence[_Path]",
    }
}

fn default(parameter: &Parameter) -> String {
    match parameter.default() {
        Setting::Switch(true) => "True".to_owned(),
        Setting::Switch(false) => "False".to_owned(),
        Setting::Number(number) => number.to_string(),
        Setting::Duration(time) => time.as_secs_f64().to_string(),
        Setting::Text(name) if !name.is_empty() => format!("{name:?}"),
        Setting::Unset | Setting::Text(_) => "None".to_owned(),
        Setting::Paths(_) => "()".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
class NFStreamer:
    Parameters
    ----------
    source : str
        Here it
        comes from.
    n_meters : float
        It was
        something else.
    progress : bool
        Shown.

    Raises
    # As they are in the docstring and the signature.
    gone: int
    n_meters: float

    _running: int

    def __init__(
        self,
        n_meters: float = 7,
        progress: bool = False,
        *,
        idle_timeout: int = 1,
        early: int = 0,
    ) -> None:
";

    #[test]
    fn parameters_are_renewed_where_they_are_and_added_after_them() {
        let new = streamer(OLD).expect("all is there");
        assert!(
            new.contains(
                "        comes from.\n    n_meters : int\n        Number of threads that meter flows"
            ),
            "{new}"
        );
        assert!(!new.contains("something else"));
        assert!(
            new.contains("        n_meters: int = 0,\n        progress: bool = False,\n        *,\n"),
            "{new}"
        );
        assert!(
            new.contains("        idle_timeout: float = 120,\n        decode_tunnels: bool = True,\n"),
            "{new}"
        );
        assert!(new.ends_with("        early: int = 0,\n    ) -> None:\n"), "{new}");
        assert!(new.contains("    rules: _Path | Sequence[_Path]\n"));
        assert!(new.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(streamer(&new), Ok(new.clone()));
        assert!(streamer("class NFStreamer: ...\n").is_err());
    }
}
