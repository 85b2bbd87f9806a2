//! People, tokens and the audit, for one person.

use super::gate::{Deed, Fault, Gate, On};
use super::password;
use crate::backend::failure_of;
use async_trait::async_trait;
use chrono::TimeDelta;
use pitstop_app::Failure;
use pitstop_app::people::desk::{AuditLine, AuditQuery, Desk, Help, PersonLine, SessionLine, TokenLine};
use pitstop_calendar::Zone;
use pitstop_domain::function::Risk;
use pitstop_domain::id::{PersonId, SessionId, TokenId};
use pitstop_domain::people::{Grant, Kind, Right, Role};
use pitstop_domain::secret::Secret;
use pitstop_domain::site::{self, Site};
use pitstop_domain::symptom::{Symptom, check_all};
use pitstop_store::people::Person;
use pitstop_store::people::audit::{AuditFilter, AuditRow, Entry};
use pitstop_store::{Error, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The desk of one person.
pub struct StoreDesk {
    /// For what everybody may do about themselves. All else goes by the gate.
    own: Store,
    gate: Gate,
    session: Option<SessionId>,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreDesk {
    pub fn new(own: Store, gate: Gate, session: Option<SessionId>) -> Self {
        Self { own, gate, session }
    }

    /// Whoever changes what opens doors does it in person: a token that was lost must not make others.
    fn in_person(&self) -> Result<PersonId> {
        match (self.gate.who().id, &self.gate.who().kind) {
            (Some(id), Kind::Person) => Ok(id),
            _ => {
                Err(Failure::NotAllowed("A token cannot do this: sign in with name and password.".to_owned()))
            }
        }
    }

    /// Somebody who manages people, in person, changes somebody.
    async fn managing(&self, id: PersonId) -> Result<(&Store, Person)> {
        self.in_person()?;
        let store = self.gate.read(Right::ManagePeople, On::Installation).await.map_err(failure_of)?;
        let person = store.person(id).await.map_err(failed)?.ok_or_else(|| Failure::not_found("person"))?;
        Ok((store, person))
    }

    fn entry(&self, what: String, before: Option<Value>, after: Option<Value>) -> Entry {
        Entry { before, after, ..self.gate.entry_of(Right::ManagePeople.name(), what) }
    }
}

fn failed(error: Error) -> Failure {
    failure_of(Fault::Store(error))
}

#[async_trait]
impl Desk for StoreDesk {
    async fn people(&self) -> Result<Vec<PersonLine>> {
        let store = self.gate.read(Right::ManagePeople, On::Installation).await.map_err(failure_of)?;
        Ok(store.people().await.map_err(failed)?.into_iter().map(line).collect())
    }

    async fn places(&self) -> Result<(Vec<String>, Vec<String>)> {
        let store = self.gate.read(Right::ManagePeople, On::Installation).await.map_err(failure_of)?;
        store.sites_and_labels().await.map_err(failed)
    }

    async fn invite(&self, name: &str, title: &str, grants: &[Grant]) -> Result<Secret> {
        self.in_person()?;
        let store = self.gate.read(Right::ManagePeople, On::Installation).await.map_err(failure_of)?;
        let entry =
            self.entry(format!("invited {name}"), None, Some(json!({ "title": title, "grants": grants })));
        let id = store.add_person(name, title, grants, &entry).await.map_err(failed)?;
        store.add_link(Some(id), None).await.map_err(failed)
    }

    async fn new_link(&self, id: PersonId) -> Result<Secret> {
        let (store, person) = self.managing(id).await?;
        let entry = self.entry(format!("made a link for {}", person.name), None, None);
        store.add_link(Some(id), Some(&entry)).await.map_err(failed)
    }

    async fn change(&self, id: PersonId, title: &str, grants: &[Grant]) -> Result<()> {
        let (store, person) = self.managing(id).await?;
        let before = json!({ "title": person.title, "grants": person.grants });
        let after = json!({ "title": title, "grants": grants });
        let entry = self.entry(format!("changed {}", person.name), Some(before), Some(after));
        store.change_person(id, title, grants, &entry).await.map_err(failed)
    }

    async fn lock(&self, id: PersonId, locked: bool) -> Result<()> {
        let (store, person) = self.managing(id).await?;
        let what = if locked { "locked out" } else { "let in again" };
        let (before, after) = (json!({ "locked": person.locked_at.is_some() }), json!({ "locked": locked }));
        let entry = self.entry(format!("{what} {}", person.name), Some(before), Some(after));
        store.lock_person(id, locked, &entry).await.map_err(failed)
    }

    async fn sign_out_everywhere(&self, id: PersonId) -> Result<()> {
        let (store, person) = self.managing(id).await?;
        let entry = self.entry(format!("signed {} out everywhere", person.name), None, None);
        store.end_sessions(id, None, &entry).await.map(drop).map_err(failed)
    }

    async fn sessions(&self) -> Result<Vec<SessionLine>> {
        let id = self.in_person()?;
        let rows = self.own.sessions_of(id).await.map_err(failed)?;
        let line = |row: pitstop_store::people::sessions::SessionRow| SessionLine {
            is_this: Some(row.id) == self.session,
            id: row.id,
            created_at: row.created_at,
            seen_at: row.seen_at,
            came_from: row.came_from,
            browser: row.browser,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    async fn end_session(&self, id: SessionId) -> Result<()> {
        let me = self.in_person()?;
        let entry = self.gate.entry_of("sign_out", "ended another session of their own");
        self.own.end_session(me, id, &entry).await.map_err(failed)
    }

    async fn end_other_sessions(&self) -> Result<()> {
        let me = self.in_person()?;
        let entry = self.gate.entry_of("sign_out", "ended all other sessions of their own");
        self.own.end_sessions(me, self.session, &entry).await.map(drop).map_err(failed)
    }

    async fn has_password(&self) -> Result<bool> {
        let me = self.in_person()?;
        Ok(self.own.person(me).await.map_err(failed)?.is_some_and(|person| person.has_password))
    }

    async fn change_password(&self, old: &Secret, new: &Secret) -> Result<()> {
        let me = self.in_person()?;
        // Whoever sits at an open browser must not find the password by trying, either.
        let (name, from) = (self.gate.who().name.clone(), self.gate.entry_of("", "").came_from);
        if self.own.try_sign_in(&name, &from).await.map_err(failed)?.is_some() {
            return Err(Failure::Refused("Too many attempts failed. Wait a quarter of an hour.".to_owned()));
        }
        let stored = self.own.person_by_name(&name).await.map_err(failed)?.and_then(|(_, stored)| stored);
        if !password::is(old, stored).await.map_err(unhashed)? {
            return Err(Failure::Refused("The password that you have now is another one.".to_owned()));
        }
        self.own.sign_in_worked(&name, &from).await.map_err(failed)?;
        let hash = password::hash(new).await.map_err(unhashed)?;
        let entry = self.gate.entry_of("password", "changed their password");
        self.own.set_password(me, &hash, self.session, &entry).await.map_err(failed)
    }

    async fn tokens(&self) -> Result<Vec<TokenLine>> {
        let rows = match self.gate.read(Right::ManagePeople, On::Installation).await {
            Ok(store) => store.tokens(None).await,
            Err(_) => self.own.tokens(Some(self.in_person()?)).await,
        };
        let line = |row: pitstop_store::people::api_tokens::TokenRow| TokenLine {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            role: row.role,
            owner: row.owner,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used: row.used,
        };
        Ok(rows.map_err(failed)?.into_iter().map(line).collect())
    }

    fn interface(&self) -> serde_json::Value {
        crate::api::described()
    }

    async fn add_token(&self, name: &str, role: Role, days: u32) -> Result<Secret> {
        let me = self.in_person()?;
        if !self.gate.who().grants.iter().any(|grant| grant.role >= role) {
            return Err(Failure::NotAllowed("A token may have no more than your own role.".to_owned()));
        }
        let after = json!({ "name": name, "role": role, "days": days });
        let entry =
            Entry { after: Some(after), ..self.gate.entry_of("token", format!("made the token {name}")) };
        self.own.add_token(me, name, role, TimeDelta::days(days.into()), &entry).await.map_err(failed)
    }

    async fn end_token(&self, id: TokenId) -> Result<()> {
        let me = self.in_person()?;
        let known = self.tokens().await?;
        let token =
            known.into_iter().find(|token| token.id == id).ok_or_else(|| Failure::not_found("token"))?;
        let entry = self.gate.entry_of("token", format!("ended the token {} of {}", token.name, token.owner));
        match self.gate.read(Right::ManagePeople, On::Installation).await {
            Ok(store) => store.end_token(id, None, &entry).await,
            Err(_) => self.own.end_token(id, Some(me), &entry).await,
        }
        .map_err(failed)
    }

    async fn symptoms(&self) -> Result<Vec<Symptom>> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        store.symptoms().await.map_err(failed)
    }

    async fn helps(&self) -> Result<Vec<Help>> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        let mut functions = store.functions().await.map_err(failed)?;
        functions.retain(|function| function.risk != Risk::Destroys);
        Ok(functions
            .into_iter()
            .map(|function| Help { name: function.name, title: function.title })
            .collect())
    }

    async fn set_symptoms(&self, before: &[Symptom], after: &[Symptom], what: &str) -> Result<()> {
        let deed =
            Deed::new(Right::ChangeSettings, On::Installation, what).changes(json!(before), json!(after));
        let done = self.gate.act(deed, |store| async move {
            check_all(after).map_err(Error::Refused)?;
            store.set_symptoms(before, after).await
        });
        done.await.map_err(failure_of)
    }

    async fn sites(&self) -> Result<Vec<Site>> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        store.sites().await.map_err(failed)
    }

    async fn places_taken(&self) -> Result<BTreeMap<String, u32>> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        store.places_taken().await.map_err(failed)
    }

    async fn set_sites(&self, before: &[Site], after: &[Site], what: &str) -> Result<()> {
        let deed =
            Deed::new(Right::ChangeSettings, On::Installation, what).changes(json!(before), json!(after));
        let done = self.gate.act(deed, |store| async move {
            for site in after {
                check_site(site).map_err(Error::Refused)?;
            }
            store.set_sites(before, after).await
        });
        done.await.map_err(failure_of)
    }

    async fn audit(&self, query: &AuditQuery, limit: usize) -> Result<(Vec<AuditLine>, bool)> {
        let store = self.gate.read(Right::ReadAudit, On::Installation).await.map_err(failure_of)?;
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let filter = AuditFilter {
            who: some(&query.who),
            machine: some(&query.machine),
            act: some(&query.act),
            since: query.since,
            until: query.until,
            before: query.before,
            limit: limit as i64 + 1,
        };
        let mut rows = store.audit(&filter).await.map_err(failed)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok((rows.into_iter().map(audit_line).collect(), more))
    }

    async fn audited_acts(&self) -> Result<Vec<String>> {
        let store = self.gate.read(Right::ReadAudit, On::Installation).await.map_err(failure_of)?;
        store.audited_acts().await.map_err(failed)
    }
}

