//! The parameters of the engine as options.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use nfstream::parameters::{Domain, Group, PARAMETERS, Parameter, Setting, Unit};
use nfstream::sinks::{InvalidTurn, Turn};
use nfstream::{Orientation, Parameters, StreamerBuilder};

use crate::descriptors;

/// Parameters that are also in the short help.
const COMMON: [&str; 2] = ["bpf_filter", "statistical_analysis"];

pub(crate) type FlowOptions = Options<{ Group::Flow as usize }>;
pub(crate) type CaptureOptions = Options<{ Group::Capture as usize }>;
pub(crate) type ReportOptions = Options<{ Group::Report as usize }>;

/// The parameters of one group; those of the other groups have their defaults.
#[derive(Clone, Debug)]
pub(crate) struct Options<const GROUP: usize>(Box<Parameters>);

impl<const GROUP: usize> Options<GROUP> {
    fn declared() -> impl Iterator<Item = &'static Parameter> {
        PARAMETERS.iter().filter(|parameter| parameter.group as usize == GROUP)
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.0
    }

    /// A streamer with the parameters of this group.
    pub(crate) fn apply(&self, streamer: StreamerBuilder) -> Result<StreamerBuilder, nfstream::Error> {
        Self::declared()
            .try_fold(streamer, |streamer, parameter| streamer.set(parameter, parameter.get(&self.0)))
    }
}

impl<const GROUP: usize> Args for Options<GROUP> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::declared().flat_map(options))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const GROUP: usize> FromArgMatches for Options<GROUP> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self(Box::default());
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for parameter in Self::declared() {
            let setting = given(parameter, matches).unwrap_or_else(|| parameter.default());
            let set = parameter.set(&mut self.0, setting);
            set.map_err(|error| clap::Error::raw(ErrorKind::ValueValidation, error))?;
        }
        Ok(())
    }
}

/// The value of a parameter on the command line.
fn given(parameter: &Parameter, matches: &ArgMatches) -> Option<Setting> {
    let name = parameter.name;
    Some(match parameter.domain {
        Domain::Switch { off: None } => Setting::Switch(matches.get_flag(name)),
        Domain::Switch { off: Some(_) } => Setting::Switch(!matches.get_flag(&no(name))),
        Domain::ByProfile { .. } => match (matches.get_flag(name), matches.get_flag(&no(name))) {
            (false, false) => return None,
            (is_on, _) => Setting::Switch(is_on),
        },
        Domain::Paths => Setting::Paths(matches.get_many::<PathBuf>(name)?.cloned().collect()),
        _ => matches.get_one::<Setting>(name)?.clone(),
    })
}

/// The options of a parameter: two for a switch that is on by default.
fn options(parameter: &'static Parameter) -> Vec<Arg> {
    let name = parameter.name;
    let [mut short, mut more] = help(parameter);
    let on = match parameter.domain {
        Domain::Switch { off: None } => option(parameter, name).action(ArgAction::SetTrue),
        Domain::Switch { off: Some(_) } => {
            short += " (default)";
            option(parameter, name).action(ArgAction::SetTrue).overrides_with(no(name))
        }
        Domain::ByProfile { .. } => {
            option(parameter, name).action(ArgAction::SetTrue).overrides_with(no(name))
        }
        Domain::Duration { .. } => {
            more += "\n\nA time is in seconds, or has a unit: 0.5, 500ms, 90s, 5m, 1h, 1d.";
            valued(parameter, "SECONDS").allow_negative_numbers(true)
        }
        Domain::Names { names, .. } => {
            let names = PossibleValuesParser::new(names).map(Setting::Text);
            with_default(parameter, option(parameter, name).value_name("NAME").value_parser(names))
        }
        Domain::Form { .. } => valued(parameter, "FORM"),
        Domain::Number { unit, .. } => {
            if unit == Unit::Bytes {
                more += "\n\nA size is in bytes, or has a unit: 512MB, 2GiB.";
            }
            valued(parameter, value_name(unit)).allow_negative_numbers(true)
        }
        Domain::Choice(_) => valued(parameter, "MODE").allow_negative_numbers(true),
        Domain::Text => valued(parameter, "EXPRESSION"),
        Domain::Paths => {
            more += "\n\nMay be given several times.";
            let option = option(parameter, name).action(ArgAction::Append);
            option
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(PathBufValueParser::new().try_map(open_file))
        }
    };
    if let Some([accurate, nfstream]) = parameter.domain.by_profile() {
        more += &format!("\n\nDefault: {accurate}; with --profile nfstream: {nfstream}.");
    }
    let on = match more.trim_start() {
        "" => on,
        more => on.long_help(format!("{short}\n\n{more}")),
    };
    let mut options = vec![on.help(short)];
    if let Domain::Switch { off: Some(off) } | Domain::ByProfile { off } = parameter.domain {
        let off = option(parameter, &no(name)).help(off);
        options.push(off.action(ArgAction::SetTrue).overrides_with(name));
    }
    options
}

