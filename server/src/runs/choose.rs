//! Which machines a run is for.

use crate::backend::fleet::{machine_rows, understood};
use pitstop_app::machines::api::MachineRow;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::query::{Key, Pattern, Scope, Sort, Term, Want};
use pitstop_store::fleet::{Wanted, Window};
use pitstop_store::{Error, Result, Store};
use std::collections::HashSet;

/// The machines that are meant, by site and name: those that are named, or all, as far as the search finds them and this
/// person sees them.
///
/// # Errors
/// When the search is not understood, or a machine is named that there is not; in words for people.
pub async fn choose(store: &Store, who: &Who, named: Option<&[String]>, q: &str) -> Result<Vec<MachineRow>> {
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
        meant = Some(known.into_iter().map(|(id, _)| id).collect::<HashSet<_>>());
    }
    let scope = Scope::of(who.scopes(Right::See));
    let wanted = Wanted { query: &query, scope: &scope, now: store.now() };
    let window = Window { sort: Sort::default(), offset: 0, limit: None };
    let mut rows = store.fleet_window(&wanted, window).await?;
    rows.retain(|row| meant.as_ref().is_none_or(|meant| meant.contains(&row.id)));
    machine_rows(store, rows).await
}

/// The ids of rows.
pub fn ids(rows: &[MachineRow]) -> Vec<MachineId> {
    rows.iter().map(|row| row.id).collect()
}
