//! Recipes of the images we build: the maintenance image, and the own system of the lab's machines.
//!
//! ```text
//! apt      Debian packages, downloaded and unpacked into a cache, never installed
//! kernel   the newest kernel of a flavour, and modules in the order they load
//! modules  which modules an image carries, per flavour
//! tree     a file tree held in memory          cpio      the tree as an initramfs archive
//! base     what every system of ours carries   stamp     skips work whose inputs did not change
//! maintenance  kernel + initrd + image.json    own_system  kernel + initrd, for a disk or as an image
//! memtest  memtest86+ + image.json         elf       which libraries a program needs
//! toolbox  maintenance and initrds with tools: file systems, disks, virus scanner
//! statement  what is signed of an image
//! disk     a disk that boots by BIOS and by UEFI, and a machine's own copy of it
//! ```
//!
//! Everything is reproducible: the same packages and the same agent give the same bytes.

pub mod apt;
mod base;
mod command;
pub mod cpio;
pub mod disk;
pub mod elf;
pub mod kernel;
pub mod maintenance;
pub mod memtest;
mod modules;
pub mod own_system;
mod stamp;
pub mod statement;
pub mod toolbox;
pub mod tree;

pub use apt::PackageCache;
pub use kernel::Flavour;
pub use maintenance::{Built, Recipe, build_maintenance};
pub use memtest::build_memtest;
pub use toolbox::{build_toolbox, build_virus_scan};
