//! What a person can do about a job now: the pages offer it, and the server refuses everything else.

use crate::facts::Decision;
use crate::job::{Job, Phase};
use crate::route::{Route, Target};
use serde::{Deserialize, Serialize};

/// Something a person can do about a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Take the job back; the trip back is made all the same.
    Cancel,
    /// Restart the machine by hand, as the route asks, and say so.
    Press(Target),
    /// Decide about a held job.
    Decide(Decision),
}

impl Act {
    /// In words that say what follows.
    pub fn words(&self) -> String {
        match self {
            Self::Cancel => "cancel it: the machine is returned to its own system".to_owned(),
            Self::Press(Target::Maintenance) => {
                "restart the machine with network boot first, and say so".to_owned()
            }
            Self::Press(Target::OwnSystem) => {
                "restart the machine into its own system, and say so".to_owned()
            }
            Self::Decide(Decision::TryAgain) => "try every route again, from the first".to_owned(),
            Self::Decide(Decision::ByRoute(route)) => {
                format!("try again from this route on: {}", route.words())
            }
            Self::Decide(Decision::ConfirmOwnSystem) => "confirm that it runs its own system".to_owned(),
            Self::Decide(Decision::GiveUp) => {
                "give up: the job is closed and its return stays unproven".to_owned()
            }
        }
    }
}

/// All that a person can do about this job. `cancelled`: somebody asked for that already.
pub fn acts(job: &Job, cancelled: bool) -> Vec<Act> {
    let mut acts = Vec::new();
    if let Some(target) = asks_a_person(job) {
        acts.push(Act::Press(target));
    }
    if matches!(job.phase, Phase::Queued | Phase::Switching | Phase::Running) && !cancelled {
        acts.push(Act::Cancel);
    }
    if job.phase == Phase::Held {
        acts.extend(decisions(job).into_iter().map(Act::Decide));
    }
    acts
}

/// What can be decided about a job while it is held.
pub fn decisions(job: &Job) -> Vec<Decision> {
    let mut routes: Vec<&Route> = Vec::new();
    for route in job.ladder(Target::OwnSystem) {
        if !routes.contains(&route) {
            routes.push(route);
        }
    }
    let by_route = routes.into_iter().cloned().map(Decision::ByRoute);
    std::iter::once(Decision::TryAgain)
        .chain(by_route)
        .chain([Decision::ConfirmOwnSystem, Decision::GiveUp])
        .collect()
}

/// The target of the restart that the job's attempt asks a person for.
fn asks_a_person(job: &Job) -> Option<Target> {
    let target = match job.phase {
        Phase::Switching => Target::Maintenance,
        Phase::Restoring => Target::OwnSystem,
        _ => return None,
    };
    let rung = job.attempt.checked_sub(1)? as usize;
    matches!(job.ladder(target).get(rung), Some(Route::Person)).then_some(target)
}
