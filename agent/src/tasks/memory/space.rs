//! Taking memory from the system without taking what it needs, and finding out where it is.

use crate::inventory::memory::available_bytes;
use std::fs::File;
use std::os::unix::fs::FileExt;

const MIB: u64 = 1 << 20;
/// Memory is taken in pieces of this size, with a look at what is left before each.
const CHUNK: u64 = 16 * MIB;
/// Left to the system: this much, or a tenth of what is free if that is more; small machines leave a third.
const RESERVE: u64 = 64 * MIB;

/// How much to take of what is free.
pub fn budget(available: u64, wanted: Option<u64>) -> u64 {
    let free = available.saturating_sub(reserve(available));
    wanted.map_or(free, |wanted| wanted.min(free))
}

fn reserve(available: u64) -> u64 {
    (available / 10).max(RESERVE.min(available / 3))
}

/// Memory for so many threads, touched, so that it is really there. Gives less than wanted where there is less.
pub fn take(wanted: Option<u64>, threads: usize, is_stopped: &dyn Fn() -> bool) -> Vec<Vec<Vec<u64>>> {
    let available = available_bytes().unwrap_or(0);
    let (mut left, keep) = (budget(available, wanted), reserve(available));
    let chunk = CHUNK.min(left / threads as u64).max(MIB);
    let mut parts: Vec<Vec<Vec<u64>>> = (0..threads).map(|_| Vec::new()).collect();
    let mut turn = (0..threads).cycle();
    while left >= chunk && !is_stopped() && available_bytes().is_some_and(|now| now >= keep + chunk) {
        let Some(memory) = touched((chunk / 8) as usize) else { break };
        if let Some(part) = turn.next() {
            parts[part].push(memory);
        }
        left -= chunk;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn touched(words: usize) -> Option<Vec<u64>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(words).ok()?;
    memory.resize(words, 0);
    Some(memory)
}

/// Linux's pages on the machines that we know.
const PAGE: u64 = 4096;
/// Bits of a pagemap entry (Linux, Documentation/admin-guide/mm/pagemap.rst).
const PRESENT: u64 = 1 << 63;
const FRAME: u64 = (1 << 55) - 1;

/// Where a word of ours lies in the machine's memory: what a module's slot can be found by. Root only.
pub fn physical(address: u64) -> Option<u64> {
    let mut entry = [0; 8];
    File::open("/proc/self/pagemap").ok()?.read_exact_at(&mut entry, address / PAGE * 8).ok()?;
    from_entry(u64::from_ne_bytes(entry), address)
}

/// To those without the right the kernel shows frame 0.
fn from_entry(entry: u64, address: u64) -> Option<u64> {
    let frame = entry & FRAME;
    (entry & PRESENT != 0 && frame != 0).then_some(frame * PAGE + address % PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_keeps_a_reserve() {
        assert_eq!(budget(8192 * MIB, None), 8192 * MIB - 8192 * MIB / 10);
        assert_eq!(budget(300 * MIB, None), 236 * MIB);
        assert_eq!(budget(60 * MIB, None), 40 * MIB);
        assert_eq!(budget(0, None), 0);
    }

    #[test]
    fn no_more_is_taken_than_wanted_and_no_more_than_is_free() {
        assert_eq!(budget(8192 * MIB, Some(16 * MIB)), 16 * MIB);
        assert_eq!(budget(60 * MIB, Some(100 * MIB)), 40 * MIB);
    }

    #[test]
    fn memory_comes_in_a_part_for_every_thread() {
        let parts = take(Some(8 * MIB), 2, &|| false);
        assert_eq!(parts.len(), 2);
        let bytes: usize = parts.iter().flatten().map(|chunk| chunk.len() * 8).sum();
        assert_eq!(bytes as u64, 8 * MIB);
    }

    #[test]
    fn a_page_that_may_not_be_known_has_no_place() {
        assert_eq!(from_entry(PRESENT, 0x1234), None);
        assert_eq!(from_entry(0x77, 0x1234), None);
        assert_eq!(from_entry(PRESENT | 0x77, 0x1234), Some(0x77234));
    }

    #[test]
    fn a_word_keeps_its_place_within_its_page() {
        let words = vec![1u64; 4096];
        let address = std::ptr::from_ref(&words[777]) as u64;
        // Without the right to know, there is no place.
        assert!(physical(address).is_none_or(|place| place % PAGE == address % PAGE));
    }
}
