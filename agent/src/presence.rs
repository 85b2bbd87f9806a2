//! Who is at the machine: sessions and inhibitors as systemd-logind keeps them, and what the power supplies say. Where
//! there is no logind nobody is seen, and the server is told so.

use crate::inventory::Files;
use pitstop_domain::presence::Presence;

/// Reasons are shown in one line.
const LONGEST: usize = 80;
/// More programs than this are no better reason.
const MOST: usize = 4;

pub fn presence(files: &Files) -> Presence {
    Presence { people: people(files), on_battery: on_battery(files), busy: busy(files), asks: false }
}

/// Why the machine must not be shut down: somebody is logged in, or a program forbids it, or there is no logind to tell.
pub fn in_use(files: &Files) -> Option<String> {
    // The folders of sessions and inhibitors are made by systemd itself, and stay when logind stops.
    if !files.names("run/systemd/units").iter().any(|name| name == "invocation:systemd-logind.service") {
        return Some("nobody can tell who is logged in: systemd-logind does not run".to_owned());
    }
    match people(files) {
        0 => forbids(files),
        1 => Some("somebody is logged in".to_owned()),
        many => Some(format!("{many} people are logged in")),
    }
}

/// A program that must not be interrupted, like one that installs something, with its reason.
fn forbids(files: &Files) -> Option<String> {
    let first = blocking(files, "shutdown").into_iter().next();
    first.map(|who| format!("a program forbids it: {who}"))
}

/// `KEY=value`, as logind writes its files.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    // systemd escapes as C does; what is shown to people is made plain below.
    Some(line.trim().trim_matches('"').to_owned())
}

/// Whether somebody is before this session, as logind writes it. Not the greeter, nor what cron starts; of users there are
/// kinds since systemd 256 (`user-early`: root); one that is closing has nobody before it.
pub(crate) fn is_somebodys(session: &str) -> bool {
    let state = value(session, "STATE");
    value(session, "CLASS").is_some_and(|class| class == "user" || class.starts_with("user-"))
        && matches!(state.as_deref(), Some("active" | "online"))
}

fn people(files: &Files) -> u16 {
    let session = |name: &String| {
        let text = files.text(&format!("run/systemd/sessions/{name}"))?;
        is_somebodys(&text).then(|| value(&text, "UID"))
    };
    let mut users: Vec<_> = files.names("run/systemd/sessions").iter().filter_map(session).collect();
    users.sort();
    users.dedup();
    u16::try_from(users.len()).unwrap_or(u16::MAX)
}

/// A battery of the machine itself, not of its mouse, that is used up.
fn on_battery(files: &Files) -> bool {
    files.names("sys/class/power_supply").iter().any(|name| {
        let read = |what: &str| files.text(&format!("sys/class/power_supply/{name}/{what}"));
        read("type").as_deref() == Some("Battery")
            && read("scope").as_deref() != Some("Device")
            && read("status").as_deref() == Some("Discharging")
    })
}

/// Programs that hold the screen bright.
fn busy(files: &Files) -> Vec<String> {
    blocking(files, "idle")
}

/// Programs that hold something off, with their reasons.
fn blocking(files: &Files, wanted: &str) -> Vec<String> {
    let inhibitor = |name: &String| {
        let text = files.text(&format!("run/systemd/inhibit/{name}"))?;
        let holds = value(&text, "WHAT")?.split(':').any(|what| what == wanted);
        let block = value(&text, "MODE").as_deref() == Some("block");
        let (who, why) = (value(&text, "WHO")?, value(&text, "WHY").unwrap_or_default());
        (holds && block).then(|| plain(&format!("{who}: {why}")))
    };
    // Beside each there is a pipe by which logind sees that its holder went away.
    let names = files.names("run/systemd/inhibit").into_iter().filter(|name| !name.ends_with(".ref"));
    let mut holders: Vec<_> = names.filter_map(|name| inhibitor(&name)).collect();
    holders.sort();
    holders.dedup();
    holders.truncate(MOST);
    holders
}

