//! Asks the routes that the server itself asks. A call is marked as started before anybody is asked, and is
//! never asked twice: after a crash in between nobody knows whether it took effect, and the machine will show.

use pitstop_domain::facts::CallState;
use pitstop_power::Answer;
use pitstop_store::orders::CallRow;
use pitstop_store::{Result, Store};
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Taken is as good as asked, but for a process that is frozen in between. Looked at right before the question leaves,
/// by a clock that goes on while a process is stopped.
const STALE: Duration = Duration::from_secs(5);

/// Takes the calls that wait and asks their routes, each on its own task. Gives how many were taken.
pub(crate) async fn start(store: &Store, tasks: &TaskTracker) -> Result<usize> {
    let since = Instant::now();
    let calls = store.take_pushed_calls(store.now()).await?;
    let taken = calls.len();
    for call in calls {
        tasks.spawn(ask(store.clone(), call, since));
    }
    Ok(taken)
}

async fn ask(store: Store, call: CallRow, taken: Instant) {
    let answer = match taken.elapsed() {
        // Others may have gone on without this process: the machine may be elsewhere by now.
        late if late > STALE => {
            Answer::Refused(format!("not asked: the server stood still for {} s", late.as_secs()))
        }
        _ => pitstop_power::restart(&call.route, call.id).await,
    };
    tracing::info!(job = %call.job, route = call.route.name(), ?answer, "A route was asked to restart a machine.");
    let (state, text) = match answer {
        Answer::Accepted(text) => (CallState::Accepted, text),
        Answer::Refused(text) => (CallState::Refused, text),
        // It stays started: what is seen decides.
        Answer::Unknown(_) => return,
    };
    if let Err(error) = store.answer_call(call.id, state, &text, store.now()).await {
        tracing::warn!(job = %call.job, %error, "A route's answer could not be stored; the machine will show.");
    }
}
