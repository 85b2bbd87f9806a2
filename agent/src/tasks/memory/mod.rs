//! The memory test: patterns over all memory that is free, written and read back.
//!
//! [`words`] is memory as the test sees it, real or faulty on purpose; [`pattern`] says what is written, [`march`] in
//! which order; [`sweep`] does one step over a block, [`runner`] all steps with all cores; [`space`] takes memory from
//! the system; [`outcome`] says how it went.

pub mod march;
pub mod outcome;
pub mod pattern;
pub mod runner;
pub mod space;
pub mod sweep;
pub mod words;

#[cfg(test)]
mod faulty;

use crate::maintenance::board::Board;
use crate::tasks::{human, plural};
use outcome::{Tested, cancelled, failed};
use pitstop_domain::wire::TaskEnded;
use runner::{Plan, Watch};
use std::time::{Duration, Instant};

/// Progress is put on the board this often; the reporter takes it from there.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Tests `mib` of memory, or all that is free, `passes` times.
pub fn run(mib: Option<u64>, passes: u32, board: &Board) -> TaskEnded {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut parts = space::take(mib.map(|mib| mib.saturating_mul(1 << 20)), threads, &|| board.is_stopped());
    let bytes: u64 = parts.iter().flatten().map(|chunk| size_of_val(chunk.as_slice()) as u64).sum();
    if board.is_stopped() {
        return cancelled("stopped before the memory test began");
    }
    if bytes == 0 {
        return failed("there is no free memory to test");
    }
    let plan = Plan { passes: passes.max(1), seed: rand::random() };
    let cores = plural(parts.len(), "core");
    board.log(format!(
        "testing {} of memory with {} {cores}, {} {}",
        human(bytes),
        parts.len(),
        plan.passes,
        plural(plan.passes as usize, "time")
    ));
    if let Some(wanted) = mib.filter(|wanted| bytes >> 20 < *wanted) {
        board.log(format!("{wanted} MiB were asked for, but no more is free"));
    }
    let begun = Instant::now();
    let mut watch = OnBoard { board, told: None };
    let result = runner::run(&mut parts, &plan, &mut watch);
    if !result.stopped {
        board.progress(1000, "the last pattern is done");
    }
    Tested { bytes, threads: parts.len(), plan, wanted_mib: mib, took: begun.elapsed(), result }.ended()
}

struct OnBoard<'a> {
    board: &'a Board,
    told: Option<Instant>,
}

impl Watch for OnBoard<'_> {
    fn progress(&mut self, permille: u16, text: &dyn Fn() -> String) {
        if self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.board.progress(permille, text());
            self.told = Some(Instant::now());
        }
    }

    fn fault(&mut self, text: String) {
        self.board.log(text);
    }

    fn is_stopped(&self) -> bool {
        self.board.is_stopped()
    }
}
