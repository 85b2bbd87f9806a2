//! Schedules: the list, one, what can be done to it.

use super::{Context, find, print, remark};
use crate::args::timetable::{ScheduleAct, When};
use crate::args::{Care, Size};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::near::{near, unknown};
use crate::shape::timetable::{Forecast, Schedule, Would};
use crate::show::timetable as show;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Told {
    would: Would,
}

#[derive(Deserialize)]
struct Kept {
    id: String,
}

pub fn list(context: &Context) -> Result<Exit, Fault> {
    let answer = context.client.get("schedules")?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let schedules: Vec<Schedule> = context.understood(&answer)?;
    match schedules.as_slice() {
        [] => remark("no schedules yet: `pitstop schedules new NAME --function FUNCTION` makes one"),
        schedules => print(&show::list(schedules, &context.look()))?,
    }
    Ok(Exit::Done)
}

pub fn one(context: &Context, wanted: &str) -> Result<Exit, Fault> {
    let id = id(context, wanted)?;
    let answer = context.client.get(&format!("schedules/{id}"))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        print(&show::one(&context.understood(&answer)?, &context.look()))?;
    }
    Ok(Exit::Done)
}

pub fn act(context: &Context, act: &ScheduleAct) -> Result<Exit, Fault> {
    let on = |schedule: &str, what: &str, body: Value, words: &str| {
        let id = id(context, schedule)?;
        let answer = context.client.post(&format!("schedules/{id}/{what}"), &body)?;
        said(context, &answer, words)
    };
    let time = |time: &str| json!({ "recurrence": time });
    match act {
        ScheduleAct::New { name, function, when, care } => make(context, name, function, when, care),
        ScheduleAct::Change { schedule, name, function, when, once, dry_run } => {
            let id = id(context, schedule)?;
            let mut body = context.client.get(&format!("schedules/{id}"))?;
            for (field, value) in [("name", name), ("function", function)] {
                if let Some(value) = value {
                    body[field] = json!(value);
                }
            }
            if *once {
                body["rule"] = Value::Null;
            }
            put_when(context, &mut body, when)?;
            body["dry_run"] = json!(dry_run);
            let answer = context.client.put_json(&format!("schedules/{id}"), &body)?;
            if *dry_run { told(context, &answer) } else { said(context, &answer, "it is changed") }
        }
        ScheduleAct::Forecast => forecast(context),
        ScheduleAct::Pause { schedule } => on(schedule, "pause", json!({}), "nothing is started by it"),
        ScheduleAct::Resume { schedule } => on(schedule, "resume", json!({}), "it goes on"),
        ScheduleAct::Delete { schedule } => {
            let id = id(context, schedule)?;
            said(context, &context.client.delete(&format!("schedules/{id}"))?, "it is forgotten")
        }
        ScheduleAct::Skip { schedule, time: at } => on(schedule, "skip", time(at), "it is left out"),
        ScheduleAct::Unskip { schedule, time: at } => {
            on(schedule, "unskip", time(at), "it comes as it would have")
        }
        ScheduleAct::Move { schedule, time: at, to } => {
            let body = json!({ "recurrence": at, "to": to.format("%Y-%m-%dT%H:%M:%S").to_string() });
            on(schedule, "move", body, "it is moved")
        }
        ScheduleAct::Split { schedule, time: at } => {
            on(schedule, "split", time(at), "from then on it is a schedule of its own")
        }
    }
}

fn forecast(context: &Context) -> Result<Exit, Fault> {
    let answer = context.client.get("timetable/forecast")?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let forecast: Forecast = context.understood(&answer)?;
    match forecast.lines.as_slice() {
        [] => remark("nothing runs in the next seven days"),
        _ => print(&show::forecast(&forecast, &context.look()))?,
    }
    Ok(Exit::Done)
}

fn make(context: &Context, name: &str, function: &str, when: &When, care: &Care) -> Result<Exit, Fault> {
    if when.q.is_none() && when.machines.is_empty() {
        let why = "say which machines: --q searches them, --machines names them";
        return Err(Fault::Usage(why.to_owned()));
    }
    if when.at.is_none() {
        return Err(Fault::Usage("say when it is first: --at \"2026-12-01 22:00\"".to_owned()));
    }
    let function = find::function(context, function)?;
    let wave: Option<Size> = care.wave;
    let mut body = json!({
        "name": name, "function": function.name, "zone": "UTC", "dry_run": care.dry_run,
        "canary": care.canary, "wave": wave, "pause_s": care.pause, "stop_on": care.stop_on,
        "no_show_s": care.no_show, "spare": care.spare(), "ask": care.ask(), "off_again": care.off_again,
        "at_once": { "in_all": care.at_once, "per_site": care.per_site },
    });
    put_when(context, &mut body, when)?;
    let answer = context.client.post("schedules", &body)?;
    if care.dry_run {
        return told(context, &answer);
    }
    let kept: Kept = context.understood(&answer)?;
    print(&if context.json { format!("{answer}\n") } else { format!("{}\n", kept.id) })?;
    Ok(Exit::Done)
}

/// What was said of machines and times; the rest stays.
fn put_when(context: &Context, body: &mut Value, when: &When) -> Result<(), Fault> {
    if let Some(words) = &when.q {
        (body["q"], body["machines"]) = (json!(words), Value::Null);
    }
    if !when.machines.is_empty() {
        let ids = when.machines.iter().map(|name| find::machine(context, name).map(|machine| machine.id));
        (body["machines"], body["q"]) = (json!(ids.collect::<Result<Vec<_>, _>>()?), Value::Null);
    }
    if let Some(at) = when.at {
        body["start"] = json!(at.format("%Y-%m-%dT%H:%M:%S").to_string());
    }
    for (field, value) in [("zone", &when.zone), ("rule", &when.rule)] {
        if let Some(value) = value {
            body[field] = json!(value);
        }
    }
    if let Some(seconds) = when.ready_by {
        body["ready_by_s"] = json!(Some(seconds).filter(|seconds| *seconds > 0));
    }
    if let Some(on_miss) = when.on_miss {
        body["on_miss"] = json!(on_miss.word());
    }
    Ok(())
}

fn told(context: &Context, answer: &Value) -> Result<Exit, Fault> {
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        let Told { would } = context.understood(answer)?;
        print(&show::would(&would, &context.look()))?;
    }
    Ok(Exit::Done)
}

pub(super) fn said(context: &Context, answer: &Value, words: &str) -> Result<Exit, Fault> {
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        remark(words);
    }
    Ok(Exit::Done)
}

/// A schedule by its name or id.
fn id(context: &Context, wanted: &str) -> Result<String, Fault> {
    let schedules: Vec<Schedule> = context.understood(&context.client.get("schedules")?)?;
    let by_name = schedules.iter().find(|schedule| schedule.name == wanted);
    let found = by_name.or_else(|| schedules.iter().find(|schedule| schedule.id == wanted));
    found.map(|schedule| schedule.id.clone()).ok_or_else(|| {
        let names = schedules.iter().map(|schedule| schedule.name.as_str());
        Fault::Usage(unknown("schedule", wanted, &near(wanted, names)))
    })
}
