//! UEFI variables: which boot entry leads to the network, and pointing BootNext at it.

pub mod boot_next;
pub mod load_option;
pub mod variables;