fn plain(text: &str) -> String {
    let text = text.replace("\\x20", " ");
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_logind(path: &std::path::Path) -> bool {
        ["sessions", "inhibit"]
            .iter()
            .any(|folder| path.parent().is_some_and(|parent| parent.ends_with(folder)))
    }

    fn machine(of: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in of {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            if of_logind(&path) {
                // As logind has it beside each: whoever reads it waits until the session ends.
                let pipe = path.with_added_extension("ref");
                nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
            }
        }
        let files = Files::at(folder.path());
        (folder, files)
    }

    #[test]
    fn people_are_counted_once_and_the_greeter_is_none() {
        let (_folder, files) = machine(&[
            ("run/systemd/sessions/c1", "UID=117\nUSER=gdm\nACTIVE=0\nSTATE=online\nCLASS=greeter\n"),
            (
                "run/systemd/sessions/2",
                "UID=1000\nUSER=kim\nACTIVE=1\nSTATE=active\nTYPE=wayland\nCLASS=user\n",
            ),
            ("run/systemd/sessions/5", "UID=1000\nUSER=kim\nSTATE=online\nTYPE=tty\nREMOTE=1\nCLASS=user\n"),
            ("run/systemd/sessions/7", "UID=1001\nUSER=ada\nSTATE=closing\nCLASS=user\n"),
        ]);
        assert_eq!(presence(&files), Presence { people: 1, ..Presence::default() });
    }

    #[test]
    fn a_film_keeps_somebody_busy_and_a_service_that_waits_for_shutdown_does_not() {
        let (_folder, files) = machine(&[
            (
                "run/systemd/inhibit/1",
                "WHAT=shutdown\nMODE=delay\nWHO=Unattended Upgrades Shutdown\nWHY=Stop ongoing upgrades\n",
            ),
            ("run/systemd/inhibit/4", "WHAT=idle\nMODE=block\nWHO=Impress\nWHY=showing\\x20slides\n"),
        ]);
        assert_eq!(presence(&files).busy, ["Impress: showing slides"]);
    }

    #[test]
    fn a_laptop_that_is_unplugged_runs_on_its_battery_and_a_mouse_does_not_count() {
        let mouse = ("sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
        let scope = ("sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
        let used_up = ("sys/class/power_supply/hidpp_battery_0/status", "Discharging\n");
        let own = ("sys/class/power_supply/BAT0/type", "Battery\n");
        for (status, on_battery) in [("Discharging\n", true), ("Charging\n", false), ("Full\n", false)] {
            let (_folder, files) =
                machine(&[mouse, scope, used_up, own, ("sys/class/power_supply/BAT0/status", status)]);
            assert_eq!(presence(&files).on_battery, on_battery, "{status}");
        }
    }

    #[test]
    fn a_machine_is_shut_down_only_where_it_is_known_that_nobody_uses_it() {
        let greeter = ("run/systemd/sessions/c1", "UID=117\nSTATE=online\nCLASS=greeter\n");
        let kim = ("run/systemd/sessions/2", "UID=1000\nSTATE=active\nCLASS=user\n");
        let apt = ("run/systemd/inhibit/3", "WHAT=shutdown\nMODE=block\nWHO=apt\nWHY=installing\n");
        let waits = ("run/systemd/inhibit/4", "WHAT=shutdown\nMODE=delay\nWHO=x\nWHY=y\n");
        let runs = ("run/systemd/units/invocation:systemd-logind.service", "");
        let why = |of: &[(&str, &str)]| {
            let (_folder, files) = machine(of);
            in_use(&files)
        };
        assert_eq!(why(&[runs, greeter, waits]), None);
        assert_eq!(why(&[runs, greeter, kim]).unwrap(), "somebody is logged in");
        assert_eq!(why(&[runs, greeter, apt]).unwrap(), "a program forbids it: apt: installing");
        assert!(why(&[]).unwrap().contains("nobody can tell"));
        assert!(why(&[greeter]).unwrap().contains("nobody can tell"), "the folder stays when logind stops");
        let root = ("run/systemd/sessions/1", "UID=0\nSTATE=active\nCLASS=user-early\n");
        assert_eq!(why(&[runs, root]).unwrap(), "somebody is logged in");
    }

    #[test]
    fn where_there_is_nothing_nobody_is_seen() {
        let (_folder, files) = machine(&[]);
        assert_eq!(presence(&files), Presence::default());
    }
}
