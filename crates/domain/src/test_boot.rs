//! Test boots: a version of an image, started in a throw-away virtual machine, and what became of it.

use crate::Time;
use crate::digest::Digest;
use crate::machine::Firmware;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a test boot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Our agent said hello.
    Agent,
    /// It asks who signs in.
    Login,
    /// It said what it was to say.
    Said,
    /// A person saw on the screen that it runs.
    Seen,
    /// The firmware found nothing in it that it starts.
    Refused,
    /// The kernel gave up.
    Panicked,
    /// It stopped in the shell of its initial RAM disk, waiting for somebody.
    Stuck,
    /// It restarted or switched itself off.
    Left,
    /// It said nothing any more, and nothing that tells whether it runs.
    Quiet,
    /// Time was up while it still spoke.
    TimeUp,
    /// A person stopped it.
    Stopped,
    /// The virtual machine could not be started, or ended with the server: it says nothing about the image.
    Undone,
}

impl Verdict {
    /// Has it booted?
    pub fn booted(self) -> bool {
        matches!(self, Self::Agent | Self::Login | Self::Said | Self::Seen)
    }

    /// Has it been shown that it does not boot?
    pub fn failed(self) -> bool {
        matches!(self, Self::Refused | Self::Panicked | Self::Stuck | Self::Left)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Agent => "It boots: our agent said hello",
            Self::Login => "It boots: it asks who signs in",
            Self::Said => "It boots: it said what it was to say",
            Self::Seen => "It boots: a person saw it on the screen",
            Self::Refused => "It does not boot: its firmware finds nothing to start",
            Self::Panicked => "It does not boot: its kernel gave up",
            Self::Stuck => "It does not boot: it stopped in the shell of its initial RAM disk",
            Self::Left => "It does not boot: it restarted or switched itself off",
            Self::Quiet => "Not known: it says nothing any more",
            Self::TimeUp => "Not known: time was up while it still spoke",
            Self::Stopped => "Not known: it was stopped",
            Self::Undone => "Not tried",
        }
    }
}

/// A test boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestBoot {
    pub id: Uuid,
    pub image: Digest,
    pub firmware: Firmware,
    pub asked_by: String,
    pub asked_at: Time,
    /// A text on its serial line that shows that it runs; empty: none.
    pub looks_for: String,
    /// What was started and how, in words.
    pub way: String,
    /// What it said on its serial line: the end of it.
    pub heard: String,
    /// Counts the pictures of its screen; 0: none.
    pub screens: i32,
    /// `None`: it is under way.
    pub ended: Option<Ended>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Time,
    pub verdict: Verdict,
    /// What more there is to say.
    pub words: String,
}

impl TestBoot {
    /// Why nobody can have seen on its screen that it runs, in words; `None`: somebody can.
    pub fn why_not_seen(&self) -> Option<&'static str> {
        match self.ended.as_ref().map(|ended| ended.verdict) {
            _ if self.screens == 0 => Some("there is no picture of its screen"),
            None | Some(Verdict::Quiet | Verdict::TimeUp) => None,
            Some(Verdict::Stopped | Verdict::Undone) => {
                Some("it did not run to its end: start it again, and say so while it runs")
            }
            Some(verdict) if verdict.failed() => Some("it was shown not to boot"),
            Some(_) => Some("that it boots stands there already"),
        }
    }

    /// Seconds that it took, or takes by now.
    pub fn seconds(&self, now: Time) -> i64 {
        let until = self.ended.as_ref().map_or(now, |ended| ended.at);
        (until - self.asked_at).num_seconds().max(0)
    }
}

/// What is listened for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// Our agent is in the image.
    pub agent: bool,
    /// Another text that shows that it runs; empty: none.
    pub looks_for: String,
}

/// What the agent says first, on all consoles.
const AGENT: &str = "pitstop: agent ";
/// Words of Linux that nothing comes after (`kernel/panic.c`).
const PANICS: [&str; 2] = ["Kernel panic - not syncing", "end Kernel panic"];
/// Words of OVMF about a program that it does not take (edk2, `UefiBootManagerLib`). It goes on to the network then.
const REFUSALS: [&str; 3] =
    ["BdsDxe: failed to load Boot", "BdsDxe: failed to start Boot", "BdsDxe: No bootable option"];
