//! libpcap's compiler of filter expressions. It is loaded when it is needed: nothing links to it.

#![allow(unsafe_code, reason = "a C library; each block says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use libloading::Library;

use crate::bpf::Encoded;

/// The names of the library on different systems, including those of Debian and macOS.
const NAMES: [&str; 6] =
    ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so", "libpcap.A.dylib", "libpcap.dylib", "wpcap.dll"];

/// The number that a program returns for a frame that it takes: all its bytes. Nothing else depends on it.
const SNAPSHOT_LENGTH: c_int = 262_144;

/// An opaque capture handle of libpcap.
#[repr(C)]
struct Handle {
    _opaque: [u8; 0],
}

/// `struct bpf_program`.
#[repr(C)]
struct RawProgram {
    length: c_uint,
    instructions: *mut Encoded,
}

type OpenDead = unsafe extern "C" fn(c_int, c_int) -> *mut Handle;
type Compile = unsafe extern "C" fn(*mut Handle, *mut RawProgram, *const c_char, c_int, u32) -> c_int;
type FreeCode = unsafe extern "C" fn(*mut RawProgram);
type GetError = unsafe extern "C" fn(*mut Handle) -> *mut c_char;
type Close = unsafe extern "C" fn(*mut Handle);

/// The functions of libpcap that this crate calls.
pub(crate) struct Libpcap {
    open_dead: OpenDead,
    compile: Compile,
    free_code: FreeCode,
    get_error: GetError,
    close: Close,
    live: Live,
    /// Kept so that the functions stay loaded.
    _library: Library,
    /// Compilers before version 1.8 share one state.
    one_at_a_time: Mutex<()>,
}

impl Libpcap {
    /// The library, loaded once for the process; `None` if it is not installed.
    pub(crate) fn load() -> Option<&'static Self> {
        static LIBPCAP: OnceLock<Libpcap> = OnceLock::new();
        if LIBPCAP.get().is_none() {
            let libpcap = Self::load_one_of(&NAMES)?;
            // If two threads have loaded it, one of them is later.
            let _ = LIBPCAP.set(libpcap);
        }
        LIBPCAP.get()
    }

    fn load_one_of(names: &[&str]) -> Option<Self> {
        // SAFETY: loading libpcap runs only initialisers of C libraries. Systems ship these libraries, every program with
        // libpcap runs these initialisers, and they expect nothing of the process.
        let library = names.iter().find_map(|name| unsafe { Library::new(*name) }.ok())?;
        // SAFETY: the functions have had these types since the versions of libpcap that are called `.so.0.8` and `.so.1`. The library
        // is kept with them.
        unsafe {
            Some(Self {
                open_dead: *library.get::<OpenDead>(c"pcap_open_dead").ok()?,
                compile: *library.get::<Compile>(c"pcap_compile").ok()?,
                free_code: *library.get::<FreeCode>(c"pcap_freecode").ok()?,
                get_error: *library.get::<GetError>(c"pcap_geterr").ok()?,
                close: *library.get::<Close>(c"pcap_close").ok()?,
                live: Live::load(&library)?,
                _library: library,
                one_at_a_time: Mutex::new(()),
            })
        }
    }

    /// Compiles an expression for frames of a data link type (`DLT_`).
    ///
    /// # Errors
    /// The message of libpcap.
    pub(crate) fn compile(&self, expression: &CStr, data_link: u16) -> Result<Vec<Encoded>, String> {
        self.compile_as(expression, data_link, 1)
    }

    /// Compiles an expression; with `optimize` 0, without libpcap's optimiser.
    fn compile_as(&self, expression: &CStr, data_link: u16, optimize: c_int) -> Result<Vec<Encoded>, String> {
        // SAFETY: takes two numbers. It may refuse any of them by returning null.
        let handle = unsafe { (self.open_dead)(data_link.into(), SNAPSHOT_LENGTH) };
        if handle.is_null() {
            return Err("libpcap has no memory".to_owned());
        }
        // SAFETY: the handle is open.
        let program = unsafe { self.program(handle, expression, optimize) };
        // SAFETY: the handle is open, and not used any more.
        unsafe { (self.close)(handle) };
        program
    }

    /// # Safety
    /// The handle is open.
    unsafe fn program(
        &self,
        handle: *mut Handle,
        expression: &CStr,
        optimize: c_int,
    ) -> Result<Vec<Encoded>, String> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let mut program = RawProgram { length: 0, instructions: std::ptr::null_mut() };
        // SAFETY: the handle is open, the program may be filled in, and the expression ends with a null byte. The network mask 0 is
        // what programs pass that read files.
        let status = unsafe { (self.compile)(handle, &raw mut program, expression.as_ptr(), optimize, 0) };
        if status != 0 || program.instructions.is_null() {
            // SAFETY: the handle is open; its message ends with a null byte and is copied before the handle is closed.
            let message = unsafe { CStr::from_ptr((self.get_error)(handle)) };
            return Err(message.to_string_lossy().trim().to_owned());
        }
        // SAFETY: libpcap has just filled in the program: this many instructions lie there until it is freed.
        let copy =
            unsafe { std::slice::from_raw_parts(program.instructions, program.length as usize) }.to_vec();
        // SAFETY: the program comes from libpcap, and nothing reads it any more.
        unsafe { (self.free_code)(&raw mut program) };
        Ok(copy)
    }
}

