//! Which machines a run is for.

use crate::backend::fleet::understood;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::query::{Key, Pattern, Scope, Term, Want};
use pitstop_store::fleet::{ChosenRow, Wanted};
use pitstop_store::{Error, Result, Store};
use std::collections::HashMap;

/// The machines that are meant, by site and name, with the title of what holds them: those that are named, or all, as far as the search finds them and this
/// person sees them.
///
/// # Errors
/// When the search is not understood, or a machine is named that there is not; in words for people.
pub async fn choose(store: &Store, who: &Who, named: Option<&[String]>, q: &str) -> Result<Vec<ChosenRow>> {
    let mut query = understood(q)?;
    let mut meant = None;
    if let Some(named) = named {
        let known = store.machines_named(named).await?;
        let is = |wanted: &String| known.iter().any(|(id, name)| name == wanted || wanted.parse() == Ok(*id));
        if let Some(unknown) = named.iter().find(|wanted| !is(wanted)) {
            return Err(Error::Refused(format!("there is no machine `{unknown}`: nothing was started")));
        }
        let patterns = known.iter().map(|(_, name)| Pattern::whole(name)).collect();
        query.terms.push(Term { not: false, want: Want::Field(Key::Name, patterns), word: String::new() });
        meant = Some(known.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
    }
    let scope = Scope::of(who.scopes(Right::See));
    let wanted = Wanted { query: &query, scope: &scope, now: store.now() };
    let mut rows = store.fleet_chosen(&wanted, meant.as_deref()).await?;
    let functions = store.functions().await?.into_iter();
    let titles: HashMap<String, String> = functions.map(|function| (function.name, function.title)).collect();
    for held_by in rows.iter_mut().filter_map(|row| row.held_by.as_mut()) {
        if let Some(title) = titles.get(held_by) {
            held_by.clone_from(title);
        }
    }
    Ok(rows)
}

/// How many the search finds of those that this person sees.
///
/// # Errors
/// When the search is not understood, in words for people.
pub async fn count(store: &Store, who: &Who, q: &str) -> Result<u64> {
    let scope = Scope::of(who.scopes(Right::See));
    store.fleet_count(&Wanted { query: &understood(q)?, scope: &scope, now: store.now() }).await
}

/// The ids of rows.
pub fn ids(rows: &[ChosenRow]) -> Vec<MachineId> {
    rows.iter().map(|row| row.id).collect()
}
