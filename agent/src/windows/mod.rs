//! The own system's part on Windows, under the names that it has on Linux.
//!
//! - [`sys`]: all calls of Windows; [`registry`]: values of its registry
//! - [`machine`]: the machine that the agent acts on; [`kexec`]: why it starts no kernel; [`private`]: what only it may read
//! - [`inventory`]: what is in the machine; [`smbios`]: what its firmware says of it; [`sensors`]: how it does
//! - [`verbs`]: what the program can be called for

pub mod inventory;
pub mod kexec;
pub mod machine;
pub mod private;
mod registry;
pub mod sensors;
mod smbios;
pub mod sys;
pub mod verbs;