fn unhashed(error: anyhow::Error) -> Failure {
    tracing::error!(%error, "A password could not be hashed.");
    Failure::Unavailable("The password could not be looked at. Try again.".to_owned())
}

fn line(person: Person) -> PersonLine {
    PersonLine {
        id: person.id,
        name: person.name,
        title: person.title,
        grants: person.grants,
        has_joined: person.has_password || person.issuer.is_some(),
        provider: person.issuer,
        locked_at: person.locked_at,
        seen_at: person.seen_at,
        sessions: person.sessions,
    }
}

fn audit_line(row: AuditRow) -> AuditLine {
    let (machine_id, machine) = row.entry.machine.map(|(id, name)| (id.to_string(), name)).unzip();
    AuditLine {
        id: row.id,
        at: row.at,
        who: row.entry.who,
        came_from: row.entry.came_from,
        act: row.entry.act,
        what: row.entry.what,
        machine,
        machine_id,
        before: row.entry.before,
        after: row.entry.after,
        why_not: row.why_not,
    }
}

fn check_site(site: &Site) -> std::result::Result<(), String> {
    site::check(site)?;
    if site.zone.is_empty() {
        return Ok(());
    }
    site.zone.parse::<Zone>().map(drop).map_err(|error| format!("{}: {error}", site.name))
}
