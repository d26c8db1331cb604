//! File objects as captures. The engine's threads never wait for the interpreter: a thread reads ahead of them.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use nfstream::{Input, Opener};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyWeakrefMethods;
use pyo3::types::PyWeakrefReference;

use crate::error::exception;
use crate::plugged::not_an_end;

/// Number of bytes that a file object is asked for at once.
const PIECE: usize = 1 << 20;
/// Number of such pieces that wait.
const PIECES: usize = 2;

/// Longest wait for a piece before the input counts as silent. Also the wait between two calls to an object that has no
/// data.
const PATIENCE: Duration = Duration::from_millis(100);

/// The files that a name stands for: the file itself, or the files of a directory or pattern.
#[pyfunction]
pub(crate) fn captures(py: Python<'_>, name: OsString) -> PyResult<Vec<OsString>> {
    let found = py.detach(move || nfstream::named(&name));
    let paths = found.map_err(|error| exception(py, &nfstream::Error::from(error)))?;
    Ok(paths.into_iter().map(PathBuf::into_os_string).collect())
}

/// A path, or a `Reader`.
#[derive(FromPyObject)]
pub(crate) enum Source {
    #[pyo3(transparent)]
    Path(PathBuf),
    #[pyo3(transparent)]
    Reader(Py<PyAny>),
}

impl Source {
    /// The input for the engine. It does not keep a `Reader` alive; the garbage collector sees the object that does.
    pub(crate) fn input(&self, py: Python<'_>) -> PyResult<Input> {
        let reader = match self {
            Self::Path(path) => return Ok(path.clone().into()),
            Self::Reader(reader) => reader.bind(py),
        };
        let name: String = reader.getattr("name")?.extract()?;
        let reader = Arc::new(PyWeakrefReference::new(reader)?.unbind());
        let open = move || Ok(Box::new(ReadAhead::start(Arc::clone(&reader))?) as Box<dyn Read + Send>);
        Ok(Input::Reader(Opener::new(name, open)))
    }

    /// The `Reader`s among sources.
    pub(crate) fn readers(sources: Vec<Self>) -> Vec<Py<PyAny>> {
        let reader = |source| match source {
            Self::Path(_) => None,
            Self::Reader(reader) => Some(reader),
        };
        sources.into_iter().filter_map(reader).collect()
    }
}

/// Data from a file object.
enum Piece {
    Bytes(PyBackedBytes),
    /// No data yet.
    Silence,
    End,
    Failure(PyErr),
}

/// Data that a thread has read from a file object.
struct ReadAhead {
    pieces: Receiver<Piece>,
    /// The current piece, and the number of its bytes that have been taken.
    piece: Option<PyBackedBytes>,
    taken: usize,
    is_over: bool,
}

impl ReadAhead {
    /// Starts the thread. It ends with the input, or soon after the last reader is gone.
    fn start(reader: Arc<Py<PyWeakrefReference>>) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(PIECES);
        thread::Builder::new().name("nfstream-read".to_owned()).spawn(move || read(&reader, &sender))?;
        Ok(Self { pieces, piece: None, taken: 0, is_over: false })
    }
}

/// Reads until the end, a failure, or until nobody wants more. Returns `None` if the interpreter shuts down.
fn read(reader: &Py<PyWeakrefReference>, sender: &SyncSender<Piece>) -> Option<()> {
    let opened =
        Python::try_attach(|py| Some(reader.bind(py).upgrade()?.call_method0("open").map(Bound::unbind)))?;
    // If the reader is gone, nobody is left to read.
    let read = match opened? {
        Ok(read) => read,
        Err(failure) => return sender.send(Piece::Failure(failure)).ok(),
    };
    loop {
        let piece = Python::try_attach(|py| {
            next(py, &read).unwrap_or_else(|failure| Piece::Failure(not_an_end(py, failure, "read")))
        })?;
        let (is_last, is_silent) =
            (matches!(piece, Piece::End | Piece::Failure(_)), matches!(piece, Piece::Silence));
        sender.send(piece).ok()?;
        if is_last {
            return Some(());
        }
        if is_silent {
            thread::sleep(PATIENCE);
        }
    }
}

fn next(py: Python<'_>, read: &Py<PyAny>) -> PyResult<Piece> {
    let piece: Option<PyBackedBytes> = read.call1(py, (PIECE,))?.extract(py)?;
    Ok(match piece {
        None => Piece::Silence,
        Some(piece) if piece.is_empty() => Piece::End,
        Some(piece) => Piece::Bytes(piece),
    })
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(piece) = &self.piece {
                let rest = piece.get(self.taken..).unwrap_or_default();
                let length = rest.len().min(buffer.len());
                if length > 0 {
                    let (from, to) = (rest.get(..length), buffer.get_mut(..length));
                    to.unwrap_or_default().copy_from_slice(from.unwrap_or_default());
                    self.taken += length;
                    return Ok(length);
                }
                if !rest.is_empty() {
                    return Ok(0);
                }
                self.piece = None;
            }
            if self.is_over {
                return Ok(0);
            }
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(Piece::Bytes(piece)) => (self.piece, self.taken) = (Some(piece), 0),
                Ok(Piece::Silence) | Err(RecvTimeoutError::Timeout) => {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(Piece::End) => self.is_over = true,
                Ok(Piece::Failure(failure)) => {
                    self.is_over = true;
                    return Err(io::Error::other(failure));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.is_over = true;
                    return Err(io::Error::other("the interpreter has shut down"));
                }
            }
        }
    }
}
