//! What happens, and by which names others are told of it.

use serde::{Deserialize, Serialize};

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EventKind))]
pub enum Kind {
    #[serde(rename = "job.began")]
    JobBegan,
    #[serde(rename = "job.held")]
    JobHeld,
    #[serde(rename = "job.closed")]
    JobClosed,
    #[serde(rename = "alarm.raised")]
    AlarmRaised,
    #[serde(rename = "alarm.cleared")]
    AlarmCleared,
    #[serde(rename = "run.stopped")]
    RunStopped,
    #[serde(rename = "run.over")]
    RunOver,
    #[serde(rename = "machine.adopted")]
    MachineAdopted,
    #[serde(rename = "alert.firing")]
    AlertFiring,
    #[serde(rename = "alert.needs_person")]
    AlertNeedsPerson,
    #[serde(rename = "alert.resolved")]
    AlertResolved,
    /// Somebody wants to see whether it comes. Nobody asks for it: whoever is tested is told.
    #[serde(rename = "webhook.test")]
    Test,
}

impl Kind {
    /// Those that can be asked for.
    pub const ALL: [Self; 11] = [
        Self::JobBegan,
        Self::JobHeld,
        Self::JobClosed,
        Self::AlarmRaised,
        Self::AlarmCleared,
        Self::RunStopped,
        Self::RunOver,
        Self::MachineAdopted,
        Self::AlertFiring,
        Self::AlertNeedsPerson,
        Self::AlertResolved,
    ];

    /// As receivers read it (`type`).
    pub fn name(self) -> &'static str {
        match self {
            Self::JobBegan => "job.began",
            Self::JobHeld => "job.held",
            Self::JobClosed => "job.closed",
            Self::AlarmRaised => "alarm.raised",
            Self::AlarmCleared => "alarm.cleared",
            Self::RunStopped => "run.stopped",
            Self::RunOver => "run.over",
            Self::MachineAdopted => "machine.adopted",
            Self::AlertFiring => "alert.firing",
            Self::AlertNeedsPerson => "alert.needs_person",
            Self::AlertResolved => "alert.resolved",
            Self::Test => "webhook.test",
        }
    }

    /// What it means, for who chooses.
    pub fn title(self) -> &'static str {
        match self {
            Self::JobBegan => "A job began: its machine is being taken",
            Self::JobHeld => "A job is held: its machine is not proven back",
            Self::JobClosed => "A job is closed, with its outcome and the proof of the return",
            Self::AlarmRaised => "An alarm: a person must look",
            Self::AlarmCleared => "An alarm is cleared",
            Self::RunStopped => "A run stopped itself: too many of its jobs failed",
            Self::RunOver => "A run is over",
            Self::MachineAdopted => "A machine was adopted",
            Self::AlertFiring => "An alert of health fires",
            Self::AlertNeedsPerson => "An alert of health needs a person",
            Self::AlertResolved => "An alert of health is over",
            Self::Test => "A test",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Test]).find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_the_same_everywhere() {
        for kind in Kind::ALL.into_iter().chain([Kind::Test]) {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
        }
    }
}