/// `struct pcap_pkthdr`. On macOS a comment follows, which nothing here reads. On systems of 32 bits, libpcap may have been built
/// with times of 32 bits or of 64 bits, so it is not asked for frames there.
#[repr(C)]
struct PacketHeader {
    time: libc::timeval,
    captured: u32,
    wire_len: u32,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(std::mem::offset_of!(PacketHeader, captured) == size_of::<libc::timeval>());

/// `struct pcap_stat`, with room for the additional fields of some systems.
#[repr(C)]
#[derive(Default)]
struct Counters {
    received: c_uint,
    dropped: c_uint,
    dropped_by_interface: c_uint,
    _rest: [c_uint; 8],
}

/// The functions for captures from interfaces, present since version 1.5.1 (2013).
struct Live {
    create: unsafe extern "C" fn(*const c_char, *mut c_char) -> *mut Handle,
    set_snapshot_length: SetNumber,
    set_promiscuous: SetNumber,
    set_timeout: SetNumber,
    set_buffer_size: SetNumber,
    set_precision: SetNumber,
    activate: unsafe extern "C" fn(*mut Handle) -> c_int,
    data_link: unsafe extern "C" fn(*mut Handle) -> c_int,
    set_filter: unsafe extern "C" fn(*mut Handle, *mut RawProgram) -> c_int,
    next: unsafe extern "C" fn(*mut Handle, *mut *const PacketHeader, *mut *const u8) -> c_int,
    counters: unsafe extern "C" fn(*mut Handle, *mut Counters) -> c_int,
    status: unsafe extern "C" fn(c_int) -> *const c_char,
    set_nonblocking: unsafe extern "C" fn(*mut Handle, c_int, *mut c_char) -> c_int,
    selectable: unsafe extern "C" fn(*mut Handle) -> c_int,
}

type SetNumber = unsafe extern "C" fn(*mut Handle, c_int) -> c_int;

impl Live {
    /// # Safety
    /// The library must be libpcap.
    unsafe fn load(library: &Library) -> Option<Self> {
        // SAFETY: these functions have had these types since they were added; the caller keeps the library with them.
        unsafe {
            Some(Self {
                create: *library.get(c"pcap_create").ok()?,
                set_snapshot_length: *library.get(c"pcap_set_snaplen").ok()?,
                set_promiscuous: *library.get(c"pcap_set_promisc").ok()?,
                set_timeout: *library.get(c"pcap_set_timeout").ok()?,
                set_buffer_size: *library.get(c"pcap_set_buffer_size").ok()?,
                set_precision: *library.get(c"pcap_set_tstamp_precision").ok()?,
                activate: *library.get(c"pcap_activate").ok()?,
                data_link: *library.get(c"pcap_datalink").ok()?,
                set_filter: *library.get(c"pcap_setfilter").ok()?,
                next: *library.get(c"pcap_next_ex").ok()?,
                counters: *library.get(c"pcap_stats").ok()?,
                status: *library.get(c"pcap_statustostr").ok()?,
                set_nonblocking: *library.get(c"pcap_setnonblock").ok()?,
                selectable: *library.get(c"pcap_get_selectable_fd").ok()?,
            })
        }
    }
}

/// The parameters of a capture through libpcap.
pub(crate) struct Wanted<'a> {
    pub(crate) interface: &'a CStr,
    pub(crate) snapshot_length: c_int,
    pub(crate) promiscuous: bool,
    /// Number of bytes; 0 for libpcap's default.
    pub(crate) buffer_size: c_int,
}

/// The reason why a capture through libpcap cannot begin.
pub(crate) enum Refusal {
    NotPermitted,
    NoDevice,
    Down,
    Other(String),
}

/// A capture from an interface through libpcap.
pub(crate) struct Capture {
    libpcap: &'static Libpcap,
    handle: std::ptr::NonNull<Handle>,
    /// Number of nanoseconds in one unit of the header's fraction of a second.
    unit: u64,
}

// SAFETY: any thread may use a handle, but only one at a time.
unsafe impl Send for Capture {}

