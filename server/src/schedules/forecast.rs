//! What runs in the next seven days: how often, on how many machines, how long, and how much is sent to each site.

use super::comes::{Ahead, Looked, clashes};
use super::sent::Sent;
use chrono::TimeDelta;
use pitstop_app::schedules::desk::{Forecast, ForecastLine};
use pitstop_calendar::Schedule;
use pitstop_store::{Result, Store};
use pitstop_worker::schedules::ground::Ground;
use std::collections::BTreeMap;

const AHEAD: TimeDelta = TimeDelta::days(7);

/// Of schedules that are not paused.
pub async fn forecast(store: &Store, schedules: Vec<Schedule>) -> Result<Forecast> {
    let (now, until) = (store.now(), store.now() + AHEAD);
    let over = store.settled_between(now, until).await?;
    let left_out = |one: &Schedule, id| over.iter().any(|row| row.schedule == one.id && row.settled.id == id);
    let mut ahead = Vec::new();
    let all: Vec<&Schedule> = schedules.iter().filter(|one| one.paused_at.is_none()).collect();
    for (schedule, one) in all.iter().enumerate() {
        let times = one.timing.series.between(now.max(one.since), until).into_iter();
        let comes = times.filter(|time| time.at > now && !left_out(one, time.id));
        ahead.extend(comes.map(|occurrence| Ahead { schedule, occurrence }));
    }
    let known_until = until + TimeDelta::days(2);
    let mut ground = Ground::of(store, &all, now - TimeDelta::days(1)..known_until).await?;
    let mut looked = Vec::with_capacity(all.len());
    for one in &all {
        looked.push(Some(Looked::of(store, &mut ground, one, known_until).await?));
    }
    let clashes = clashes(&mut ahead, &looked, 0);
    let mut lines: BTreeMap<usize, ForecastLine> = BTreeMap::new();
    let mut sent = Sent::of(store, &all, &ahead, &looked, &ground).await?;
    for (one, clash) in ahead.iter().zip(&clashes) {
        let Some(mine) = &looked[one.schedule] else { continue };
        let line = lines.entry(one.schedule).or_insert_with(|| sent.line(all[one.schedule], mine));
        line.times += 1;
        line.first = line.first.min(one.occurrence.at);
        let shut = mine.placed.machines.is_empty() || mine.shut(one.occurrence.at).is_some();
        line.conflicts += u32::from(shut || clash.is_one());
    }
    for (schedule, line) in &lines {
        if let Some(mine) = &looked[*schedule] {
            sent.add(all[*schedule], mine, line.times);
        }
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    lines.sort_by(|one, next| (one.first, &one.name).cmp(&(next.first, &next.name)));
    Ok(Forecast {
        from: now,
        until,
        times: lines.iter().map(|line| line.times).sum(),
        trips: lines.iter().map(|line| u64::from(line.times) * line.machines as u64).sum(),
        lines,
        sites: sent.sites(),
    })
}
