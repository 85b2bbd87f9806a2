//! What happened in a job, in time order: phases, calls, sightings and the log as one story.

use super::Look;
use super::paint::Tone;
use super::words::{clean, size, spaced};
use crate::shape::{Call, Job, Move, Sighted};
use pitstop_domain::Time;
use pitstop_domain::id::JobId;
use pitstop_domain::sighting::{Fetched, Sighting, Told};
use serde_json::Value;
use std::fmt::Display;

/// Where a line of the story comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Phase,
    Call,
    Seen,
    Log,
    Waits,
}

/// One thing that happened. Two that are equal are the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    pub at: Time,
    pub source: Source,
    pub text: String,
}

/// All that happened, oldest first. Of what happened at one moment the cause comes first: a phase issues calls.
pub fn story(job: &Job) -> Vec<Line> {
    let moves = job.history.iter().map(moved);
    let calls = job.calls.iter().flat_map(called);
    let seen = job.sightings.iter().filter(|sighted| concerns(job.id, &sighted.sighting)).map(saw);
    let under_way = job.facts.iter().filter(|fact| is_under_way(job, fact)).map(saw);
    let log = job.log.iter().map(|line| Line::new(line.at, Source::Log, &line.text));
    let mut lines: Vec<Line> = moves.chain(calls).chain(seen).chain(under_way).chain(log).collect();
    lines.sort_by_key(|line| line.at);
    lines
}

/// Why the job waits now.
pub fn waits(job: &Job, look: &Look) -> Option<Line> {
    let waiting = job.waiting.as_ref()?;
    let until = waiting.until.map(|until| format!(" until {}", look.stamp(until))).unwrap_or_default();
    let text = format!("for {}{until}; then: {}", waiting.awaits, waiting.then);
    Some(Line::new(waiting.since, Source::Waits, text))
}

impl Line {
    fn new(at: Time, source: Source, text: impl AsRef<str>) -> Self {
        Self { at, source, text: clean(text.as_ref()) }
    }

    pub fn show(&self, look: &Look) -> String {
        let (word, tone) = match self.source {
            Source::Phase => ("phase", Tone::Heading),
            Source::Call => ("call", Tone::Plain),
            Source::Seen => ("seen", Tone::Plain),
            Source::Log => ("log", Tone::Quiet),
            Source::Waits => ("waits", Tone::Quiet),
        };
        let when = look.paint.paint(Tone::Quiet, &look.stamp(self.at));
        format!("{when}  {}  {}\n", look.paint.paint(tone, &format!("{word:<5}")), self.text)
    }
}

fn moved(step: &Move) -> Line {
    let attempt = if step.attempt > 1 { format!(" (attempt {})", step.attempt) } else { String::new() };
    Line::new(step.at, Source::Phase, format!("{} → {}{attempt}: {}", step.from, step.to, step.reason))
}

/// A call is told twice: when it was decided on, and when something became of it.
fn called(call: &Call) -> Vec<Line> {
    let target = spaced(&call.target);
    let decided = format!("restart into {target}, by {}", call.route);
    let mut lines = vec![Line::new(call.created_at, Source::Call, decided)];
    if call.state != "waiting" {
        let answer = call.answer.as_ref().map(|answer| format!(": {answer}")).unwrap_or_default();
        let became = format!("{} {}{answer}", call.route, became(&call.state));
        lines.push(Line::new(call.changed_at, Source::Call, became));
    }
    lines
}

fn became(state: &str) -> &str {
    match state {
        "started" => "is being prepared",
        "pressed" => "was asked and has not answered",
        "accepted" => "accepted",
        "refused" => "refused",
        "void" => "was not asked any more",
        other => other,
    }
}

/// The server gives all that was seen of the machine while the job was open: a job in the queue is not concerned by
/// what is seen for the one before it.
fn concerns(job: JobId, sighting: &Value) -> bool {
    sighting["job"].as_str().is_none_or(|named| named == job.to_string())
}

/// Does this fact tell how far something is that will be in the story when it is done? Facts stay when their job
/// is over: the time tells whose they are.
fn is_under_way(job: &Job, fact: &Sighted) -> bool {
    let mine = fact.at >= job.created_at && job.closed_at.is_none_or(|closed| fact.at <= closed);
    let kind = fact.sighting["kind"].as_str().unwrap_or_default();
    let renews = kind == "progress" || (kind == "fetched" && fact.sighting["done"] == false);
    mine && renews && concerns(job.id, &fact.sighting)
}

fn saw(sighted: &Sighted) -> Line {
    let text = match serde_json::from_value(sighted.sighting.clone()) {
        Ok(sighting) => seen(&sighting),
        Err(_) => sighted.sighting["kind"].as_str().map_or_else(|| "something".to_owned(), spaced),
    };
    Line::new(sighted.at, Source::Seen, text)
}

