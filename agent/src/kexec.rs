//! Fetching a kernel and its initrds into memory, ready to be started.

use crate::client::Client;
use crate::console::say;
use crate::fetch::fetch;
use crate::host::{Host, HostError};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use pitstop_domain::wire;
use std::fs::File;
use std::io::{Seek, Write};

/// The kernel wants each archive of a joined initramfs at a multiple of four (Linux,
/// Documentation/driver-api/early-userspace/buffer-format.rst).
const ALIGNMENT: u64 = 4;
/// What is fetched lies in memory twice: in our files and in what the kernel keeps.
const COPIES: u64 = 2;

/// Fetches, checks and loads. Afterwards only [`Host::start_loaded`] is left to do.
pub fn load(
    host: &dyn Host,
    client: &Client,
    kernel: &wire::File,
    initrds: &[wire::File],
    cmdline: &str,
) -> Result<String, String> {
    let bytes: u64 = kernel.bytes + initrds.iter().map(|file| file.bytes).sum::<u64>();
    enough_memory(bytes)?;
    say(format_args!("fetching a kernel and {} initrd(s), {} MiB", initrds.len(), bytes >> 20));
    let mut kernel_file = in_memory("kernel")?;
    fetch(client, kernel, "kernel", &mut kernel_file, &mut tell("kernel", kernel.bytes))?;
    let mut initrd_file = in_memory("initrd")?;
    for (index, initrd) in initrds.iter().enumerate() {
        let what = format!("initrd {} of {}", index + 1, initrds.len());
        fetch(client, initrd, &what, &mut initrd_file, &mut tell(&what, initrd.bytes))?;
        align(&mut initrd_file).map_err(|error| format!("no room for the {what}: {error}"))?;
    }
    host.load_kernel(&kernel_file, &initrd_file, cmdline).map_err(|error| error.to_string())?;
    Ok(format!(
        "kernel {} fetched ({} MiB), checked and loaded, starting it",
        kernel.digest.short(),
        bytes >> 20
    ))
}

fn tell(what: &str, of: u64) -> impl FnMut(u64) {
    move |bytes| say(format_args!("fetching the {what}: {} of {} MiB", bytes >> 20, of >> 20))
}

fn enough_memory(bytes: u64) -> Result<(), String> {
    match crate::inventory::memory::available_bytes() {
        Some(available) if available < bytes.saturating_mul(COPIES) => Err(format!(
            "not enough free memory to hold kernel and initrd: {} MiB are needed, {} MiB are free",
            bytes.saturating_mul(COPIES) >> 20,
            available >> 20
        )),
        _ => Ok(()),
    }
}

fn in_memory(name: &str) -> Result<File, String> {
    memfd_create(name, MFdFlags::MFD_CLOEXEC)
        .map(File::from)
        .map_err(|error| format!("no file in memory for the {name}: {error}"))
}

fn align(file: &mut File) -> std::io::Result<()> {
    let over = file.stream_position()? % ALIGNMENT;
    if over > 0 {
        file.write_all(&[0; ALIGNMENT as usize][..(ALIGNMENT - over) as usize])?;
    }
    Ok(())
}

/// Why the kernel did not take it, in words (kexec_file_load(2)).
pub fn load_error(error: Errno, lockdown: Option<&str>, secure_boot: Option<bool>) -> HostError {
    let locked = lockdown.is_some_and(|mode| mode != "none") || secure_boot == Some(true);
    HostError(match error {
        Errno::EPERM | Errno::EACCES if locked => format!(
            "kexec is forbidden here: Secure Boot is {}, kernel lockdown is {}; use another route",
            if secure_boot == Some(true) { "on" } else { "off" },
            lockdown.unwrap_or("unknown")
        ),
        Errno::EPERM | Errno::EACCES => {
            "kexec is forbidden here: the agent is not root, or kexec_load_disabled is set".to_owned()
        }
        Errno::ENODATA | Errno::ENOKEY | Errno::EKEYREJECTED | Errno::EBADMSG => format!(
            "the running kernel starts signed kernels only, and trusts no signature of this one ({error}); \
             use another route or an image with a signed kernel"
        ),
        Errno::ENOSYS => "the running kernel has no kexec_file_load; use another route".to_owned(),
        Errno::ENOEXEC => "the fetched file is not a kernel that this machine can start".to_owned(),
        other => format!("the kernel could not be loaded: {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_initrds_start_at_multiples_of_four() {
        let mut file = in_memory("initrd").unwrap();
        file.write_all(b"12345").unwrap();
        align(&mut file).unwrap();
        assert_eq!(file.stream_position().unwrap(), 8);
        align(&mut file).unwrap();
        assert_eq!(file.stream_position().unwrap(), 8);
    }

    #[test]
    fn a_locked_down_machine_is_told_why() {
        let error = load_error(Errno::EPERM, Some("integrity"), Some(true));
        assert!(error.0.contains("Secure Boot is on, kernel lockdown is integrity"), "{error}");
        let error = load_error(Errno::EPERM, Some("none"), None);
        assert!(error.0.contains("not root"), "{error}");
    }
}