/// Shells into which initial RAM disks fall when they find no system: dracut, Alpine.
const SHELLS: [&str; 2] = ["Entering emergency mode", "initramfs emergency recovery shell"];
/// The prompt of the one of initramfs-tools.
const PROMPT: &str = "(initramfs)";

/// What this shows, if anything. `text` is [`plain`].
pub fn judge(text: &str, listen: &Listen) -> Option<Verdict> {
    if PANICS.iter().any(|words| text.contains(words)) {
        return Some(Verdict::Panicked);
    }
    if listen.agent && text.contains(AGENT) {
        return Some(Verdict::Agent);
    }
    if !listen.looks_for.is_empty() && text.contains(&listen.looks_for) {
        return Some(Verdict::Said);
    }
    if SHELLS.iter().any(|words| text.contains(words)) || text.lines().any(|line| line.starts_with(PROMPT)) {
        return Some(Verdict::Stuck);
    }
    if REFUSALS.iter().any(|words| text.contains(words)) {
        return Some(Verdict::Refused);
    }
    asks_who_signs_in(text).then_some(Verdict::Login)
}

/// A prompt of `getty`, with nothing behind it: `oak login: `. Lines about the last login end otherwise.
fn asks_who_signs_in(text: &str) -> bool {
    let is_prompt = |line: &str| {
        let line = line.trim_end();
        line == "login:" || line.strip_suffix(" login:").is_some_and(|host| !host.trim().is_empty())
    };
    // The kernel may say more while getty waits.
    text.lines().any(is_prompt)
}

/// Text of a serial line as people read it: without the orders to a terminal.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // ECMA-48, 5.4: a control sequence ends with a letter from `@` to `~`.
            '\u{1b}' => match letters.next() {
                Some('[') => drop(letters.by_ref().find(|letter| ('@'..='~').contains(letter))),
                Some('(' | ')' | '#') => drop(letters.next()),
                _ => {}
            },
            '\n' | '\t' => out.push(letter),
            // A line that is written over and over is shown as lines.
            '\r' if letters.peek() != Some(&'\n') => out.push('\n'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Option<Verdict> {
        judge(text, &Listen { agent: true, looks_for: "Memtest86+".to_owned() })
    }

    #[test]
    fn what_shows_that_it_runs_is_told_from_what_shows_that_it_does_not() {
        assert_eq!(heard("Linux version 6.1\n[    1.0] Run /init as init process\n"), None);
        assert_eq!(heard("pitstop: agent 0.1.0 in maintenance, server http://a\n"), Some(Verdict::Agent));
        assert_eq!(heard("Debian GNU/Linux 12 debian ttyS0\n\ndebian login: "), Some(Verdict::Login));
        assert_eq!(heard("Memtest86+ v6.10"), Some(Verdict::Said));
        assert_eq!(heard("BusyBox v1.35\n(initramfs) "), Some(Verdict::Stuck));
        assert_eq!(heard("Begin: Running /scripts/init-top (initramfs)\n"), None);
        let refused = "BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from Pci(0x3): Not Found";
        assert_eq!(heard(refused), Some(Verdict::Refused));
        assert_eq!(heard("BdsDxe: starting Boot0001 \"UEFI Misc Device\" from Pci(0x3)"), None);
        let panic = "oak login: \n[ 2.0] Kernel panic - not syncing: VFS: Unable to mount root fs";
        assert_eq!(heard(panic), Some(Verdict::Panicked), "whatever came before");
    }

    #[test]
    fn an_agent_is_only_believed_where_one_is() {
        assert_eq!(judge("pitstop: agent 0.1.0", &Listen::default()), None);
    }

    #[test]
    fn a_line_about_a_login_is_no_prompt() {
        assert_eq!(heard("Last login: Mon Nov 3 on ttyS0\n"), None);
        assert_eq!(heard("login: root\n"), None);
        assert_eq!(heard("login: \n"), Some(Verdict::Login));
    }

    #[test]
    fn a_serial_line_is_read_without_orders_to_a_terminal() {
        assert_eq!(plain("\u{1b}[2J\u{1b}[01;01Hone\r\ntwo\rthree\u{1b}(B\u{7}\0"), "one\ntwo\nthree");
        assert_eq!(plain("\u{1b}[0;1;31mFAILED\u{1b}[0m"), "FAILED");
    }
}
