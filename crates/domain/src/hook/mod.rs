//! Hooks: programs outside that are told of events by HTTP, signed as the Standard Webhooks specification has it.
//! (On the screen: *webhooks*. The power route of that name is something else.)
//!
//! - here: a hook, and what was delivered to it; [`kind`]: the kinds of events; [`patience`]: when it is tried again, and
//!   when no longer; [`body`]: what is sent

pub mod body;
pub mod kind;
pub mod patience;

pub use kind::Kind;

use crate::id::HookId;
use crate::query::Query;
use crate::query::error::told;
use crate::route::HttpUrl;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Letters of a name.
const LONGEST_NAME: usize = 100;

/// A program outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hook {
    pub id: HookId,
    pub name: String,
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub url: HttpUrl,
    /// Of these it is told.
    pub kinds: Vec<Kind>,
    /// Of machines that this search finds; empty: of all.
    pub query: String,
}

/// A hook as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NewHook))]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub name: String,
    /// Where events are posted.
    pub url: String,
    /// Which events.
    pub kinds: Vec<Kind>,
    /// Only of machines that this search finds (`site:berlin label:lab`); of a run, where it has one of them.
    #[serde(default)]
    pub query: String,
}

impl Hook {
    /// The hook that somebody wrote.
    ///
    /// # Errors
    /// In words, what of it cannot be.
    pub fn of(id: HookId, written: &Written) -> Result<Self, String> {
        let name = written.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
            return Err(format!("Give it a name, of {LONGEST_NAME} letters at most, in one line."));
        }
        if written.query.contains(char::is_control) {
            return Err("The search for machines stands in one line.".to_owned());
        }
        let url = written.url.parse().map_err(|error| format!("The address: {error}."))?;
        let mut kinds = written.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        // A test goes to whoever is tested.
        kinds.retain(|kind| *kind != Kind::Test);
        if kinds.is_empty() {
            return Err("Choose of which events it is told.".to_owned());
        }
        let hook = Self { id, name, url, kinds, query: written.query.trim().to_owned() };
        hook.machines()?;
        Ok(hook)
    }

    /// The machines it is told of.
    ///
    /// # Errors
    /// In words, what of the search is not understood.
    pub fn machines(&self) -> Result<Query, String> {
        Query::parse(&self.query).map_err(|errors| format!("The search for machines: {}", told(&errors)))
    }
}

/// A hook, and how it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Standing {
    #[serde(flatten)]
    pub hook: Hook,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
    /// Until then deliveries are signed with the former secret, too.
    pub former_until: Option<DateTime<Utc>>,
    pub paused: Option<Paused>,
    /// Every delivery since then failed.
    pub failing_since: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    /// Deliveries that are to be made, and those that were given up.
    pub waiting: u64,
    pub given_up: u64,
}

/// Nothing is delivered for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PausedHook))]
pub struct Paused {
    pub at: DateTime<Utc>,
    /// Nobody: it failed for too long.
    pub by: Option<String>,
    pub why: String,
}

/// How a delivery goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    GivenUp,
}

/// An event on its way to a hook.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Delivery {
    pub id: i64,
    /// The event's name (`webhook-id`): the same however often it is sent, and to whomever.
    pub event: String,
    pub kind: Kind,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it says.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub data: serde_json::Value,
    pub state: DeliveryState,
    pub tries: u32,
    pub tried_at: Option<DateTime<Utc>>,
    /// Of the last answer; none: no answer came.
    pub status: Option<u16>,
    /// How long the last try took.
    pub ms: Option<u32>,
    /// The beginning of the last answer, or why there was none.
    pub said: Option<String>,
    /// When it is tried next.
    pub due_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn written() -> Written {
        let kinds = vec![Kind::JobClosed, Kind::AlarmRaised, Kind::JobClosed];
        let (name, url) = (" Tickets ".to_owned(), "https://tickets.example/hook".to_owned());
        Written { name, url, kinds, query: "site:berlin".to_owned() }
    }

    #[test]
    fn what_was_written_is_a_hook_or_says_what_cannot_be() {
        let of = |written: &Written| Hook::of(HookId(Uuid::nil()), written);
        let hook = of(&written()).unwrap();
        assert_eq!((hook.name.as_str(), hook.kinds.len()), ("Tickets", 2));
        for (wrong, word) in [
            (Written { name: " ".to_owned(), ..written() }, "name"),
            (Written { name: "a\0".to_owned(), ..written() }, "name"),
            (Written { query: "a\0".to_owned(), ..written() }, "search"),
            (Written { kinds: vec![Kind::Test], ..written() }, "events"),
            (Written { url: "ftp://x".to_owned(), ..written() }, "address"),
            (Written { kinds: vec![], ..written() }, "events"),
            (Written { query: "colour:red".to_owned(), ..written() }, "search"),
        ] {
            let why = of(&wrong).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
