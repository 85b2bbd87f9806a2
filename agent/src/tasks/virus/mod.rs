//! The offline virus scan: with ClamAV, over file systems that are mounted for reading only, while their own system
//! does not run and nothing can hide.
//!
//! [`signatures`] come from the server; [`scan`] runs the scanner; [`quarantine`] moves what is infected, and back.

mod quarantine;
mod scan;
mod signatures;

use super::file_systems::looks_clean;
use super::ground::Ground;
use super::mount::{Mode, Mounted};
use super::paper::{self, Paper};
use super::plural;
use super::volumes::{Volume, volumes};
use pitstop_domain::id::JobId;
use pitstop_domain::wire::TaskEnded;
use scan::{Infected, Scanned};
use serde_json::{Value, json};
use std::path::Path;

/// Findings of one volume that stand in the report one by one; all of them stand in its list.
const MOST_FINDINGS: usize = 50;

/// Scans all file systems, or those of one device.
pub fn run(quarantine: bool, device: Option<&str>, ground: &Ground) -> TaskEnded {
    let board = ground.board;
    board.progress(0, "fetching the virus signatures");
    let mut paper = Paper::default();
    let signatures = match signatures::fetch(ground, &mut paper) {
        Ok(folder) => folder,
        Err(why) => return paper::failed(why),
    };
    let volumes = match volumes(device, board) {
        Ok(volumes) => volumes,
        Err(error) => return paper::failed(error),
    };
    let mut lists = Vec::new();
    let volumes: Vec<_> = volumes.into_iter().filter(|volume| !volume.is_of_no_interest()).collect();
    for (at, volume) in volumes.iter().enumerate() {
        let span = (1000 * at / volumes.len(), 1000 * (at + 1) / volumes.len());
        lists.push(look_through(volume, signatures.path(), quarantine, span, ground, &mut paper));
        if board.is_stopped() {
            paper.stopped();
            break;
        }
    }
    paper.own("volumes", json!(lists));
    paper.own("quarantine", json!(quarantine.then(|| quarantine::folder(ground.job))));
    paper.ended("no virus was found")
}

fn look_through(
    volume: &Volume,
    signatures: &Path,
    quarantine: bool,
    span: (usize, usize),
    ground: &Ground,
    paper: &mut Paper,
) -> Value {
    let about = volume.about();
    if let Some(why) = volume.out_of_reach() {
        paper.unknown(&about, why);
        return json!({ "device": volume.device, "scanned": false, "why": why });
    }
    let mounted = match Mounted::new(volume, Mode::Read, ground.board) {
        Ok(mounted) => mounted,
        Err(why) => {
            paper.unknown(&about, why.clone());
            return json!({ "device": volume.device, "scanned": false, "why": why });
        }
    };
    let scanned = scan::run(mounted.root(), &about, signatures, span, ground.board);
    drop(mounted);
    match scanned {
        Ok(scanned) => {
            judge(volume, &scanned, quarantine, ground, paper);
            json!({
                "device": volume.device, "scanned": true, "files": scanned.files, "infected": scanned.infected,
                "unread": scanned.unread, "too_large": scanned.too_large,
            })
        }
        Err(why) => {
            paper.unknown(&about, why.clone());
            json!({ "device": volume.device, "scanned": false, "why": why })
        }
    }
}

fn judge(volume: &Volume, scanned: &Scanned, quarantine: bool, ground: &Ground, paper: &mut Paper) {
    let about = volume.about();
    for (count, why) in [
        (scanned.unread.len() as u64, "could not be read, and so were not scanned"),
        (scanned.too_large, "are larger than the scanner takes, and so were not scanned"),
    ] {
        if count > 0 {
            paper.unknown(&about, format!("{count} {} {why}", plural(count as usize, "file")));
        }
    }
    let files = scanned.files;
    if scanned.infected.is_empty() {
        let word = plural(files as usize, "file");
        return match scanned.stopped {
            true => paper.note(&about, format!("{files} {word} scanned, no virus, before it was stopped")),
            false => paper.good(&about, format!("{files} {word} scanned, no virus")),
        };
    }
    let refused = match quarantine {
        false => Some("it was left where it is, since quarantine was not asked for".to_owned()),
        true => may_not_be_written(volume, ground).err(),
    };
    if let Some(why) = refused {
        return remain(&about, &scanned.infected, &why, paper);
    }
    match quarantine::move_all(volume, &scanned.infected, ground) {
        Ok(moved) => {
            for (infected, moved) in scanned.infected.iter().zip(moved).take(MOST_FINDINGS) {
                let says = format!("{} is infected with {}", infected.path, infected.virus);
                match moved {
                    Ok(to) => {
                        paper.repaired(&about, says, format!("moved to {to}, and no longer in its place"))
                    }
                    Err(why) => paper.problem_although(&about, says, format!("it could not be moved: {why}")),
                }
            }
        }
        Err(why) => remain(&about, &scanned.infected, &format!("it could not be moved: {why}"), paper),
    }
}

fn remain(about: &str, infected: &[Infected], why: &str, paper: &mut Paper) {
    for one in infected.iter().take(MOST_FINDINGS) {
        let says = format!("{} is infected with {}", one.path, one.virus);
        paper.problem_although(about, says, why.to_owned());
    }
    if infected.len() > MOST_FINDINGS {
        paper.problem(about, format!("{} more files are infected", infected.len() - MOST_FINDINGS));
    }
}

/// Only a file system that is whole may be written to: else moving a file could damage others.
fn may_not_be_written(volume: &Volume, ground: &Ground) -> Result<(), String> {
    looks_clean(volume, ground.board).map_err(|why| {
        format!("it was only scanned and nothing was moved, since its file system is not clean: {why}")
    })
}

/// Puts back what the scan of a job moved.
pub fn undo(job: &str, ground: &Ground) -> TaskEnded {
    let Ok(job) = job.trim().parse::<JobId>() else {
        return paper::failed(format!("`{job}` is not the id of a job: it stands in the scan's address"));
    };
    let volumes = match volumes(None, ground.board) {
        Ok(volumes) => volumes,
        Err(error) => return paper::failed(error),
    };
    let (mut paper, mut found) = (Paper::default(), false);
    for volume in volumes.iter().filter(|volume| volume.out_of_reach().is_none()) {
        found |= quarantine::put_back(volume, job, ground, &mut paper);
    }
    if !found {
        return paper::failed(format!("no file system here has a quarantine of job {job}"));
    }
    paper.ended("nothing was to be put back")
}
