//! A lab of real virtual machines: three network namespaces, a site's DHCP server that gives
//! addresses and nothing else, and QEMU machines with real firmware, disks and power.
//!
//! ```text
//! spec        what is asked for: the lab, its machines
//! net         the namespaces, bridge and taps; leftovers of dead labs are removed first
//! process     children that die with us            site     the site's DHCP server
//! qemu        the command line of a machine        nvram    the boot order of a UEFI machine
//! vm          a machine: power, serial line        qmp      QEMU's control socket
//! capture     packets, recorded                    bench    the lab: puts all of it together
//! up          the lab as a program of its own
//! ```
//!
//! It needs root, `/dev/net/tun` and the packages named in `pitstop-images` and `qemu`.

mod bench;
mod capture;
mod net;
mod nvram;
mod process;
mod qemu;
pub mod qmp;
mod site;
mod spec;
pub mod up;
mod vm;

pub use bench::Lab;
pub use qmp::Qmp;
pub use spec::{AgentConfig, BootOrder, DirectBoot, DiskBus, ExtraDisk, Firmware, LabConfig, MachineSpec};
pub use vm::{Mark, Vm};
