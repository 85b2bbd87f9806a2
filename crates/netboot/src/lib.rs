//! Booting from the network: what a machine is told when it asks, and the sockets around that answer.
//!
//! - [`directory`]: what the boot services ask of the rest: who is this, is there work for it, where is that file?
//! - [`dhcp`]: proxyDHCP beside the site's own DHCP server; [`dhcp::answer()`] is a pure function, silence has a reason
//! - [`script`]: the iPXE scripts, pure text
//! - [`http`]: loaders, scripts and image parts over HTTP, below `/boot`
//! - [`loaders`]: the folder of network boot loaders, and the paths that tell machines apart on TFTP
//! - [`config`]: what the boot services are told about themselves
//!
//! A boot goes like this. The firmware broadcasts a DHCPDISCOVER; the site's DHCP server offers an address, and
//! we, when the machine has an assignment, offer a loader. The loader comes by TFTP (or HTTP) from a path that
//! carries the machine's MAC address. The loader, iPXE, asks DHCP again, says that it is iPXE, and is given the
//! URL of its script. The script names kernel and initial RAM disk below the job's own URL, and the kernel
//! command line tells the agent where to report. Without an assignment nothing is said on the wire, and a script
//! that is fetched nevertheless leads to the machine's own system.
//!
//! `examples/boot_one.rs` is all of it for one machine, without a database: for trying firmware out.
//!
//! Nothing here hands out addresses, and nothing here changes a job: what was seen goes to
//! [`Directory::saw`](directory::Directory::saw).

pub mod config;
pub mod dhcp;
pub mod directory;
pub mod http;
pub mod loaders;
pub mod script;
