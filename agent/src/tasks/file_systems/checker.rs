//! The tool of each file system: how it looks without changing anything, how it repairs, what its codes mean.

use crate::maintenance::board::Board;
use crate::tasks::plural;
use crate::tasks::tool::{Ran, Tool};

/// What a look has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    Clean,
    /// With what is wrong, in words.
    Broken(String),
    Unable(String),
    Stopped,
}

/// One kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    Ext,
    Ntfs,
    Fat,
    Xfs,
    Btrfs,
}

impl Checker {
    pub fn of(kind: &str) -> Option<Self> {
        match kind {
            "ext2" | "ext3" | "ext4" => Some(Self::Ext),
            "ntfs" => Some(Self::Ntfs),
            "vfat" => Some(Self::Fat),
            "xfs" => Some(Self::Xfs),
            "btrfs" => Some(Self::Btrfs),
            _ => None,
        }
    }

    /// Looks without writing anything.
    pub fn look(self, device: &str, board: &Board) -> Look {
        let ran = match self.looking(device).run(board) {
            Ok(ran) => ran,
            Err(why) => return Look::Unable(why),
        };
        if ran.stopped {
            return Look::Stopped;
        }
        match self {
            Self::Ext => ext(&ran),
            Self::Ntfs => ntfs(&ran, device, board),
            Self::Fat => fat(&ran),
            Self::Xfs => xfs(&ran),
            Self::Btrfs => btrfs(&ran),
        }
    }

    fn looking(self, device: &str) -> Tool {
        match self {
            Self::Ext => Tool::new("e2fsck").args(["-n", "-f", device]),
            Self::Ntfs => Tool::new("ntfsfix").args(["-n", device]),
            Self::Fat => Tool::new("fsck.fat").args(["-n", device]),
            Self::Xfs => Tool::new("xfs_repair").args(["-n", device]),
            Self::Btrfs => Tool::new("btrfs").args(["check", "--readonly", device]),
        }
    }

    /// Repairs. Says what was done; the error says why nothing was.
    pub fn repair(self, device: &str, board: &Board) -> Result<String, String> {
        let (tool, done) = match self {
            Self::Ext => (Tool::new("e2fsck").args(["-f", "-y", device]), "repaired with e2fsck"),
            Self::Ntfs => (
                Tool::new("ntfsfix").args([device]),
                "its basic structures were repaired with ntfsfix; Windows checks the rest at its next start",
            ),
            Self::Fat => (Tool::new("fsck.fat").args(["-a", device]), "repaired with fsck.fat"),
            Self::Xfs => (Tool::new("xfs_repair").args([device]), "repaired with xfs_repair"),
            Self::Btrfs => {
                return Err(
                    "not repaired: `btrfs check --repair` can make it worse; save its files first".to_owned()
                );
            }
        };
        let ran = tool.to_its_end().run(board)?;
        match (self, ran.code) {
            // 1 and 2: errors were corrected, 2 wants a restart, which comes anyway (e2fsck(8)).
            (Self::Ext, Some(0..=2)) | (_, Some(0)) => Ok(done.to_owned()),
            (Self::Fat, Some(1)) => Ok(done.to_owned()),
            // xfs_repair(8): 2, the log has changes that only mounting writes.
            (Self::Xfs, Some(2)) => Err("not repaired: its log has changes that are not written yet; \
                 start its own system once, so that they are"
                .to_owned()),
            (_, code) => Err(format!("the repair failed ({}): {}", code_text(code), last_line(&ran.text))),
        }
    }
}

/// e2fsck(8): 4, errors are left; 8 and more, it could not do its work. Where the root itself is gone both are set.
fn ext(ran: &Ran) -> Look {
    match ran.code {
        Some(0) => Look::Clean,
        Some(code) if code & 4 != 0 => Look::Broken(match ran.text.matches("? no").count() {
            0 => "e2fsck finds errors".to_owned(),
            count => format!("e2fsck finds {count} {}", plural(count, "error")),
        }),
        code => unable("e2fsck", code, &ran.text),
    }
}

/// ntfsfix says little by its code alone: what it would correct shows that something is wrong.
fn ntfs(ran: &Ran, device: &str, board: &Board) -> Look {
    let probe = Tool::new("ntfs-3g.probe").args(["--readwrite", device]).run(board);
    let state = match probe {
        Ok(probe) => probe.code,
        Err(why) => return Look::Unable(why),
    };
    match state {
        // ntfs-3g.probe(8).
        Some(0) if ran.code == Some(0) && !ran.text.contains("FAILED") => Look::Clean,
        Some(14) => Look::Unable(
            "Windows is hibernated on it (or was switched off with fast startup): it is left as it is; \
             shut Windows down fully first"
                .to_owned(),
        ),
        Some(15) => Look::Broken("it was not closed cleanly".to_owned()),
        Some(13) => Look::Broken("its structures are damaged".to_owned()),
        Some(0) => Look::Broken(format!("ntfsfix finds: {}", first_failed(&ran.text))),
        code => unable("ntfs-3g.probe", code, &ran.text),
    }
}

/// fsck.fat(8): 1, errors were found.
fn fat(ran: &Ran) -> Look {
    match ran.code {
        Some(0) => Look::Clean,
        Some(1) => {
            let said = ran.text.lines().map(str::trim).filter(|line| !line.is_empty());
            let mut said =
                said.filter(|line| !line.starts_with("fsck.fat ") && !line.starts_with("Leaving "));
            Look::Broken(said.next().unwrap_or("fsck.fat finds errors").to_owned())
        }
        code => unable("fsck.fat", code, &ran.text),
    }
}

/// xfs_repair(8): with -n, 1 means that it is corrupt.
fn xfs(ran: &Ran) -> Look {
    match ran.code {
        Some(0) => Look::Clean,
        Some(1) => {
            let would = ran.text.lines().filter(|line| line.contains("would ")).count();
            Look::Broken(format!("xfs_repair would correct {would} {}", plural(would, "thing")))
        }
        code => unable("xfs_repair", code, &ran.text),
    }
}

fn btrfs(ran: &Ran) -> Look {
    match ran.code {
        Some(0) => Look::Clean,
        Some(1) => {
            let line = ran.text.lines().find(|line| line.to_lowercase().contains("error"));
            Look::Broken(line.unwrap_or("btrfs check finds errors").trim().to_owned())
        }
        code => unable("btrfs check", code, &ran.text),
    }
}

fn unable(tool: &str, code: Option<i32>, text: &str) -> Look {
    Look::Unable(format!("{tool} could not look at it ({}): {}", code_text(code), last_line(text)))
}

fn code_text(code: Option<i32>) -> String {
    code.map_or("ended by a signal".to_owned(), |code| format!("code {code}"))
}

fn last_line(text: &str) -> &str {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing")
}

fn first_failed(text: &str) -> &str {
    text.lines().find(|line| line.contains("FAILED")).unwrap_or("errors").trim()
}