/// A frame as libpcap returns it: seconds and nanoseconds, length on the wire, bytes.
pub(crate) struct Captured<'a> {
    pub(crate) time: (u64, u64),
    pub(crate) wire_len: u32,
    pub(crate) bytes: &'a [u8],
}

impl Capture {
    /// libpcap's `PCAP_ERROR_NO_SUCH_DEVICE`, `PCAP_ERROR_PERM_DENIED`, `PCAP_ERROR_IFACE_NOT_UP`, `PCAP_ERROR_PROMISC_PERM_DENIED`.
    const NO_SUCH_DEVICE: c_int = -5;
    const PERMISSION_DENIED: [c_int; 2] = [-8, -11];
    const NOT_UP: c_int = -9;
    /// `PCAP_TSTAMP_PRECISION_NANO`.
    const NANOSECONDS: c_int = 1;
    /// Number of milliseconds after which libpcap delivers frames even if the buffer is not full.
    const TIMEOUT: c_int = 20;

    pub(crate) fn begin(libpcap: &'static Libpcap, wanted: &Wanted<'_>) -> Result<Self, Refusal> {
        if cfg!(not(target_pointer_width = "64")) {
            return Err(Refusal::Other("libpcap is only captured through on systems of 64 bits".to_owned()));
        }
        let live = &libpcap.live;
        let mut message: [c_char; 256] = [0; 256];
        // SAFETY: the name ends with a null byte, and the message has the required room (PCAP_ERRBUF_SIZE).
        let handle = unsafe { (live.create)(wanted.interface.as_ptr(), message.as_mut_ptr()) };
        let Some(handle) = std::ptr::NonNull::new(handle) else {
            // SAFETY: libpcap ends its message with a null byte.
            let message = unsafe { CStr::from_ptr(message.as_ptr()) };
            return Err(Refusal::Other(message.to_string_lossy().into_owned()));
        };
        let mut capture = Self { libpcap, handle, unit: 1 };
        let pcap = capture.handle.as_ptr();
        // SAFETY: the handle is open and not active yet. Settings that fail are reported at activation, or are not essential.
        let status = unsafe {
            (live.set_snapshot_length)(pcap, wanted.snapshot_length);
            (live.set_promiscuous)(pcap, wanted.promiscuous.into());
            (live.set_timeout)(pcap, Self::TIMEOUT);
            if wanted.buffer_size > 0 {
                (live.set_buffer_size)(pcap, wanted.buffer_size);
            }
            // Some systems and devices only have microseconds.
            if (live.set_precision)(pcap, Self::NANOSECONDS) != 0 {
                capture.unit = 1000;
            }
            (live.activate)(pcap)
        };
        match status {
            0.. => {}
            Self::NO_SUCH_DEVICE => return Err(Refusal::NoDevice),
            Self::NOT_UP => return Err(Refusal::Down),
            status if Self::PERMISSION_DENIED.contains(&status) => return Err(Refusal::NotPermitted),
            status => return Err(Refusal::Other(capture.message(status))),
        }
        // On some systems, the timeout begins only with the first frame.
        // SAFETY: the handle is active, and the message has the required room.
        let status = unsafe { (live.set_nonblocking)(pcap, 1, message.as_mut_ptr()) };
        if status < 0 { Err(Refusal::Other(capture.message(status))) } else { Ok(capture) }
    }

    /// Lets in only frames for which a program returns a length. Returns whether libpcap accepts the program.
    pub(crate) fn set_filter(&mut self, program: &[Encoded]) -> bool {
        let mut instructions = program.to_vec();
        let length = instructions.len() as c_uint;
        let mut program = RawProgram { length, instructions: instructions.as_mut_ptr() };
        // SAFETY: the handle is active; the program has as many instructions as it states, and libpcap copies it.
        unsafe { (self.libpcap.live.set_filter)(self.handle.as_ptr(), &raw mut program) == 0 }
    }

    /// The message for a status, from the handle or in general.
    fn message(&self, status: c_int) -> String {
        // SAFETY: the handle is open; both texts end with a null byte and are copied.
        let (own, general) = unsafe {
            let own = CStr::from_ptr((self.libpcap.get_error)(self.handle.as_ptr()));
            (own.to_string_lossy(), CStr::from_ptr((self.libpcap.live.status)(status)).to_string_lossy())
        };
        if own.trim().is_empty() { general.into_owned() } else { own.trim().to_owned() }
    }

    /// Link type of the frames, as libpcap numbers it (`DLT_`).
    pub(crate) fn data_link(&self) -> c_int {
        // SAFETY: the handle is active.
        unsafe { (self.libpcap.live.data_link)(self.handle.as_ptr()) }
    }

