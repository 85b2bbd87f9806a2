//! What tests of the whole server share.

pub mod database;
pub mod process;
