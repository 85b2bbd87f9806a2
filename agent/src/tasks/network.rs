//! The network as it is seen from the machine: links, errors that the cards count, and the way to the server.

use super::ground::Ground;
use super::paper::Paper;
use crate::inventory::Files;
use pitstop_domain::report::Better;
use pitstop_domain::wire::{TaskEnded, TaskOrder};
use std::time::{Duration, Instant};

/// Calls to the server; a lost packet shows as a slow one among them.
const CALLS: u16 = 20;
/// Slower than the slowest line that we know of (satellite: 600 ms) is a call that was sent again.
const SLOW: Duration = Duration::from_millis(900);

pub fn run(ground: &Ground) -> TaskEnded {
    let mut paper = Paper::default();
    let files = Files::at("/");
    for nic in ground.host.inventory().nics {
        let about = format!("network card {} ({})", nic.name, nic.mac);
        if !nic.link {
            paper.note(&about, "it has no link: no cable, or nothing at its other end");
            continue;
        }
        let number = |path: &str| files.number(&format!("sys/class/net/{}/{path}", nic.name));
        let errors = ["rx_errors", "tx_errors", "rx_crc_errors"];
        let errors: u64 = errors.iter().filter_map(|name| number(&format!("statistics/{name}"))).sum();
        let speed = number("speed").filter(|speed| *speed > 0 && *speed < 1_000_000);
        if let Some(speed) = speed {
            let name = format!("network.{}.link", nic.name);
            paper.measure(&name, &format!("Link of {}", nic.name), speed as f64, "Mbit/s", Better::Higher);
        }
        match (errors, speed) {
            (0, Some(speed)) if speed < 1000 => {
                paper.note(&about, format!("its link has only {speed} Mbit/s: a bad cable?"))
            }
            (0, _) => paper.good(&about, "it has a link, and counted no error"),
            (errors, _) => paper.problem(
                &about,
                format!("it counted {errors} errors since it was started: try another cable"),
            ),
        }
    }
    calls(ground, &mut paper);
    paper.ended("links are up, and the server is reached")
}

/// Asks for the task again and again, which changes nothing.
fn calls(ground: &Ground, paper: &mut Paper) {
    let (mut took, mut failed) = (Vec::new(), 0);
    for call in 0..CALLS {
        if ground.board.is_stopped() {
            paper.stopped();
            break;
        }
        ground.board.progress(1000 * call / CALLS, "calling the server");
        let begun = Instant::now();
        match ground.client.get::<TaskOrder>(&format!("/agent/v1/jobs/{}/task", ground.job)) {
            Ok(_) => took.push(begun.elapsed()),
            Err(error) => {
                ground.board.log(error.to_string());
                failed += 1;
            }
        }
    }
    took.sort();
    if let Some(median) = took.get(took.len() / 2) {
        let ms = median.as_secs_f64() * 1000.0;
        paper.measure("network.server", "Call to the server", ms, "ms", Better::Lower);
    }
    let slow = took.iter().filter(|time| **time > SLOW).count();
    let about = "way to the server";
    match (failed, slow) {
        (0, 0) => paper.good(about, format!("{} calls were answered at once", took.len())),
        (0, slow) => paper
            .problem(about, format!("{slow} of {} calls were slow: packets are lost on the way", took.len())),
        (failed, _) => paper.problem(about, format!("{failed} of {CALLS} calls were not answered")),
    }
}
