//! Who is there and can be asked: a session on a screen with a program for windows on its machine, else terminals.

use super::{Asker, Heard, dialog, terminal};
use crate::inventory::Files;
use crate::presence::is_somebodys;
use pitstop_domain::wire::Question;
use std::path::PathBuf;

/// Somebody before a screen, and what a program needs to open a window there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub user: String,
    pub variables: Vec<(String, String)>,
}

/// What a window needs to know of its session.
const VARIABLES: [&str; 6] =
    ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "LANG"];

/// The machine's people, as systemd-logind and the kernel know them.
pub struct Desk {
    files: Files,
    /// Folders in which programs are looked for.
    programs: Vec<PathBuf>,
    /// Where terminals leave their answer.
    answers: PathBuf,
}

impl Desk {
    pub fn new() -> Self {
        let programs = ["/usr/bin", "/bin", "/usr/local/bin"].map(PathBuf::from).to_vec();
        Self { files: Files::at("/"), programs, answers: PathBuf::from("/run/pitstop-question") }
    }

    /// A machine as a test makes it.
    pub fn at(root: &std::path::Path) -> Self {
        let programs = vec![root.join("bin")];
        Self { files: Files::at(root), programs, answers: root.join("run/pitstop-question") }
    }

    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.programs.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// Can a question be put before somebody?
    pub fn can_ask(&self) -> bool {
        (self.screen().is_some() && dialog::program(self).is_some())
            || (self.terminals() && self.program("wall").is_some())
    }

    fn sessions(&self) -> impl Iterator<Item = String> {
        let names = self.files.names("run/systemd/sessions").into_iter();
        names
            .filter_map(|name| self.files.text(&format!("run/systemd/sessions/{name}")))
            .filter(|session| is_somebodys(session))
    }

    fn terminals(&self) -> bool {
        self.sessions().any(|session| value(&session, "TYPE") == Some("tty"))
    }

    /// The session on the screen; the one that is before it rather than one in the background.
    pub fn screen(&self) -> Option<Screen> {
        let mut screens: Vec<_> = self
            .sessions()
            .filter(|session| matches!(value(session, "TYPE"), Some("x11" | "wayland" | "mir")))
            .collect();
        screens.sort_by_key(|session| value(session, "STATE") != Some("active"));
        screens.iter().find_map(|session| {
            let (user, uid) = (value(session, "USER")?, value(session, "UID")?);
            Some(Screen { user: user.to_owned(), variables: self.variables(uid)? })
        })
    }

    /// From a program of the person that has a window: logind does not know them all.
    fn variables(&self, uid: &str) -> Option<Vec<(String, String)>> {
        let processes = self.files.names("proc").into_iter().filter(|name| name.parse::<u32>().is_ok());
        processes.filter_map(|pid| self.of_process(&pid, uid)).max_by_key(Vec::len)
    }

    fn of_process(&self, pid: &str, uid: &str) -> Option<Vec<(String, String)>> {
        let status = self.files.text(&format!("proc/{pid}/status"))?;
        let owner = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?;
        if owner != uid {
            return None;
        }
        let bytes = std::fs::read(self.files.path(&format!("proc/{pid}/environ"))).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        let known = pairs.filter(|(name, _)| VARIABLES.contains(name));
        let known: Vec<_> = known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        known.iter().any(|(name, _)| name.ends_with("DISPLAY")).then_some(known)
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Asker for Desk {
    fn ask(&self, question: &Question, shown: &mut dyn FnMut()) -> Heard {
        match (self.screen(), dialog::program(self)) {
            (Some(screen), Some(program)) => dialog::ask(self, &program, &screen, question, shown),
            _ if self.terminals() => match self.program("wall") {
                Some(wall) => terminal::ask(&wall, &self.answers, question, shown),
                None => Heard::cannot("there is no program to write to terminals (wall)"),
            },
            _ => Heard::cannot("nobody is before a screen or a terminal on which a question can be shown"),
        }
    }
}

/// `KEY=value`, as logind writes its files.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim)
}
