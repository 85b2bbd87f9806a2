//! What happened, as events: written in the transaction that makes it so. Nothing is lost when a server dies, and nothing is
//! told that was rolled back.

use crate::Result;
use crate::health::commit::Changed;
use crate::text::word;
use crate::trip::DecidedStep;
use pitstop_domain::Time;
use pitstop_domain::health::{AlertState, Rule};
use pitstop_domain::hook::Kind;
use pitstop_domain::id::{HookId, MachineId};
use pitstop_domain::job::Phase;
use pitstop_domain::run::{Run, RunState};
use serde_json::{Value, json};
use sqlx::PgTransaction;
use uuid::Uuid;

/// Something that happened.
pub(crate) struct Event {
    kind: Kind,
    machine: Option<Uuid>,
    run: Option<Uuid>,
    data: Value,
}

/// Writes events that a hook wants. What the machine is called and where it stands is added as it is now, and of a job its run.
async fn write(tx: &mut PgTransaction<'_>, events: &[Event], now: Time) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = "insert into hook_events (id, at, kind, machine_id, run_id, data) \
               select e.id, $6, e.kind, e.machine, e.run, jsonb_strip_nulls(e.data || jsonb_build_object('run', coalesce(e.run, j.run_id), \
                   'machine', case when m.id is not null then \
                       jsonb_build_object('id', m.id, 'name', m.name, 'site', m.site) end)) \
               from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::jsonb[]) as e (id, kind, machine, run, data) \
               left join machines m on m.id = e.machine left join jobs j on j.id = (e.data ->> 'job')::uuid \
               where exists (select 1 from hooks h where e.kind = any(h.kinds))";
    sqlx::query(sql)
        .bind(events.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.kind.name()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.machine).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.run).collect::<Vec<_>>())
        .bind(events.iter().map(|event| sqlx::types::Json(&event.data)).collect::<Vec<_>>())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Jobs moved: began, are held or closed; and their alarms.
pub(crate) async fn of_jobs(tx: &mut PgTransaction<'_>, moved: &[DecidedStep<'_>], now: Time) -> Result<()> {
    let mut events = Vec::new();
    for (was, is) in moved {
        let (from, job) = (was.job.phase, &is.job);
        let machine = Some(job.machine.0);
        let about = |more: Value| {
            let mut data =
                json!({ "job": job.id, "function": job.function, "phase": job.phase, "reason": is.moved });
            if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
                data.extend(more);
            }
            data
        };
        let mut add = |kind: Kind, more: Value| {
            events.push(Event { kind, machine, run: None, data: about(more) });
        };
        if from == Phase::Held && job.phase != Phase::Held {
            add(Kind::AlarmCleared, json!({ "alarm": "held" }));
        }
        match (from, job.phase) {
            (Phase::Queued, Phase::Switching) => add(Kind::JobBegan, Value::Null),
            (from, Phase::Held) if from != Phase::Held => {
                add(Kind::JobHeld, Value::Null);
                add(Kind::AlarmRaised, json!({ "alarm": "held" }));
            }
            (from, Phase::Closed) if from != Phase::Closed => {
                let outcome = job.ended.as_ref().map(|ended| word(&ended.outcome)).transpose()?;
                let because = job.ended.as_ref().map(|ended| &ended.because);
                let proof = job.proof.as_ref().map(word).transpose()?;
                add(Kind::JobClosed, json!({ "outcome": outcome, "because": because, "proof": proof }));
            }
            _ => {}
        }
    }
    write(tx, &events, now).await
}

/// A run moved: it stopped itself, or is over.
pub(crate) async fn of_run(tx: &mut PgTransaction<'_>, was: &Run, is: &Run, now: Time) -> Result<()> {
    let event = |kind| {
        let data = json!({ "function": is.plan.function, "state": is.state, "reason": is.because });
        Event { kind, machine: None, run: Some(is.id.0), data }
    };
    let stopped = is.state == RunState::Stopped && was.state != RunState::Stopped;
    let over = is.over_at.is_some() && was.over_at.is_none();
    let kinds = [(stopped, Kind::RunStopped), (over, Kind::RunOver)];
    let events: Vec<_> = kinds.into_iter().filter(|(is_so, _)| *is_so).map(|(_, kind)| event(kind)).collect();
    write(tx, &events, now).await
}

/// Alerts of a rule of health that are worth telling.
pub(crate) async fn of_alerts(
    tx: &mut PgTransaction<'_>,
    rule: &Rule,
    changed: &[Changed],
    now: Time,
) -> Result<()> {
    let told = changed.iter().filter(|one| one.tell).map(|one| {
        let alert = &one.alert;
        let kind = match (alert.state, alert.needs_person) {
            (AlertState::Resolved, _) => Kind::AlertResolved,
            (_, true) => Kind::AlertNeedsPerson,
            _ => Kind::AlertFiring,
        };
        let data = json!({
            "alert": one.id,
            "state": alert.state,
            "severity": rule.severity,
            "rule": { "id": rule.id, "name": rule.name },
            "job": alert.job,
            "reason": alert.reason,
            "note": alert.note,
            "since": alert.since,
        });
        Event { kind, machine: Some(alert.machine.0), run: None, data }
    });
    write(tx, &told.collect::<Vec<_>>(), now).await
}

/// A stranger became a machine.
pub(crate) async fn of_adoption(tx: &mut PgTransaction<'_>, machine: MachineId, now: Time) -> Result<()> {
    let event = Event { kind: Kind::MachineAdopted, machine: Some(machine.0), run: None, data: json!({}) };
    write(tx, &[event], now).await
}

/// Somebody wants to see whether it comes, there and nowhere else.
pub(super) async fn of_test(tx: &mut PgTransaction<'_>, hook: HookId, by: &str, now: Time) -> Result<()> {
    let event = Uuid::now_v7();
    let sql = "with event as (insert into hook_events (id, at, kind, data, dealt_at) values ($2, $3, $4, $5, $3) returning id) \
               insert into hook_deliveries (hook_id, event_id, at, due_at) select $1, id, $3, $3 from event";
    let data = json!({ "by": by, "text": "Deliveries of Pitstop come this way." });
    sqlx::query(sql)
        .bind(hook.0)
        .bind(event)
        .bind(now)
        .bind(Kind::Test.name())
        .bind(data)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
