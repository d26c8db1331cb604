//! The `nfstream` command.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Looks before `main`: for that, the standard library opens /dev/null in the place of what is closed, and all would be lost there.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a function before main; it does nothing but to ask for flags")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = {
    extern "C" fn look() {
        let flags = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        STDOUT_WAS_CLOSED.store(flags.is_err(), Ordering::Relaxed);
    }
    look
};

fn main() -> ExitCode {
    nfstream_cli::main(STDOUT_WAS_CLOSED.load(Ordering::Relaxed))
}
