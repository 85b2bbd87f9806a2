//! Names of rows: a newtype each, so that a job's id cannot be given where a machine's is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = Uuid))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A managed machine. Ours, not the SMBIOS UUID: boards are swapped and firmware lies.
    MachineId
);
id!(
    /// One trip into maintenance and back.
    JobId
);
id!(
    /// Jobs started together.
    RunId
);
id!(
    /// A schedule: jobs that are started again and again.
    ScheduleId
);
id!(
    /// Maintenance windows, or a blackout, with where they hold.
    TimesId
);
id!(
    /// A rule of health.
    RuleId
);
id!(
    /// Somebody elsewhere who tells of machines.
    SourceId
);
id!(
    /// Somebody outside who is told of alerts.
    ListenerId
);
id!(
    /// A program outside that is told of events.
    HookId
);
id!(
    /// What was kept of a disk.
    CaptureId
);
id!(
    /// One request to a power route.
    CallId
);
id!(
    /// A secret of a power route: a password or key, which lies sealed in the store.
    SecretId
);

id!(
    /// Somebody who can sign in.
    PersonId
);
id!(
    /// A sign-in that lasts.
    SessionId
);
id!(
    /// What a program signs in with.
    TokenId
);

/// Linux's `/proc/sys/kernel/random/boot_id`: new at every boot, so a new one proves a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub String);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
