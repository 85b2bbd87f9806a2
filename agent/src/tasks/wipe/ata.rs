//! SATA: the Sanitize Device feature set (ACS-4, section 4.17), by `hdparm`. The older *Security Erase* is not used: it sets a
//! password first, and a disk that fails in between is locked to everybody.

use super::own::Own;
use crate::maintenance::board::Board;
use crate::tasks::tool::Tool;
use std::time::Duration;

/// Asks hdparm, and gives what it says.
type Ask<'a> = Box<dyn Fn(&[&str]) -> Result<String, String> + 'a>;

/// How it erases itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Blocks,
    Key,
}

struct Ata<'a> {
    ask: Ask<'a>,
    way: Way,
    every: Duration,
}

/// What hdparm says of an operation.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Frozen,
    /// In a thousand.
    Going(u16),
    Done,
    Idle,
    Failed,
}

/// The best way of the disk at this path.
pub fn of<'a>(device: &str, board: &'a Board) -> Result<Box<dyn Own + 'a>, String> {
    // Each question is short; what it starts goes on in the disk.
    let device = device.to_owned();
    let ask = move |asked: &[&str]| {
        let ran = Tool::new("hdparm").args(asked).args([&device]).to_its_end().quiet().run(board)?;
        match ran.code {
            Some(0) => Ok(ran.text),
            code => Err(format!("hdparm {} ended with {code:?}: {}", asked.join(" "), last(&ran.text))),
        }
    };
    Ok(Box::new(Ata::asked(Box::new(ask), Duration::from_secs(2))?))
}

impl<'a> Ata<'a> {
    fn asked(ask: Ask<'a>, every: Duration) -> Result<Self, String> {
        let way = way(&ask(&["-I"])?).ok_or("it has no command of its own for that (ATA Sanitize)")?;
        match state(&ask(&["--sanitize-status"])?)? {
            State::Frozen => {
                Err("its firmware has frozen its Sanitize command until it is switched off and on".to_owned())
            }
            _ => Ok(Self { ask, way, every }),
        }
    }

    fn until_over(&self, tell: &mut dyn FnMut(u16)) -> Result<State, String> {
        loop {
            match state(&(self.ask)(&["--sanitize-status"])?)? {
                State::Going(permille) => tell(permille),
                over => return Ok(over),
            }
            std::thread::sleep(self.every);
        }
    }
}

impl Own for Ata<'_> {
    fn name(&self) -> &str {
        match self.way {
            Way::Blocks => "ATA Sanitize, block erase",
            Way::Key => "ATA Sanitize, crypto scramble",
        }
    }

    fn erase(&self, tell: &mut dyn FnMut(u16)) -> Result<(), String> {
        let command = match self.way {
            Way::Blocks => "--sanitize-block-erase",
            Way::Key => "--sanitize-crypto-scramble",
        };
        // One that goes on, asked for by an agent that was started anew since, takes no other beside it.
        self.until_over(tell)?;
        (self.ask)(&["--yes-i-know-what-i-am-doing", command])?;
        match self.until_over(tell)? {
            State::Done => Ok(()),
            other => Err(format!("its sanitize operation ended otherwise than done ({other:?})")),
        }
    }
}

/// Of `hdparm -I`: what is supported stands behind a star where it is enabled, too.
fn way(said: &str) -> Option<Way> {
    let has = |name: &str| said.lines().any(|line| line.trim().trim_start_matches('*').trim() == name);
    let blocks = has("BLOCK_ERASE_EXT command").then_some(Way::Blocks);
    let key = has("CRYPTO_SCRAMBLE_EXT command").then_some(Way::Key);
    blocks.or(key).filter(|_| has("SANITIZE feature set"))
}

/// Of `hdparm --sanitize-status`.
fn state(said: &str) -> Result<State, String> {
    let has = |words: &str| said.contains(words);
    if has("Sanitize Frozen") {
        Ok(State::Frozen)
    } else if has("In Process") {
        Ok(State::Going(percent(said).unwrap_or(0) * 10))
    } else if has("Operation Failed") || has("completed unsuccessfully") {
        Ok(State::Failed)
    } else if has("Completed Without Error") {
        Ok(State::Done)
    } else if has("Sanitize Idle") {
        Ok(State::Idle)
    } else {
        Err(format!("what hdparm says of its Sanitize command is not understood: {}", last(said)))
    }
}

