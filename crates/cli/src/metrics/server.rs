//! A small HTTP server beside a run, which no client can slow down, enlarge or end.
//!
//! One thread serves a bounded number of connections. Each connection has a bounded time and one request. Requests have
//! no bodies.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Most connections at a time. A new one replaces the oldest. A run needs descriptors for its outputs.
const CONNECTIONS: usize = 16;
/// Most connections that wait in the kernel to be accepted.
const WAITING: u32 = 1024;
/// Longest time from the accepted connection to the last byte of the answer.
const LIFETIME: Duration = Duration::from_secs(5);
/// Most bytes of a request line and its header fields. hyper accepts no lower limit.
const HEAD: usize = 8192;
const HEADER_FIELDS: usize = 64;
/// Time between two accepted connections. Clients must not take a core from the capture.
const BETWEEN: Duration = Duration::from_millis(1);
/// Wait after a failure to accept a connection.
const RETRY: Duration = Duration::from_millis(200);

const PLAIN: &str = "text/plain; charset=utf-8";

/// The contents of a path.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) text: String,
}

/// Finds the page of a path, if there is one.
type Pages = Arc<dyn Fn(&str) -> Option<Page> + Send + Sync>;

/// Serves pages until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    /// Dropped first, which ends the thread.
    closing: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on an address, as in `127.0.0.1:9300`.
    ///
    /// `failed` is called once if connections cannot be accepted; the server keeps trying.
    pub(crate) fn start(
        address: &str,
        page: impl Fn(&str) -> Option<Page> + Send + Sync + 'static,
        failed: impl FnOnce(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = {
            let _context = runtime.enter();
            listen(address)?
        };
        let address = listener.local_addr()?;
        let (closing, closed) = oneshot::channel();
        let thread = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            runtime.spawn(accept(listener, Arc::new(page), failed));
            // Connections end with the runtime, whatever they wait for.
            let _ = runtime.block_on(closed);
        })?;
        Ok(Self { address, closing: Some(closing), thread: Some(thread) })
    }

    /// The address that the server listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closing = None;
        // The thread has no result; the panic hook reports a panic.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Listens on the first usable address of a name.
fn listen(name: &str) -> io::Result<TcpListener> {
    let mut listening = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in name.to_socket_addrs()? {
        listening = listen_on(address);
        if listening.is_ok() {
            break;
        }
    }
    listening
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A run that has just ended still holds the address for closed connections.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

async fn accept(listener: TcpListener, pages: Pages, failed: impl FnOnce(&io::Error)) {
    let mut failed = Some(failed);
    let mut connections: VecDeque<AbortHandle> = VecDeque::with_capacity(CONNECTIONS);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.retain(|connection| !connection.is_finished());
                if connections.len() == CONNECTIONS {
                    abort_oldest(&mut connections);
                }
                let served = timeout(LIFETIME, serve(stream, Arc::clone(&pages)));
                connections.push_back(tokio::spawn(served).abort_handle());
                sleep(BETWEEN).await;
            }
            // The client left before its turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // The process has no descriptor left, or the system has no memory left.
            Err(error) => {
                if let Some(failed) = failed.take() {
                    failed(&error);
                }
                abort_oldest(&mut connections);
                sleep(RETRY).await;
            }
        }
    }
}

fn abort_oldest(connections: &mut VecDeque<AbortHandle>) {
    if let Some(oldest) = connections.pop_front() {
        oldest.abort();
    }
}

/// Answers one request.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, pages: Pages) {
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .max_headers(HEADER_FIELDS)
        // The connection as a whole has a lifetime.
        .header_read_timeout(None)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| ready(Ok::<_, Infallible>(answer(&request, &pages)))),
        );
    // An invalid request has been answered as such; a client may have gone.
    let _ = connection.await;
}

fn answer(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let has_body = !request.body().is_end_stream();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match pages(request.uri().path()) {
        None => plain(StatusCode::NOT_FOUND, "no such page\n"),
        Some(_) if !is_read => plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"),
        Some(_) if has_body => plain(StatusCode::PAYLOAD_TOO_LARGE, "requests must not have a body\n"),
        Some(Page { content_type, text }) => response(StatusCode::OK, content_type, text),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    response(status, PLAIN, text.to_owned())
}

fn response(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
