//! A machine's power routes and its probe, for programs. Passwords and keys go in and never come out.

use super::machines::machine;
use super::take::{Json, Path};
use super::{Answer, Api, Problem};
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::extract::State;
use pitstop_app::machines::routes::edit;
use pitstop_domain::id::{MachineId, SecretId};
use pitstop_domain::people::Right;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::{Filled, Shown, submit, warnings};
use pitstop_domain::{probe, secret::Secret};
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A route as programs write it: its kind, and its settings as the form has them.
#[derive(Deserialize, ToSchema)]
#[schema(as = RouteWritten)]
pub struct Written {
    kind: String,
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    fields: Filled,
}

/// A whole ladder, first rung first.
#[derive(Deserialize, ToSchema)]
pub struct Ladder {
    routes: Vec<Written>,
}

/// A machine's power ladder, first rung first, and its probe. Secrets are only named.
#[utoipa::path(get, path = "/api/v1/machines/{machine}/routes", tag = "machines", params(("machine" = MachineId, Path)),
    responses((status = 200, body = Object)))]
pub async fn read(caller: Caller, Path(id): Path<MachineId>) -> Answer {
    let machine = machine(&caller, id).await?;
    let answers = caller.read(Right::See, On::Machine(id)).await?.last_calls(id).await?;
    let routes: Vec<_> = machine
        .routes
        .iter()
        .map(|route| {
            let mut shown = shown(route);
            if let Some(call) = answers.iter().find(|call| call.route == *route) {
                shown["last"] = json!({ "job": call.job, "state": call.state, "answer": call.answer, "at": call.changed_at });
            }
            shown
        })
        .collect();
    Ok(Json(json!({ "routes": routes, "probe": machine.probe.as_ref().map(probe::written) })))
}

/// Sets the whole ladder. A secret that is left out stays, where the n-th route of its kind is still asked at the same
/// place.
#[utoipa::path(put, path = "/api/v1/machines/{machine}/routes", tag = "machines", params(("machine" = MachineId, Path)),
    request_body = Ladder, responses((status = 200, body = Object)))]
pub async fn write(
    caller: Caller,
    State(api): State<Api>,
    Path(id): Path<MachineId>,
    Json(ladder): Json<Ladder>,
) -> Answer {
    // Who may not write them is not told what would be wrong with them.
    caller.read(Right::EditRoutes, On::Machine(id)).await?;
    let machine = machine(&caller, id).await?;
    let (mut routes, mut secrets) = (Vec::new(), Vec::<(SecretId, Secret)>::new());
    for (rung, written) in ladder.routes.iter().enumerate() {
        let nth = ladder.routes[..rung].iter().filter(|other| other.kind == written.kind).count();
        let before = machine.routes.iter().filter(|route| route.kind_word() == written.kind).nth(nth);
        let mut new_id = || SecretId(uuid::Uuid::now_v7());
        let submitted = submit(&written.kind, &written.fields, before, &mut new_id)
            .map_err(|errors| Problem::Fields { rung: Some(rung), errors })?;
        routes.push(submitted.route);
        secrets.extend(submitted.secrets);
    }
    edit::check(&routes).map_err(Error::Refused)?;
    routes.sort_by_key(|route| matches!(route, Route::Person));
    // Routes name their secrets and do not hold them.
    let deed = Deed::new(Right::EditRoutes, On::Machine(id), "changed its power routes")
        .changes(json!(machine.routes), json!(routes));
    caller.act(deed, |store| store.set_routes_with_secrets(&api.keys, id, &routes, &secrets)).await?;
    Ok(Json(json!({ "routes": routes.iter().map(shown).collect::<Vec<_>>() })))
}

/// A probe as people write it; `null` or empty: none.
#[derive(Deserialize, ToSchema)]
pub struct NewProbe {
    probe: Option<String>,
}

/// Sets what shows that a machine's own system is up, where no agent can.
#[utoipa::path(put, path = "/api/v1/machines/{machine}/probe", tag = "machines", params(("machine" = MachineId, Path)),
    request_body = NewProbe, responses((status = 200, body = Object)))]
pub async fn set_probe(caller: Caller, Path(id): Path<MachineId>, Json(new): Json<NewProbe>) -> Answer {
    let before = machine(&caller, id).await?;
    let text = new.probe.unwrap_or_default();
    let probe = match text.trim() {
        "" => None,
        text => Some(probe::parse(text).map_err(|words| Problem::field("probe", words))?),
    };
    let deed = Deed::new(Right::EditRoutes, On::Machine(id), "changed its probe")
        .changes(json!(before.probe), json!(probe));
    caller.act(deed, |store| store.set_probe(id, probe.as_ref())).await?;
    Ok(Json(json!({ "probe": probe.as_ref().map(probe::written) })))
}

/// Can be written back as it is: what is a secret is only named.
fn shown(route: &Route) -> Value {
    let (mut fields, mut secrets) = (Filled::new(), Vec::new());
    for (field, shown) in route.shown() {
        match shown {
            Shown::Value(value) if !value.is_empty() => drop(fields.insert(field.name.to_owned(), value)),
            Shown::IsSet => secrets.push(field.name),
            Shown::Value(_) | Shown::NotSet => {}
        }
    }
    json!({ "kind": route.kind_word(), "fields": fields, "secrets_set": secrets, "words": route.words(),
            "returns": route.can_return(), "warnings": warnings(route) })
}
