//! System calls that a live capture gives up besides its privileges. It never makes them, but an attacker who took it over
//! by a packet would want them (seccomp(2)).

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use crate::failure::Failure;

/// System calls that fail with `EPERM`.
const REFUSED: &[c_long] = &[
    // Other programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    // Other users and privileges.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capset,
    // Other file systems and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_mknodat,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    // The kernel itself, and parts of it that programs have broken out of.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_personality,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    // The machine's clock and name.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
];

/// Gives up these system calls, in all threads and for good.
///
/// # Errors
/// The kernel has no seccomp, or an outer filter does not allow its use.
pub(crate) fn enter() -> Result<(), Failure> {
    let failure = |error: &dyn std::fmt::Display| Failure::Told(format!("--sandbox: {error}"));
    for program in programs().map_err(|error| failure(&error))? {
        seccompiler::apply_filter_all_threads(&program).map_err(|error| failure(&error))?;
    }
    Ok(())
}

fn programs() -> Result<[BpfProgram; 2], seccompiler::BackendError> {
    // clone is allowed only for threads.
    let is_process = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64),
        0,
    )?;
    let mut refused: BTreeMap<c_long, Vec<SeccompRule>> =
        REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    refused.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_process])?]);
    // The arguments of clone3 are in memory, where a filter cannot look. Without clone3, C libraries use clone.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([program(refused, libc::EPERM)?, program(unknown, libc::ENOSYS)?])
}

fn program(
    calls: BTreeMap<c_long, Vec<SeccompRule>>,
    errno: libc::c_int,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let refuse = SeccompAction::Errno(errno as u32);
    SeccompFilter::new(calls, SeccompAction::Allow, refuse, arch)?.try_into()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{ErrorKind, Read};
    use std::net::{TcpListener, TcpStream, ToSocketAddrs};
    use std::process::Command;
    use std::thread;

    use super::*;

    // nextest runs each test in its own process, so no other test misses what this one gives up.
    #[test]
    fn a_capture_can_work_and_start_no_program() {
        let waits = thread::spawn(|| {
            thread::park();
            Command::new("true").spawn().map(drop)
        });
        enter().unwrap();
        for ended in [Command::new("true").spawn().map(drop), {
            waits.thread().unpark();
            waits.join().unwrap()
        }] {
            assert_eq!(ended.map_err(|error| error.kind()), Err(ErrorKind::PermissionDenied));
        }

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flows.csv");
        File::create(&path).unwrap().sync_all().unwrap();
        fs::rename(&path, directory.path().join("other.csv")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = thread::spawn(move || TcpStream::connect(address).map(drop));
        let mut read = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut read).unwrap();
        client.join().unwrap().unwrap();
        assert!(("localhost", 1).to_socket_addrs().unwrap().count() > 0);
    }
}
