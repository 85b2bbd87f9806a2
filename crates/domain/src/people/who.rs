//! Whoever acts.

use super::may::{Refusal, Subject, may, scopes};
use super::{Grant, Right, Scope};
use crate::id::PersonId;
use crate::job::Initiator;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WhoKind))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Kind {
    /// Signed in.
    Person,
    /// A program with a token that the person made, and its name.
    Token { name: String },
    /// Whoever holds the link of one call; there is nobody's name.
    Link,
}

/// Whoever acts, and what they were given. Sent to the browser too, so that pages offer what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Who {
    /// `None`: the holder of a link.
    pub id: Option<PersonId>,
    /// The name by which they sign in.
    pub name: String,
    /// What others call them.
    pub title: String,
    pub kind: Kind,
    pub grants: Vec<Grant>,
}

impl Who {
    /// Whoever holds the link of a call to a person. They were given nothing: the link itself is what opens.
    pub fn holder_of_a_link() -> Self {
        let words = "a person at the machine".to_owned();
        Self { id: None, name: words.clone(), title: words, kind: Kind::Link, grants: vec![] }
    }

    /// May they do this to that?
    ///
    /// # Errors
    /// As [`may`](fn@may).
    pub fn may(&self, right: Right, subject: &Subject) -> Result<(), Refusal> {
        may(&self.grants, right, subject)
    }

    /// May they do this anywhere at all? For what pages offer.
    pub fn may_somewhere(&self, right: Right) -> bool {
        self.may(right, &Subject::Somewhere).is_ok()
    }

    /// The parts of the fleet where they have this right; `None`: all of it.
    pub fn scopes(&self, right: Right) -> Option<Vec<Scope>> {
        scopes(&self.grants, right)
    }

    /// As jobs and runs remember who asked for them.
    pub fn initiator(&self) -> Initiator {
        match &self.kind {
            Kind::Token { .. } => Initiator::Program { name: self.to_string() },
            Kind::Person | Kind::Link => Initiator::Person { name: self.to_string(), reported: None },
        }
    }
}

/// As others read it: `ada`, or `backup (a token of ada)`.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Token { name } => write!(f, "{name} (a token of {})", self.name),
            Kind::Person | Kind::Link => f.write_str(&self.name),
        }
    }
}
