//! Agenda, week and month: what was, and what comes, day by day.

use super::comes::{Ahead, Clash, Looked, NAMED, clashes, entries};
use super::entries::settled;
use chrono::{Datelike, Days as Later, Months, NaiveDate, NaiveTime, TimeDelta};
use pitstop_app::schedules::desk::{Asked, BlackoutLine, DayLine, Days, EntryLine, EntryState, Sum, View};
use pitstop_calendar::{Kind, RecurrenceId, Schedule, Zone};
use pitstop_domain::Time;
use pitstop_domain::id::{RunId, ScheduleId};
use pitstop_domain::run::tally::Tally;
use pitstop_store::schedules::occurrences::SettledRow;
use pitstop_store::{Error, Result, Store};
use pitstop_worker::schedules::ground::{Ground, touching};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a person sees of the days that were asked for.
pub async fn days(store: &Store, schedules: Vec<Schedule>, asked: &Asked) -> Result<Days> {
    let (now, zone) = (store.now(), zone_of(&schedules, &asked.zone));
    let today = zone.local(now).date();
    let at = asked.at.unwrap_or(today);
    let (first, last) = range(asked.view, at);
    let moment = |day: NaiveDate| zone.at(day.and_time(NaiveTime::MIN));
    let (from, until) = (moment(first), moment(last));
    let (named, not_understood) = match chosen(store, &schedules, asked).await {
        Ok(chosen) => (chosen, None),
        Err(Error::Refused(why)) => (vec![], Some(why)),
        Err(error) => return Err(error),
    };
    let mut shown = Shown { zone, by_day: BTreeMap::new() };
    let over = shown.past(store, &named, asked.view, from..until).await?;
    let mut ahead = coming(&named, &over, now, from..until);
    let looked = look(store, &named, &ahead, until).await?;
    if asked.view == View::Year {
        let clashes = clashes(&mut ahead, &looked, 0);
        shown.count(&named, &ahead, &clashes, &looked);
    } else {
        let clashes = clashes(&mut ahead, &looked, NAMED);
        shown.add(entries(&named, &ahead, &clashes, &looked, zone));
    }
    let blackouts = blackouts(store, zone, from, until).await?;
    let day = |date: NaiveDate| {
        let (mut entries, sum) = shown.by_day.remove(&date).unwrap_or_default();
        entries.sort_by(|one, next| (one.at, &one.name).cmp(&(next.at, &next.name)));
        let within = !matches!(asked.view, View::Month) || date.month() == at.month();
        DayLine { date, within, entries, sum, blackouts: blackouts.get(&date).cloned().unwrap_or_default() }
    };
    let days = first.iter_days().take_while(|day| *day < last).map(day).collect();
    let mut zones: Vec<_> = schedules.iter().map(|one| one.timing.series.zone.to_string()).collect();
    zones.extend([zone.to_string(), "UTC".to_owned()]);
    zones.sort();
    zones.dedup();
    let functions = functions(store, &schedules).await?;
    let (zone, shown) = (zone.to_string(), named.len());
    Ok(Days { zone, zones, today, at, days, schedules: schedules.len(), shown, functions, not_understood })
}

/// Those that were asked for.
///
/// # Errors
/// [`Error::Refused`] where the search of the fleet is not understood.
async fn chosen<'a>(store: &Store, schedules: &'a [Schedule], asked: &Asked) -> Result<Vec<&'a Schedule>> {
    let does = |one: &Schedule| asked.function.is_empty() || one.plan.function == asked.function;
    let chosen = schedules.iter().filter(|one| is_named(one, &asked.named) && does(one)).collect();
    if asked.q.is_empty() {
        return Ok(chosen);
    }
    touching(store, chosen, &asked.q).await
}

/// What schedules do, by title.
async fn functions(store: &Store, schedules: &[Schedule]) -> Result<Vec<(String, String)>> {
    let used: HashSet<&str> = schedules.iter().map(|one| one.plan.function.as_str()).collect();
    let known = store.functions().await?.into_iter().filter(|one| used.contains(one.name.as_str()));
    let mut functions: Vec<_> = known.map(|one| (one.name, one.title)).collect();
    functions.sort_by(|one, next| one.1.cmp(&next.1));
    Ok(functions)
}

