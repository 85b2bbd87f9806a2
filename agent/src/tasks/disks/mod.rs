//! The health of disks: what they say of themselves ([`smart`]), and whether they can be read ([`surface`]).

mod smart;
pub(super) mod surface;

use super::ground::Ground;
use super::paper::{self, Paper};
use super::volumes::disks;
use super::{human, plural};
use crate::maintenance::board::Board;
use pitstop_domain::function::Surface;
use pitstop_domain::machine::Disk;
use pitstop_domain::report::Better;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;

/// Looks at all disks, or at one.
pub fn run(surface: Surface, device: Option<&str>, ground: &Ground) -> TaskEnded {
    let (board, disks) = (ground.board, disks(device));
    if disks.is_empty() {
        let which = device.unwrap_or("with something in it");
        return paper::failed(format!("there is no disk {which}"));
    }
    let mut paper = Paper::default();
    let mut read = Vec::new();
    for (at, disk) in disks.iter().enumerate() {
        let about = about(disk);
        board.progress((1000 * at / disks.len()) as u16, format!("asking {about} for its health"));
        smart::ask(disk, &about, board, &mut paper);
        if surface != Surface::None {
            let span = (1000 * at / disks.len(), 1000 * (at + 1) / disks.len());
            read.push(look(disk, &about, surface, span, board, &mut paper));
        }
        if board.is_stopped() {
            paper.stopped();
            break;
        }
    }
    paper.own("surface", json!(read));
    paper.ended("no disk shows an error")
}

/// `/dev/sda (ST1000DM010, 931.5 GiB)`.
pub(super) fn about(disk: &Disk) -> String {
    let words: Vec<_> =
        [disk.model.clone(), human(disk.bytes)].into_iter().filter(|word| !word.is_empty()).collect();
    format!("/dev/{} ({})", disk.name, words.join(", "))
}

fn look(
    disk: &Disk,
    about: &str,
    surface: Surface,
    (from, to): (usize, usize),
    board: &Board,
    paper: &mut Paper,
) -> serde_json::Value {
    let path = format!("/dev/{}", disk.name);
    let seen = surface::read(&path, disk.bytes, surface, &mut |done| {
        let permille = from as u64 + (to - from) as u64 * done / disk.bytes.max(1);
        board.progress(permille as u16, format!("reading {path}, {} of {}", human(done), human(disk.bytes)));
        !board.is_stopped()
    });
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => {
            paper.unknown(about, format!("it cannot be opened to be read: {error}"));
            return json!({ "device": path, "error": error.to_string() });
        }
    };
    for range in &seen.bad {
        board.log(format!("{path} cannot be read at byte {} to {}", range.start, range.end));
    }
    judge(&seen, about, surface, disk.bytes, paper);
    if let Some(rate) = seen.megabytes_per_second() {
        let name = format!("disk.{}.read", disk.name);
        paper.measure(&name, &format!("Disk {}, reading", disk.name), rate, "MB/s", Better::Higher);
    }
    json!({
        "device": path, "read_bytes": seen.read, "whole": surface == Surface::Whole && !seen.stopped,
        "bad_bytes": seen.bad_bytes(), "bad": seen.bad.iter().map(|range| json!([range.start, range.end])).collect::<Vec<_>>(),
        "gave_up": seen.gave_up,
    })
}

fn judge(seen: &surface::Seen, about: &str, surface: Surface, bytes: u64, paper: &mut Paper) {
    let extent = match (seen.stopped, surface) {
        (false, Surface::Whole) => format!("all {} were read", human(bytes)),
        _ => format!("{} of {} were read, spread over it", human(seen.read), human(bytes)),
    };
    let count = seen.bad.len();
    match seen.bad.first() {
        _ if seen.gave_up => {
            let bad = human(seen.bad_bytes());
            paper.problem(about, format!("it cannot be read in {count} places, {bad} in all; reading was given up"));
        }
        Some(first) => paper.problem(
            about,
            format!(
                "it cannot be read in {count} {}, {} bytes in all, the first at byte {}; save its data and replace it",
                plural(count, "place"),
                seen.bad_bytes(),
                first.start
            ),
        ),
        None if seen.stopped => paper.note(about, format!("{extent} without an error before it was stopped")),
        None => paper.good(about, format!("{extent} without an error")),
    }
}
