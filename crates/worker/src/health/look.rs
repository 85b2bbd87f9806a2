//! What is known of the machines that a rule watches. Of most of them the newest figures are enough: only where these hold,
//! or an alert is open, is more looked at.

use crate::schedules::places::{Places, found};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::after::{Verdict, compare, ill};
use pitstop_domain::health::alert::{About, SETTLE, Trip};
use pitstop_domain::health::brake::SUDDEN;
use pitstop_domain::health::rule::Condition;
use pitstop_domain::health::score::Known;
use pitstop_domain::health::{Alert, Guard, Judged, Rule, Truth, View, judge};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::query::Scope;
use pitstop_store::fleet::FleetRow;
use pitstop_store::health::commit::TripRow;
use pitstop_store::{Result, Store};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// As far back as trips count against a machine.
const WEEK: TimeDelta = TimeDelta::days(7);

/// Before a trip, figures of so long are what it is compared with.
const BEFORE: TimeDelta = TimeDelta::minutes(60);

/// All that a decision looks at.
pub struct Looked {
    pub guard: Guard,
    /// How many machines the rule watches.
    pub watched: usize,
    pub sites: BTreeMap<String, usize>,
    pub open: Vec<(Uuid, Alert)>,
    /// Machines whose newest figures hold.
    pub candidates: Vec<MachineId>,
    pub trips: Vec<TripRow>,
    /// Machines on which it fired not long ago.
    pub fired: Vec<MachineId>,
    pub held_back: bool,
    since: Time,
    with_alert: HashSet<MachineId>,
    about: HashMap<MachineId, OfMachine>,
    closings: HashMap<JobId, Option<Time>>,
    verdicts: HashMap<MachineId, Verdict>,
}

/// Of one machine.
#[derive(Debug)]
struct OfMachine {
    judged: Judged,
    site: String,
    busy: Option<String>,
    shut: Option<String>,
    trips: Vec<Time>,
}

/// Looks at everything that a rule is about.
pub async fn look(store: &Store, rule: &Rule, now: Time) -> Result<Looked> {
    let rows = found(store, &rule.query, &Scope::of(None)).await?;
    let watched = rows.len();
    let open = store.open_health_alerts(rule.id).await?;
    let with_alert: HashSet<MachineId> = open.iter().map(|(_, alert)| alert.machine).collect();
    let known = known(store, &rows, &open).await?;
    let candidates: Vec<MachineId> = rows
        .iter()
        .map(|row| row.id)
        .filter(|id| known.get(id).is_some_and(|known| holds_now(&rule.condition, known, now)))
        .collect();
    let close: HashSet<MachineId> = candidates.iter().chain(&with_alert).copied().collect();
    let since = now - WEEK;
    let trips = store.health_trips_since(since).await?;
    let about = of_machines(store, rule, rows, &close, known, &trips, now).await?;
    let jobs: Vec<JobId> = open.iter().filter_map(|(_, alert)| alert.job).collect();
    let closings = store.closings_of(&jobs).await?;
    let verdicts = verdicts(store, &rule.condition, &open, &closings, now).await?;
    Ok(Looked {
        guard: store.health_guard().await?,
        watched,
        sites: store.machines_by_site().await?,
        fired: store.fired_since(rule.id, now - SUDDEN).await?,
        held_back: store.health_is_held_back(rule.id, now - SUDDEN).await?,
        open,
        candidates,
        trips,
        since,
        with_alert,
        about,
        closings,
        verdicts,
    })
}

impl Looked {
    pub fn has_alert(&self, machine: MachineId) -> bool {
        self.with_alert.contains(&machine)
    }

    pub fn site_of(&self, machine: MachineId) -> String {
        self.about.get(&machine).map(|of| of.site.clone()).unwrap_or_default()
    }

    /// What is compared when the decision is stored.
    pub fn trips_since(&self) -> (Time, usize) {
        (self.since, self.trips.len())
    }

    pub fn about(&self, machine: MachineId, alert: Option<&Alert>) -> About<'_> {
        static NOTHING: Judged = Judged {
            holds: Truth::Unknown,
            now: Truth::Unknown,
            over: Truth::Unknown,
            reason: String::new(),
        };
        let of = self.about.get(&machine);
        let closed = alert.and_then(|alert| self.closings.get(&alert.job?)).copied();
        About {
            judged: of.map_or(&NOTHING, |of| &of.judged),
            trip: closed.map(|closed_at| Trip { closed_at }),
            verdict: self.verdicts.get(&machine).cloned(),
            trips: of.map_or(&[], |of| of.trips.as_slice()),
            busy: of.and_then(|of| of.busy.as_deref()),
            shut: of.and_then(|of| of.shut.as_deref()),
        }
    }
}

