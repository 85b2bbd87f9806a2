//! Captures, for one person, from the store.

use super::Captures;
use crate::backend::{failure, failure_of};
use crate::people::{Deed, Fault, Gate, On};
use crate::start;
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::captures::desk::{CaptureDesk, Restore};
use pitstop_domain::capture::{Capture, State};
use pitstop_domain::function::{Function, Risk, Task};
use pitstop_domain::id::{CaptureId, JobId, MachineId};
use pitstop_domain::parameter::{Answer, Choice};
use pitstop_domain::people::{Right, Role, Who};
use pitstop_domain::route::form::Filled;
use pitstop_store::captures::CaptureFilter;
use pitstop_store::{Error, Store};
use serde_json::json;

/// Captures in a list that is chosen from. Who has more finds the others on their own pages.
const MOST_CHOICES: i64 = 200;
/// What restores, and what captures.
const RESTORE: &str = "restore";
const CAPTURE: &str = "capture";

/// Captures before one person.
pub struct StoreCaptures {
    gate: Gate,
    captures: Captures,
    limits_percent: u32,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreCaptures {
    pub fn new(gate: Gate, captures: Captures, limits_percent: u32) -> Self {
        Self { gate, captures, limits_percent }
    }

    async fn see(&self) -> Result<&Store> {
        self.gate.read(Right::See, On::Somewhere).await.map_err(failure_of)
    }

    /// Where its machine is in sight.
    async fn found(&self, id: CaptureId) -> Result<Capture> {
        let capture = self.see().await?.capture(id).await.map_err(failure)?;
        let capture = capture.ok_or_else(|| Failure::not_found("capture"))?;
        match self.gate.read(Right::See, On::Machine(capture.machine)).await {
            Ok(_) => Ok(capture),
            Err(_) => Err(Failure::not_found("capture")),
        }
    }

    async fn machine(&self, name: &str) -> Result<MachineId> {
        let found = self.see().await?.machine_named(name).await.map_err(failure)?;
        let words = || Failure::Refused(format!("no machine is called `{name}`"));
        let id = found.ok_or_else(words)?;
        self.gate.read(Right::See, On::Machine(id)).await.map_err(|_| words())?;
        Ok(id)
    }
}

#[async_trait]
impl CaptureDesk for StoreCaptures {
    async fn all(&self, after: Option<CaptureId>, limit: u32) -> Result<Vec<Capture>> {
        let (limit, scopes) = (i64::from(limit), self.gate.scopes());
        let filter = CaptureFilter { after, limit, scopes, ..CaptureFilter::default() };
        self.see().await?.captures(&filter).await.map_err(failure)
    }

    async fn one(&self, id: CaptureId) -> Result<Capture> {
        self.found(id).await
    }

    async fn delete(&self, id: CaptureId) -> Result<()> {
        let capture = self.found(id).await?;
        let what = format!(
            "deleted the capture of {} of {}",
            capture.machine_name,
            capture.begun_at.format("%F %R UTC")
        );
        let right = Right::Repair(Risk::Destroys);
        let deed =
            Deed { before: Some(json!(capture)), ..Deed::new(right, On::Machine(capture.machine), what) };
        let captures = self.captures.clone();
        self.gate.act(deed, |_| async move { captures.delete(id).await }).await.map_err(failure_of)
    }

    async fn restore(&self, id: CaptureId, restore: &Restore) -> Result<JobId> {
        self.found(id).await?;
        let machine = self.machine(restore.machine.trim()).await?;
        let function = self.see().await?.function(RESTORE).await.map_err(failure)?;
        let function = function.ok_or_else(|| Failure::not_found("function"))?;
        let filled: Filled = [
            ("capture", id.to_string()),
            ("device", restore.device.clone()),
            ("confirm", restore.confirm.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let task = function.filled(&filled, restore.machine.trim()).map_err(|errors| {
            let words: Vec<_> =
                errors.into_iter().map(|error| format!("{}: {}", error.field, error.words)).collect();
            Failure::Refused(words.join("; "))
        })?;
        may_take(&self.gate, &task, machine).await.map_err(failure_of)?;
        let deed = Deed {
            after: Some(json!({ "function": RESTORE, "task": task })),
            ..Deed::new(function.right(), On::Machine(machine), format!("started {}", function.title))
        };
        let asked = start::Asked { task: Some(task), limits_percent: self.limits_percent, off_again: false };
        let initiator = self.gate.who().initiator();
        let started = self.gate.act(deed, |store| async move {
            start::start(store, machine, RESTORE, &asked, &initiator).await
        });
        started.await.map_err(failure_of)
    }
}

/// Offers the captures that are whole and may be taken, where a function asks for one: to this machine, or to any.
///
/// # Errors
/// The store's.
pub async fn offer(
    store: &Store,
    who: &Who,
    to: Option<MachineId>,
    functions: &mut [Function],
) -> pitstop_store::Result<()> {
    let is_asked = |function: &Function| function.parameters.iter().any(|asked| asks_for_one(&asked.answer));
    if !functions.iter().any(is_asked) {
        return Ok(());
    }
    let (state, scopes) = (Some(State::Whole), who.scopes(to_capture(store).await?));
    let filter = CaptureFilter { state, limit: MOST_CHOICES, scopes, or_of: to, ..CaptureFilter::default() };
    let offered: Vec<_> = store.captures(&filter).await?.iter().map(choice).collect();
    for asked in functions.iter_mut().flat_map(|function| &mut function.parameters) {
        if let Answer::Capture { choices } = &mut asked.answer {
            choices.clone_from(&offered);
        }
    }
    Ok(())
}

/// What it takes to read a machine's disk as a whole.
async fn to_capture(store: &Store) -> pitstop_store::Result<Right> {
    Ok(store.function(CAPTURE).await?.map_or(Right::KeptFor(Role::Operator), |function| function.right()))
}

fn asks_for_one(answer: &Answer) -> bool {
    matches!(answer, Answer::Capture { .. })
}

fn choice(capture: &Capture) -> Choice {
    let source = &capture.source;
    let label = format!(
        "{}, {}, {} ({} MiB)",
        capture.machine_name,
        capture.begun_at.format("%F %R UTC"),
        source.device,
        source.bytes >> 20
    );
    Choice { value: capture.id.to_string(), label }
}

/// Whether somebody may write what a task names to that machine. Whoever has the machine reads it then: where it was captured from
/// another one, they must be allowed to capture that.
///
/// # Errors
/// There is no such capture for them; or they may not.
pub async fn may_take(gate: &Gate, task: &Task, to: MachineId) -> std::result::Result<(), Fault> {
    let Task::Restore { capture, .. } = task else { return Ok(()) };
    let none = || Fault::Store(Error::NotFound("capture"));
    let id = capture.parse().map_err(|_| none())?;
    let store = gate.read(Right::See, On::Somewhere).await?;
    let capture = store.capture(id).await?.ok_or_else(none)?;
    gate.read(Right::See, On::Machine(capture.machine)).await.map_err(|_| none())?;
    if capture.machine == to {
        return Ok(());
    }
    match gate.read(to_capture(store).await?, On::Machine(capture.machine)).await {
        Err(Fault::NotAllowed(_)) => Err(Fault::NotAllowed(format!(
            "You may not write this capture to another machine: it has all that is on a disk of {}, and you may not capture \
             disks there.",
            capture.machine_name
        ))),
        other => other.map(drop),
    }
}
