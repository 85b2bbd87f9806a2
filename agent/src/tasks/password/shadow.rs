//! `/etc/shadow` (shadow(5)): a line an account, fields between colons: its name, what is left of its password, the day
//! on which that was chosen, and more.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Thousands of accounts.
const LARGEST: u64 = 4 << 20;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shadow {
    before: Vec<u8>,
    lines: Vec<String>,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// It has a password.
    Secured,
    /// It has one, and is locked.
    Locked,
    /// It has none, and signs in without.
    Open,
}

impl Shadow {
    /// Of the system that is mounted there; `None`: there is none. What a disk leads elsewhere by links is not followed.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(root: &Path) -> Result<Option<Self>, String> {
        let path = root.join("etc/shadow");
        let is = |path: &Path| fs::symlink_metadata(path).ok();
        let folder = is(&root.join("etc")).is_some_and(|found| found.is_dir());
        let Some(found) = is(&path).filter(|found| folder && found.is_file()) else { return Ok(None) };
        if found.len() > LARGEST {
            return Err("its file of accounts is larger than any could be".to_owned());
        }
        let before = fs::read(&path).map_err(|error| format!("its accounts cannot be read: {error}"))?;
        let text = String::from_utf8(before.clone())
            .map_err(|_| "its file of accounts is no text: it is damaged".to_owned())?;
        Ok(Some(Self { before, lines: text.split_inclusive('\n').map(str::to_owned).collect() }))
    }

    /// All accounts that sign in.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| {
            let mut fields = line.split(':');
            let (name, password) = (fields.next()?, fields.next()?);
            (!password.starts_with(['*', '!'])).then_some(name)
        })
    }

    pub fn account(&self, user: &str) -> Option<Account> {
        let line = self.lines.iter().find(|line| line.split(':').next() == Some(user))?;
        Some(match line.split(':').nth(1)?.trim_end() {
            "" => Account::Open,
            password if password.starts_with('!') => Account::Locked,
            _ => Account::Secured,
        })
    }

    /// Without the account's password, and with a day of choosing that makes it choose anew (0, shadow(5)).
    ///
    /// # Errors
    /// The account is none that signs in.
    pub fn without_password(&self, user: &str) -> Result<Self, String> {
        let mut lines = self.lines.clone();
        let line = lines.iter_mut().find(|line| line.split(':').next() == Some(user));
        let line = line.ok_or_else(|| format!("there is no account {user}"))?;
        let mut fields: Vec<_> = line.split(':').collect();
        if fields.len() < 3 {
            return Err(format!("the line of {user} is not what it should be"));
        }
        // A star stands where no password ever fits; two exclamation marks where none was ever chosen.
        if matches!(fields[1].trim_start_matches('!'), "*" | "") && !fields[1].is_empty() {
            return Err(format!("{user} has no password at all: it is not meant to sign in"));
        }
        (fields[1], fields[2]) = ("", "0");
        *line = fields.join(":");
        Ok(Self { before: self.before.clone(), lines })
    }

    /// Writes it in place of what is there, which is kept beside it; gives under which path. The file stays the same one:
    /// a new one would lack the label without which SELinux lets nobody in.
    ///
    /// # Errors
    /// In words; what was before is there still, or beside it.
    pub fn write(&self, root: &Path, job: &str) -> Result<String, String> {
        let kept = format!("etc/shadow.pitstop-{job}");
        let wrong = |error: std::io::Error| format!("it cannot be written: {error}");
        match File::options().write(true).create_new(true).mode(0o600).open(root.join(&kept)) {
            Ok(mut file) => {
                file.write_all(&self.before).and_then(|()| file.sync_all()).map_err(wrong)?;
            }
            // The same job once more: what is kept is older, and stays.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(wrong(error)),
        }
        let text = self.lines.concat();
        let path = root.join("etc/shadow");
        let mut file =
            File::options().write(true).custom_flags(libc::O_NOFOLLOW).open(&path).map_err(wrong)?;
        file.write_all(text.as_bytes()).map_err(wrong)?;
        file.set_len(text.len() as u64).and_then(|()| file.sync_all()).map_err(wrong)?;
        if fs::read(&path).map_err(wrong)? != text.as_bytes() {
            return Err(format!("what was written is not what is there: put back /{kept}"));
        }
        Ok(format!("/{kept}"))
    }
}
