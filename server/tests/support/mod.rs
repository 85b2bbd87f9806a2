//! What tests and benchmarks of the whole server share; none of them uses all of it.
#![allow(dead_code, reason = "each test is a crate of its own and uses a part")]

pub mod database;
pub mod process;
