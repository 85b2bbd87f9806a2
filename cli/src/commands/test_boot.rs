//! *Will it boot?*, followed.

use super::images::version;
use super::{Context, print, remark};
use crate::args::catalog::Firmware;
use crate::exit::Exit;
use crate::fault::Fault;
use pitstop_domain::test_boot::{TestBoot, Verdict};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

/// The server looks at it every two seconds.
const EVERY: Duration = Duration::from_secs(1);
/// A server that is restarted is back within this; it knows then that the virtual machine is gone.
const TRIES: u32 = 60;
/// So much of what was heard tells where news begin.
const KNOWN: usize = 120;

/// Starts it, and follows it to its verdict.
pub fn test_boot(
    context: &Context,
    wanted: &str,
    firmware: Option<Firmware>,
    looks_for: &str,
    watch: bool,
) -> Result<Exit, Fault> {
    let image = version(context, wanted)?;
    let firmware = match firmware {
        Some(Firmware::Bios) => "bios",
        Some(Firmware::Uefi) => "uefi",
        None => image.firmware.first().map_or("bios", String::as_str),
    };
    let asked = json!({ "firmware": firmware, "looks_for": looks_for });
    let mut answer = context.client.post(&format!("images/{}/test-boots", image.digest), &asked)?;
    let begun: TestBoot = context.understood(&answer)?;
    if !watch {
        print(&if context.json { format!("{answer}\n") } else { format!("{}\n", begun.id) })?;
        return Ok(Exit::Done);
    }
    if !context.json {
        let called = format!("{} {}", image.name, image.version);
        remark(&format!("{called} is started from {}", begun.firmware));
    }
    let (mut heard, mut failed) = (String::new(), 0);
    loop {
        let boot: TestBoot = context.understood(&answer)?;
        if !context.json {
            print(&news(&heard, &boot.heard))?;
        }
        heard.clone_from(&boot.heard);
        if let Some(ended) = &boot.ended {
            if context.json {
                print(&format!("{answer}\n"))?;
            } else {
                remark(&said(ended.verdict, &ended.words));
            }
            return Ok(exit(ended.verdict));
        }
        sleep(EVERY);
        answer = again(context, &boot, &mut failed)?.unwrap_or(answer);
    }
}

/// How it is now; `None`: the server does not answer just now.
fn again(context: &Context, boot: &TestBoot, failed: &mut u32) -> Result<Option<Value>, Fault> {
    match context.client.get(&format!("images/test-boots/{}", boot.id)) {
        Ok(answer) => {
            *failed = 0;
            Ok(Some(answer))
        }
        Err(fault) if fault.may_pass() && *failed < TRIES => {
            *failed += 1;
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

fn said(verdict: Verdict, words: &str) -> String {
    if words.is_empty() { verdict.words().to_owned() } else { format!("{}: {words}", verdict.words()) }
}

/// Whether it boots, for scripts.
fn exit(verdict: Verdict) -> Exit {
    match verdict {
        verdict if verdict.booted() => Exit::Done,
        verdict if verdict.failed() => Exit::Failed,
        _ => Exit::NotProven,
    }
}

/// What was not told before, fit for a terminal. The server keeps the end of what was said, so the beginning moves.
fn news(known: &str, heard: &str) -> String {
    let tail: Vec<_> = known.char_indices().rev().take(KNOWN).map(|(at, _)| at).collect();
    let tail = &known[tail.last().copied().unwrap_or(0)..];
    let from = if tail.is_empty() { 0 } else { heard.rfind(tail).map_or(0, |at| at + tail.len()) };
    heard[from..].chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_told_and_nothing_moves_the_cursor() {
        assert_eq!(news("", "Linux\n"), "Linux\n");
        assert_eq!(news("Linux\n", "Linux\nlogin:\u{1b}[2J"), "login:[2J");
        let long = format!("{}end", "x".repeat(500));
        let moved = format!("{}!", &long[200..]);
        assert_eq!(news(&long, &moved), "!", "also when its beginning was dropped");
        assert_eq!(news("Linux\n", "Linux\n"), "");
    }

    #[test]
    fn doubt_is_not_success() {
        let ends = [Verdict::Agent, Verdict::Panicked, Verdict::Quiet, Verdict::Undone].map(exit);
        assert_eq!(ends, [Exit::Done, Exit::Failed, Exit::NotProven, Exit::NotProven]);
    }
}
