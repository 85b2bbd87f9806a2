//! A window on the screen of whoever is there, by a program that desktops bring along: `zenity` (GNOME, Cinnamon, Xfce, MATE).
//! It runs as that person, and ends by itself when the countdown is over.

use super::Heard;
use super::desk::{Desk, Screen};
use pitstop_domain::ask::{Answer, Told};
use pitstop_domain::wire::Question;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Whoever refuses has this long to say why; without a word it is a refusal all the same.
const REASON_S: u32 = 120;
/// A window that is gone sooner was not read: it could not be opened, or was closed by a key that was meant for another.
const STANDS: Duration = Duration::from_millis(1500);
/// What it says when its time is up.
const TIME_IS_UP: i32 = 5;

const LATER: &str = "Later";
const REFUSE: &str = "Not now";

pub fn program(desk: &Desk) -> Option<PathBuf> {
    desk.program("runuser")?;
    desk.program("zenity")
}

pub fn ask(
    desk: &Desk,
    zenity: &Path,
    screen: &Screen,
    question: &Question,
    shown: &mut dyn FnMut(),
) -> Heard {
    let Some(runuser) = desk.program("runuser") else { return Heard::cannot("there is no runuser") };
    let words = format!("{}\n\n{}", question.words, until(question));
    let mut options = vec![
        "--question".to_owned(),
        "--no-markup".to_owned(),
        // Whoever is typing when it opens must not agree by that.
        "--default-cancel".to_owned(),
        "--title=Maintenance".to_owned(),
        "--width=460".to_owned(),
        format!("--text={words}"),
        "--ok-label=Begin now".to_owned(),
        format!("--cancel-label={REFUSE}"),
        format!("--timeout={}", question.countdown_s),
    ];
    options.extend(question.snooze_s.map(|_| format!("--extra-button={LATER}")));
    let mut window = as_person(&runuser, screen, zenity);
    let spawned =
        window.args(options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Heard::cannot(format!("no window can be opened: {error}")),
    };
    std::thread::sleep(STANDS);
    // A key that was meant for what stood there before answers nothing.
    if let Ok(Some(status)) = child.try_wait() {
        return Heard::cannot(format!("its window was gone before it could be read ({status})"));
    }
    shown();
    let Ok(output) = child.wait_with_output() else { return Heard::Nothing };
    let later = String::from_utf8_lossy(&output.stdout).trim() == LATER;
    match output.status.code() {
        Some(0) => Heard::Told(Told::Answered(Answer::Yes)),
        _ if later => Heard::Told(Told::Later),
        Some(TIME_IS_UP) => Heard::Nothing,
        // Closed by its frame, or the button: whoever does not agree has not agreed.
        Some(1) => Heard::Told(Told::Answered(Answer::No(reason(&runuser, screen, zenity)))),
        _ => Heard::Nothing,
    }
}

fn reason(runuser: &Path, screen: &Screen, zenity: &Path) -> String {
    let mut window = as_person(runuser, screen, zenity);
    window.args([
        "--entry",
        "--title=Maintenance",
        "--width=460",
        "--text=It does not begin now. Why not? This is told to whoever asked for it.",
        &format!("--timeout={REASON_S}"),
    ]);
    let output = window.stdin(Stdio::null()).stderr(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn as_person(runuser: &Path, screen: &Screen, program: &Path) -> Command {
    let mut command = Command::new(runuser);
    command.args(["-u", &screen.user, "--", "env"]);
    command.args(screen.variables.iter().map(|(name, value)| format!("{name}={value}")));
    command.arg(program);
    command
}

pub fn until(question: &Question) -> String {
    let time = |seconds: u32| match seconds {
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds / 60),
    };
    let answer = format!("You have {} to answer. {}", time(question.countdown_s), question.unanswered);
    match question.snooze_s {
        Some(snooze) => format!("{answer} “{LATER}” puts it off for {}.", time(snooze)),
        None => format!("{answer} It cannot be put off any more."),
    }
}
