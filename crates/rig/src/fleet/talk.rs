//! What agents say to the server (`pitstop_domain::wire`), and how its answers are understood.

use super::driver::World;
use super::http::{Answer, HttpError, Request};
use super::machine::{Call, Event, Failure, Fate};
use super::script::Parameters;
use pitstop_domain::id::{BootId, CallId, MachineId};
use pitstop_domain::wire::{CallAnswer, Heartbeat, Problem, Report};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Tries to deliver an answer, and the waits between them: as the agent has it.
const ANSWER_WAITS_S: [u64; 4] = [1, 2, 4, 8];

pub(super) async fn enrol(world: &World, own: Option<&str>) -> Event {
    let enrol = world.profile.enrol(own.unwrap_or(&world.settings.enrol));
    let url = format!("{}/agent/v1/enrol", world.settings.server);
    match post(world, &url, None, &enrol, 0).await {
        Ok(enrolled) => Event::Enrolled(enrolled),
        Err(why) => Event::CallFailed { call: Call::Enrol, why },
    }
}

pub(super) async fn beat(
    world: &World,
    machine: MachineId,
    token: &str,
    boot_id: BootId,
    news: bool,
    wait_s: u32,
) -> Event {
    let uptime_s = world.started.borrow().elapsed().as_secs();
    let inventory = news.then(|| world.profile.inventory(false));
    let heartbeat = Heartbeat { machine, boot_id, uptime_s, inventory, wait_s, presence: None };
    let url = format!("{}/agent/v1/heartbeat", world.settings.server);
    match post(world, &url, Some(token), &heartbeat, wait_s).await {
        Ok(reply) => Event::Beaten(Box::new(reply)),
        Err(why) => Event::CallFailed { call: Call::Beat, why },
    }
}

pub(super) async fn task(world: &World, to: &Parameters) -> Event {
    let url = format!("{}/agent/v1/jobs/{}/task", to.server, to.job);
    let request = Request { token: Some(&to.token), ..Request::get(&url) };
    match understand(world.http.send(&request).await) {
        Ok(task) => Event::Task(task),
        Err(why) => Event::CallFailed { call: Call::Task, why },
    }
}

pub(super) async fn report(
    world: &Arc<World>,
    call: Call,
    to: &Parameters,
    report: &Report,
    fate: Fate,
) -> Event {
    let url = format!("{}/agent/v1/jobs/{}/report", to.server, to.job);
    match fate {
        Fate::Once => {}
        Fate::Twice => copy(world, &url, &to.token, report, Duration::ZERO),
        Fate::LateCopy(late) => copy(world, &url, &to.token, report, late),
    }
    match post(world, &url, Some(&to.token), report, report.wait_s).await {
        Ok(reply) => Event::Reported { call, reply },
        Err(why) => Event::CallFailed { call, why },
    }
}

/// A copy of a report on its own way: nobody hears the answer, and a restart of the machine does not stop it.
fn copy(world: &Arc<World>, url: &str, token: &str, report: &Report, late: Duration) {
    let (world, url, token, report) = (world.clone(), url.to_owned(), token.to_owned(), report.clone());
    let stop = world.stop.clone();
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        tokio::time::sleep(late).await;
        let _ = post::<serde_json::Value>(&world, &url, Some(&token), &report, 0).await;
    }));
}

/// Says what will become of an order, until the server has heard it or does not want to.
pub(super) async fn answer(
    world: &World,
    server: Option<&str>,
    token: &str,
    call: CallId,
    answer: &CallAnswer,
) -> Event {
    let server = server.unwrap_or(&world.settings.server);
    let url = format!("{server}/agent/v1/calls/{call}");
    let mut waits = ANSWER_WAITS_S.into_iter();
    loop {
        match post::<serde_json::Value>(world, &url, Some(token), answer, 0).await {
            Ok(_) => return Event::Answered { call, delivered: true },
            Err(Failure::Away(_)) => match waits.next() {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => return Event::Answered { call, delivered: false },
            },
            Err(_) => return Event::Answered { call, delivered: false },
        }
    }
}

async fn post<T: DeserializeOwned>(
    world: &World,
    url: &str,
    token: Option<&str>,
    body: &impl Serialize,
    wait_s: u32,
) -> Result<T, Failure> {
    let body = serde_json::to_vec(body).map_err(|error| Failure::Refused(error.to_string()))?;
    let request = Request { method: "POST", token, body: Some(body), wait_s, ..Request::get(url) };
    understand(world.http.send(&request).await)
}

fn understand<T: DeserializeOwned>(answer: Result<Answer, HttpError>) -> Result<T, Failure> {
    let answer = answer.map_err(|error| Failure::Away(error.to_string()))?;
    if (200..300).contains(&answer.status) {
        return serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::Away(format!("the answer is not understood: {error}")));
    }
    let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
    let go_home = problem.as_ref().is_some_and(|problem| problem.go_home);
    let words = problem.map_or_else(|| format!("status {}", answer.status), |problem| problem.error);
    Err(match answer.status {
        _ if go_home => Failure::GoHome(words),
        401 => Failure::Unauthorised,
        408 | 429 => Failure::Away(words),
        400..500 => Failure::Refused(words),
        _ => Failure::Away(words),
    })
}
