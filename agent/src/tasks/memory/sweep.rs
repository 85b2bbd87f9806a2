//! One step of the march over a block of memory.

use super::march::Step;
use super::pattern::{Pattern, mix, stripes};
use super::words::Words;
use std::ops::Range;

/// What was read instead of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub address: u64,
    pub expected: u64,
    pub got: u64,
}

/// The same for a whole pass.
#[derive(Clone, Copy)]
pub struct Background {
    pub pattern: Pattern,
    pub seed: u64,
    /// Counts from 0: the walking bit starts elsewhere in every pass.
    pub pass: u32,
}

/// Sweeps the words in `block`. The pattern is chosen once and not for every word, so that the inner loop stays small.
pub fn sweep<W: Words>(
    words: &mut W,
    block: Range<usize>,
    step: Step,
    background: Background,
    found: &mut dyn FnMut(Fault),
) {
    let Background { pattern, seed, pass } = background;
    match pattern {
        Pattern::OwnAddress => by(words, block, step, found, |address| address),
        Pattern::Solid => by(words, block, step, found, |_| 0),
        Pattern::Checkerboard => by(words, block, step, found, |address| stripes(1) ^ odd_word(address)),
        Pattern::Stripes(bits) => {
            let value = stripes(bits);
            by(words, block, step, found, |_| value);
        }
        Pattern::Walking => by(words, block, step, found, |address| {
            1u64.rotate_left((address / 8).wrapping_add(u64::from(pass) * 7) as u32 % 64)
        }),
        Pattern::Random => {
            let seed = seed.wrapping_add(u64::from(pass));
            by(words, block, step, found, |address| mix(address ^ seed));
        }
    }
}

/// All ones for every other word.
const fn odd_word(address: u64) -> u64 {
    0u64.wrapping_sub((address / 8) & 1)
}

#[inline]
fn by<W: Words>(
    words: &mut W,
    block: Range<usize>,
    step: Step,
    found: &mut dyn FnMut(Fault),
    value: impl Fn(u64) -> u64,
) {
    if block.is_empty() {
        return;
    }
    let first = words.address(block.start).wrapping_sub(8 * block.start as u64);
    let mut visit = |at: usize| {
        let address = first.wrapping_add(8 * at as u64);
        let value = value(address);
        if let Some(data) = step.read {
            let (expected, got) = (value ^ data.mask(), words.read(at));
            if got != expected {
                found(Fault { address, expected, got });
            }
        }
        if let Some(data) = step.write {
            words.write(at, value ^ data.mask());
        }
    };
    if step.up { block.for_each(&mut visit) } else { block.rev().for_each(&mut visit) }
}