    /// Waits for frames, at most for `patience`.
    pub(crate) fn wait(&self, patience: Duration) {
        // SAFETY: the handle is active.
        let fd = unsafe { (self.libpcap.live.selectable)(self.handle.as_ptr()) };
        if fd < 0 {
            return std::thread::sleep(patience.min(Duration::from_millis(10)));
        }
        let mut waited = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: there is one descriptor, as stated. The next call reports problems with it.
        unsafe { libc::poll(&raw mut waited, 1, patience.as_millis() as c_int) };
    }

    /// The next frame; `None` if there is none yet.
    ///
    /// # Errors
    /// The message of libpcap when no more frames will come.
    pub(crate) fn next(&mut self) -> Result<Option<Captured<'_>>, String> {
        let (mut header, mut bytes) = (std::ptr::null(), std::ptr::null());
        // SAFETY: the handle is active, and both pointers may be set.
        match unsafe { (self.libpcap.live.next)(self.handle.as_ptr(), &raw mut header, &raw mut bytes) } {
            1 if !header.is_null() && !bytes.is_null() => {
                // SAFETY: libpcap has set both pointers, and leaves the memory alone until the next call, which borrows the capture
                // exclusively.
                let (header, bytes) = unsafe {
                    let header = &*header;
                    (header, std::slice::from_raw_parts(bytes, header.captured as usize))
                };
                let fraction = (header.time.tv_usec as u64).saturating_mul(self.unit);
                let time = (header.time.tv_sec as u64, fraction);
                Ok(Some(Captured { time, wire_len: header.wire_len, bytes }))
            }
            0 | 1 => Ok(None),
            status => Err(self.message(status)),
        }
    }

    /// Number of frames for which libpcap, and the interface, had no room.
    pub(crate) fn dropped(&mut self) -> Option<(u64, u64)> {
        let mut counters = Counters::default();
        // SAFETY: the handle is active, and the counters have room for everything that libpcap fills in.
        let status = unsafe { (self.libpcap.live.counters)(self.handle.as_ptr(), &raw mut counters) };
        (status == 0).then(|| (counters.dropped.into(), counters.dropped_by_interface.into()))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and not used any more.
        unsafe { (self.libpcap.close)(self.handle.as_ptr()) };
    }
}

/// An expression as a C string; `None` if it contains a null byte.
pub(crate) fn c_string(expression: &str) -> Option<CString> {
    CString::new(expression).ok()
}

/// libpcap's own interpreter, for tests to compare with.
#[cfg(test)]
pub(crate) mod oracle {
    use super::*;

    type OfflineFilter = unsafe extern "C" fn(*const RawProgram, *const PacketHeader, *const u8) -> c_int;

    /// The result of `pcap_offline_filter` for a frame. The program must be one that `Program::new` accepts.
    pub(crate) fn run(program: &[Encoded], bytes: &[u8], wire_len: u32) -> u32 {
        let libpcap = Libpcap::load().expect("the caller has loaded it");
        let mut instructions = program.to_vec();
        let program =
            RawProgram { length: instructions.len() as u32, instructions: instructions.as_mut_ptr() };
        let header = PacketHeader {
            time: libc::timeval { tv_sec: 0, tv_usec: 0 },
            captured: bytes.len() as u32,
            wire_len,
        };
        // SAFETY: the function has this type. Program, header and bytes live during the call, and are as long as they state.
        unsafe {
            let filter = libpcap._library.get::<OfflineFilter>(c"pcap_offline_filter").expect("it is there");
            filter(&raw const program, &raw const header, bytes.as_ptr()).cast_unsigned()
        }
    }

    /// What libpcap makes of an expression without its optimiser: every load is there.
    pub(crate) fn compile_every_load(
        libpcap: &Libpcap,
        expression: &CStr,
        data_link: u16,
    ) -> Result<Vec<Encoded>, String> {
        libpcap.compile_as(expression, data_link, 0)
    }

    #[test]
    fn a_library_that_is_not_there_is_not_loaded() {
        assert!(Libpcap::load_one_of(&["libpcap-of-nowhere.so"]).is_none());
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn devices_that_have_no_nanoseconds_are_told_from_others() {
        let Some(libpcap) = Libpcap::load() else {
            return nfstream_skip::skip("libpcap is missing; install it with: apt-get install libpcap0.8");
        };
        for (interface, unit) in [(c"lo", 1), (c"nflog:1", 1000)] {
            let wanted = Wanted { interface, snapshot_length: 96, promiscuous: false, buffer_size: 0 };
            match Capture::begin(libpcap, &wanted) {
                Ok(capture) => assert_eq!(capture.unit, unit, "{interface:?}"),
                Err(Refusal::NotPermitted) => {
                    return nfstream_skip::skip(
                        "not root: captures through libpcap are not tested; run the tests with sudo",
                    );
                }
                Err(_) => nfstream_skip::skip(format!("{interface:?} cannot be captured from here")),
            }
        }
    }
}
