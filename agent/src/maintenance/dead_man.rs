//! Nobody answers: restart, whatever else hangs.
//!
//! The watching thread takes no lock, asks for no memory and waits for nobody. What may hang (writing to a console,
//! to a disk) is done by a second thread, which is given some seconds.

use crate::console::say;
use nix::sys::reboot::{RebootMode, reboot};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Until the task says otherwise: the default of a function's limits.
const LIMIT_S: u64 = 600;
/// A limit below this would restart machines over a server's restart.
const SHORTEST_LIMIT_S: u64 = 30;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the last words and the disks may take.
const FAREWELL: Duration = Duration::from_secs(10);
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
    limit_s: AtomicU64,
}

impl Default for Contact {
    fn default() -> Self {
        Self::new()
    }
}

impl Contact {
    /// The start counts as contact.
    pub fn new() -> Self {
        Self { start: Instant::now(), last_ms: AtomicU64::new(0), limit_s: AtomicU64::new(LIMIT_S) }
    }

    /// The server knows our job and answered.
    pub fn answered(&self) {
        self.last_ms.store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    pub fn limit(&self, seconds: u32) {
        self.limit_s.store(u64::from(seconds).max(SHORTEST_LIMIT_S), Ordering::Relaxed);
    }

    pub fn verdict(&self) -> Verdict {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        dead_man(last, self.start.elapsed(), Duration::from_secs(self.limit_s.load(Ordering::Relaxed)))
    }
}

/// Starts watching. Everything that is needed at the end is opened now.
pub fn watch(contact: &Arc<Contact>) -> std::io::Result<()> {
    let farewell = Builder::new().name("farewell".to_owned()).stack_size(STACK).spawn(|| {
        std::thread::park();
        say("the server has not answered for too long; restarting into the own system");
        nix::unistd::sync();
    })?;
    let sysrq = OpenOptions::new().write(true).open("/proc/sysrq-trigger").ok();
    let mut watchdog = OpenOptions::new().write(true).open("/dev/watchdog").ok();
    let contact = Arc::clone(contact);
    Builder::new().name("dead-man".to_owned()).stack_size(STACK).spawn(move || {
        while let Verdict::Wait(left) = contact.verdict() {
            pet(watchdog.as_mut());
            std::thread::sleep(left.min(LOOK_EVERY));
        }
        farewell.thread().unpark();
        std::thread::sleep(FAREWELL);
        restart(sysrq);
    })?;
    Ok(())
}

/// The hardware's own dead man, where there is one: it bites when even this thread stops, and never after the limit.
fn pet(watchdog: Option<&mut File>) {
    if let Some(watchdog) = watchdog {
        let _ = watchdog.write_all(b".");
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
}
