//! File systems: looked at without a change, repaired where that was asked for, and looked at again. Only what the
//! second look finds clean counts as repaired.
//!
//! [`checker`] knows the tool of each file system and what its codes mean.

mod checker;

use super::ground::Ground;
use super::paper::{self, Paper};
use super::volumes::{Volume, volumes};
use crate::maintenance::board::Board;
use checker::Checker;
pub use checker::Look;
use pitstop_domain::wire::TaskEnded;

/// Looks at all file systems, or at those of one device.
pub fn run(repair: bool, device: Option<&str>, ground: &Ground) -> TaskEnded {
    let board = ground.board;
    let volumes = match volumes(device, board) {
        Ok(volumes) => volumes,
        Err(error) => return paper::failed(error),
    };
    let volumes: Vec<_> = volumes.into_iter().filter(|volume| !volume.is_of_no_interest()).collect();
    if volumes.is_empty() {
        return paper::failed("there is no disk with a file system to look at");
    }
    let mut paper = Paper::default();
    for (at, volume) in volumes.iter().enumerate() {
        if board.is_stopped() {
            paper.stopped();
            break;
        }
        board.progress((1000 * at / volumes.len()) as u16, format!("looking at {}", volume.about()));
        look_after(volume, repair, board, &mut paper);
    }
    board.progress(1000, "all file systems are looked at");
    paper.ended("all file systems are clean")
}

/// What its tool sees. Where there is no tool nobody knows.
pub fn look(volume: &Volume, board: &Board) -> Look {
    match Checker::of(&volume.kind) {
        Some(checker) => checker.look(&volume.device, board),
        None => Look::Unable(format!("there is no tool for {} here", volume.kind)),
    }
}

/// Is it whole, as far as its tool can see?
///
/// # Errors
/// Why not, in words.
pub fn looks_clean(volume: &Volume, board: &Board) -> Result<(), String> {
    match look(volume, board) {
        Look::Clean => Ok(()),
        Look::Broken(why) | Look::Unable(why) => Err(why),
        Look::Stopped => Err("it was stopped before that was known".to_owned()),
    }
}

fn look_after(volume: &Volume, repair: bool, board: &Board, paper: &mut Paper) {
    let about = volume.about();
    if let Some(why) = volume.out_of_reach() {
        board.log(format!("{about} is left alone: {why}"));
        return paper.unknown(&about, why);
    }
    let Some(checker) = Checker::of(&volume.kind) else {
        return paper.unknown(&about, format!("there is no tool for {} in this image", volume.kind));
    };
    match checker.look(&volume.device, board) {
        Look::Clean => paper.good(&about, "checked, no error"),
        Look::Unable(why) => paper.unknown(&about, why),
        Look::Stopped => paper.stopped(),
        Look::Broken(says) if !repair => {
            paper.problem(&about, format!("{says}; it was not repaired, since that was not asked for"));
        }
        Look::Broken(says) => mend(volume, &checker, &says, board, paper),
    }
}

fn mend(volume: &Volume, checker: &Checker, says: &str, board: &Board, paper: &mut Paper) {
    let about = volume.about();
    board.log(format!("{about} is broken ({says}) and is being repaired"));
    let done = match checker.repair(&volume.device, board) {
        Ok(done) => done,
        Err(why) => return paper.problem_although(&about, says, why),
    };
    board.log(format!("a second look at {about}"));
    match checker.look(&volume.device, board) {
        Look::Clean => paper.repaired(&about, says, done),
        Look::Broken(still) => {
            paper.problem_although(&about, format!("{says}; after the repair still: {still}"), done);
        }
        Look::Unable(why) => {
            paper.problem_although(
                &about,
                format!("{says}; whether it is right now is not known: {why}"),
                done,
            );
        }
        Look::Stopped => {
            paper.problem_although(&about, format!("{says}; stopped before the second look"), done);
            paper.stopped();
        }
    }
}

#[cfg(test)]
mod tests;
