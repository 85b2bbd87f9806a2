//! Memory as the test sees it: words that can be written and read.

use std::hint::black_box;

/// A stretch of memory. Reading takes `&mut self`, since reading can disturb faulty memory.
pub trait Words: Send {
    fn count(&self) -> usize;

    /// Where a word is, in the program's addresses.
    fn address(&self, at: usize) -> u64;

    fn write(&mut self, at: usize, value: u64);

    fn read(&mut self, at: usize) -> u64;

    /// Called between two sweeps: what was written must be thought to have changed, or the compiler would know the
    /// answers and read nothing.
    fn forget(&mut self);
}

impl Words for Vec<u64> {
    fn count(&self) -> usize {
        self.len()
    }

    fn address(&self, at: usize) -> u64 {
        std::ptr::from_ref(&self[at]) as u64
    }

    fn write(&mut self, at: usize, value: u64) {
        self[at] = value;
    }

    fn read(&mut self, at: usize) -> u64 {
        self[at]
    }

    fn forget(&mut self) {
        black_box(self.as_mut_slice());
    }
}
