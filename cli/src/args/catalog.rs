//! What can be asked of the catalog of boot images.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// A version of an image.
#[derive(Clone, Debug, clap::Args)]
pub struct Version {
    /// The version: its digest or the beginning of it, or like rescue@12
    pub version: String,
}

/// A version, and why something is done with it.
#[derive(Clone, Debug, clap::Args)]
pub struct Because {
    #[command(flatten)]
    pub version: Version,
    /// Why: it is kept with it
    #[arg(long, default_value = "")]
    pub why: String,
}

#[derive(Debug, Subcommand)]
pub enum ImagesAct {
    /// List all versions: where they stand, and who signed them
    List,
    /// Tell a version: its parts, what people did with it, how jobs with it went, its test boots
    Show(Version),
    /// Make a version stable: machines get it from now on
    Promote(Because),
    /// Make a version a candidate again: machines get the one before it
    Rollback(Because),
    /// Take a version out of the catalog, and the bytes that no other has
    Delete(Because),
    /// Fetch a part of a version; what comes is compared with its digest
    Fetch {
        #[command(flatten)]
        version: Version,
        /// The part's file, as `show` calls it
        file: String,
        /// Where to; a file that is there is not overwritten. Default: the part's name, here
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// Will it boot? Start a version in a throw-away virtual machine, and follow it; the exit code says whether it boots
    TestBoot {
        #[command(flatten)]
        version: Version,
        /// From which firmware. Default: the first that the image is for
        #[arg(long)]
        firmware: Option<Firmware>,
        /// A text on its serial line that shows that it runs
        #[arg(long, value_name = "TEXT", default_value = "")]
        looks_for: String,
        /// Only start it, and say its id
        #[arg(long)]
        no_watch: bool,
    },
    /// List the keys whose signatures are trusted, trust another, or demand signatures
    Keys {
        #[command(subcommand)]
        act: Option<KeysAct>,
    },
    /// Say where images are kept, and how much of the cache is in use
    Storage,
    /// Bring the image in this folder (its files and an image.json) into the catalog, as a candidate; where it was cut,
    /// the same command goes on
    ///
    /// A signature that lies there (image.statement.minisig) comes with it.
    Push { folder: PathBuf },
    /// Write what is to be signed of the image in this folder, to its image.statement; no server is asked
    Statement { folder: PathBuf },
    /// Add a signature that `minisign` made to a version in the catalog
    Sign {
        #[command(flatten)]
        version: Version,
        /// What `minisign` wrote: image.statement.minisig
        signature: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysAct {
    /// Trust the signatures of a key
    Trust {
        /// Whose it is: stands beside what it signed
        name: String,
        /// What `minisign -G` wrote: minisign.pub
        file: PathBuf,
    },
    /// Trust a key no longer
    Distrust {
        /// As the list of keys shows it
        key: String,
    },
    /// Machines get only what a trusted key has signed (on), or again anything (off)
    Demand { demanded: Switch },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Firmware {
    Bios,
    Uefi,
}
