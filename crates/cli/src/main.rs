//! The `nfstream` command.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static WERE_CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// Looks at the descriptors before `main`. For `main`, the standard library opens /dev/null in the place of closed ones, and
/// would lose all output there.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a function before main; it does nothing but to ask for flags")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = {
    extern "C" fn look() {
        let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        for (was_closed, descriptor) in WERE_CLOSED.iter().zip(standard) {
            was_closed.store(rustix::io::fcntl_getfd(descriptor).is_err(), Ordering::Relaxed);
        }
    }
    look
};

fn main() -> ExitCode {
    nfstream_cli::main(WERE_CLOSED.each_ref().map(|was_closed| was_closed.load(Ordering::Relaxed)))
}