/// An option with the settings that all options share.
fn option(parameter: &Parameter, name: &str) -> Arg {
    let option = Arg::new(name.to_owned())
        .long(name.replace('_', "-"))
        .hide_short_help(!COMMON.contains(&parameter.name));
    match parameter.group {
        Group::Flow => option.help_heading("Flow options"),
        Group::Capture => option
            .help_heading("Live capture options")
            .requires("interface")
            .conflicts_with_all(["captures", "read"]),
        Group::Report => option.help_heading("Output options"),
    }
}

fn valued(parameter: &'static Parameter, value_name: &'static str) -> Arg {
    let option = option(parameter, parameter.name)
        .value_name(value_name)
        .value_parser(move |text: &str| setting(&parameter.domain, text));
    with_default(parameter, option)
}

/// An option that shows the default of its parameter.
fn with_default(parameter: &Parameter, option: Arg) -> Arg {
    match parameter.default() {
        Setting::Number(number) => option.default_value(number.to_string()),
        Setting::Duration(time) => option.default_value(time.as_secs_f64().to_string()),
        Setting::Text(name) if !name.is_empty() => option.default_value(name),
        _ => option,
    }
}

/// The option that turns a switch off.
fn no(name: &str) -> String {
    format!("no_{name}")
}

fn value_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "SECONDS",
        Unit::Milliseconds => "MILLISECONDS",
        Unit::Bytes => "SIZE",
        Unit::Packets | Unit::Flows | Unit::Meters => "N",
    }
}

/// The first sentence, and the rest. Parameters are named as options; help shows backticks as they are, so there are none.
fn help(parameter: &Parameter) -> [String; 2] {
    let is_parameter = |name: &str| PARAMETERS.iter().any(|parameter| parameter.name == name);
    let paragraphs = parameter.doc(|name| match is_parameter(name) {
        true => format!("--{}", name.replace('_', "-")),
        false => name.to_owned(),
    });
    let (first, more) = paragraphs.split_first().expect("every parameter has a sentence");
    let first = if first.ends_with("...") { first } else { first.trim_end_matches('.') };
    [first.to_owned(), more.join("\n\n")]
}

/// The value that a text on the command line stands for, or an error that says what to give.
fn setting(domain: &Domain, text: &str) -> Result<Setting, String> {
    match *domain {
        Domain::Number { least, most, unit: Unit::Bytes, .. } => match text.parse() {
            _ if text == "0" && least == 0 => Ok(Setting::Number(0)),
            Ok(Turn::Size(bytes)) if (least..=most).contains(&bytes) => Ok(Setting::Number(bytes)),
            Ok(Turn::Size(_)) => Err(format!("give a size from {least} to {most} bytes")),
            Err(InvalidTurn::Fraction) => Err("give a whole number, such as 1500MB for 1.5GB".to_owned()),
            Err(InvalidTurn::TooLarge) => {
                Err(format!("too large: give a size up to {most} bytes, such as 512MB or 2GiB"))
            }
            _ => Err(format!("give a size, such as 512MB, 2GiB or {least}")),
        },
        Domain::Number { least, most, .. } => {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.map(Setting::Number).ok_or_else(|| {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                match is_number || most <= u32::MAX.into() {
                    true => format!("give a whole number from {least} to {most}"),
                    false => format!("give a whole number, {least} or more"),
                }
            })
        }
        Domain::Duration { most } => duration(text, most).map(Setting::Duration),
        Domain::Form { form, .. } => match text.parse::<Orientation>() {
            Ok(orientation) => Ok(Setting::Text(orientation.to_string())),
            Err(()) => Err(format!("give {form}")),
        },
        Domain::Choice(choices) => {
            let number = text.parse().ok().filter(|number| *number < choices.len() as u64);
            number.map(Setting::Number).ok_or_else(|| format!("give {domain}"))
        }
        _ => Ok(Setting::Text(text.to_owned())),
    }
}

