//! NVMe: *Sanitize*, which reaches all of the disk, where nobody else's data are on it; else *Format* with a secure erase.
//! Numbers of bytes and bits are those of the NVM Express Base Specification 2.0 and the NVM Command Set Specification 1.0.

use super::own::Own;
use crate::sys;
use std::fs::File;
use std::time::Duration;

const GET_LOG_PAGE: u8 = 0x02;
const IDENTIFY: u8 = 0x06;
const FORMAT: u8 = 0x80;
const SANITIZE: u8 = 0x84;

/// To answer a question.
const SOON: Duration = Duration::from_secs(60);
/// To format: the largest disks that overwrite themselves for it take hours.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// A command that is sent to the disk's controller.
pub struct Command {
    opcode: u8,
    namespace: u32,
    word_10: u32,
    limit: Duration,
}

/// A controller that takes commands.
pub trait Controller {
    /// # Errors
    /// It cannot be asked, or does not do it, in words.
    fn send(&self, command: &Command, data: &mut [u8]) -> Result<(), String>;

    /// Between two looks at how far it is.
    fn pause(&self);
}

impl Controller for File {
    fn send(&self, command: &Command, data: &mut [u8]) -> Result<(), String> {
        let words = (command.opcode, command.namespace, command.word_10);
        match sys::nvme_admin(self, words, data, command.limit) {
            Ok(0) => Ok(()),
            Ok(status) => {
                Err(format!("the disk refuses command {:#04x} with status {status:#06x}", command.opcode))
            }
            Err(error) => {
                Err(format!("command {:#04x} cannot be given to the disk: {error}", command.opcode))
            }
        }
    }

    fn pause(&self) {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The best way of the disk that is open at this path.
pub fn of(device: &str) -> Result<Box<dyn Own>, String> {
    let disk = File::open(device).map_err(|error| format!("{device} cannot be opened: {error}"))?;
    let namespace =
        sys::nvme_namespace(&disk).map_err(|error| format!("it does not say its number: {error}"))?;
    Ok(Box::new(Nvme::asked(disk, namespace)?))
}

/// How it erases itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    SanitizeBlocks,
    SanitizeKey,
    /// As it is formatted now; the command's word 10.
    Format(u32),
}

struct Nvme<C> {
    controller: C,
    namespace: u32,
    way: Way,
}

impl<C: Controller> Nvme<C> {
    fn asked(controller: C, namespace: u32) -> Result<Self, String> {
        let about = identify(&controller, 0, 1)?;
        let others = identify(&controller, 0, 2)?;
        let format = identify(&controller, namespace, 0)?;
        let way = way(&about, is_alone(&about, &others, namespace), &format)?;
        Ok(Self { controller, namespace, way })
    }

    /// Log page 81h, Sanitize Status: progress in 65536ths, and state.
    fn sanitizing(&self) -> Result<(u16, u16), String> {
        let mut page = [0; 512];
        let word_10 = ((page.len() as u32 / 4 - 1) << 16) | 0x81;
        let command = Command { opcode: GET_LOG_PAGE, namespace: u32::MAX, word_10, limit: SOON };
        self.controller.send(&command, &mut page)?;
        Ok((u16::from_le_bytes([page[0], page[1]]), u16::from_le_bytes([page[2], page[3]]) & 0b111))
    }

    fn until_sanitized(&self, tell: &mut dyn FnMut(u16)) -> Result<u16, String> {
        loop {
            let (progress, state) = self.sanitizing()?;
            if state != 2 {
                return Ok(state);
            }
            tell((u32::from(progress) * 1000 / 65536) as u16);
            self.controller.pause();
        }
    }

    fn sanitize(&self, action: u32, tell: &mut dyn FnMut(u16)) -> Result<(), String> {
        // One that goes on, asked for by an agent that was started anew since, takes no other beside it.
        self.until_sanitized(tell)?;
        // Bit 3: where it fails, the disk may be used again without having been sanitized.
        self.command(SANITIZE, 0, action | 1 << 3, SOON)?;
        match self.until_sanitized(tell)? {
            1 | 4 => Ok(()),
            state => {
                // What failed keeps the disk from reading and writing until it is told that we know.
                let _ = self.command(SANITIZE, 0, 1, SOON);
                Err(format!("its sanitize operation ended in state {state}"))
            }
        }
    }

