//! Makes the calls that the server itself makes: prepare the board, record, ask for the restart once, store the answer.
//!
//! Preparing may be repeated, so a call whose worker died over it is taken by another. The one request that restarts
//! is recorded before it leaves and never repeated: after a crash in between nobody knows whether it took effect, and
//! the machine will show.

use crate::secrets::OfMachine;
use pitstop_domain::facts::CallState;
use pitstop_domain::route::Target;
use pitstop_domain::sighting::Sighting;
use pitstop_power::{Board, Effect, Fault, PowerState, Subject, board};
use pitstop_store::presses::{Press, Taken};
use pitstop_store::watches::Watch;
use pitstop_store::{Keys, Result, Store};
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Calls under way at once: each may wait a minute for its board, and holds a connection only for moments.
const AT_ONCE: usize = 256;

/// How long a board is tried that says "later": a board that restarts itself is away for one to two minutes.
const PREPARING: Duration = Duration::from_secs(120);

/// Between two tries at preparing: a second at first, doubled each time up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// While something was seen that is not decided on yet. A step takes milliseconds.
const UNDECIDED_PAUSE: Duration = Duration::from_millis(50);

/// The request follows its record within milliseconds. A process that was stopped in between for longer than this does
/// not know any more whether the restart is wanted.
const FRESH: Duration = Duration::from_secs(5);

/// Takes the calls that wait and makes them, each on its own task. Gives how many were taken.
pub(crate) async fn start(store: &Store, keys: &Keys, worker: &str, tasks: &TaskTracker) -> Result<usize> {
    let room = AT_ONCE.saturating_sub(tasks.len());
    if room == 0 {
        return Ok(0);
    }
    let limit = i64::try_from(room.min(64)).unwrap_or(64);
    let calls = store.take_pushed_calls(worker, limit, store.now()).await?;
    let taken = calls.len();
    for call in calls {
        tasks.spawn(make(store.clone(), keys.clone(), call));
    }
    Ok(taken)
}

async fn make(store: Store, keys: Keys, mut taken: Taken) {
    let (job, route) = (taken.call.job, taken.call.route.name());
    match ask(&store, &keys, &mut taken).await {
        Ok(Made::Answered(state, words)) => {
            tracing::info!(%job, route, state = ?state, words, "A route was asked to restart a machine.");
            if let Err(error) = store.answer_call(taken.call.id, state, &words, store.now()).await {
                tracing::warn!(%job, %error, "A route's answer could not be stored; the machine will show.");
            }
        }
        Ok(Made::Unknown(words)) => {
            tracing::warn!(%job, route, words, "Nobody knows what became of a restart; the machine will show.");
        }
        Ok(Made::GivenUp) => tracing::info!(%job, route, "A restart is not wanted any more."),
        Err(error) => {
            tracing::warn!(%job, route, %error, "A call could not be made; another worker takes it over.");
        }
    }
}

/// What became of a call.
enum Made {
    Answered(CallState, String),
    /// It was pressed, and no answer says what came of it. It stays as it is.
    Unknown(String),
    GivenUp,
}

impl Made {
    fn refused(fault: Fault) -> Self {
        Self::Answered(CallState::Refused, fault.what)
    }
}

async fn ask(store: &Store, keys: &Keys, taken: &mut Taken) -> Result<Made> {
    let Some(machine) = store.machine(taken.call.machine).await? else { return Ok(Made::GivenUp) };
    let subject = Subject {
        machine: machine.id,
        uuid: machine.smbios_uuid,
        macs: machine.macs,
        firmware: machine.firmware,
        target: taken.call.target,
        job: taken.call.job,
        call: taken.call.id,
    };
    let secrets = OfMachine { store, keys, machine: machine.id };
    let mut board = match board(&taken.call.route, &subject, &secrets).await {
        Ok(board) => board,
        Err(fault) => return Ok(Made::refused(fault)),
    };
    let prepared = match prepare(store, taken, board.as_mut()).await? {
        Prepared::Ready(words) => words,
        Prepared::Not(made) => return Ok(made),
    };
    taken.on = is_on(store, keys, taken, board.as_mut(), subject.uuid).await?;
    let pressed = loop {
        let before = Instant::now();
        match store.press(taken, store.now()).await? {
            Press::Now => break before,
            Press::GivenUp => return Ok(Made::GivenUp),
            Press::Undecided => tokio::time::sleep(UNDECIDED_PAUSE).await,
        }
    };
    if pressed.elapsed() > FRESH {
        let away = pressed.elapsed().as_secs();
        return Ok(Made::Answered(
            CallState::Refused,
            format!("not asked: this server stood still for {away} s before it could ask"),
        ));
    }
    Ok(match board.restart().await {
        Ok(words) => Made::Answered(CallState::Accepted, join(&prepared, &words)),
        Err(fault) if fault.effect == Effect::None => Made::refused(fault),
        Err(fault) => Made::Unknown(fault.what),
    })
}

/// Is the machine on? Looked at only where that decides whether it is shut down again when it is back.
async fn is_on(
    store: &Store,
    keys: &Keys,
    taken: &Taken,
    board: &mut dyn Board,
    uuid: Option<uuid::Uuid>,
) -> Result<Option<bool>> {
    let (call, wanted) = (&taken.call, taken.call.target == Target::Maintenance);
    let job = if wanted { store.job(call.job).await? } else { None };
    let Some(row) = job.filter(|row| row.job.plan.off_again) else { return Ok(None) };
    if let Ok(look) = board.look().await
        && let Some(power) = look.power
    {
        let another = look.uuid.is_some() && uuid.is_some() && look.uuid != uuid;
        return Ok((!another).then_some(power == PowerState::On));
    }
    let Some(machine) = store.machine(call.machine).await? else { return Ok(None) };
    let watch = Watch { machine: call.machine, job: call.job };
    let seen = crate::watch::power(store, keys, &machine, &row.job.plan, watch).await;
    Ok(seen.and_then(|sighting| match sighting {
        Sighting::Power { on, .. } => Some(on),
        _ => None,
    }))
}

enum Prepared {
    Ready(String),
    Not(Made),
}

/// Prepares, again and again while the board says "later" and the call is ours.
async fn prepare(store: &Store, taken: &mut Taken, board: &mut dyn Board) -> Result<Prepared> {
    let (began, mut pause) = (Instant::now(), Duration::from_secs(1));
    loop {
        match board.prepare().await {
            Ok(words) => return Ok(Prepared::Ready(words)),
            Err(fault) if !fault.worth_retrying || began.elapsed() + pause > PREPARING => {
                return Ok(Prepared::Not(Made::refused(fault)));
            }
            Err(fault) => {
                tracing::debug!(job = %taken.call.job, %fault, "A board is asked again.");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if !store.keep_call(taken).await? {
            return Ok(Prepared::Not(Made::GivenUp));
        }
    }
}

fn join(prepared: &str, restarted: &str) -> String {
    if prepared.is_empty() { restarted.to_owned() } else { format!("{prepared}; {restarted}") }
}
