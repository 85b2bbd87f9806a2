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

/// A command to an NVMe controller about itself, as `struct nvme_passthru_cmd` of linux/nvme_ioctl.h has it.
#[repr(C)]
#[derive(Default)]
struct Passthru {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    words_2_3: [u32; 2],
    metadata: u64,
    data: u64,
    metadata_bytes: u32,
    data_bytes: u32,
    words_10_to_15: [u32; 6],
    limit_ms: u32,
    result: u32,
}

mod nvme {
    nix::ioctl_none!(id, b'N', 0x40);
    nix::ioctl_readwrite!(admin, b'N', 0x41, super::Passthru);
}

/// The number by which the controller knows the namespace that is open here.
#[expect(unsafe_code, reason = "nix makes ioctls as unsafe functions")]
pub fn nvme_namespace(disk: &File) -> Result<u32, Errno> {
    // SAFETY: the descriptor is open, and nothing is read or written.
    unsafe { nvme::id(disk.as_raw_fd()) }.map(i32::cast_unsigned)
}

/// Sends a command that moves `data`, or nothing, and waits for its end. What is given back is the status of the NVM Express
/// Base Specification, section 3.3.3.2 of revision 2.0; 0 is success.
#[expect(unsafe_code, reason = "nix makes ioctls as unsafe functions")]
pub fn nvme_admin(
    disk: &File,
    (opcode, namespace, word_10): (u8, u32, u32),
    data: &mut [u8],
    limit: Duration,
) -> Result<u32, Errno> {
    let mut command = Passthru {
        opcode,
        namespace,
        data: if data.is_empty() { 0 } else { data.as_mut_ptr() as u64 },
        data_bytes: u32::try_from(data.len()).map_err(|_| Errno::EINVAL)?,
        words_10_to_15: [word_10, 0, 0, 0, 0, 0],
        limit_ms: u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
        ..Passthru::default()
    };
    // SAFETY: the descriptor is open; the kernel moves no more than `data_bytes` to or from `data`, which lives until it is back.
    unsafe { nvme::admin(disk.as_raw_fd(), &raw mut command) }.map(i32::cast_unsigned)
}

#[cfg(test)]
mod tests {
    use super::Passthru;

    #[test]
    fn a_command_is_laid_out_as_the_kernel_reads_it() {
        assert_eq!(size_of::<Passthru>(), 72, "linux/nvme_ioctl.h");
        assert_eq!(std::mem::offset_of!(Passthru, data), 24);
        assert_eq!(std::mem::offset_of!(Passthru, words_10_to_15), 40);
    }
}