    fn command(&self, opcode: u8, namespace: u32, word_10: u32, limit: Duration) -> Result<(), String> {
        self.controller.send(&Command { opcode, namespace, word_10, limit }, &mut [])
    }
}

impl<C: Controller> Own for Nvme<C> {
    fn name(&self) -> &str {
        match self.way {
            Way::SanitizeBlocks => "NVMe Sanitize, block erase",
            Way::SanitizeKey => "NVMe Sanitize, crypto erase",
            Way::Format(_) => "NVMe Format, user data erase",
        }
    }

    fn erase(&self, tell: &mut dyn FnMut(u16)) -> Result<(), String> {
        match self.way {
            Way::SanitizeBlocks => self.sanitize(2, tell),
            Way::SanitizeKey => self.sanitize(4, tell),
            Way::Format(word_10) => {
                tell(0);
                self.command(FORMAT, self.namespace, word_10, A_DAY)
            }
        }
    }
}

fn identify(controller: &dyn Controller, namespace: u32, what: u32) -> Result<[u8; 4096], String> {
    let mut page = [0; 4096];
    let command = Command { opcode: IDENTIFY, namespace, word_10: what, limit: SOON };
    controller.send(&command, &mut page)?;
    Ok(page)
}

/// Whether all of the disk is this namespace: what reaches all of it reaches nobody else's data. Byte 76, bit 1: other
/// controllers may have more of it than this one tells.
fn is_alone(about: &[u8; 4096], namespaces: &[u8; 4096], ours: u32) -> bool {
    let mut active =
        namespaces.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    active.next() == Some(ours) && active.next() == Some(0) && about[76] & 0b10 == 0
}

fn way(about: &[u8; 4096], alone: bool, namespace: &[u8; 4096]) -> Result<Way, String> {
    // Bytes 328 to 331: which sanitize operations it has. Byte 256, bit 1: whether it has Format. Byte 524: bit 0, a format is for
    // all namespaces; bit 1, a secure erase is.
    let (sanitize, format, for_all) = (about[328], about[256] & 0b10 != 0, about[524] & 0b11 != 0);
    match (alone, sanitize) {
        (true, ways) if ways & 0b10 != 0 => Ok(Way::SanitizeBlocks),
        (true, ways) if ways & 0b01 != 0 => Ok(Way::SanitizeKey),
        (alone, _) if format && (alone || !for_all) => Ok(Way::Format(as_it_is(namespace))),
        (false, ways) if ways & 0b11 != 0 || format => {
            Err("its own command would erase more than this disk: other namespaces are on it".to_owned())
        }
        _ => Err("it has no command of its own for that (neither Sanitize nor Format)".to_owned()),
    }
}

/// Word 10 of Format: the format that it has now, with a secure erase of user data (bits 9 to 11).
fn as_it_is(namespace: &[u8; 4096]) -> u32 {
    let (size, protection) = (u32::from(namespace[26]), u32::from(namespace[29]));
    let (lower, beside, upper) = (size & 0xf, size >> 4 & 1, size >> 5 & 0b11);
    let (kind, first) = (protection & 0b111, protection >> 3 & 1);
    lower | beside << 4 | kind << 5 | first << 8 | 1 << 9 | upper << 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// No disk: answers as the specification says that one does. QEMU has Format, and is asked in `qemu_tools`; it has no Sanitize.
    struct Pretended {
        about: [u8; 4096],
        namespaces: Vec<u32>,
        /// State and progress, one for each look, the last for all after it.
        states: RefCell<Vec<(u16, u16)>>,
        sent: RefCell<Vec<(u8, u32, u32)>>,
    }

    impl Pretended {
        fn new(sanitize: u8, format: bool, for_all: u8, namespaces: &[u32]) -> Self {
            let mut about = [0; 4096];
            (about[328], about[256], about[524]) = (sanitize, if format { 0b10 } else { 0 }, for_all);
            let states = RefCell::new(vec![(0, u16::MAX)]);
            Self { about, namespaces: namespaces.to_vec(), states, sent: RefCell::default() }
        }

        fn states(self, states: &[(u16, u16)]) -> Self {
            Self { states: RefCell::new(states.to_vec()), ..self }
        }
    }

    impl Controller for Pretended {
        fn send(&self, command: &Command, data: &mut [u8]) -> Result<(), String> {
            match (command.opcode, command.word_10) {
                (IDENTIFY, 0) => (data[26], data[29]) = (0b0011_0010, 0b1001),
                (IDENTIFY, 1) => data.copy_from_slice(&self.about),
                (IDENTIFY, 2) => {
                    let numbers = self.namespaces.iter().flat_map(|number| number.to_le_bytes());
                    numbers.zip(data).for_each(|(from, to)| *to = from);
                }
                (GET_LOG_PAGE, 0x007f_0081) => {
                    let mut states = self.states.borrow_mut();
                    let (state, progress) = if states.len() > 1 { states.remove(0) } else { states[0] };
                    data[..2].copy_from_slice(&progress.to_le_bytes());
                    data[2..4].copy_from_slice(&state.to_le_bytes());
                }
                other => {
                    assert!(data.is_empty() && other.0 >= FORMAT);
                    self.sent.borrow_mut().push((other.0, command.namespace, other.1));
                }
            }
            Ok(())
        }

        fn pause(&self) {}
    }

    fn way_of(disk: Pretended) -> Result<Way, String> {
        Nvme::asked(disk, 1).map(|nvme| nvme.way)
    }

    #[test]
    fn what_reaches_all_of_a_disk_is_used_only_where_nobody_else_is_on_it() {
        assert_eq!(way_of(Pretended::new(0b11, true, 0, &[1])), Ok(Way::SanitizeBlocks));
        assert_eq!(way_of(Pretended::new(0b01, true, 0, &[1])), Ok(Way::SanitizeKey));
        let format = Way::Format(0b10 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 12);
        assert_eq!(way_of(Pretended::new(0, true, 0b11, &[1])), Ok(format), "as it is formatted now");
        assert_eq!(way_of(Pretended::new(0b11, true, 0, &[1, 2])), Ok(format), "only itself");
        for for_all in [0b01, 0b10] {
            let why = way_of(Pretended::new(0b11, true, for_all, &[1, 2])).unwrap_err();
            assert!(why.contains("other namespaces"), "{why}");
        }
        let mut shared = Pretended::new(0b11, false, 0, &[1]);
        shared.about[76] = 0b10;
        assert!(way_of(shared).unwrap_err().contains("other namespaces"));
        assert!(way_of(Pretended::new(0, false, 0, &[1])).unwrap_err().contains("neither"));
        assert!(way_of(Pretended::new(0, false, 0, &[1, 2])).unwrap_err().contains("neither"));
    }

    #[test]
    fn a_sanitize_operation_is_waited_for_and_its_failure_is_no_success() {
        let disk =
            Pretended::new(0b10, true, 0, &[1]).states(&[(0, 0), (2, 0x4000), (2, 0xc000), (1, u16::MAX)]);
        let (nvme, mut told) = (Nvme::asked(disk, 1).unwrap(), vec![]);
        nvme.erase(&mut |permille| told.push(permille)).unwrap();
        assert_eq!(told, [250, 750]);
        assert_eq!(*nvme.controller.sent.borrow(), [(SANITIZE, 0, 0b1010)]);
        let disk = Pretended::new(0b10, true, 0, &[1]).states(&[(1, 0), (3, 0)]);
        let nvme = Nvme::asked(disk, 1).unwrap();
        assert!(nvme.erase(&mut |_| {}).unwrap_err().contains("state 3"));
        assert_eq!(nvme.controller.sent.borrow().last(), Some(&(SANITIZE, 0, 1)), "it may be used again");
    }

    #[test]
    fn one_that_goes_on_already_is_waited_for_before_another_begins() {
        let disk = Pretended::new(0b10, true, 0, &[1]).states(&[(2, 0x8000), (1, 0), (1, 0)]);
        let (nvme, mut told) = (Nvme::asked(disk, 1).unwrap(), vec![]);
        nvme.erase(&mut |permille| told.push(permille)).unwrap();
        assert_eq!((told, nvme.controller.sent.borrow().len()), (vec![500], 1));
    }
}
