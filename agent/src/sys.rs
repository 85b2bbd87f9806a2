//! System calls that nix has no safe form of. All `unsafe` of the agent is in this file.

use nix::errno::Errno;
use std::ffi::CStr;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// `kexec_file_load(2)`: replace what is loaded by nothing.
const KEXEC_FILE_UNLOAD: libc::c_ulong = 1;
/// `kexec_file_load(2)`: there is no initrd.
const KEXEC_FILE_NO_INITRAMFS: libc::c_ulong = 4;

/// `kexec_file_load(2)`: loads a kernel to be started by `reboot(LINUX_REBOOT_CMD_KEXEC)`.
pub fn kexec_load(kernel: &File, initrd: &File, cmdline: &CStr) -> Result<(), Errno> {
    kexec_file_load(kernel.as_raw_fd(), initrd.as_raw_fd(), cmdline, 0)
}

/// Forgets the loaded kernel.
pub fn kexec_unload() -> Result<(), Errno> {
    kexec_file_load(-1, -1, c"", KEXEC_FILE_UNLOAD)
}

/// Would the kernel let us load one? It looks at the right before it looks at the files: with a file that is not
/// open, EBADF means yes, and nothing has changed.
pub fn kexec_permitted() -> bool {
    kexec_file_load(-1, -1, c"", KEXEC_FILE_NO_INITRAMFS) == Err(Errno::EBADF)
}

#[expect(unsafe_code, reason = "nix has no kexec_file_load")]
fn kexec_file_load(kernel: i32, initrd: i32, cmdline: &CStr, flags: libc::c_ulong) -> Result<(), Errno> {
    // SAFETY: the kernel checks the file descriptors, and reads `cmdline` up to and with its NUL only.
    let result = unsafe {
        libc::syscall(
            libc::SYS_kexec_file_load,
            kernel,
            initrd,
            cmdline.to_bytes_with_nul().len() as libc::c_ulong,
            cmdline.as_ptr(),
            flags,
        )
    };
    Errno::result(result).map(drop)
}

/// `FS_IMMUTABLE_FL` of linux/fs.h: efivarfs sets it on variables whose loss breaks some firmware.
const IMMUTABLE: libc::c_int = 0x10;

mod ioctls {
    // The kernel reads and writes an int, although the request's number says long (linux/fs.h).
    nix::ioctl_read!(get_flags, b'f', 1, libc::c_long);
    nix::ioctl_write_ptr!(set_flags, b'f', 2, libc::c_long);
}

/// Takes the immutable flag from a file, if it has it.
#[expect(unsafe_code, reason = "nix makes ioctls as unsafe functions")]
pub fn make_mutable(file: &File) -> Result<(), Errno> {
    let mut flags: libc::c_long = 0;
    // SAFETY: the descriptor is open, and `flags` has room for what FS_IOC_GETFLAGS writes.
    unsafe { ioctls::get_flags(file.as_raw_fd(), &mut flags) }?;
    let wanted = flags & !libc::c_long::from(IMMUTABLE);
    if wanted != flags {
        // SAFETY: the descriptor is open, and FS_IOC_SETFLAGS reads no more than `wanted` has.
        unsafe { ioctls::set_flags(file.as_raw_fd(), &wanted) }?;
    }
    Ok(())
}

/// How long a processor works each minute to see how fast it is. Long enough that a host which lets this machine run for a part
/// of each tenth of a second is seen.
pub const WORK: Duration = Duration::from_millis(100);

/// Processor time that this thread has used, in seconds.
#[expect(unsafe_code, reason = "nix has it behind a feature of its own")]
pub fn thread_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one timespec.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if done == 0 { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 } else { 0.0 }
}

/// How full the file system at `path` is for those who may not use its reserve, in per cent. `None`: it does not say.
#[expect(unsafe_code, reason = "nix has it behind a feature of its own")]
pub fn percent_full(path: &CStr) -> Option<f64> {
    // SAFETY: all of its fields are numbers, for which zero is a value.
    let mut found: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: `path` ends with its NUL, and the kernel writes one statvfs.
    let done = unsafe { libc::statvfs(path.as_ptr(), &raw mut found) };
    let (blocks, free, usable) = (found.f_blocks as f64, found.f_bfree as f64, found.f_bavail as f64);
    let whole = blocks - free + usable;
    (done == 0 && whole > 0.0).then(|| (blocks - free) / whole * 100.0)
}
