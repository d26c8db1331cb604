//! The engine's errors and warnings as Python's.

use std::ffi::CString;
use std::io;
use std::path::Path;

use nfstream::{Error, FilterError};
use pyo3::create_exception;
use pyo3::exceptions::{PyIsADirectoryError, PyOSError, PyRuntimeError, PyRuntimeWarning, PyValueError};
use pyo3::prelude::*;

use crate::run::End;

create_exception!(
    nfstream,
    DamageWarning,
    PyRuntimeWarning,
    "A capture could not be read to its end. The flows up to the damage have come; the message names file and byte."
);

/// `ENOENT`, `EACCES` and `EISDIR`, the same on every system that Python runs on.
const NO_ENTRY: i32 = 2;
const PERMISSION_DENIED: i32 = 13;
const IS_A_DIRECTORY: i32 = 21;

/// `EPERM`, `ENODEV` and `ENETDOWN`, as Linux has them.
const NOT_PERMITTED: i32 = 1;
const NO_DEVICE: i32 = 19;
const NETWORK_DOWN: i32 = 100;

/// The exception for an error: the subclass of `OSError` that fits when the operating system refused, `ValueError`
/// when an input is not a capture, or a file of rules or a feature has a mistake.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let Error::Capture(capture) = error else {
        return match error {
            Error::NoSource
            | Error::FilesAndInterface(_)
            | Error::NotLive(_)
            | Error::DuplicateColumn(_)
            | Error::FeatureName(_)
            | Error::Feature(_)
            | Error::Rules(_)
            | Error::NoColumn(_)
            | Error::NotNumeric { .. }
            | Error::KnownAtTheEnd(_)
            | Error::AnonymizationKey(_) => PyValueError::new_err(error.to_string()),
            Error::Filter(FilterError::NoLibpcap) => PyOSError::new_err(error.to_string()),
            Error::Filter(_) => PyValueError::new_err(error.to_string()),
            Error::Output { path, source } => output_exception(py, path, source),
            Error::RulesFile { path, source } => match source.raw_os_error() {
                Some(errno) => os_error(py, errno, path.display().to_string()),
                None => PyValueError::new_err(error.to_string()),
            },
            Error::Thread(_) | Error::Processes(_) => PyOSError::new_err(error.to_string()),
            _ => PyRuntimeError::new_err(error.to_string()),
        };
    };
    let input = capture.input().to_owned();
    if let Some(errno) = of_interface(capture) {
        return PyOSError::new_err((errno, capture.to_string(), input));
    }
    match (capture.raw_os_error(), capture.kind()) {
        (Some(errno), _) => os_error(py, errno, input),
        (None, io::ErrorKind::IsADirectory) => {
            PyIsADirectoryError::new_err((IS_A_DIRECTORY, "Is a directory", input))
        }
        (None, io::ErrorKind::InvalidData) => PyValueError::new_err(capture.to_string()),
        (None, _) => PyOSError::new_err(capture.to_string()),
    }
}

/// The error number for what is wrong with an interface.
fn of_interface(error: &nfstream::CaptureError) -> Option<i32> {
    use nfstream::CaptureError;
    match error {
        CaptureError::NoInterface { .. } | CaptureError::InterfaceGone { .. } => Some(NO_DEVICE),
        CaptureError::InterfaceDown { .. } | CaptureError::InterfaceWentDown { .. } => Some(NETWORK_DOWN),
        CaptureError::NotPermitted { .. } => Some(NOT_PERMITTED),
        CaptureError::Interface { source, .. } => source.raw_os_error(),
        _ => None,
    }
}

fn output_exception(py: Python<'_>, path: &Path, error: &io::Error) -> PyErr {
    let filename = path.display().to_string();
    let (errno, name) = match (error.raw_os_error(), error.kind()) {
        (Some(errno), _) => return os_error(py, errno, filename),
        (None, io::ErrorKind::NotFound) => (NO_ENTRY, filename),
        (None, io::ErrorKind::PermissionDenied) => (PERMISSION_DENIED, filename),
        (None, io::ErrorKind::InvalidInput) => return PyValueError::new_err(format!("{filename}: {error}")),
        _ => return PyOSError::new_err(format!("{filename}: {error}")),
    };
    PyOSError::new_err((errno, error.to_string(), name))
}

/// `OSError` called with an error number makes itself the subclass that fits.
fn os_error(py: Python<'_>, errno: i32, filename: String) -> PyErr {
    let message = py.import("os").and_then(|os| os.call_method1("strerror", (errno,))?.extract::<String>());
    match message {
        Ok(message) => PyOSError::new_err((errno, message, filename)),
        Err(error) => error,
    }
}

/// Warns of what was wrong in the captures, then raises what ended the run, if anything did.
pub(crate) fn raise(py: Python<'_>, end: &End) -> PyResult<()> {
    if end.damages.is_empty() && end.error.is_none() {
        return Ok(());
    }
    let (category, level) = (py.get_type::<DamageWarning>(), levels_to_the_caller(py).unwrap_or(1));
    for damage in &end.damages {
        // A path cannot contain a NUL, and nothing else in the sentence does.
        let message = CString::new(damage.to_string()).unwrap_or_default();
        PyErr::warn(py, &category, &message, level)?;
    }
    match &end.error {
        Some(error) => Err(exception(py, error)),
        None => Ok(()),
    }
}

/// How many frames up the code is that called this package, for a warning to name its line; an error where no Python
/// code called.
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