/// `Progress: 0x8000 (50%)`.
fn percent(said: &str) -> Option<u16> {
    let (_, behind) = said.split_once("Progress:")?;
    behind.split_once('(')?.1.split_once('%')?.0.trim().parse().ok().filter(|percent| *percent <= 100)
}

fn last(said: &str) -> &str {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What hdparm 9.65 writes; no disk that emulators have knows the command, so none stands behind it.
    const ABOUT: &str = "Commands/features:\n\tEnabled\tSupported:\n\t   *\tSMART feature set\n\t   *\tSANITIZE feature set\n";
    const IDLE: &str =
        "\n/dev/sda:\nIssuing SANITIZE_STATUS command\nSanitize status:\n    State:    SD0 Sanitize Idle\n";

    fn going(progress: &str) -> String {
        IDLE.replace("SD0 Sanitize Idle", "SD2 Sanitize operation In Process")
            + &format!("    Progress: {progress}\n")
    }

    fn done() -> String {
        format!("{IDLE}    Last Sanitize Operation Completed Without Error\n")
    }

    /// The states, one for each look, the last for all after it; and what was asked.
    fn disk(about: &str, states: &[&str]) -> (Result<Ata<'static>, String>, Rc<RefCell<Vec<String>>>) {
        let asked = Rc::new(RefCell::new(vec![]));
        let (about, states, noted) = (
            about.to_owned(),
            RefCell::new(states.iter().map(|said| (*said).to_owned()).collect::<Vec<_>>()),
            asked.clone(),
        );
        let ask = move |words: &[&str]| {
            noted.borrow_mut().push(words.join(" "));
            Ok(match words {
                ["-I"] => about.clone(),
                ["--sanitize-status"] => {
                    let mut states = states.borrow_mut();
                    if states.len() > 1 { states.remove(0) } else { states[0].clone() }
                }
                _ => String::new(),
            })
        };
        (Ata::asked(Box::new(ask), Duration::ZERO), asked)
    }

    #[test]
    fn a_disk_erases_itself_by_blocks_where_it_can_and_is_waited_for() {
        let about = format!("{ABOUT}\t   *\tCRYPTO_SCRAMBLE_EXT command\n\t   *\tBLOCK_ERASE_EXT command\n");
        let (ata, asked) =
            disk(&about, &[IDLE, IDLE, &going("0x4000 (25%)"), &going("0xc000 (75%)"), &done()]);
        let (ata, mut told) = (ata.unwrap(), vec![]);
        ata.erase(&mut |permille| told.push(permille)).unwrap();
        assert_eq!(told, [250, 750]);
        assert_eq!(asked.borrow()[3], "--yes-i-know-what-i-am-doing --sanitize-block-erase");
    }

    #[test]
    fn what_ends_otherwise_than_done_is_no_success() {
        let about = format!("{ABOUT}\t   *\tCRYPTO_SCRAMBLE_EXT command\n");
        let failed = IDLE.replace("SD0 Sanitize Idle", "SD3 Sanitize Operation Failed");
        for after in [IDLE, &failed] {
            let (ata, _) = disk(&about, &[IDLE, IDLE, after]);
            assert!(ata.unwrap().erase(&mut |_| {}).is_err(), "{after}");
        }
        let (ata, _) = disk(&about, &["what nobody understands"]);
        assert!(ata.err().unwrap().contains("not understood"));
    }

    #[test]
    fn a_disk_without_it_or_with_frozen_firmware_is_left_alone() {
        let (none, asked) = disk("\t   *\tSMART feature set\n", &[IDLE]);
        assert!(none.err().unwrap().contains("no command"));
        assert_eq!(asked.borrow().len(), 1);
        let about = format!("{ABOUT}\t   *\tBLOCK_ERASE_EXT command\n");
        let (frozen, _) = disk(&about, &[&IDLE.replace("SD0 Sanitize Idle", "SD1 Sanitize Frozen")]);
        assert!(frozen.err().unwrap().contains("frozen"));
        assert_eq!(way(ABOUT), None);
    }
}