/// Those that have no row yet.
fn coming(
    schedules: &[&Schedule],
    over: &HashSet<(ScheduleId, RecurrenceId)>,
    now: Time,
    range: std::ops::Range<Time>,
) -> Vec<Ahead> {
    let mut ahead = Vec::new();
    for (schedule, one) in schedules.iter().enumerate() {
        let times = one.timing.series.between(range.start.max(one.since), range.end).into_iter();
        // Before now and without a row: before the schedule was, or settled in this moment.
        let comes = times.filter(|time| time.at > now && !over.contains(&(one.id, time.id)));
        ahead.extend(comes.map(|occurrence| Ahead { schedule, occurrence }));
    }
    ahead
}

/// What is known of the schedules that come.
async fn look(
    store: &Store,
    schedules: &[&Schedule],
    ahead: &[Ahead],
    until: Time,
) -> Result<Vec<Option<Looked>>> {
    let mut comes = vec![false; schedules.len()];
    // Who is paused wants no machines.
    ahead.iter().for_each(|one| comes[one.schedule] = schedules[one.schedule].paused_at.is_none());
    let those: Vec<_> =
        schedules.iter().zip(&comes).filter(|(_, comes)| **comes).map(|(one, _)| *one).collect();
    if those.is_empty() {
        return Ok(schedules.iter().map(|_| None).collect());
    }
    // What must be ready begins before; windows that open afterwards tell how long one is open.
    let known_until = until + TimeDelta::days(2);
    let mut ground = Ground::of(store, &those, store.now() - TimeDelta::days(1)..known_until).await?;
    let mut looked = Vec::with_capacity(schedules.len());
    for (one, comes) in schedules.iter().zip(comes) {
        looked.push(match comes {
            true => Some(Looked::of(store, &mut ground, one, known_until).await?),
            false => None,
        });
    }
    Ok(looked)
}

/// What stands on each day.
struct Shown {
    zone: Zone,
    by_day: BTreeMap<NaiveDate, (Vec<EntryLine>, Sum)>,
}

impl Shown {
    /// What was; gives what has its row. In a year it is only counted.
    async fn past(
        &mut self,
        store: &Store,
        schedules: &[&Schedule],
        view: View,
        range: std::ops::Range<Time>,
    ) -> Result<HashSet<(ScheduleId, RecurrenceId)>> {
        let known: HashMap<ScheduleId, &Schedule> = schedules.iter().map(|one| (one.id, *one)).collect();
        if view == View::Year {
            let ids: Vec<_> = known.keys().copied().collect();
            for day in store.settled_days(&ids, range.clone(), self.zone.name()).await? {
                let (_, sum) = self.by_day.entry(day.date).or_default();
                (sum.times, sum.failed) = (sum.times + day.times, sum.failed + day.failed);
            }
            // Left out before their time.
            let ahead = store.settled_between(range.start.max(store.now()), range.end).await?;
            return Ok(ahead.iter().map(|row| (row.schedule, row.settled.id)).collect());
        }
        let rows = store.settled_between(range.start, range.end).await?;
        let tallies = tallies(store, &rows).await?;
        let now = store.now();
        let entry =
            |row: &SettledRow| Some(settled(row, known.get(&row.schedule)?, &tallies, self.zone, now));
        let entries = rows.iter().filter_map(entry).collect();
        self.add(entries);
        Ok(rows.iter().map(|row| (row.schedule, row.settled.id)).collect())
    }

    fn add(&mut self, entries: Vec<EntryLine>) {
        for entry in entries {
            let (list, sum) = self.by_day.entry(self.zone.local(entry.at).date()).or_default();
            sum.times += 1;
            sum.conflicts += u32::from(entry.state == EntryState::Conflict);
            sum.failed += u32::from(entry.state == EntryState::Failed);
            list.push(entry);
        }
    }

