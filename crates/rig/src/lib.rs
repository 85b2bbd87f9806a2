//! Stand-ins for the world: a lab of real virtual machines, for what only firmware can prove, and a simulated
//! fleet, for what only numbers and misbehaviour can prove.
//!
//! ```text
//! board/  a Redfish board that misbehaves on demand
//! lab/    QEMU machines on a network of their own, booting for real
//! fleet/  simulated machines that speak the real protocols, a thousand in one process
//! ```

pub mod board;
pub mod fleet;
pub mod lab;
