//! All steps, patterns and passes, with a thread for each part of the memory.

use super::march::{MARCH, Step};
use super::pattern::{self, Pattern};
use super::sweep::{Background, Fault, sweep};
use super::words::Words;
use crate::tasks::human;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, current, park_timeout};
use std::time::{Duration, Instant};

/// Words between two looks at the clock and the stop sign: 256 KiB, a fraction of a millisecond.
const BLOCK: usize = 32 * 1024;
/// Faults kept with all they say. A bad module gives millions, which say no more than these.
const MOST_FAULTS: usize = 64;
const LOOK_EVERY: Duration = Duration::from_millis(200);
const STACK: usize = 128 * 1024;

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub passes: u32,
    /// For the random pattern; in the report, so that a test can be repeated.
    pub seed: u64,
}

/// A fault, and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub fault: Fault,
    /// Counts from 1.
    pub pass: u32,
    pub pattern: Pattern,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Findings {
    /// Wrong reads; one bad cell gives many.
    pub errors: u64,
    /// All bits that were ever wrong.
    pub bits: u64,
    /// The first faults at different addresses.
    pub seen: Vec<Seen>,
    /// Whole passes.
    pub passes: u32,
    /// Bytes written and read.
    pub moved: u64,
    pub stopped: bool,
}

/// Who looks on.
pub trait Watch {
    /// Called several times a second; `text` is made only when it is wanted.
    fn progress(&mut self, permille: u16, text: &dyn Fn() -> String);
    /// The first faults, one by one.
    fn fault(&mut self, text: String);
    fn is_stopped(&self) -> bool;
}

/// Shared by the threads of one step.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Bytes written and read, over the whole test.
    moved: AtomicU64,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    errors: u64,
    bits: u64,
    seen: Vec<Seen>,
}

/// Runs the plan over `parts`, each a thread's own share of the memory in chunks.
pub fn run<W: Words>(parts: &mut [Vec<W>], plan: &Plan, watch: &mut dyn Watch) -> Findings {
    let bytes: u64 = parts.iter().flatten().map(|chunk| 8 * chunk.count() as u64).sum();
    let accesses: u64 = MARCH.iter().map(|step| step.accesses()).sum();
    let whole = bytes * accesses * pattern::ALL.len() as u64 * u64::from(plan.passes);
    let (shared, begun) = (Shared::default(), Instant::now());
    shared.faults.lock().unwrap_or_else(PoisonError::into_inner).seen.reserve(MOST_FAULTS);
    let (mut passes, mut told) = (0, 0);
    'test: for pass in 0..plan.passes {
        for (number, pattern) in pattern::ALL.into_iter().enumerate() {
            let background = Background { pattern, seed: plan.seed, pass };
            for step in MARCH {
                one_step(parts, step, background, &shared, &mut || {
                    let moved = shared.moved.load(Relaxed);
                    let permille = (u128::from(moved) * 1000 / u128::from(whole.max(1))) as u16;
                    watch.progress(permille, &|| {
                        describe(number, pattern, pass, plan, moved, begun.elapsed())
                    });
                    tell_faults(&shared, &mut told, watch);
                    shared.stop.fetch_or(watch.is_stopped(), Relaxed);
                });
                if shared.stop.load(Relaxed) {
                    break 'test;
                }
            }
        }
        passes = pass + 1;
    }
    let faults = shared.faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    Findings {
        errors: faults.errors,
        bits: faults.bits,
        seen: faults.seen,
        passes,
        moved: shared.moved.into_inner(),
        stopped: shared.stop.into_inner(),
    }
}

fn describe(number: usize, pattern: Pattern, pass: u32, plan: &Plan, moved: u64, took: Duration) -> String {
    let speed = human((moved as f64 / took.as_secs_f64().max(0.001)) as u64);
    let (of, name) = (pattern::ALL.len(), pattern.name());
    format!("pattern {} of {of} ({name}), pass {} of {}, {speed}/s", number + 1, pass + 1, plan.passes)
}

fn tell_faults(shared: &Shared, told: &mut usize, watch: &mut dyn Watch) {
    let new: Vec<Seen> = shared.faults.lock().unwrap_or_else(PoisonError::into_inner).seen[*told..].to_vec();
    *told += new.len();
    for Seen { fault, pass, pattern } in new {
        watch.fault(format!(
            "memory error at {:#x}: {:#018x} was written, {:#018x} was read (pass {pass}, {})",
            fault.address,
            fault.expected,
            fault.got,
            pattern.name()
        ));
    }
}

/// One step over all parts at once. The steps keep together, so that no thread writes while another still reads
/// what an address fault would have it share.
fn one_step<W: Words>(
    parts: &mut [Vec<W>],
    step: Step,
    background: Background,
    shared: &Shared,
    look: &mut dyn FnMut(),
) {
    let (main, busy) = (current(), AtomicUsize::new(parts.len()));
    std::thread::scope(|scope| {
        for part in parts {
            // A part that finds no thread (there is little memory left) must not be lost with it.
            let part = Arc::new(Mutex::new(Some(part)));
            let (mine, main, busy) = (Arc::clone(&part), main.clone(), &busy);
            let work = move || {
                walk(&mine, step, background, shared);
                busy.fetch_sub(1, Relaxed);
                main.unpark();
            };
            if Builder::new().name("memory".to_owned()).stack_size(STACK).spawn_scoped(scope, work).is_err() {
                walk(&part, step, background, shared);
                busy.fetch_sub(1, Relaxed);
            }
        }
        while busy.load(Relaxed) > 0 {
            look();
            park_timeout(LOOK_EVERY);
        }
    });
    look();
}

fn walk<W: Words>(part: &Mutex<Option<&mut Vec<W>>>, step: Step, background: Background, shared: &Shared) {
    let Some(part) = part.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    if step.up {
        part.iter_mut().for_each(|chunk| walk_chunk(chunk, step, background, shared));
    } else {
        part.iter_mut().rev().for_each(|chunk| walk_chunk(chunk, step, background, shared));
    }
}

fn walk_chunk<W: Words>(chunk: &mut W, step: Step, background: Background, shared: &Shared) {
    chunk.forget();
    let count = chunk.count();
    let blocks = count.div_ceil(BLOCK);
    for number in 0..blocks {
        if shared.stop.load(Relaxed) {
            return;
        }
        let number = if step.up { number } else { blocks - 1 - number };
        let block = number * BLOCK..count.min((number + 1) * BLOCK);
        let bytes = 8 * block.len() as u64 * step.accesses();
        sweep(chunk, block, step, background, &mut |fault| note(shared, background, fault));
        shared.moved.fetch_add(bytes, Relaxed);
    }
    chunk.forget();
}

#[cold]
fn note(shared: &Shared, background: Background, fault: Fault) {
    let mut faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
    faults.errors += 1;
    faults.bits |= fault.expected ^ fault.got;
    let known = faults.seen.iter().any(|seen| seen.fault.address == fault.address);
    if !known && faults.seen.len() < MOST_FAULTS {
        faults.seen.push(Seen { fault, pass: background.pass + 1, pattern: background.pattern });
    }
}
