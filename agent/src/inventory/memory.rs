//! Memory: what is installed, and what is free.

use super::Files;

/// What is plugged in, as near as the kernel knows it: its memory blocks, which count what firmware and kernel
/// took for themselves too; else what the kernel manages.
pub fn installed_bytes(files: &Files) -> u64 {
    const BLOCKS: &str = "sys/devices/system/memory";
    let size = files.text(&format!("{BLOCKS}/block_size_bytes"));
    let size = size.and_then(|hex| u64::from_str_radix(&hex, 16).ok()).unwrap_or(0);
    let is_block = |name: &String| {
        let digits = name.strip_prefix("memory");
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let blocks = files.names(BLOCKS).into_iter().filter(is_block);
    let online =
        blocks.filter(|name| files.text(&format!("{BLOCKS}/{name}/state")).as_deref() == Some("online"));
    match size * online.count() as u64 {
        0 => field(&files.text("proc/meminfo").unwrap_or_default(), "MemTotal").unwrap_or(0),
        bytes => bytes,
    }
}

/// What programs could still take without the kernel being in need.
pub fn available_bytes() -> Option<u64> {
    field(&Files::at("/").text("proc/meminfo")?, "MemAvailable")
}

/// A line of `/proc/meminfo`, in bytes.
fn field(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_meminfo_is_bytes() {
        let text = "MemTotal:       16303428 kB\nMemAvailable:    9000 kB\n";
        assert_eq!(field(text, "MemAvailable"), Some(9000 * 1024));
        assert_eq!(field(text, "MemAvail"), None);
    }
}