async fn known(
    store: &Store,
    rows: &[FleetRow],
    open: &[(Uuid, Alert)],
) -> Result<HashMap<MachineId, Known>> {
    let machines: HashSet<MachineId> =
        rows.iter().map(|row| row.id).chain(open.iter().map(|(_, alert)| alert.machine)).collect();
    store.known_of(&machines.into_iter().collect::<Vec<_>>()).await
}

fn holds_now(condition: &Condition, known: &Known, now: Time) -> bool {
    let series = known.newest.iter().map(|(metric, point)| (*metric, vec![*point])).collect();
    let view = View { series, own: known.own.clone(), peers: known.peers.clone() };
    judge(condition, &view, now).now == Truth::Yes
}

async fn of_machines(
    store: &Store,
    rule: &Rule,
    mut rows: Vec<FleetRow>,
    close: &HashSet<MachineId>,
    mut known: HashMap<MachineId, Known>,
    trips: &[TripRow],
    now: Time,
) -> Result<HashMap<MachineId, OfMachine>> {
    rows.retain(|row| close.contains(&row.id));
    // A machine that the search does not find any more still has its alert followed.
    let found: HashSet<MachineId> = rows.iter().map(|row| row.id).collect();
    let ids: Vec<MachineId> = close.iter().copied().collect();
    let for_ = TimeDelta::seconds(rule.condition.for_s.into()).max(TimeDelta::minutes(10));
    let mut series = store.minutes_of(&ids, now - for_, now).await?;
    let places = Places::of_rows(store, rows.clone(), &rule.function, now).await?;
    let mut about = HashMap::with_capacity(close.len());
    for row in rows {
        let known = known.remove(&row.id).unwrap_or_default();
        let series = series.remove(&row.id).unwrap_or_default();
        let view = View { series, own: known.own, peers: known.peers };
        let of = OfMachine {
            judged: judge(&rule.condition, &view, now),
            site: row.site.clone(),
            busy: row.job.map(|job| format!("{} holds it until that is closed", job.function)),
            shut: places.at(row.id, now, None).err().map(|shut| shut.to_string()),
            trips: trips.iter().filter(|trip| trip.machine == row.id).map(|trip| trip.began.at).collect(),
        };
        about.insert(row.id, of);
    }
    for id in close.difference(&found) {
        let known = known.remove(id).unwrap_or_default();
        let view = View { series: series.remove(id).unwrap_or_default(), own: known.own, peers: known.peers };
        let (site, busy) = (String::new(), Some("the rule's search does not find it any more".to_owned()));
        let judged = judge(&rule.condition, &view, now);
        about.insert(*id, OfMachine { judged, site, busy, shut: None, trips: vec![] });
    }
    Ok(about)
}

/// The figures before and after the trips that are over.
async fn verdicts(
    store: &Store,
    condition: &Condition,
    open: &[(Uuid, Alert)],
    closings: &HashMap<JobId, Option<Time>>,
    now: Time,
) -> Result<HashMap<MachineId, Verdict>> {
    let mut verdicts = HashMap::new();
    for (_, alert) in
        open.iter().filter(|(_, alert)| alert.state == pitstop_domain::health::AlertState::Acting)
    {
        let closed = alert.job.and_then(|job| closings.get(&job)).copied().flatten();
        let (Some(closed), Some(acted)) = (closed, alert.acted_at) else { continue };
        let mut before = store.minutes_of(&[alert.machine], acted - BEFORE, acted).await?;
        let mut after = store.minutes_of(&[alert.machine], closed + SETTLE, now).await?;
        let mut before = before.remove(&alert.machine).unwrap_or_default();
        for points in before.values_mut() {
            *points = ill(points, alert.fired_at.unwrap_or(acted), condition.for_s).to_vec();
        }
        let after = after.remove(&alert.machine).unwrap_or_default();
        if let Some(verdict) = compare(condition, &before, &after, closed + SETTLE) {
            verdicts.insert(alert.machine, verdict);
        }
    }
    Ok(verdicts)
}
