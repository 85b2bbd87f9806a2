//! Maintenance windows and blackouts.

use super::{Context, print, remark, schedules::said};
use crate::args::timetable::{Span, TimesAct};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::timetable::{Calendar, Times};
use crate::show::timetable as show;
use serde_json::json;

pub fn list(context: &Context) -> Result<Exit, Fault> {
    let answer = context.client.get("maintenance-times")?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let times: Vec<Times> = context.understood(&answer)?;
    match times.as_slice() {
        [] => remark("no windows and no blackouts: machines may be taken at any time"),
        times => print(&show::times(times, &context.look()))?,
    }
    Ok(Exit::Done)
}

pub fn act(context: &Context, act: &TimesAct) -> Result<Exit, Fault> {
    match act {
        TimesAct::Window(span) => add(context, "window", span),
        TimesAct::Blackout(span) => add(context, "blackout", span),
        TimesAct::Import { name, file, q, zone } => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Fault::Usage(format!("{} cannot be read: {error}", file.display())))?;
            let body = json!({ "source": name, "query": q, "zone": zone, "text": text });
            let answer = context.client.post("maintenance-times/import", &body)?;
            let words = format!("{} blackouts are kept", answer["blackouts"]);
            said(context, &answer, &words)
        }
        TimesAct::Calendars => calendars(context),
        TimesAct::Follow { name, url, q, zone } => {
            let body = json!({ "source": name, "url": url, "query": q, "zone": zone });
            said(context, &context.client.post("calendars", &body)?, "it is read from now on")
        }
        TimesAct::Unfollow { name } => {
            let answer = context.client.post("calendars/remove", &json!({ "source": name }))?;
            said(context, &answer, "it is forgotten, with the blackouts that it gave")
        }
        TimesAct::Remove { id } => {
            said(context, &context.client.delete(&format!("maintenance-times/{id}"))?, "it is taken away")
        }
    }
}

fn calendars(context: &Context) -> Result<Exit, Fault> {
    let answer = context.client.get("calendars")?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let calendars: Vec<Calendar> = context.understood(&answer)?;
    match calendars.as_slice() {
        [] => remark("no calendar is read by itself: `pitstop times follow NAME URL` lets one be read"),
        calendars => print(&show::calendars(calendars, &context.look()))?,
    }
    Ok(Exit::Done)
}

fn add(context: &Context, kind: &str, span: &Span) -> Result<Exit, Fault> {
    let body = json!({
        "kind": kind, "title": span.title, "q": span.q, "zone": span.zone, "rule": span.rule,
        "start": span.at.format("%Y-%m-%dT%H:%M:%S").to_string(), "minutes": span.lasts.div_ceil(60),
    });
    let answer = context.client.post("maintenance-times", &body)?;
    let id = answer["id"].as_str().unwrap_or_default();
    print(&if context.json { format!("{answer}\n") } else { format!("{id}\n") })?;
    Ok(Exit::Done)
}
