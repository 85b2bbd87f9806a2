//! The four roles.

use super::Right;
use crate::function::Risk;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What somebody is there for. Each may do all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks, and touches nothing.
    Viewer,
    /// Repairs a machine for somebody who rang.
    HelpDesk,
    /// Runs the fleet.
    Operator,
    /// Runs Pitstop itself.
    Administrator,
}

impl Role {
    /// All roles, the smallest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::HelpDesk, Self::Operator, Self::Administrator];

    /// The smallest role that has this right. This is the table of permissions.
    pub fn least_for(right: Right) -> Self {
        match right {
            Right::See => Self::Viewer,
            Right::KeptFor(role) => role.max(Self::HelpDesk),
            Right::Press
            | Right::LookAfter
            | Right::Cancel
            | Right::Repair(Risk::ReadsOnly | Risk::Repairs) => Self::HelpDesk,
            Right::Repair(Risk::Destroys)
            | Right::UseConsole
            | Right::Decide
            | Right::StartRuns
            | Right::TryRoutes
            | Right::EditMachines
            | Right::EditRoutes => Self::Operator,
            Right::EditImages | Right::ManagePeople | Right::ChangeSettings | Right::ReadAudit => {
                Self::Administrator
            }
        }
    }

    pub fn has(self, right: Right) -> bool {
        self >= Self::least_for(right)
    }

    /// The word in the database, in forms and in claims.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::HelpDesk => "help_desk",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::HelpDesk => "help desk",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// What whoever gives the role should know.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Viewer => "Sees machines, jobs and runs. Changes nothing.",
            Self::HelpDesk => {
                "Also repairs single machines with functions that destroy nothing, and takes jobs back."
            }
            Self::Operator => {
                "Also starts runs and destroying functions, uses consoles, decides held jobs, changes machines and power routes."
            }
            Self::Administrator => "Also manages people, boot images and settings, and reads the audit.",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// There is no such role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role: viewer, help_desk, operator and administrator are")]
pub struct NoRole(pub String);

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| NoRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_all_rights_of_those_before_it_and_some_more() {
        let rights = |role: Role| Right::ALL.into_iter().filter(|right| role.has(*right)).count();
        assert_eq!(Role::ALL.map(rights), [1, 6, 13, 17]);
    }

    #[test]
    fn roles_are_read_by_their_names() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().unwrap_err().to_string().contains("help_desk"));
    }
}
