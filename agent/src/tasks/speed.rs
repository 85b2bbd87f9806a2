//! How fast processors and memory are, measured by work of our own: figures to compare with another time or another
//! machine of the same kind, and with nothing else.

use super::ground::Ground;
use super::paper::Paper;
use pitstop_domain::report::Better;
use pitstop_domain::wire::TaskEnded;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Longer than any cache, and free on any machine that boots this image.
const COPIED: usize = 32 << 20;
const HASHED: usize = 64 << 10;

pub fn run(seconds: u32, ground: &Ground) -> TaskEnded {
    let board = ground.board;
    let each = Duration::from_secs(seconds.clamp(1, 60).into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut paper = Paper::default();
    let mut figure = |permille, name: &str, title: &str, value: &dyn Fn() -> f64| {
        board.progress(permille, format!("measuring: {title}"));
        let value = value();
        board.log(format!("{title}: {value:.0} MB/s"));
        paper.measure(name, title, value.round(), "MB/s", Better::Higher);
    };
    figure(0, "cpu.one", "Processor, one core (SHA-256)", &|| hashed(each));
    if cores > 1 {
        figure(333, "cpu.all", &format!("Processor, all {cores} cores (SHA-256)"), &|| on_all(cores, each));
    }
    figure(666, "memory.copy", "Memory, copy", &|| copied(each));
    board.progress(1000, "measured");
    if board.is_stopped() {
        paper.stopped();
    }
    paper.ended("processors and memory were measured")
}

fn on_all(cores: usize, each: Duration) -> f64 {
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..cores).map(|_| scope.spawn(|| hashed(each))).collect();
        all.into_iter().filter_map(|one| one.join().ok()).sum()
    })
}

fn hashed(each: Duration) -> f64 {
    let data = vec![0x5a; HASHED];
    rate(each, HASHED, || {
        black_box(Sha256::digest(black_box(&data)));
    })
}

fn copied(each: Duration) -> f64 {
    let (from, mut to) = (vec![1u8; COPIED], vec![0u8; COPIED]);
    rate(each, COPIED, || {
        to.copy_from_slice(black_box(&from));
        black_box(&to);
    })
}

/// MB/s of doing something over so many bytes, again and again.
fn rate(each: Duration, bytes: usize, mut once: impl FnMut()) -> f64 {
    let (begun, mut done) = (Instant::now(), 0.0);
    while begun.elapsed() < each {
        once();
        done += bytes as f64;
    }
    done / 1e6 / begun.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_rate_for_anything() {
        let short = Duration::from_millis(5);
        assert!(hashed(short) > 0.0 && copied(short) > 0.0 && on_all(2, short) > 0.0);
    }
}
