//! A little work of our own, timed.

use crate::sys;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::time::Instant;

const HASHED: usize = 16 << 10;

/// Words of the memory that is copied, and of the ring that is walked: 6 MiB each. Where caches are larger than both, it is
/// they that are measured; it is small so that it hurts nobody.
const WORDS: usize = 6 << 18;
const COPIES: u32 = 6;
const STEPS: usize = 200_000;

/// How fast one core works while it works, in MB/s of SHA-256. By the time that the thread ran and not by the clock, so that
/// a machine which is busy is not called slow; what a host takes from the machine is in it.
pub fn processor() -> f64 {
    let data = [0x5a_u8; HASHED];
    let (begun, before, mut bytes) = (Instant::now(), sys::thread_seconds(), 0.0);
    while begun.elapsed() < sys::WORK {
        black_box(Sha256::digest(black_box(&data)));
        bytes += HASHED as f64;
    }
    let ran = (sys::thread_seconds() - before).max(1e-6);
    bytes / 1e6 / ran
}

/// How fast memory is copied, in MB/s, and how long a step takes that cannot be foreseen, in ns.
pub fn memory() -> (f64, f64) {
    let mut ring = ring();
    let mut copy = vec![0_u32; WORDS];
    copy.copy_from_slice(&ring);
    let begun = Instant::now();
    for _ in 0..COPIES {
        copy.copy_from_slice(black_box(&ring));
        ring.copy_from_slice(black_box(&copy));
    }
    let bytes = f64::from(COPIES) * 2.0 * (WORDS * size_of::<u32>()) as f64;
    let bandwidth = bytes / 1e6 / begun.elapsed().as_secs_f64().max(1e-9);
    drop(copy);
    let (begun, mut at) = (Instant::now(), 0_usize);
    for _ in 0..STEPS {
        at = ring.get(at).map_or(0, |next| *next as usize);
    }
    black_box(at);
    (bandwidth, begun.elapsed().as_secs_f64() * 1e9 / STEPS as f64)
}

/// Each word names the next, in one ring through all of them (Sattolo).
fn ring() -> Vec<u32> {
    let mut ring: Vec<u32> = (0..u32::try_from(WORDS).unwrap_or(u32::MAX)).collect();
    for i in (1..ring.len()).rev() {
        ring.swap(i, rand::random_range(0..i));
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_and_memory_have_a_speed() {
        assert!(processor() > 1.0);
        let (bandwidth, latency) = memory();
        assert!(bandwidth > 10.0 && latency > 0.1, "{bandwidth} {latency}");
    }

    #[test]
    fn the_ring_leads_through_every_word_once() {
        let ring = ring();
        let (mut at, mut steps) = (0_usize, 0);
        loop {
            at = ring[at] as usize;
            steps += 1;
            if at == 0 {
                break;
            }
        }
        assert_eq!(steps, WORDS);
    }
}
