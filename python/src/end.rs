//! [`End`]: how a run ended, and what Python is given of it.

use std::ffi::CString;

use nfstream::{Damage, Error};
use pyo3::prelude::*;

use crate::error::{DamageWarning, exception, shown};

/// How a run ended.
#[derive(Default)]
pub(crate) struct End {
    /// Damage that was found in the captures.
    pub(crate) damages: Vec<Damage>,
    /// The error that ended the run, if any.
    pub(crate) error: Option<Error>,
}

impl End {
    /// Warns of damage in the captures, then raises the error that ended the run, if there is one. This error takes
    /// precedence over a warning that is an error.
    pub(crate) fn raise(&self, py: Python<'_>) -> PyResult<()> {
        if self.damages.is_empty() && self.error.is_none() {
            return Ok(());
        }
        let (category, level) = (py.get_type::<DamageWarning>(), levels_to_the_caller(py).unwrap_or(1));
        let mut warned = Ok(());
        for damage in &self.damages {
            // A path cannot contain a NUL, and neither can the rest of the message.
            let message = CString::new(shown(damage)).unwrap_or_default();
            warned = warned.and(PyErr::warn(py, &category, &message, level));
        }
        match &self.error {
            Some(error) => Err(exception(py, error)),
            None => warned,
        }
    }
}

/// Number of frames up to the code that called this package, so that a warning can name its line. An error if no Python code
/// called.
fn levels_to_the_caller(py: Python<'_>) -> PyResult<i32> {
    let mut frame = py.import("sys")?.call_method0("_getframe")?;
    let mut level = 1;
    while is_ours(&frame)? {
        frame = frame.getattr("f_back")?;
        level += 1;
    }
    Ok(level)
}

fn is_ours(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    if frame.is_none() {
        return Ok(false);
    }
    let module = frame.getattr("f_globals")?.call_method1("get", ("__name__", ""))?;
    Ok(module.extract::<String>().is_ok_and(|name| name.starts_with("nfstream.")))
}
