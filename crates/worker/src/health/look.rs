//! What is known of the machines that a rule watches. Of most of them the newest figures are enough: only where these hold,
//! or an alert is open, is more looked at.

use crate::schedules::places::{Places, chosen, found};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::after::{self, Verdict, compare, ill};
use pitstop_domain::health::alert::{About, SETTLE, Trip};
use pitstop_domain::health::brake::SUDDEN;
use pitstop_domain::health::elsewhere::Tiding;
use pitstop_domain::health::judge::STALE_POLLED;
use pitstop_domain::health::rule::{Against, Condition};
use pitstop_domain::health::score::Known;
use pitstop_domain::health::{Alert, Beside, Guard, Judged, Metric, Rule, Truth, View, judge};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::query::Scope;
use pitstop_store::fleet::FleetRow;
use pitstop_store::health::commit::TripRow;
use pitstop_store::{Result, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// As far back as trips count against a machine.
const WEEK: TimeDelta = TimeDelta::days(7);

/// Before a trip, figures of so long are what it is compared with.
const BEFORE: TimeDelta = TimeDelta::minutes(60);

/// When an alert fired, and what its figures were compared with.
type Fired = (Time, Vec<Beside>);

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
    let watched_ids = ids(&rows, &open);
    let known = known(store, &rule.condition, &watched_ids).await?;
    let told = told(store, &rule.condition, &watched_ids).await?;
    let candidates: Vec<MachineId> = rows
        .iter()
        .map(|row| row.id)
        .filter(|id| holds_now(&rule.condition, known.get(id), told.get(id), now))
        .collect();
    let close: HashSet<MachineId> = candidates.iter().chain(&with_alert).copied().collect();
    let since = now - WEEK;
    let trips = store.health_trips_since(since).await?;
    let jobs: Vec<JobId> = open.iter().filter_map(|(_, alert)| alert.job).collect();
    let closings = store.closings_of(&jobs).await?;
    let verdicts = verdicts(store, &rule.condition, &open, &closings, &told, now).await?;
    let fired: HashMap<MachineId, Fired> = open
        .iter()
        .filter_map(|(_, alert)| Some((alert.machine, (alert.fired_at?, alert.fired_beside.clone()))))
        .collect();
    let about = of_machines(store, rule, rows, (&close, fired), (known, told), &trips, now).await?;
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
            beside: Vec::new(),
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

fn ids(rows: &[FleetRow], open: &[(Uuid, Alert)]) -> Vec<MachineId> {
    let machines: HashSet<MachineId> =
        rows.iter().map(|row| row.id).chain(open.iter().map(|(_, alert)| alert.machine)).collect();
    machines.into_iter().collect()
}

/// Nothing, where the rule stands on no figure.
async fn known(
    store: &Store,
    condition: &Condition,
    machines: &[MachineId],
) -> Result<HashMap<MachineId, Known>> {
    let metrics: Vec<Metric> = condition.terms.iter().map(|term| term.metric).collect();
    // What is held against a number needs nothing that is usual.
    let relative =
        condition.terms.iter().filter(|term| matches!(term.against, Against::Own(_) | Against::Peers(_)));
    let usual: Vec<Metric> = relative.map(|term| term.metric).collect::<BTreeSet<_>>().into_iter().collect();
    match metrics.is_empty() {
        true => Ok(HashMap::new()),
        false => store.known_figures_of(machines, &metrics, &usual).await,
    }
}

/// Nothing, where the rule stands on nothing from elsewhere.
async fn told(
    store: &Store,
    condition: &Condition,
    machines: &[MachineId],
) -> Result<HashMap<MachineId, Vec<Tiding>>> {
    let names: Vec<String> = condition.heard.iter().map(|heard| heard.name.clone()).collect();
    match names.is_empty() {
        true => Ok(HashMap::new()),
        false => store.tidings_of(machines, &names).await,
    }
}

fn holds_now(condition: &Condition, known: Option<&Known>, told: Option<&Vec<Tiding>>, now: Time) -> bool {
    if known.is_none() && told.is_none() {
        return false;
    }
    let nothing = Known::default();
    let known = known.unwrap_or(&nothing);
    let series = known.newest.iter().map(|(metric, point)| (*metric, vec![*point])).collect();
    let told = told.cloned().unwrap_or_default();
    let view = View { series, own: known.own.clone(), peers: known.peers.clone(), told, ..View::default() };
    judge(condition, &view, now).now == Truth::Yes
}

async fn of_machines(
    store: &Store,
    rule: &Rule,
    mut rows: Vec<FleetRow>,
    (close, mut fired): (&HashSet<MachineId>, HashMap<MachineId, Fired>),
    (mut known, mut told): (HashMap<MachineId, Known>, HashMap<MachineId, Vec<Tiding>>),
    trips: &[TripRow],
    now: Time,
) -> Result<HashMap<MachineId, OfMachine>> {
    rows.retain(|row| close.contains(&row.id));
    // A machine that the search does not find any more still has its alert followed.
    let found: HashSet<MachineId> = rows.iter().map(|row| row.id).collect();
    let ids: Vec<MachineId> = close.iter().copied().collect();
    let for_ = TimeDelta::seconds(rule.condition.for_s.into()).max(STALE_POLLED);
    let mut series = store.minutes_of(&ids, now - for_, now).await?;
    let places = Places::of_chosen(store, rows.iter().map(chosen).collect(), &rule.function, now).await?;
    let mut about = HashMap::with_capacity(close.len());
    for row in rows {
        let known = known.remove(&row.id).unwrap_or_default();
        let series = series.remove(&row.id).unwrap_or_default();
        let told = told.remove(&row.id).unwrap_or_default();
        let (fired_at, fired_beside) = fired.remove(&row.id).unzip();
        let fired_beside = fired_beside.unwrap_or_default();
        let view = View { series, own: known.own, peers: known.peers, told, fired_at, fired_beside };
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
        let (series, told) = (series.remove(id).unwrap_or_default(), told.remove(id).unwrap_or_default());
        let (fired_at, fired_beside) = fired.remove(id).unzip();
        let fired_beside = fired_beside.unwrap_or_default();
        let view = View { series, own: known.own, peers: known.peers, told, fired_at, fired_beside };
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
    told: &HashMap<MachineId, Vec<Tiding>>,
    now: Time,
) -> Result<HashMap<MachineId, Verdict>> {
    let mut verdicts = HashMap::new();
    for (_, alert) in
        open.iter().filter(|(_, alert)| alert.state == pitstop_domain::health::AlertState::Acting)
    {
        let closed = alert.job.and_then(|job| closings.get(&job)).copied().flatten();
        let (Some(closed), Some(acted)) = (closed, alert.acted_at) else { continue };
        let mut before = store.minutes_of(&[alert.machine], acted - BEFORE, acted).await?;
        let mut since = store.minutes_of(&[alert.machine], closed + SETTLE, now).await?;
        let mut before = before.remove(&alert.machine).unwrap_or_default();
        for points in before.values_mut() {
            *points = ill(points, alert.fired_at.unwrap_or(acted), condition.for_s).to_vec();
        }
        let since = since.remove(&alert.machine).unwrap_or_default();
        let figures = compare(condition, &before, &since, closed + SETTLE);
        let told = told.get(&alert.machine).map(Vec::as_slice).unwrap_or_default();
        let heard = after::heard(condition, told, closed + SETTLE, now);
        if let Some(verdict) = after::together(condition, figures, heard) {
            verdicts.insert(alert.machine, verdict);
        }
    }
    Ok(verdicts)
}
