//! Every parameter: its default, its smallest and largest value, and the first beyond them.

use nfstream::parameters::{Domain, PARAMETERS, Parameter, Setting};
use nfstream::{Error, Input, Parameters, Streamer};
use std::time::Duration;

/// What a parameter may be set to, and what it may not.
fn limits(parameter: &Parameter) -> (Vec<Setting>, Vec<Setting>) {
    let beyond = |most: u64| most.checked_add(1).map(Setting::Number);
    match parameter.domain {
        Domain::Switch { .. } => {
            (vec![Setting::Switch(false), Setting::Switch(true)], vec![Setting::Number(1)])
        }
        Domain::Number { least, most, .. } => {
            let mut wrong = vec![Setting::Switch(true), Setting::Text("1".to_owned())];
            wrong.extend(least.checked_sub(1).map(Setting::Number));
            wrong.extend(beyond(most));
            let is_optional = parameter.default() == Setting::Unset;
            let mut right = vec![Setting::Number(least), Setting::Number(most)];
            if is_optional { &mut right } else { &mut wrong }.push(Setting::Unset);
            (right, wrong)
        }
        Domain::ByProfile { .. } => {
            let right = vec![Setting::Switch(false), Setting::Switch(true), Setting::Unset];
            (right, vec![Setting::Number(1)])
        }
        Domain::Duration { most } => {
            let times = [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(most)];
            let wrong =
                vec![Setting::Duration(Duration::from_micros(999)), Setting::Unset, Setting::Number(1)];
            (times.map(Setting::Duration).to_vec(), wrong)
        }
        Domain::Names { names, by_profile } => {
            let right = names.iter().map(|name| Setting::Text((*name).to_owned()));
            let mut wrong = vec![Setting::Text("other".to_owned()), Setting::Number(0)];
            if by_profile.is_none() && parameter.default() != Setting::Unset {
                wrong.push(Setting::Unset);
            }
            (right.collect(), wrong)
        }
        Domain::Form { .. } => {
            let right = ["first-packet", "handshake", "service", "local:10.0.0.0/8,fd00::/8"];
            let right = right.map(|text| Setting::Text(text.to_owned())).into_iter().chain([Setting::Unset]);
            (right.collect(), vec![Setting::Text("local:10.0.0.0/33".to_owned()), Setting::Switch(true)])
        }
        Domain::Choice(choices) => {
            let right = (0..choices.len() as u64).map(Setting::Number).collect();
            (right, vec![Setting::Number(choices.len() as u64), Setting::Unset])
        }
        Domain::Text => (vec![Setting::Text("tcp".to_owned())], vec![Setting::Number(1), Setting::Unset]),
        Domain::Paths => {
            (vec![Setting::Paths(vec!["a.toml".into()])], vec![Setting::Text("a.toml".to_owned())])
        }
    }
}

#[test]
fn every_parameter_takes_its_range_and_nothing_beyond() {
    for parameter in PARAMETERS {
        let mut parameters = Parameters::default();
        let (right, wrong) = limits(parameter);
        for setting in right.into_iter().chain([parameter.default()]) {
            parameter.set(&mut parameters, setting.clone()).expect("it is in the range");
            assert_eq!(parameter.get(&parameters), setting, "{}", parameter.name);
        }
        // Nothing else was set.
        assert_eq!(parameters, Parameters::default(), "{}", parameter.name);
        for setting in wrong {
            let (name, domain) = (parameter.name, parameter.domain);
            let Err(error) = parameter.set(&mut parameters, setting.clone()) else {
                panic!("{name} takes {setting}")
            };
            assert_eq!(error.to_string(), format!("{name} must be {domain}, not {setting}"));
            assert_eq!(parameters, Parameters::default());
        }
    }
}

#[test]
fn every_parameter_has_a_name_of_its_own_and_a_sentence() {
    for (i, parameter) in PARAMETERS.iter().enumerate() {
        assert!(PARAMETERS[..i].iter().all(|other| other.name != parameter.name), "{}", parameter.name);
        let paragraphs = parameter.doc(|name| format!("<{name}>"));
        assert!(paragraphs[0].len() > 20 && paragraphs[0].ends_with('.'), "{paragraphs:?}");
        assert!(paragraphs.iter().all(|text| !text.contains('`') && !text.contains("  ")), "{paragraphs:?}");
    }
}

#[test]
fn what_setters_set_is_checked_by_build() {
    let built = |n_meters, splt_analysis| {
        let builder =
            Streamer::builder().source(Input::Stdin).n_meters(n_meters).splt_analysis(splt_analysis);
        builder.build().map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(built(256, 65_535), Ok(()));
    let of_meters = "n_meters must be a whole number of meters from 0 to 256, not 257";
    assert_eq!(built(257, 0), Err(of_meters.to_owned()));
    let of_packets = "splt_analysis must be a whole number of packets from 0 to 65535, not 65536";
    assert_eq!(built(0, 65_536), Err(of_packets.to_owned()));
}

#[test]
fn durations_may_be_longer_than_any_number() -> Result<(), Error> {
    let longest = Duration::MAX;
    let builder = Streamer::builder().source(Input::Stdin).idle_timeout(longest).active_timeout(longest);
    let streamer = builder.system_visibility_poll(longest).performance_report(longest).build()?;
    assert_eq!(streamer.parameters().idle_timeout, longest);
    Ok(())
}