    /// Without words: a year of five hundred schedules is a hundred thousand times.
    fn count(
        &mut self,
        schedules: &[&Schedule],
        ahead: &[Ahead],
        clashes: &[Clash],
        looked: &[Option<Looked>],
    ) {
        for (one, clash) in ahead.iter().zip(clashes) {
            let (_, sum) = self.by_day.entry(self.zone.local(one.occurrence.at).date()).or_default();
            sum.times += 1;
            let stands = |looked: &Looked| {
                looked.placed.machines.is_empty() || looked.shut(one.occurrence.at).is_some()
            };
            let conflict = clash.is_one() || looked[one.schedule].as_ref().is_some_and(stands);
            sum.conflicts += u32::from(conflict && schedules[one.schedule].paused_at.is_none());
        }
    }
}

fn is_named(schedule: &Schedule, words: &str) -> bool {
    words.is_empty() || schedule.name.to_lowercase().contains(&words.to_lowercase())
}

/// The zone that was asked for, or that of most schedules.
pub fn zone_of(schedules: &[Schedule], asked: &str) -> Zone {
    let mut counts: BTreeMap<&str, (usize, Zone)> = BTreeMap::new();
    for schedule in schedules {
        let zone = schedule.timing.series.zone;
        counts.entry(zone.name()).or_insert((0, zone)).0 += 1;
    }
    let most = counts.into_values().max_by_key(|(count, _)| *count).map(|(_, zone)| zone);
    asked.parse().ok().or(most).unwrap_or(Zone::UTC)
}

/// The first day, and the one after the last.
fn range(view: View, at: NaiveDate) -> (NaiveDate, NaiveDate) {
    let ahead = |day: NaiveDate, n: u64| day.checked_add_days(Later::new(n)).unwrap_or(day);
    let monday = |day: NaiveDate| {
        let back = u64::from(day.weekday().num_days_from_monday());
        day.checked_sub_days(Later::new(back)).unwrap_or(day)
    };
    match view {
        View::Agenda => (at, ahead(at, 14)),
        View::Day => (at, ahead(at, 1)),
        View::Year => {
            let first = at.with_ordinal(1).unwrap_or(at);
            (first, first.checked_add_months(Months::new(12)).unwrap_or(first))
        }
        View::Week => (monday(at), ahead(monday(at), 7)),
        View::Month => {
            let first = at.with_day(1).unwrap_or(at);
            let last = first.checked_add_months(Months::new(1)).unwrap_or(first);
            let end = if monday(last) == last { last } else { ahead(monday(last), 7) };
            (monday(first), end)
        }
    }
}

/// What came of the runs that occurrences started, and whether it is over.
pub async fn tallies(store: &Store, rows: &[SettledRow]) -> Result<HashMap<RunId, (Tally, bool)>> {
    let runs: Vec<_> = rows.iter().filter_map(|row| row.run).collect();
    let tallies = store.run_tallies(&runs).await?;
    let open = |tally: &Tally| tally.waiting + tally.under_way + tally.no_show + tally.held > 0;
    Ok(tallies.into_iter().map(|(run, tally)| (run, (tally, !open(&tally)))).collect())
}

async fn blackouts(
    store: &Store,
    zone: Zone,
    from: Time,
    until: Time,
) -> Result<BTreeMap<NaiveDate, Vec<BlackoutLine>>> {
    let mut days: BTreeMap<NaiveDate, Vec<BlackoutLine>> = BTreeMap::new();
    for row in store.held_times().await?.into_iter().filter(|row| row.held.kind == Kind::Blackout) {
        let held = &row.held;
        for one in held.times.within(&(from..until)).iter() {
            let end = zone.local(one.end - TimeDelta::seconds(1)).date();
            let (first, last) = (one.start.max(from), one.end.min(until) - TimeDelta::seconds(1));
            let days_of =
                zone.local(first).date().iter_days().take_while(|day| *day <= zone.local(last).date());
            for day in days_of {
                let lines = days.entry(day).or_default();
                if !lines.iter().any(|line| line.title == held.title) {
                    // One that comes again, or belongs to a calendar, is changed as a whole.
                    let own = held.times.starts.rule.is_none() && row.source.is_none();
                    let stretched = (own && day == end).then(|| held.id.to_string());
                    lines.push(BlackoutLine { title: held.title.clone(), stretched });
                }
            }
        }
    }
    Ok(days)
}
