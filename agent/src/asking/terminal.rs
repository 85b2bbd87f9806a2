//! Words in every terminal, by `wall`, and a file into which the answer is written. Whoever may sign in may answer.

use super::Heard;
use super::dialog::until;
use pitstop_domain::ask::{Answer, Told};
use pitstop_domain::wire::Question;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the answer is looked for.
const LOOK: Duration = Duration::from_millis(500);
/// More is no reason any more.
const LONGEST: u64 = 600;
/// Everybody may put a file into the folder, and nobody may take another's away.
const FOR_ALL: u32 = 0o1733;

pub fn ask(wall: &Path, folder: &Path, question: &Question, shown: &mut dyn FnMut()) -> Heard {
    let _ = std::fs::remove_dir_all(folder);
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::set_permissions(folder, std::fs::Permissions::from_mode(FOR_ALL)));
    if let Err(error) = made {
        return Heard::cannot(format!("answers cannot be taken in {}: {error}", folder.display()));
    }
    let file = folder.join("answer");
    if let Err(why) = write(wall, &words(question, &file)) {
        return Heard::cannot(why);
    }
    shown();
    let ends = Instant::now() + Duration::from_secs(question.countdown_s.into());
    let mut heard = Heard::Nothing;
    while heard == Heard::Nothing && Instant::now() < ends {
        std::thread::sleep(LOOK);
        if let Some(told) = read(&file).and_then(|text| understood(&text, question)) {
            heard = Heard::Told(told);
        }
    }
    let _ = std::fs::remove_dir_all(folder);
    heard
}

fn words(question: &Question, file: &Path) -> String {
    let file = file.display();
    let later = match question.snooze_s {
        Some(_) => format!("\n  later:    echo later > {file}"),
        None => String::new(),
    };
    format!(
        "{}\n{}\n\n  begin:    echo yes > {file}{later}\n  refuse:   echo no, because of an exam > {file}\n",
        question.words,
        until(question)
    )
}

fn write(wall: &Path, words: &str) -> Result<(), String> {
    let spawned =
        Command::new(wall).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("wall cannot be started: {error}"))?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(words.as_bytes()));
    match (written, child.wait()) {
        (Ok(()), Ok(status)) if status.success() => Ok(()),
        (_, status) => Err(format!("wall failed: {status:?}")),
    }
}

/// A plain file: a link could lead to what only the agent may read.
fn read(file: &Path) -> Option<String> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
    let open = std::fs::OpenOptions::new().read(true).custom_flags(flags.bits()).open(file).ok()?;
    open.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut text = String::new();
    open.take(LONGEST).read_to_string(&mut text).ok()?;
    // A line that is not whole is still being written.
    text.contains('\n').then_some(text)
}

/// `yes`, `later`, or `no` with the reason after it.
fn understood(text: &str, question: &Question) -> Option<Told> {
    let line = text.lines().next()?.trim();
    let (word, rest) = line.split_once([' ', ',']).unwrap_or((line, ""));
    let reason = rest.trim_start_matches([' ', ',']);
    match word.to_lowercase().as_str() {
        "yes" | "y" => Some(Told::Answered(Answer::Yes)),
        "later" if question.snooze_s.is_some() => Some(Told::Later),
        "no" | "n" => Some(Told::Answered(Answer::No(reason.to_owned()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::id::JobId;

    fn question(snooze_s: Option<u32>) -> Question {
        Question {
            job: JobId(uuid::Uuid::nil()),
            round: 0,
            words: "Maintenance is about to begin.".to_owned(),
            countdown_s: 60,
            snooze_s,
            unanswered: "It begins.".to_owned(),
        }
    }

    #[test]
    fn an_answer_is_a_word_and_a_refusal_has_its_reason() {
        let said = |text: &str| understood(text, &question(Some(600)));
        assert_eq!(said("yes\n"), Some(Told::Answered(Answer::Yes)));
        assert_eq!(
            said("No, because of an exam\n"),
            Some(Told::Answered(Answer::No("because of an exam".to_owned())))
        );
        assert_eq!(said("later\n"), Some(Told::Later));
        assert_eq!(understood("later\n", &question(None)), None);
        assert_eq!(said("maybe\n"), None);
    }

    #[test]
    fn a_link_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "yes\n").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("answer")).unwrap();
        assert_eq!(read(&folder.path().join("answer")), None);
    }
}
