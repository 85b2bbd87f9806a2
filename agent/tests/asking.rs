//! Whoever is at the machine is asked, with programs that the test brings along.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use pitstop_agent::asking::desk::Desk;
use pitstop_agent::asking::{Asker, Heard};
use pitstop_domain::ask::{Answer, Told};
use pitstop_domain::id::JobId;
use pitstop_domain::wire::Question;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use uuid::Uuid;

fn question() -> Question {
    Question {
        job: JobId(Uuid::nil()),
        round: 0,
        words: "Maintenance of this computer is about to begin: Memory test.".to_owned(),
        countdown_s: 30,
        snooze_s: Some(1800),
        unanswered: "If you do not answer, it begins when the time is up.".to_owned(),
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Somebody before a screen, with a window program that does this.
fn with_screen(zenity: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "run/systemd/sessions/2", "UID=1000\nUSER=kim\nSTATE=active\nTYPE=wayland\nCLASS=user\n");
    // As logind has it: whoever reads it waits until the session ends.
    nix::unistd::mkfifo(&root.join("run/systemd/sessions/2.ref"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    write(root, "proc/77/status", "Name:\tshell\nUid:\t1000\t1000\t1000\t1000\n");
    write(root, "proc/77/environ", "WAYLAND_DISPLAY=wayland-0\0XDG_RUNTIME_DIR=/run/user/1000\0SECRET=x\0");
    write(root, "bin/zenity", &format!("#!/bin/sh\n{zenity}\n"));
    // As that person: here it only writes down who that would be.
    let log = root.join("log");
    let runuser = format!("#!/bin/sh\necho \"$@\" >> {}\nshift 3\nexec \"$@\"\n", log.display());
    write(root, "bin/runuser", &runuser);
    folder
}

fn asked(folder: &tempfile::TempDir) -> (Heard, u32) {
    let mut shown = 0;
    let heard = Desk::at(folder.path()).ask(&question(), &mut || shown += 1);
    (heard, shown)
}

fn no(reason: &str) -> Heard {
    Heard::Told(Told::Answered(Answer::No(reason.to_owned())))
}

#[test]
fn a_window_stands_before_the_person_on_the_screen_and_the_button_is_the_answer() {
    let folder = with_screen("sleep 2; exit 0");
    assert!(Desk::at(folder.path()).can_ask());
    assert_eq!(asked(&folder), (Heard::Told(Told::Answered(Answer::Yes)), 1));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.starts_with("-u kim -- env WAYLAND_DISPLAY=wayland-0"), "{log}");
    assert!(log.contains("Memory test") && !log.contains("SECRET"), "{log}");
}

#[test]
fn a_window_that_is_gone_before_it_could_be_read_is_no_answer() {
    for code in [0, 1] {
        let heard = asked(&with_screen(&format!("exit {code}")));
        assert!(matches!(heard, (Heard::Told(Told::Answered(Answer::Cannot(_))), 0)), "{heard:?}");
    }
}

#[test]
fn put_off_refused_with_a_reason_and_unanswered_are_told_apart() {
    assert_eq!(asked(&with_screen("sleep 2; echo Later; exit 1")), (Heard::Told(Told::Later), 1));
    let refuses = "case \"$*\" in *--entry*) echo an exam;; *) sleep 2; exit 1;; esac";
    assert_eq!(asked(&with_screen(refuses)), (no("an exam"), 1));
    assert_eq!(asked(&with_screen("sleep 2; exit 5")), (Heard::Nothing, 1));
}

#[test]
fn in_terminals_it_is_written_and_answered_by_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "run/systemd/sessions/3", "UID=1000\nUSER=kim\nSTATE=online\nTYPE=tty\nCLASS=user\n");
    let (said, answer) = (root.join("said"), root.join("run/pitstop-question/answer"));
    let wall = format!(
        "#!/bin/sh\ncat > {}\necho 'no, because of an exam' > {}\n",
        said.display(),
        answer.display()
    );
    write(root, "bin/wall", &wall);
    assert_eq!(asked(&folder), (no("because of an exam"), 1));
    let said = std::fs::read_to_string(said).unwrap();
    assert!(said.contains("Memory test") && said.contains("echo later"), "{said}");
    assert!(!answer.exists(), "an answer is for one question");
}

#[test]
fn where_nobody_is_before_anything_nobody_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!Desk::at(folder.path()).can_ask());
    assert!(matches!(asked(&folder), (Heard::Told(Told::Answered(Answer::Cannot(_))), 0)));
}
