//! A password that nobody knows any more is taken away: the account signs in without one at the machine, once, and must
//! choose a new one then. So no password goes over the network, into a plan or into the audit.
//!
//! [`shadow`] is the file in which Linux keeps them.

mod shadow;

use super::file_systems::looks_clean;
use super::ground::Ground;
use super::mount::{Mode, Mounted};
use super::paper::{self, Paper};
use super::volumes::{Volume, volumes};
use pitstop_domain::wire::TaskEnded;
use serde_json::json;
use shadow::{Account, Shadow};
use std::path::Path;

/// Accounts that are named where the one that was asked for is not there.
const MOST_NAMED: usize = 20;

/// Takes the password of an account away, on the one system here that has it.
pub fn run(user: &str, device: Option<&str>, ground: &Ground) -> TaskEnded {
    let (user, board) = (user.trim(), ground.board);
    if user.is_empty() || user.contains([':', '\n', '/']) {
        return paper::failed(format!("`{user}` is no name of an account"));
    }
    let volumes = match volumes(device, board) {
        Ok(volumes) => volumes,
        Err(error) => return paper::failed(error),
    };
    board.progress(0, format!("looking for the account {user}"));
    let mut paper = Paper::default();
    let (mut having, mut others) = (vec![], vec![]);
    for volume in volumes.into_iter().filter(|volume| !volume.is_of_no_interest()) {
        match look(&volume, ground) {
            Ok(Some(shadow)) => match shadow.account(user) {
                Some(_) => having.push(volume),
                None => others.extend(shadow.names().map(str::to_owned)),
            },
            Ok(None) => {}
            Err(why) => paper.unknown(&volume.about(), why),
        }
    }
    match &having[..] {
        [] => none(user, &others, paper),
        [volume] => {
            take_away(user, volume, ground, &mut paper);
            paper.ended("nothing was to be done")
        }
        several => {
            let names: Vec<_> = several.iter().map(Volume::about).collect();
            paper::failed(format!("{} have an account {user}: name the device of one", names.join(" and ")))
        }
    }
}

fn none(user: &str, others: &[String], paper: Paper) -> TaskEnded {
    let mut why = format!("no Linux system here has an account {user}");
    if !others.is_empty() {
        let named: Vec<_> = others.iter().take(MOST_NAMED).cloned().collect();
        why.push_str(&format!("; there are: {}", named.join(", ")));
    }
    let unread = paper.ended("");
    if !unread.summary.is_empty() {
        why.push_str(&format!("; {}", unread.summary));
    }
    TaskEnded { report: unread.report, ..paper::failed(why) }
}

/// What a system keeps of its accounts; `None`: there is no Linux on it.
fn look(volume: &Volume, ground: &Ground) -> Result<Option<Shadow>, String> {
    if let Some(why) = volume.out_of_reach() {
        return Err(why.to_owned());
    }
    let mounted = Mounted::new(volume, Mode::Read, ground.board)?;
    if mounted.root().join("Windows/System32/config/SAM").exists() {
        return Err("it is a Windows system: its accounts are not changed by this function".to_owned());
    }
    Shadow::of(mounted.root())
}

fn take_away(user: &str, volume: &Volume, ground: &Ground, paper: &mut Paper) {
    let about = volume.about();
    // Writing to a file system that is not whole could damage others.
    if let Err(why) = looks_clean(volume, ground.board) {
        return paper
            .problem(&about, format!("nothing was changed, since its file system is not clean: {why}"));
    }
    let mounted = match Mounted::new(volume, Mode::Write, ground.board) {
        Ok(mounted) => mounted,
        Err(why) => return paper.problem(&about, format!("nothing was changed: {why}")),
    };
    changed(user, mounted.root(), &about, &ground.job.to_string(), paper);
}

fn changed(user: &str, root: &Path, about: &str, job: &str, paper: &mut Paper) {
    let done = Shadow::of(root).and_then(|shadow| {
        let shadow = shadow.ok_or("it has no accounts any more")?;
        let before = shadow.account(user).ok_or_else(|| format!("{user} is not there any more"))?;
        let kept = shadow.without_password(user)?.write(root, job)?;
        Ok((before, kept))
    });
    match done {
        Err(why) => paper.problem(about, format!("the password of {user} was not taken away: {why}")),
        Ok((before, kept)) => {
            let done = format!(
                "it signs in without one at the machine, and must choose a new one then; what was before is kept in {kept}"
            );
            paper.repaired(about, format!("{user} has a password that nobody knows"), done);
            match before {
                Account::Locked => paper.note(about, format!("{user} was locked, and is not any more")),
                Account::Open => paper.note(about, format!("{user} had no password before either")),
                Account::Secured => {}
            }
            paper.own("account", json!({ "device": about, "user": user, "kept": kept }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::job::Outcome;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    const SHADOW: &str =
        "root:*:19000:0:99999:7:::\nann:$y$j9T$abc:19700:0:99999:7:::\nlocked:!$y$j9T$d:19700::::::\n# odd\n";

    fn system(shadow: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        let path = root.path().join("etc/shadow");
        fs::write(&path, shadow).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        root
    }

    fn change(root: &Path, user: &str) -> TaskEnded {
        let mut paper = Paper::default();
        changed(user, root, "/dev/sda2 (ext4)", "0190", &mut paper);
        paper.ended("nothing was to be done")
    }

    #[test]
    fn one_account_loses_its_password_and_must_choose_another_and_nothing_else_changes() {
        let root = system(SHADOW);
        let path = root.path().join("etc/shadow");
        let before = fs::metadata(&path).unwrap();
        let ended = change(root.path(), "ann");
        assert_eq!(ended.outcome, Outcome::Succeeded, "{}", ended.summary);
        let expected = SHADOW.replace("ann:$y$j9T$abc:19700:", "ann::0:");
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        let after = fs::metadata(&path).unwrap();
        assert_eq!((before.ino(), before.mode()), (after.ino(), after.mode()), "its label stays");
        let kept = root.path().join("etc/shadow.pitstop-0190");
        assert_eq!(fs::read_to_string(&kept).unwrap(), SHADOW);
        assert_eq!(fs::metadata(kept).unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn an_account_that_never_signs_in_is_left_alone_and_a_locked_one_is_told() {
        let root = system(SHADOW);
        let ended = change(root.path(), "root");
        assert_eq!(ended.outcome, Outcome::Found);
        assert!(ended.summary.contains("no password at all"), "{}", ended.summary);
        assert_eq!(fs::read_to_string(root.path().join("etc/shadow")).unwrap(), SHADOW);
        let ended = change(root.path(), "locked");
        assert!(ended.report.to_string().contains("was locked"), "{}", ended.report);
    }

    #[test]
    fn a_disk_that_leads_elsewhere_is_not_followed() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), system(SHADOW));
        std::os::unix::fs::symlink(elsewhere.path().join("etc"), root.path().join("etc")).unwrap();
        assert_eq!(Shadow::of(root.path()), Ok(None));
        fs::remove_file(root.path().join("etc")).unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("etc/shadow"), root.path().join("etc/shadow"))
            .unwrap();
        assert_eq!(Shadow::of(root.path()), Ok(None));
        assert_eq!(fs::read_to_string(elsewhere.path().join("etc/shadow")).unwrap(), SHADOW);
    }
}