/// The time that text stands for: seconds, or a number with a unit. A fraction goes down to milliseconds.
fn duration(text: &str, most: u64) -> Result<Duration, String> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit.trim_start() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = number.bytes().any(|byte| byte.is_ascii_digit()) && !fraction.contains('.');
    if !is_number || milliseconds == 0 {
        return Err(format!(
            "give a time in seconds up to {most}, or with a unit, such as 0.5, 500ms, 5m or 1h"
        ));
    }
    // 18 digits fit into 64 bits, and 10^18 times the milliseconds of a day into 128.
    let fraction = &fraction[..fraction.len().min(18)];
    let parts = fraction.parse::<u128>().unwrap_or(0) * u128::from(milliseconds);
    let tenths = 10_u128.pow(fraction.len() as u32);
    let whole = if whole.is_empty() { Some(0) } else { whole.parse::<u64>().ok() };
    let total = whole.and_then(|whole| whole.checked_mul(milliseconds));
    let total = total.and_then(|total| total.checked_add((parts / tenths) as u64));
    let total = total.filter(|total| *total / 1000 <= most);
    let total = total.ok_or_else(|| format!("too large: give a time of at most {most} seconds"))?;
    if parts % tenths != 0 {
        return Err("give whole milliseconds, such as 0.001 or 1ms".to_owned());
    }
    Ok(Duration::from_millis(total))
}