fn seen(sighting: &Sighting) -> String {
    match sighting {
        Sighting::OwnAgent { boot_id } => format!("the own system's agent, in boot {}", short(boot_id)),
        Sighting::MaintenanceAgent { boot_id, .. } => {
            format!("the maintenance agent, in boot {}", short(boot_id))
        }
        Sighting::OutsideJob { why, .. } => format!("in maintenance outside its job, told to go home: {why}"),
        Sighting::AskedToBoot { by, told: Told::Maintenance } => format!("{by} asks to boot: maintenance"),
        Sighting::AskedToBoot { by, told: Told::OwnSystem } => format!("{by} asks to boot: its own system"),
        Sighting::AskedToBoot { by, told: Told::Nothing } => {
            format!("{by} asks to boot: its own system's image cannot be told")
        }
        Sighting::ToldOwnImage { name, version, .. } => {
            format!("told to boot its own system's image, {name} {version}")
        }
        Sighting::Fetched(fetched) => bytes(fetched),
        Sighting::FetchedOwn(fetched) => format!("of its own system: {}", bytes(fetched)),
        Sighting::Progress { permille, text, .. } => format!("{} %: {text}", f64::from(*permille) / 10.0),
        Sighting::Reported { outcome, summary, .. } => {
            format!("the task ended, {}: {summary}", outcome.name())
        }
        Sighting::Power { on, .. } => {
            format!("its board says that it is switched {}", if *on { "on" } else { "off" })
        }
        Sighting::ShutDown { .. } => "its agent shuts it down again".to_owned(),
        Sighting::Probed { answered: true, what } => format!("answers its probe: {what}"),
        Sighting::Probed { answered: false, what } => format!("does not answer its probe: {what}"),
        Sighting::UrlCalled { outcome, summary, .. } => {
            format!("the job's URL was called, {}: {summary}", outcome.name())
        }
    }
}

fn bytes(fetched: &Fetched) -> String {
    let name = &fetched.name;
    match fetched.total.filter(|total| *total > 0) {
        _ if fetched.done => format!("{name} fetched, {}", size(fetched.bytes)),
        None => format!("{name}: {}", size(fetched.bytes)),
        Some(total) => {
            let percent = u128::from(fetched.bytes) * 100 / u128::from(total);
            format!("{name}: {} of {}, {percent} %", size(fetched.bytes), size(total))
        }
    }
}

/// Enough of a boot id to tell two apart.
fn short(boot: &impl Display) -> String {
    boot.to_string().chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::{at, restoring};
    use crate::show::plain;
    use serde_json::json;

    fn text_of(sighting: Value) -> String {
        saw(&Sighted { at: at(0), sighting }).text
    }

    #[test]
    fn all_sources_are_one_story_in_time_order() {
        let job: Job = serde_json::from_value(json!({
            "id": restoring().id, "machine_name": "pc", "function": "inventory", "image": "00", "phase": "running",
            "attempt": 0, "ended": null, "proof": null, "waiting": null, "created_at": at(0), "closed_at": null,
            "switching_since": at(1),
            "history": [
                { "at": at(0), "from": "asked", "to": "queued", "attempt": 0, "reason": "made" },
                { "at": at(1), "from": "queued", "to": "switching", "attempt": 1, "reason": "the machine is free" },
                { "at": at(20), "from": "switching", "to": "running", "attempt": 0, "reason": "seen" },
            ],
            "calls": [{ "route": "agent", "target": "maintenance", "state": "accepted", "answer": "restarting",
                        "phase": "switching", "attempt": 1, "created_at": at(1), "changed_at": at(2) }],
            "sightings": [
                { "at": at(9), "sighting": { "kind": "asked_to_boot", "by": "iPXE", "told": "maintenance" } },
                { "at": at(8), "sighting": { "kind": "progress", "job": "00000000-0000-0000-0000-000000000001",
                                             "permille": 1, "text": "of the job before" } },
            ],
            "facts": [
                { "at": at(22), "sighting": { "kind": "progress", "job": restoring().id, "permille": 125,
                                              "text": "step 1 of 8" } },
                { "at": at(-5), "sighting": { "kind": "fetched", "job": null, "step": "loader", "name": "old.efi",
                                              "bytes": 1, "total": 2, "done": false, "digest": null } },
                { "at": at(20), "sighting": { "kind": "own_agent", "boot_id": "of no interest" } },
            ],
            "log": [{ "at": at(21), "text": "Inventory begins\n" }],
        }))
        .unwrap();
        let shown: String = story(&job).iter().map(|line| line.show(&plain())).collect();
        assert_eq!(
            shown,
            "2026-03-01 10:00:00  phase  asked → queued: made\n\
             2026-03-01 10:00:01  phase  queued → switching: the machine is free\n\
             2026-03-01 10:00:01  call   restart into maintenance, by agent\n\
             2026-03-01 10:00:02  call   agent accepted: restarting\n\
             2026-03-01 10:00:09  seen   iPXE asks to boot: maintenance\n\
             2026-03-01 10:00:20  phase  switching → running: seen\n\
             2026-03-01 10:00:21  log    Inventory begins\n\
             2026-03-01 10:00:22  seen   12.5 %: step 1 of 8\n"
        );
    }

    #[test]
    fn bytes_on_their_way_say_how_far_they_are() {
        let fetched = |bytes: u64, total: Option<u64>, done: bool| {
            text_of(
                json!({ "kind": "fetched", "job": null, "step": "kernel", "name": "vmlinuz", "bytes": bytes,
                            "total": total, "done": done, "digest": null }),
            )
        };
        assert_eq!(fetched(1 << 20, Some(4 << 20), false), "vmlinuz: 1.0 MiB of 4.0 MiB, 25 %");
        assert_eq!(fetched(1 << 20, None, false), "vmlinuz: 1.0 MiB");
        assert_eq!(fetched(4 << 20, Some(4 << 20), true), "vmlinuz fetched, 4.0 MiB");
    }

    #[test]
    fn a_sighting_of_a_kind_not_known_here_is_told_by_its_name() {
        assert_eq!(text_of(json!({ "kind": "powered_off", "outlet": 3 })), "powered off");
    }

    #[test]
    fn waiting_says_for_what_until_when_and_what_then() {
        let line = waits(&restoring(), &plain()).unwrap();
        assert_eq!(
            line.text,
            "for the own system's agent with a new boot until 2026-03-01 10:16:00; then: the next route is tried"
        );
    }
}
