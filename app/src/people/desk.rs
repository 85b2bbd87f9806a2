//! What the pages about people and settings need. The server implements it over the store, for one person; what that person may not
//! do it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::Time;
use pitstop_domain::id::{PersonId, SessionId, TokenId};
use pitstop_domain::people::{Grant, Role};
use pitstop_domain::secret::Secret;
use pitstop_domain::site::Site;
use pitstop_domain::symptom::Symptom;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Somebody in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLine {
    pub id: PersonId,
    pub name: String,
    pub title: String,
    pub grants: Vec<Grant>,
    /// They have chosen a password, or came from the provider.
    pub has_joined: bool,
    /// The identity provider that says their roles and has their password.
    pub provider: Option<String>,
    pub locked_at: Option<Time>,
    pub seen_at: Option<Time>,
    pub sessions: u64,
}

/// A session of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    pub id: SessionId,
    pub created_at: Time,
    pub seen_at: Time,
    pub came_from: String,
    pub browser: String,
    /// The one that shows this.
    pub is_this: bool,
}

/// A token of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLine {
    pub id: TokenId,
    pub name: String,
    pub prefix: String,
    pub role: Role,
    pub owner: String,
    pub created_at: Time,
    pub expires_at: Time,
    pub used: Option<(Time, String)>,
}

/// Which acts are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub who: String,
    pub machine: String,
    pub act: String,
    pub since: Option<Time>,
    pub until: Option<Time>,
    /// Older than this row.
    pub before: Option<i64>,
}

/// Something that was done, or was not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditLine {
    pub id: i64,
    pub at: Time,
    pub who: String,
    pub came_from: String,
    pub act: String,
    pub what: String,
    pub machine: Option<String>,
    pub machine_id: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// It was not done, and why.
    pub why_not: Option<String>,
}

/// A function that the help desk may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    pub name: String,
    pub title: String,
}

/// People, tokens, the audit and settings, for one person.
#[async_trait]
pub trait Desk: Send + Sync {
    async fn people(&self) -> Result<Vec<PersonLine>, Failure>;

    /// Sites and labels that there are.
    async fn places(&self) -> Result<(Vec<String>, Vec<String>), Failure>;

    /// Adds somebody; gives the token of their link.
    async fn invite(&self, name: &str, title: &str, grants: &[Grant]) -> Result<Secret, Failure>;

    /// Another link, for who lost theirs or forgot their password.
    async fn new_link(&self, id: PersonId) -> Result<Secret, Failure>;

    async fn change(&self, id: PersonId, title: &str, grants: &[Grant]) -> Result<(), Failure>;

    async fn lock(&self, id: PersonId, locked: bool) -> Result<(), Failure>;

    async fn sign_out_everywhere(&self, id: PersonId) -> Result<(), Failure>;

    /// One's own sessions.
    async fn sessions(&self) -> Result<Vec<SessionLine>, Failure>;

    async fn end_session(&self, id: SessionId) -> Result<(), Failure>;

    /// All but this one.
    async fn end_other_sessions(&self) -> Result<(), Failure>;

    /// Whether one has a password here; whoever comes from an identity provider has none.
    async fn has_password(&self) -> Result<bool, Failure>;

    async fn change_password(&self, old: &Secret, new: &Secret) -> Result<(), Failure>;

    /// One's own tokens; who manages people sees all.
    async fn tokens(&self) -> Result<Vec<TokenLine>, Failure>;

    /// What the interface for programs takes and answers, as OpenAPI 3.1.
    fn interface(&self) -> serde_json::Value;

    async fn add_token(&self, name: &str, role: Role, days: u32) -> Result<Secret, Failure>;

    async fn end_token(&self, id: TokenId) -> Result<(), Failure>;

    /// What people say on the phone.
    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure>;

    /// Functions that destroy nothing.
    async fn helps(&self) -> Result<Vec<Help>, Failure>;

    /// How many machines are on their way into an image now, at sites where they take turns.
    async fn places_taken(&self) -> Result<BTreeMap<String, u32>, Failure>;

    /// Puts another list in place of the one that was seen. `what`: in words, for the audit.
    async fn set_symptoms(&self, before: &[Symptom], after: &[Symptom], what: &str) -> Result<(), Failure>;

    /// What is known of sites.
    async fn sites(&self) -> Result<Vec<Site>, Failure>;

    /// Puts another list in place of the one that was seen. `what`: in words, for the audit.
    async fn set_sites(&self, before: &[Site], after: &[Site], what: &str) -> Result<(), Failure>;

    /// A window of the audit, newest first; whether there are older ones.
    async fn audit(&self, query: &AuditQuery, limit: usize) -> Result<(Vec<AuditLine>, bool), Failure>;

    /// The acts that there are, to filter by.
    async fn audited_acts(&self) -> Result<Vec<String>, Failure>;
}
