//! The page of one schedule.

use super::comes::Looked;
use super::days::tallies;
use super::desk::{coming, on_miss, settled, title};
use pitstop_app::schedules::desk::SchedulePage;
use pitstop_calendar::{Chosen, words};
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::{Result, Store};
use std::collections::HashSet;

const AHEAD: usize = 10;
const BACK: i64 = 50;

pub(super) async fn page(store: &Store, row: ScheduleRow) -> Result<SchedulePage> {
    let (schedule, now) = (&row.schedule, store.now());
    let zone = schedule.timing.series.zone;
    let looked = Looked::at(store, schedule, now).await?;
    let rows = store.latest_settled(schedule.id, BACK).await?;
    let tallies = tallies(store, &rows).await?;
    let day = |at| zone.local(at).format("%a %-d %b %Y, %-H:%M").to_string();
    let lines = rows.iter().map(|row| {
        let mut line = settled(row, schedule, &tallies, zone, now);
        line.clock = day(line.at);
        line
    });
    let (left_out, past): (Vec<_>, Vec<_>) = lines.partition(|line| line.at > now);
    let over: HashSet<_> = rows.iter().map(|row| row.settled.id).collect();
    let mut next: Vec<_> = schedule
        .timing
        .series
        .next(now, AHEAD + left_out.len())
        .iter()
        .filter(|one| !over.contains(&one.id))
        .map(|one| {
            let mut line = coming(schedule, one, zone);
            looked.note(&mut line);
            line.clock = day(line.at);
            line
        })
        .collect();
    next.extend(left_out);
    next.sort_by_key(|line| line.at);
    let (machines, query) = match &schedule.chosen {
        Chosen::Search(words) if words.is_empty() => {
            ("all machines, found anew each time".to_owned(), Some(String::new()))
        }
        Chosen::Search(words) => (format!("what {words} finds, each time anew"), Some(words.clone())),
        Chosen::Machines(ids) => (format!("{} machines, always the same", ids.len()), None),
    };
    Ok(SchedulePage {
        id: schedule.id.to_string(),
        name: schedule.name.clone(),
        words: words::series(&schedule.timing.series),
        function: title(store, &schedule.plan.function).await?,
        machines,
        query,
        on_miss: on_miss(schedule.timing.on_miss).to_owned(),
        rule: schedule.timing.series.rule.as_ref().map_or_else(|| "once".to_owned(), ToString::to_string),
        paused_at: schedule.paused_at,
        changed_by: row.changed_by.clone(),
        changed_at: row.changed_at,
        next,
        past,
        zone: zone.to_string(),
    })
}
