//! What a rule would have done in the last thirty days.

use chrono::TimeDelta;
use pitstop_app::health::desk::Would;
use pitstop_domain::health::dry::{Fired, replay, sum};
use pitstop_domain::health::{Rule, View};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::Scope;
use pitstop_store::{Result, Store};
use pitstop_worker::members::whole;
use pitstop_worker::schedules::places::found;
use std::collections::HashMap;

const LOOK_BACK: TimeDelta = TimeDelta::days(30);

/// Machines whose hours are in memory at once: 720 hours of each.
const AT_ONCE: usize = 200;

/// Lines that are shown.
const SHOWN: usize = 30;

pub async fn would(store: &Store, rule: &Rule) -> Result<Would> {
    let now = store.now();
    let rows = found(store, &rule.query, &Scope::of(None)).await?;
    let names: HashMap<MachineId, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
    let (mut fired, mut measured): (Vec<Fired>, usize) = (vec![], 0);
    for some in rows.chunks(AT_ONCE) {
        let ids: Vec<MachineId> = some.iter().map(|row| row.id).collect();
        let mut known = store.known_of(&ids).await?;
        for (machine, series) in store.hours_of(&ids, now - LOOK_BACK, now).await? {
            let known = known.remove(&machine).unwrap_or_default();
            measured += 1;
            fired.extend(replay(
                rule,
                machine,
                &View { series, own: known.own, peers: known.peers, ..View::default() },
            ));
        }
    }
    let would = sum(rule, fired, rows.len());
    let line = |one: &Fired| {
        let name = names.get(&one.machine).copied().unwrap_or_default().to_owned();
        (one.machine, name, one.at, one.until, one.trip)
    };
    Ok(Would {
        words: rule.condition.words(),
        watched: rows.len(),
        measured,
        deaf: !rule.condition.heard.is_empty(),
        machines: would.machines,
        trips: would.trips,
        usual_s: store.usual_seconds(&rule.function, None).await?.map(whole),
        storms: would.storms,
        fired_in_all: would.fired.len(),
        fired: would.fired.iter().rev().take(SHOWN).map(line).collect(),
    })
}
