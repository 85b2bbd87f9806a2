//! What the server functions for routes and probes need of the backend. Plain functions: the reactive side is left
//! before the first `await`.

use super::api::Tried;
use super::edit::{Edit, edited, mark_of};
use super::words::can_be_tried;
use crate::Failure;
use crate::backend::{Backend, backend};
use crate::machines::server::machine_id;
use crate::serve::{Reply, comes_from_elsewhere};
use pitstop_domain::id::SecretId;
use pitstop_domain::machine::Machine;
use pitstop_domain::probe::parse;
use pitstop_domain::route::form::{FieldError, Filled, submit};
use pitstop_domain::route::kinds::{FieldKind, kind};
use pitstop_domain::secret::Secret;
use std::collections::BTreeMap;

pub async fn move_route(machine: &str, mark: &str, rung: usize, how: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let edit = match how {
        "up" => Edit::Up(rung),
        "down" => Edit::Down(rung),
        "remove" => Edit::Remove(rung),
        other => return Err(Failure::Refused(format!("`{other}` is nothing that can be done to a route."))),
    };
    let machine = marked(&*backend, machine, mark).await?;
    store(&*backend, &machine, edit, vec![]).await?;
    reply.back_to(&format!("/machines/{}/routes", machine.id));
    Ok(())
}

pub async fn save_route(
    machine: &str,
    mark: &str,
    rung: &str,
    word: &str,
    fields: BTreeMap<String, String>,
) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let rung: Option<usize> = rung.parse().ok();
    let machine = marked(&*backend, machine, mark).await?;
    let before = rung.and_then(|rung| machine.routes.get(rung));
    let filled = with_plain_line_ends(fields);
    let mut new_id = || backend.new_secret_id();
    let submitted = submit(word, &filled, before, &mut new_id)
        .map_err(|errors| Failure::Fields { errors, filled: without_secrets(word, filled.clone()) })?;
    let edit = match rung {
        Some(rung) => Edit::Replace(rung, submitted.route),
        None => Edit::Add(submitted.route),
    };
    store(&*backend, &machine, edit, submitted.secrets).await?;
    reply.go_to(&format!("/machines/{}/routes", machine.id));
    Ok(())
}

pub async fn try_route(machine: &str, rung: usize) -> Result<Tried, Failure> {
    let (backend, elsewhere) = (backend()?, comes_from_elsewhere());
    if elsewhere {
        // It changes nothing, yet boards count wrong passwords: no other site's page may make us knock.
        return Err(Failure::Refused("Nothing was asked: press Try it on this page.".to_owned()));
    }
    let machine = alone(&*backend, machine).await?;
    let route = machine.routes.get(rung).ok_or_else(|| Failure::not_found("route of this machine"))?;
    if !can_be_tried(route) {
        return Err(Failure::Refused(format!("Nothing can be asked there: {}.", route.words())));
    }
    backend.try_route(machine.id, route).await
}

pub async fn set_probe(machine: &str, text: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let probe = match text.trim() {
        "" => None,
        text => Some(parse(text).map_err(|words| Failure::Fields {
            errors: vec![FieldError { field: "probe".to_owned(), words }],
            filled: Filled::from([("probe".to_owned(), text.to_owned())]),
        })?),
    };
    let machine = alone(&*backend, machine).await?;
    backend.set_probe(machine.id, probe).await?;
    reply.back_to(&format!("/machines/{}/routes", machine.id));
    Ok(())
}

async fn alone(backend: &dyn Backend, machine: &str) -> Result<Machine, Failure> {
    backend.machine_alone(machine_id(machine)?).await?.ok_or_else(|| Failure::not_found("machine"))
}

/// The machine, if its ladder is still the one that the form was drawn from.
async fn marked(backend: &dyn Backend, machine: &str, mark: &str) -> Result<Machine, Failure> {
    let machine = alone(backend, machine).await?;
    if mark_of(&machine.routes) != mark {
        let why = "Somebody changed these routes meanwhile. Load the page again and look at them before you change more.";
        return Err(Failure::Refused(why.to_owned()));
    }
    Ok(machine)
}

async fn store(
    backend: &dyn Backend,
    machine: &Machine,
    edit: Edit,
    secrets: Vec<(SecretId, Secret)>,
) -> Result<(), Failure> {
    let ladder = edited(&machine.routes, edit).map_err(Failure::Refused)?;
    backend.set_routes(machine.id, ladder, secrets).await
}

/// Browsers send the lines of a text area with CRLF, and readers of keys expect LF.
pub(crate) fn with_plain_line_ends(fields: BTreeMap<String, String>) -> Filled {
    fields.into_iter().map(|(name, text)| (name, text.replace("\r\n", "\n"))).collect()
}

/// What a form may be filled with again.
fn without_secrets(word: &str, mut filled: Filled) -> Filled {
    let fields = kind(word).map(|kind| kind.fields).unwrap_or_default();
    filled.retain(|name, _| {
        fields.iter().any(|field| field.name == name && !matches!(field.kind, FieldKind::Secret { .. }))
    });
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_back_to_the_form_has_no_secret_and_no_unknown_field_in_it() {
        let filled = [("host", "10.0.0.9"), ("password", "hunter2"), ("colour", "red")];
        let filled = filled.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
        let back = without_secrets("ipmi", filled);
        assert_eq!(back.keys().collect::<Vec<_>>(), ["host"]);
    }
}
