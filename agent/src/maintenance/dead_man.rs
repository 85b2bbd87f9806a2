//! Nobody answers: restart, whatever else hangs.
//!
//! The watching thread takes no lock, asks for no memory and waits for nobody. What may hang (writing to a console,
//! to a disk) is done by a second thread, which is given some seconds.

use crate::console::say;
use nix::sys::reboot::{RebootMode, reboot};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Until the task says otherwise: the default of a function's limits.
const LIMIT_S: u64 = 600;
/// A limit below this would restart machines over a server's restart.
const SHORTEST_LIMIT_S: u64 = 30;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the last words and the disks may take.
const FAREWELL: Duration = Duration::from_secs(10);
/// Where the image's guard looks for a sign of life (`images/common/functions`).
const SIGN: &str = "/run/pitstop.alive";
/// Small, since locked memory is real memory.
const STACK: usize = 64 * 1024;

/// What the timer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well for this long yet.
    Wait(Duration),
    Restart,
}

/// Is it time? `last_contact` and `now` are points on one monotonic clock.
pub fn dead_man(last_contact: Duration, now: Duration, limit: Duration) -> Verdict {
    match (last_contact + limit).checked_sub(now) {
        Some(left) if !left.is_zero() => Verdict::Wait(left),
        _ => Verdict::Restart,
    }
}

/// When the server answered last, and how long it may be silent. The clock is monotonic: nobody's correction of
/// the time of day restarts a machine.
#[derive(Debug)]
pub struct Contact {
    start: Instant,
    last_ms: AtomicU64,
    limit_ms: AtomicU64,
}

impl Default for Contact {
    fn default() -> Self {
        Self::new()
    }
}

impl Contact {
    /// The start counts as contact.
    pub fn new() -> Self {
        Self::with_limit(Duration::from_secs(LIMIT_S))
    }

    fn with_limit(limit: Duration) -> Self {
        let limit_ms = AtomicU64::new(limit.as_millis() as u64);
        Self { start: Instant::now(), last_ms: AtomicU64::new(0), limit_ms }
    }

