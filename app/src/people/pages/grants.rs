//! Roles and scopes in a form: one row a role, and an empty one for the next.

use crate::Failure;
use crate::people::desk::PersonLine;
use leptos::prelude::*;
use pitstop_domain::people::{Grant, Role, Scope};
use std::collections::{BTreeSet, HashMap};

/// Rows that a form can have: nobody has so many roles.
const MOST: usize = 20;

/// The rows of a form, filled in with what somebody has. `form` tells its fields from those of others on the page.
pub(super) fn rows(form: &str, grants: &[Grant]) -> Vec<AnyView> {
    grants.iter().map(Some).chain([None]).enumerate().map(|(n, grant)| row(form, n, grant)).collect()
}

fn row(form: &str, n: usize, grant: Option<&Grant>) -> AnyView {
    let options: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| {
            let chosen = grant.is_some_and(|grant| grant.role == role);
            view! { <option value=role.name() selected=chosen>{role.words()}</option> }
        })
        .collect();
    let list = |names: Option<&BTreeSet<String>>| {
        names.map(|names| names.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
    };
    let (sites, labels) = (list(grant.map(|g| &g.scope.sites)), list(grant.map(|g| &g.scope.labels)));
    let (role, site, label) = (format!("role{n}"), format!("sites{n}"), format!("labels{n}"));
    let id = |name: &str| format!("{form}-{name}");
    let (role_id, site_id, label_id) = (id(&role), id(&site), id(&label));
    let none = if grant.is_some() { "take this role away" } else { "none" };
    view! {
        <div class="grant">
            <div class="field">
                <label for=role_id.clone()>"Role"</label>
                <select id=role_id name=role><option value="">{none}</option>{options}</select>
            </div>
            <div class="field">
                <label for=site_id.clone()>"Only at sites"</label>
                <input id=site_id name=site value=sites placeholder="everywhere" list="sites" spellcheck="false"/>
            </div>
            <div class="field">
                <label for=label_id.clone()>"Only with labels"</label>
                <input id=label_id name=label value=labels placeholder="any" list="labels" spellcheck="false"/>
            </div>
        </div>
    }
    .into_any()
}

/// What can be chosen, for the fields of [`rows`].
pub(super) fn lists((sites, labels): (Vec<String>, Vec<String>)) -> impl IntoView {
    let options = |names: Vec<String>| {
        names.into_iter().map(|name| view! { <option value=name></option> }).collect::<Vec<_>>()
    };
    view! {
        <datalist id="sites">{options(sites)}</datalist>
        <datalist id="labels">{options(labels)}</datalist>
    }
}

/// The roles that a form says.
///
/// # Errors
/// When a role is none of ours.
pub(super) fn read(filled: &HashMap<String, String>) -> Result<Vec<Grant>, Failure> {
    let text =
        |name: &str, n: usize| filled.get(&format!("{name}{n}")).map(|text| text.trim()).unwrap_or_default();
    let mut grants = Vec::new();
    for n in (0..MOST).filter(|n| !text("role", *n).is_empty()) {
        let role: Role = text("role", n)
            .parse()
            .map_err(|error: pitstop_domain::people::role::NoRole| Failure::Refused(format!("{error}.")))?;
        let grant =
            Grant { role, scope: Scope { sites: names(text("sites", n)), labels: names(text("labels", n)) } };
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    Ok(grants)
}

fn names(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// All that somebody may do, in words.
pub(super) fn words(person: &PersonLine) -> String {
    match person.grants.as_slice() {
        [] => "no role".to_owned(),
        grants => grants.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_roles_with_their_scopes_and_an_empty_row_says_none() {
        let filled = [
            ("role0", "operator"),
            ("sites0", " graz, wien ,"),
            ("labels0", ""),
            ("role1", ""),
            ("sites1", "linz"),
        ];
        let filled = filled.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        assert_eq!(
            read(&filled),
            Ok(vec![Grant { role: Role::Operator, scope: Scope::sites(["graz", "wien"]) }])
        );
    }

    #[test]
    fn a_role_that_is_none_is_refused() {
        let filled = HashMap::from([("role0".to_owned(), "root".to_owned())]);
        assert!(matches!(read(&filled), Err(Failure::Refused(why)) if why.contains("`root`")));
    }
}
