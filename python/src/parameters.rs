//! The parameters of the engine in Python.

use std::path::PathBuf;
use std::time::Duration;

use nfstream::parameters::{Domain, PARAMETERS, Parameter, Setting};
use nfstream::{Orientation, StreamerBuilder};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::error::exception;

/// Names of the parameters.
pub(crate) fn names(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    PyTuple::new(py, PARAMETERS.iter().map(|parameter| parameter.name))
}

/// Checks the value of a parameter.
#[pyfunction]
pub(crate) fn check_parameter(name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let parameter = PARAMETERS.iter().find(|parameter| parameter.name == name);
    let parameter =
        parameter.ok_or_else(|| PyValueError::new_err(format!("there is no parameter {name}")))?;
    setting(parameter, value).map(drop)
}

/// A streamer with these parameters, by their names.
pub(crate) fn apply(builder: StreamerBuilder, parameters: &Bound<'_, PyDict>) -> PyResult<StreamerBuilder> {
    PARAMETERS.iter().try_fold(builder, |builder, parameter| {
        let Some(value) = parameters.get_item(parameter.name)? else { return Ok(builder) };
        let set = builder.set(parameter, setting(parameter, &value)?);
        set.map_err(|error| exception(parameters.py(), &error))
    })
}

fn setting(parameter: &Parameter, value: &Bound<'_, PyAny>) -> PyResult<Setting> {
    let setting = match parameter.domain {
        Domain::Switch { .. } => value.cast::<PyBool>().ok().map(|value| Setting::Switch(value.is_true())),
        domain if value.is_none() && domain.by_profile().is_some() => Some(Setting::Unset),
        Domain::Names { .. } if value.is_none() => Some(Setting::Unset).filter(|_| is_optional(parameter)),
        Domain::ByProfile { .. } => value.cast::<PyBool>().ok().map(|value| Setting::Switch(value.is_true())),
        Domain::Duration { most } => duration(value, most)?.map(Setting::Duration),
        Domain::Names { names, .. } => {
            text(value).filter(|name| names.contains(&name.as_str())).map(Setting::Text)
        }
        Domain::Form { .. } => {
            text(value).filter(|text| text.parse::<Orientation>().is_ok()).map(Setting::Text)
        }
        Domain::Number { .. } if value.is_none() => Some(Setting::Unset).filter(|_| is_optional(parameter)),
        Domain::Number { least, most, is_capped, .. } => {
            number(value, least, if is_capped { None } else { Some(most) })?
                .map(|number| Setting::Number(number.min(most)))
        }
        Domain::Choice(choices) => number(value, 0, Some(choices.len() as u64 - 1))?.map(Setting::Number),
        Domain::Text if value.is_none() => Some(Setting::Text(String::new())),
        Domain::Text => text(value).map(Setting::Text),
        Domain::Paths => paths(value).map(Setting::Paths),
    };
    setting.map_or_else(|| Err(refusal(parameter, value)?), Ok)
}

fn text(value: &Bound<'_, PyAny>) -> Option<String> {
    value.cast::<PyString>().ok()?.extract().ok()
}

/// An `int` or a `float` of seconds, to the millisecond.
fn duration(value: &Bound<'_, PyAny>, most: u64) -> PyResult<Option<Duration>> {
    if let Ok(float) = value.cast::<PyFloat>() {
        let milliseconds = (float.value() * 1000.0).round();
        let is_in_range = (0.0..=most as f64).contains(&float.value());
        let is_a_number = is_in_range && (milliseconds >= 1.0 || float.value() == 0.0);
        return Ok(is_a_number.then(|| Duration::from_millis(milliseconds as u64)));
    }
    Ok(number(value, 0, Some(most))?.map(Duration::from_secs))
}

/// An `int` in a range that may have no upper end.
fn number(value: &Bound<'_, PyAny>, least: u64, most: Option<u64>) -> PyResult<Option<u64>> {
    if !value.is_instance_of::<PyInt>() || value.lt(least)? {
        return Ok(None);
    }
    let number = value.extract().ok();
    Ok(match most {
        Some(most) => number.filter(|number| *number <= most),
        None => Some(number.unwrap_or(u64::MAX)),
    })
}

/// One path, or several.
fn paths(value: &Bound<'_, PyAny>) -> Option<Vec<PathBuf>> {
    let is_several = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
    let paths: Vec<PathBuf> = if is_several { value.extract().ok()? } else { vec![value.extract().ok()?] };
    (!paths.contains(&PathBuf::new())).then_some(paths)
}

fn is_optional(parameter: &Parameter) -> bool {
    parameter.default() == Setting::Unset
}

fn refusal(parameter: &Parameter, value: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let expected = match parameter.domain {
        Domain::Switch { .. } | Domain::ByProfile { .. } => "True or False".to_owned(),
        Domain::Number { least, unit, is_capped: true, .. } => {
            format!("a whole number of {unit}, {least} or more")
        }
        Domain::Text => "a string or None".to_owned(),
        Domain::Paths => "the path of a file, or a list or tuple of paths".to_owned(),
        domain => domain.to_string(),
    };
    let or_none = if is_optional(parameter) { "None or " } else { "" };
    let name = parameter.name;
    let mut message = format!("{name} must be {or_none}{expected}, not {}", value.repr()?.to_string_lossy());
    let takes_numbers =
        matches!(parameter.domain, Domain::Number { .. } | Domain::Choice(_) | Domain::Duration { .. });
    if takes_numbers && !value.is_instance_of::<PyInt>() && is_like_an_int(value)? {
        message += &format!(": convert it from {} with int()", value.get_type().name()?);
    }
    Ok(PyValueError::new_err(message))
}

/// Whether a value is a whole number but not an `int`: a `float`, or a number of another library.
fn is_like_an_int(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let is_whole = value.cast::<PyFloat>().is_ok_and(|float| float.value().fract() == 0.0);
    Ok(is_whole || value.hasattr("__index__")?)
}
