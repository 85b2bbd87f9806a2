//! What steps ask to be done, in the transaction that stores them.

use super::commit::Decided;
use crate::Result;
use crate::text::word;
use pitstop_domain::Time;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::step::Command;
use sqlx::PgTransaction;
use sqlx::types::Json;
use uuid::Uuid;

/// Runs the commands of these steps. A step takes away before it gives, so all that is taken away comes first.
pub(super) async fn run(tx: &mut PgTransaction<'_>, moved: &[Decided<'_>], now: Time) -> Result<()> {
    let with = |wanted: fn(&Command) -> bool| -> Vec<&Decided<'_>> {
        moved.iter().filter(|(_, step)| step.commands.iter().any(wanted)).collect()
    };
    let ids = |steps: &[&Decided<'_>]| -> Vec<Uuid> { steps.iter().map(|(_, step)| step.job.id.0).collect() };
    let unassigned = ids(&with(|command| matches!(command, Command::Unassign)));
    if !unassigned.is_empty() {
        let sql = "delete from assignments where job_id = any($1)";
        sqlx::query(sql).bind(unassigned).execute(&mut **tx).await?;
    }
    let voided = ids(&with(|command| matches!(command, Command::VoidCalls)));
    if !voided.is_empty() {
        void_calls(tx, &voided, now).await?;
    }
    assign(tx, &with(|command| matches!(command, Command::Assign)), now).await?;
    let asks = with(|command| matches!(command, Command::Ask));
    let asks: Vec<_> = asks.iter().map(|(_, step)| (step.job.id, step.job.machine)).collect();
    crate::questions::put(tx, &asks, now).await?;
    restart(tx, moved, now).await?;
    shut_down(tx, moved, now).await
}

/// Calls that did not leave our hands are taken back: nobody took them, or a worker has only prepared them.
pub(super) async fn void_calls(tx: &mut PgTransaction<'_>, jobs: &[Uuid], now: Time) -> Result<()> {
    let sql = "update calls set state = 'void', changed_at = $2 where job_id = any($1) \
               and (state = 'waiting' or (state = 'started' and lease_by is not null))";
    sqlx::query(sql).bind(jobs).bind(now).execute(&mut **tx).await?;
    Ok(())
}

async fn assign(tx: &mut PgTransaction<'_>, steps: &[&Decided<'_>], now: Time) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let machines: Vec<Uuid> = steps.iter().map(|(_, step)| step.job.machine.0).collect();
    crate::shut_downs::void(tx, &machines, now).await?;
    let jobs: Vec<Uuid> = steps.iter().map(|(_, step)| step.job.id.0).collect();
    let images: Vec<&str> = steps.iter().map(|(_, step)| step.job.image.as_str()).collect();
    sqlx::query(
        "insert into assignments (machine_id, job_id, image, created_at) \
         select machine, job, image, $4 from unnest($1::uuid[], $2::uuid[], $3::text[]) as a (machine, job, image) \
         on conflict (machine_id) do update set job_id = excluded.job_id, image = excluded.image, \
         created_at = excluded.created_at",
    )
    .bind(machines)
    .bind(jobs)
    .bind(images)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn shut_down(tx: &mut PgTransaction<'_>, moved: &[Decided<'_>], now: Time) -> Result<()> {
    let boot = |(_, step): &Decided<'_>| {
        step.commands.iter().find_map(|command| match command {
            Command::ShutDown { boot } => Some(boot.clone()),
            _ => None,
        })
    };
    let with: Vec<_> = moved.iter().filter_map(|one| Some((one.1, boot(one)?))).collect();
    let orders: Vec<_> = with.iter().map(|(step, boot)| (step.job.id, step.job.machine, boot)).collect();
    crate::shut_downs::give(tx, &orders, now).await
}

/// Restarts become calls that wait, and whoever makes them is told.
async fn restart(tx: &mut PgTransaction<'_>, moved: &[Decided<'_>], now: Time) -> Result<()> {
    let restarts: Vec<(&Decided<'_>, &Route, &Target)> = moved
        .iter()
        .flat_map(|one| {
            one.1.commands.iter().filter_map(move |command| match command {
                Command::Restart { route, target } => Some((one, route, target)),
                _ => None,
            })
        })
        .collect();
    if restarts.is_empty() {
        return Ok(());
    }
    let of =
        |id: fn(&Decided<'_>) -> Uuid| -> Vec<Uuid> { restarts.iter().map(|(one, ..)| id(one)).collect() };
    let attempts: Vec<i32> =
        restarts.iter().map(|((_, step), ..)| i32::try_from(step.job.attempt).unwrap_or(i32::MAX)).collect();
    let targets = restarts.iter().map(|(_, _, target)| word(*target)).collect::<Result<Vec<_>>>()?;
    sqlx::query(
        "insert into calls (id, job_id, machine_id, phase, attempt, phase_since, route, target, state, \
         created_at, changed_at) \
         select id, job, machine, phase, attempt, since, route, target, 'waiting', $9, $9 \
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::timestamptz[], $7::jsonb[], \
             $8::text[]) as c (id, job, machine, phase, attempt, since, route, target)",
    )
    .bind(restarts.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(of(|(_, step)| step.job.id.0))
    .bind(of(|(_, step)| step.job.machine.0))
    .bind(restarts.iter().map(|((_, step), ..)| step.job.phase.name()).collect::<Vec<_>>())
    .bind(attempts)
    .bind(restarts.iter().map(|((_, step), ..)| step.job.phase_since).collect::<Vec<_>>())
    .bind(restarts.iter().map(|(_, route, _)| Json((*route).clone())).collect::<Vec<_>>())
    .bind(targets)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let orders: Vec<String> = restarts
        .iter()
        .filter(|(_, route, _)| route.needs_agent())
        .map(|((_, step), ..)| step.job.machine.to_string())
        .collect();
    let asked_by_us = restarts.len() > orders.len();
    sqlx::query("select pg_notify('pitstop_order', machine) from unnest($1::text[]) as o (machine)")
        .bind(orders)
        .execute(&mut **tx)
        .await?;
    if asked_by_us {
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    }
    Ok(())
}