/// Refuses a name such as `/dev/fd/3` that stands for no file of the user.
fn open_file(path: PathBuf) -> Result<PathBuf, String> {
    descriptors::refusal(&path).map_or(Ok(path), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All parameters as a command line sets them, or the error.
    fn parsed(line: &[&str]) -> Result<Parameters, clap::Error> {
        let command = Command::new("nfstream").args(["interface", "captures", "read"].map(Arg::new));
        let command =
            ReportOptions::augment_args(CaptureOptions::augment_args(FlowOptions::augment_args(command)));
        let matches = command.try_get_matches_from([&["nfstream", "eth0"], line].concat())?;
        let mut flow = FlowOptions::from_arg_matches(&matches)?;
        for parameter in PARAMETERS {
            let setting = match parameter.group {
                Group::Flow => continue,
                Group::Capture => parameter.get(CaptureOptions::from_arg_matches(&matches)?.parameters()),
                Group::Report => parameter.get(ReportOptions::from_arg_matches(&matches)?.parameters()),
            };
            parameter.set(&mut flow.0, setting).expect("it was checked");
        }
        Ok(*flow.0)
    }

    #[test]
    fn every_parameter_has_an_option_that_takes_its_range_and_nothing_beyond() {
        assert_eq!(parsed(&[]).expect("nothing is needed"), Parameters::default());
        for parameter in PARAMETERS {
            let option = format!("--{}", parameter.name.replace('_', "-"));
            let set = |value: &str| parsed(&[&option, value]).map(|parameters| parameter.get(&parameters));
            let (right, beyond): (Vec<u64>, Vec<i128>) = match parameter.domain {
                Domain::Switch { off } => {
                    let flag = |flags: &[&str]| parsed(flags).map(|parameters| parameter.get(&parameters));
                    assert_eq!(flag(&[&option]).ok(), Some(Setting::Switch(true)), "{option}");
                    let no = format!("--no-{}", &option[2..]);
                    let turned_off = off.map(|_| Setting::Switch(false));
                    assert_eq!(flag(&[&no]).ok(), turned_off, "{no}");
                    assert_eq!(flag(&[&option, &no]).ok(), turned_off, "{no}");
                    continue;
                }
                Domain::ByProfile { .. } => {
                    let flag = |flags: &[&str]| parsed(flags).map(|parameters| parameter.get(&parameters));
                    let no = format!("--no-{}", &option[2..]);
                    assert_eq!(flag(&[]).ok(), Some(Setting::Unset), "{option}");
                    assert_eq!(flag(&[&no, &option]).ok(), Some(Setting::Switch(true)), "{option}");
                    assert_eq!(flag(&[&option, &no]).ok(), Some(Setting::Switch(false)), "{no}");
                    continue;
                }
                Domain::Names { names, .. } => {
                    for name in names {
                        assert_eq!(set(name).ok(), Some(Setting::Text((*name).to_owned())), "{option}");
                    }
                    let error = set("other").expect_err(&option);
                    assert!(names.iter().all(|name| error.to_string().contains(name)), "{error}");
                    continue;
                }
                Domain::Form { .. } => {
                    let local = "local:10.0.0.0/8";
                    assert_eq!(set(local).ok(), Some(Setting::Text(local.to_owned())), "{option}");
                    assert!(set("other").expect_err(&option).to_string().contains(": give first-packet, "));
                    continue;
                }
                Domain::Duration { most } => {
                    let times = [
                        ("0", 0),
                        ("0.5", 500),
                        ("1ms", 1),
                        ("90s", 90_000),
                        ("2 m", 120_000),
                        ("1.5h", 5_400_000),
                    ];
                    for (text, milliseconds) in times {
                        let time = Setting::Duration(Duration::from_millis(milliseconds));
                        assert_eq!(set(text).ok(), Some(time), "{option} {text}");
                    }
                    let longest = Setting::Duration(Duration::from_secs(most));
                    assert_eq!(set(&most.to_string()).ok(), Some(longest), "{option}");
                    for (wrong, told) in [
                        ("", "give a time"),
                        (".", "give a time"),
                        ("-1", "give a time"),
                        ("1.2.3", "give a time"),
                        ("5 weeks", "give a time"),
                        ("0.0005", "give whole milliseconds"),
                        ("18446744073709552", "too large"),
                        ("99999999999999999999999d", "too large"),
                    ] {
                        let error = set(wrong).expect_err(wrong);
                        assert_eq!(error.exit_code(), 2, "{option} {wrong}");
                        assert!(error.to_string().contains(told), "{error}");
                    }
                    continue;
                }
                Domain::Number { least, most, .. } => {
                    (vec![least, most], vec![i128::from(least) - 1, i128::from(most) + 1])
                }
                Domain::Choice(choices) => {
                    ((0..choices.len() as u64).collect(), vec![-1, choices.len() as i128])
                }
                Domain::Text => {
                    assert_eq!(set("tcp").ok(), Some(Setting::Text("tcp".to_owned())));
                    continue;
                }
                Domain::Paths => {
                    let twice = parsed(&[&option, "a", &option, "b"]).expect("there may be several");
                    assert_eq!(parameter.get(&twice), Setting::Paths(vec!["a".into(), "b".into()]));
                    continue;
                }
            };
            for number in right {
                assert_eq!(set(&number.to_string()).ok(), Some(Setting::Number(number)), "{option}");
            }
            for wrong in
                beyond.iter().map(ToString::to_string).chain(["1.5".into(), String::new(), "x".into()])
            {
                let error = set(&wrong).expect_err(&option);
                assert_eq!(
                    (error.exit_code(), error.kind()),
                    (2, ErrorKind::ValueValidation),
                    "{option} {wrong}"
                );
                assert!(error.to_string().contains(": give "), "{error}");
            }
        }
    }

    #[test]
    fn sizes_have_units() {
        let domain = Domain::Number { least: 0, most: u64::MAX, unit: Unit::Bytes, is_capped: false };
        let sizes = [("0", 0), ("4096", 4096), ("512MB", 512_000_000), ("2 GiB", 2 << 30)];
        assert!(sizes.iter().all(|(text, bytes)| setting(&domain, text) == Ok(Setting::Number(*bytes))));
        for (wrong, told) in [
            ("", "give a size"),
            ("MB", "give a size"),
            ("-1", "give a size"),
            ("5m", "give a size"),
            ("1XB", "give a size"),
            ("1.5GB", "give a whole number, such as 1500MB"),
            ("0,5 GiB", "give a whole number, such as 1500MB"),
            ("20EB", "too large"),
            ("99999999999TiB", "too large"),
            ("99999999999999999999", "too large"),
        ] {
            let error = setting(&domain, wrong).expect_err(wrong);
            assert!(error.starts_with(told), "{wrong}: {error}");
        }
    }
}
