//! Stand-ins for the world: a lab of real virtual machines, for what only firmware can prove.
//!
//! ```text
//! lab/  QEMU machines on a network of their own, booting for real
//! ```

pub mod lab;
