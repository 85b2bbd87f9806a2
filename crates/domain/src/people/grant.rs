//! A role within a scope.

use super::{Role, Scope};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody was given: a role, and for which machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Grant {
    pub role: Role,
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
}

impl Grant {
    /// A role for the whole installation.
    pub fn everywhere(role: Role) -> Self {
        Self { role, scope: Scope::everything() }
    }

    /// The same, with no more than this role: what a token may that somebody made for a program.
    pub fn at_most(&self, role: Role) -> Self {
        Self { role: self.role.min(role), scope: self.scope.clone() }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role, self.scope)
    }
}
