//! libpcap's compiler of filter expressions, loaded when it is asked for: nothing links to it.

#![allow(unsafe_code, reason = "a C library; each block says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;

use super::program::Encoded;

/// What systems call it: with Debian's name for the same, and as macOS has it.
const NAMES: [&str; 6] =
    ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so", "libpcap.A.dylib", "libpcap.dylib", "wpcap.dll"];

/// What a program returns for a frame that it takes: all its bytes. Nothing else depends on it.
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

/// The functions of libpcap that are called.
pub(super) struct Libpcap {
    open_dead: OpenDead,
    compile: Compile,
    free_code: FreeCode,
    get_error: GetError,
    close: Close,
    /// Kept, so that the functions stay where they are.
    _library: Library,
    /// Compilers before version 1.8 work with one state for all.
    one_at_a_time: Mutex<()>,
}

impl Libpcap {
    /// The library, loaded once for the process; `None` when it is not there.
    pub(super) fn load() -> Option<&'static Self> {
        static LIBPCAP: OnceLock<Libpcap> = OnceLock::new();
        if LIBPCAP.get().is_none() {
            let libpcap = Self::load_one_of(&NAMES)?;
            // Of two threads that have loaded it, one is later.
            let _ = LIBPCAP.set(libpcap);
        }
        LIBPCAP.get()
    }

    fn load_one_of(names: &[&str]) -> Option<Self> {
        // SAFETY: what runs when libpcap is loaded are initialisers of C libraries that systems ship and every program with
        // libpcap runs; they expect nothing of the process.
        let library = names.iter().find_map(|name| unsafe { Library::new(*name) }.ok())?;
        // SAFETY: the functions have had these types since the versions of libpcap that are called `.so.0.8` and `.so.1`.
        // The library is kept beside them.
        unsafe {
            Some(Self {
                open_dead: *library.get::<OpenDead>(c"pcap_open_dead").ok()?,
                compile: *library.get::<Compile>(c"pcap_compile").ok()?,
                free_code: *library.get::<FreeCode>(c"pcap_freecode").ok()?,
                get_error: *library.get::<GetError>(c"pcap_geterr").ok()?,
                close: *library.get::<Close>(c"pcap_close").ok()?,
                _library: library,
                one_at_a_time: Mutex::new(()),
            })
        }
    }

    /// Compiles an expression for frames of a data link type (`DLT_`).
    ///
    /// # Errors
    /// What libpcap has to say of it.
    pub(super) fn compile(&self, expression: &CStr, data_link: u16) -> Result<Vec<Encoded>, String> {
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        self.with_program(expression, data_link, |program| {
            // SAFETY: libpcap has just filled the program in: so many instructions lie there until it is freed.
            unsafe { std::slice::from_raw_parts(program.instructions, program.length as usize) }.to_vec()
        })
    }

    fn with_program<T>(
        &self,
        expression: &CStr,
        data_link: u16,
        read: impl FnOnce(&RawProgram) -> T,
    ) -> Result<T, String> {
        // SAFETY: takes two numbers, any of which it may refuse by returning null.
        let handle = unsafe { (self.open_dead)(data_link.into(), SNAPSHOT_LENGTH) };
        if handle.is_null() {
            return Err("libpcap has no memory".to_owned());
        }
        let mut program = RawProgram { length: 0, instructions: std::ptr::null_mut() };
        // SAFETY: the handle is open, the program is there to be filled in, the expression ends with a null byte. The
        // network mask 0 is what programs give that read files.
        let status = unsafe { (self.compile)(handle, &raw mut program, expression.as_ptr(), 1, 0) };
        let result = if status == 0 && !program.instructions.is_null() {
            let result = read(&program);
            // SAFETY: the program is one of libpcap's, and nobody reads it any more.
            unsafe { (self.free_code)(&raw mut program) };
            Ok(result)
        } else {
            // SAFETY: the handle is open; its message ends with a null byte and is copied before the handle is closed.
            let message = unsafe { CStr::from_ptr((self.get_error)(handle)) };
            Err(message.to_string_lossy().trim().to_owned())
        };
        // SAFETY: the handle is open, and not used any more.
        unsafe { (self.close)(handle) };
        result
    }
}

/// An expression as C has it, `None` if it contains a null byte.
pub(super) fn c_string(expression: &str) -> Option<CString> {
    CString::new(expression).ok()
}

/// libpcap's own interpreter, for tests to compare with.
#[cfg(test)]
pub(super) mod oracle {
    use std::ffi::c_long;

    use super::*;

    /// `struct pcap_pkthdr`.
    #[repr(C)]
    struct PacketHeader {
        time: [c_long; 2],
        captured: u32,
        wire_len: u32,
    }

    type OfflineFilter = unsafe extern "C" fn(*const RawProgram, *const PacketHeader, *const u8) -> c_int;

    /// What `pcap_offline_filter` returns for a frame. The program must be one that `Program::new` takes.
    pub(in crate::filter) fn run(program: &[Encoded], bytes: &[u8], wire_len: u32) -> u32 {
        let libpcap = Libpcap::load().expect("the caller has loaded it");
        let mut instructions = program.to_vec();
        let program =
            RawProgram { length: instructions.len() as u32, instructions: instructions.as_mut_ptr() };
        let header = PacketHeader { time: [0; 2], captured: bytes.len() as u32, wire_len };
        // SAFETY: the function has this type; program, header and bytes live during the call, and are as long as they say.
        unsafe {
            let filter = libpcap._library.get::<OfflineFilter>(c"pcap_offline_filter").expect("it is there");
            filter(&raw const program, &raw const header, bytes.as_ptr()).cast_unsigned()
        }
    }

    #[test]
    fn a_library_that_is_not_there_is_not_loaded() {
        assert!(Libpcap::load_one_of(&["libpcap-of-nowhere.so"]).is_none());
    }
}
