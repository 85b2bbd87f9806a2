//! Agenda, week and month: what was, and what comes, day by day.

use super::entries::{coming, settled, shut};
use chrono::{Datelike, Days as Ahead, Months, NaiveDate, NaiveTime, TimeDelta};
use pitstop_app::schedules::desk::{Asked, DayLine, Days, EntryLine, EntryState, View};
use pitstop_calendar::due::{HORIZON, lead};
use pitstop_calendar::{Kind, OnMiss, RecurrenceId, Schedule, Zone};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, RunId, ScheduleId};
use pitstop_domain::run::tally::Tally;
use pitstop_store::schedules::occurrences::SettledRow;
use pitstop_store::{Result, Store};
use pitstop_worker::members::whole;
use pitstop_worker::schedules::places::Places;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Schedules in which conflicts are looked for: each asks the fleet.
const LOOKED_AT: usize = 100;

/// Where nobody knows how long a run takes.
const GUESS_S: u64 = 3600;

/// What a person sees of the days that were asked for.
pub async fn days(store: &Store, schedules: Vec<Schedule>, asked: &Asked) -> Result<Days> {
    let (now, zone) = (store.now(), zone_of(&schedules, &asked.zone));
    let today = zone.local(now).date();
    let at = asked.at.unwrap_or(today);
    let (first, last) = range(asked.view, at);
    let moment = |day: NaiveDate| zone.at(day.and_time(NaiveTime::MIN));
    let (from, until) = (moment(first), moment(last));
    let count = schedules.len();
    let named: Vec<_> = schedules.iter().filter(|one| is_named(one, &asked.named)).collect();
    let past = store.settled_between(from, until).await?;
    let tallies = tallies(store, &past).await?;
    let known: HashMap<ScheduleId, &Schedule> = named.iter().map(|one| (one.id, *one)).collect();
    let mut entries: Vec<EntryLine> = past
        .iter()
        .filter_map(|row| Some(settled(row, known.get(&row.schedule)?, &tallies, zone, now)))
        .collect();
    let over: HashSet<(ScheduleId, RecurrenceId)> =
        past.iter().map(|row| (row.schedule, row.settled.id)).collect();
    let mut ahead = Comes::default();
    for schedule in &named {
        for occurrence in schedule.timing.series.between(from.max(schedule.since), until) {
            // Before now and without a row: before the schedule was, or in this moment.
            if occurrence.at <= now || over.contains(&(schedule.id, occurrence.id)) {
                continue;
            }
            ahead.entries.push((schedule.id, coming(schedule, &occurrence, zone)));
        }
    }
    let all_looked_at = ahead.look(store, &named, now).await?;
    entries.extend(ahead.entries.into_iter().map(|(_, entry)| entry));
    entries.sort_by(|one, next| (one.at, &one.name).cmp(&(next.at, &next.name)));
    let blackouts = blackouts(store, zone, from, until).await?;
    let days = first.iter_days().take_while(|day| *day < last);
    let mut by_day: BTreeMap<NaiveDate, Vec<EntryLine>> = BTreeMap::new();
    for entry in entries {
        by_day.entry(zone.local(entry.at).date()).or_default().push(entry);
    }
    let day = |date: NaiveDate| DayLine {
        date,
        within: asked.view != View::Month || date.month() == at.month(),
        entries: by_day.get(&date).cloned().unwrap_or_default(),
        blackouts: blackouts.get(&date).cloned().unwrap_or_default(),
    };
    let mut zones: Vec<_> = schedules.iter().map(|one| one.timing.series.zone.to_string()).collect();
    zones.extend([zone.to_string(), "UTC".to_owned()]);
    zones.sort();
    zones.dedup();
    let (zone, days) = (zone.to_string(), days.map(day).collect());
    Ok(Days { zone, zones, today, at, days, schedules: count, all_looked_at })
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
    let ahead = |day: NaiveDate, n: u64| day.checked_add_days(Ahead::new(n)).unwrap_or(day);
    let monday = |day: NaiveDate| {
        let back = u64::from(day.weekday().num_days_from_monday());
        day.checked_sub_days(Ahead::new(back)).unwrap_or(day)
    };
    match view {
        View::Agenda => (at, ahead(at, 14)),
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
) -> Result<BTreeMap<NaiveDate, Vec<String>>> {
    let mut days: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    let held = store.held_times().await?.into_iter().map(|row| row.held);
    for held in held.filter(|held| held.kind == Kind::Blackout) {
        for one in held.times.within(&(from..until)).iter() {
            let (first, last) = (one.start.max(from), one.end.min(until) - TimeDelta::seconds(1));
            let days_of =
                zone.local(first).date().iter_days().take_while(|day| *day <= zone.local(last).date());
            for day in days_of {
                let titles = days.entry(day).or_default();
                if !titles.contains(&held.title) {
                    titles.push(held.title.clone());
                }
            }
        }
    }
    Ok(days)
}

/// What comes, and what stands in its way.
#[derive(Default)]
struct Comes {
    entries: Vec<(ScheduleId, EntryLine)>,
}

impl Comes {
    /// False where it did not look at all of them.
    async fn look(&mut self, store: &Store, schedules: &[&Schedule], now: Time) -> Result<bool> {
        let coming: HashSet<_> = self.entries.iter().map(|(id, _)| *id).collect();
        let wanted: Vec<_> = schedules.iter().filter(|one| coming.contains(&one.id)).collect();
        let mut looked: HashMap<ScheduleId, Looked> = HashMap::new();
        for schedule in wanted.iter().take(LOOKED_AT) {
            looked.insert(schedule.id, Looked::at(store, schedule, now).await?);
        }
        for (id, entry) in &mut self.entries {
            if let Some(looked) = looked.get(id) {
                looked.note(entry, now);
            }
        }
        self.same_machines(&looked);
        Ok(wanted.len() <= LOOKED_AT)
    }

    /// Two that are under way at once and want the same machines.
    fn same_machines(&mut self, looked: &HashMap<ScheduleId, Looked>) {
        self.entries.sort_by_key(|(_, entry)| entry.at);
        let mut notes = Vec::new();
        for (n, (id, entry)) in self.entries.iter().enumerate() {
            let Some(one) = looked.get(id) else { continue };
            let end = entry.at + one.takes;
            for (m, (other_id, other)) in self.entries.iter().enumerate().skip(n + 1) {
                if other.at >= end {
                    break;
                }
                let Some(other_looked) = looked.get(other_id).filter(|_| other_id != id) else { continue };
                let shared = one.machines.intersection(&other_looked.machines).count();
                if shared > 0 {
                    let machines =
                        if shared == 1 { "1 machine".to_owned() } else { format!("{shared} machines") };
                    notes.push((n, format!("{machines} also wanted by {} at {}", other.name, other.clock)));
                    notes.push((m, format!("{machines} also wanted by {} at {}", entry.name, entry.clock)));
                }
            }
        }
        for (n, note) in notes {
            conflict(&mut self.entries[n].1, note);
        }
    }
}

/// What is known of a schedule that comes.
pub struct Looked {
    places: Places,
    machines: HashSet<MachineId>,
    takes: TimeDelta,
    lead: TimeDelta,
    waits: bool,
}

impl Looked {
    pub async fn at(store: &Store, schedule: &Schedule, now: Time) -> Result<Self> {
        let places = match Places::of(store, schedule, now).await {
            // A search that is not understood finds nobody.
            Err(error) if error.is_of_one_row() => Places::default(),
            places => places?,
        };
        let run_s = store.usual_run_seconds(schedule.id).await?.map(whole);
        let takes = i64::try_from(run_s.or(places.trip_s).unwrap_or(GUESS_S)).unwrap_or(3600);
        Ok(Self {
            machines: places.chosen.iter().map(|one| one.machine).collect(),
            takes: TimeDelta::seconds(takes),
            lead: lead(&schedule.timing, run_s),
            waits: schedule.timing.on_miss == OnMiss::NextWindow,
            places,
        })
    }

    /// Says what stands in the way of one.
    pub fn note(&self, entry: &mut EntryLine, now: Time) {
        if self.lead > TimeDelta::zero() {
            entry.words =
                format!("ready by then, begins about {} before", pitstop_calendar::due::length(self.lead));
        }
        if self.machines.is_empty() {
            conflict(entry, "no machine is found".to_owned());
        }
        let begins = entry.at - self.lead;
        if begins > now + HORIZON - TimeDelta::days(1) {
            return;
        }
        let trip =
            TimeDelta::seconds(self.places.trip_s.and_then(|s| i64::try_from(s).ok()).unwrap_or_default());
        if let Err(why) = self.places.allowed(now).at(begins, trip) {
            let waits = if self.waits { "; it waits for the next window" } else { "; it will be left out" };
            conflict(entry, format!("{}{waits}", shut(&why)));
        }
    }
}

fn conflict(entry: &mut EntryLine, note: String) {
    if entry.state == EntryState::Coming {
        entry.state = EntryState::Conflict;
    }
    if !entry.notes.contains(&note) {
        entry.notes.push(note);
    }
}