    /// The server knows our job and answered.
    pub fn answered(&self) {
        self.last_ms.store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    pub fn limit(&self, seconds: u32) {
        self.limit_ms.store(1000 * u64::from(seconds).max(SHORTEST_LIMIT_S), Ordering::Relaxed);
    }

    pub fn verdict(&self) -> Verdict {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        dead_man(last, self.start.elapsed(), Duration::from_millis(self.limit_ms.load(Ordering::Relaxed)))
    }
}

/// Starts watching. Everything that is needed at the end is opened now.
pub fn watch(contact: &Arc<Contact>) -> std::io::Result<()> {
    let sysrq = OpenOptions::new().write(true).open("/proc/sysrq-trigger").ok();
    let mut watchdog = OpenOptions::new().write(true).open("/dev/watchdog").ok();
    let farewell = || {
        say("the server has not answered for too long; restarting into the own system");
        nix::unistd::sync();
    };
    let mut sign = OpenOptions::new().write(true).create(true).truncate(false).open(SIGN).ok();
    let mut beats = 0;
    let alive = move || {
        pet(watchdog.as_mut());
        stir(sign.as_mut(), &mut beats);
    };
    guard(Arc::clone(contact), alive, farewell, FAREWELL, move || restart(sysrq))
}

/// Calls `alive` while there is contact. After that `farewell` is given `patience`, and then, whatever became of it,
/// `end` is called.
fn guard(
    contact: Arc<Contact>,
    mut alive: impl FnMut() + Send + 'static,
    farewell: impl FnOnce() + Send + 'static,
    patience: Duration,
    end: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let over = Arc::new(AtomicBool::new(false));
    let wait = Arc::clone(&over);
    let farewell = Builder::new().name("farewell".to_owned()).stack_size(STACK).spawn(move || {
        // Parking may end for no reason.
        while !wait.load(Ordering::Acquire) {
            std::thread::park();
        }
        farewell();
    })?;
    Builder::new().name("dead-man".to_owned()).stack_size(STACK).spawn(move || {
        while let Verdict::Wait(left) = contact.verdict() {
            alive();
            std::thread::sleep(left.min(LOOK_EVERY));
        }
        over.store(true, Ordering::Release);
        farewell.thread().unpark();
        std::thread::sleep(patience);
        end();
    })?;
    Ok(())
}

/// The hardware's own dead man, where there is one: it bites when even this thread stops, and never after the limit.
fn pet(watchdog: Option<&mut File>) {
    if let Some(watchdog) = watchdog {
        let _ = watchdog.write_all(b".");
    }
}

/// The image's guard, a program of its own, looks at this: it restarts a machine whose agent does not stir, also where
/// there is no watchdog. Written over in place, so that it needs no memory.
fn stir(sign: Option<&mut File>, beats: &mut u64) {
    *beats += 1;
    let mut text = *b"agent --------------------\n";
    if let Some(sign) = sign
        && write!(&mut text[6..26], "{beats:020}").is_ok()
    {
        let _ = sign.write_all_at(&text, 0);
    }
}

/// By system call, by magic key, and at last by not petting the watchdog any more.
fn restart(mut sysrq: Option<File>) {
    loop {
        let Err(_) = reboot(RebootMode::RB_AUTOBOOT);
        if let Some(sysrq) = &mut sysrq {
            let _ = sysrq.write_all(b"b");
        }
        std::thread::sleep(FAREWELL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_machine_stays_while_the_server_answered_within_the_limit() {
        assert_eq!(dead_man(s(100), s(100), s(600)), Verdict::Wait(s(600)));
        assert_eq!(dead_man(s(100), s(699), s(600)), Verdict::Wait(s(1)));
    }

    #[test]
    fn it_restarts_once_the_limit_is_reached() {
        assert_eq!(dead_man(s(100), s(700), s(600)), Verdict::Restart);
        assert_eq!(dead_man(s(100), s(9999), s(600)), Verdict::Restart);
    }

    #[test]
    fn an_answer_starts_the_wait_anew() {
        let contact = Contact::new();
        contact.limit(3600);
        contact.answered();
        let Verdict::Wait(left) = contact.verdict() else { panic!("restarts at once") };
        assert!(left > s(3590), "{left:?}");
    }

    #[test]
    fn a_limit_of_nothing_is_not_taken_at_its_word() {
        let contact = Contact::new();
        contact.limit(0);
        assert!(matches!(contact.verdict(), Verdict::Wait(_)));
    }

    #[test]
    fn each_sign_of_life_differs_from_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = File::create(folder.path().join("alive")).unwrap();
        let (mut beats, mut last) = (0, String::new());
        for _ in 0..3 {
            stir(Some(&mut file), &mut beats);
            let text = std::fs::read_to_string(folder.path().join("alive")).unwrap();
            assert!(text.len() == 27 && text != last, "{text}");
            last = text;
        }
        assert_eq!(last, "agent 00000000000000000003\n");
    }

    #[test]
    fn it_restarts_although_the_last_words_hang() {
        let (contact, (ended, end)) = (Arc::new(Contact::with_limit(Duration::from_millis(50))), channel());
        let (said, saying) = channel();
        let hang = move || {
            said.send(()).unwrap();
            loop {
                std::thread::park();
            }
        };
        guard(contact, || {}, hang, Duration::from_millis(10), move || ended.send(()).unwrap()).unwrap();
        assert_eq!(saying.recv_timeout(s(30)), Ok(()));
        assert_eq!(end.recv_timeout(s(30)), Ok(()));
    }

    #[test]
    fn it_restarts_only_once_the_answers_have_stopped() {
        let contact = Arc::new(Contact::with_limit(s(2)));
        let (ended, end) = channel();
        let (answers, mut left) = (Arc::clone(&contact), 3);
        let alive = move || {
            if left > 0 {
                left -= 1;
                answers.answered();
            }
        };
        guard(contact, alive, || {}, s(0), move || ended.send(Instant::now()).unwrap()).unwrap();
        let begun = Instant::now();
        // Three answers a second apart, then two seconds of silence.
        assert!(end.recv_timeout(s(60)).unwrap() >= begun + s(4) - Duration::from_millis(500));
    }
}
