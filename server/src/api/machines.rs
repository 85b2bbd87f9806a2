//! Machines, for programs.

use super::pages::{self, Paged};
use super::take::{Json, Path, Query};
use super::{Answer, Api, Problem, images, routes};
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::Router;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use pitstop_domain::id::MachineId;
use pitstop_domain::keep::Kept;
use pitstop_domain::machine::{Desk, Machine};
use pitstop_domain::people::Right;
use pitstop_domain::query::error::told;
use pitstop_domain::query::{Query as Words, Scope, Sort};
use pitstop_store::Error;
use pitstop_store::fleet::{Wanted, Window};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/machines", get(found))
        .route("/api/v1/machines/import", post(import))
        .route("/api/v1/machines/{machine}", get(one).patch(change))
        .route("/api/v1/machines/{machine}/routes", get(routes::read).put(routes::write))
        .route("/api/v1/machines/{machine}/probe", put(routes::set_probe))
        .route("/api/v1/machines/{machine}/own-image", post(own_image))
        .route("/api/v1/machines/{machine}/images", get(images::for_machine))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Searched {
    /// The words of the fleet's search: `site:berlin label:lab state:held`.
    #[serde(default)]
    #[param(required = false)]
    q: String,
    /// Machines in one answer, 1000 at most. Without it and a cursor, all of them come; without `sort` they stand by name.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where the answer before ended: taken from its `Link`.
    cursor: Option<String>,
    /// `site`, `name`, `model`, `state`, `seen`; `-` before it: the other way round. Only the first `limit` are told.
    #[serde(default)]
    #[param(required = false)]
    sort: String,
}

/// Machines, by the words of the fleet's search.
#[utoipa::path(get, path = "/api/v1/machines", tag = "machines", params(Searched),
    responses((status = 200, body = Vec<Machine>, headers(("link" = String, description = "RFC 8288: the address of the next window, as rel=next")))))]
pub(super) async fn found(
    caller: Caller,
    Query(searched): Query<Searched>,
) -> Result<Paged<Machine>, Problem> {
    let words = Words::parse(&searched.q).map_err(|errors| Problem::field("q", told(&errors)))?;
    let store = caller.read(Right::See, On::Somewhere).await?;
    let scope = Scope::of(caller.gate().scopes());
    let wanted = Wanted { query: &words, scope: &scope, now: store.now() };
    let by_name = searched.sort.is_empty() && (searched.limit.is_some() || searched.cursor.is_some());
    let limit = match (searched.limit, by_name) {
        (None, false) => u32::MAX,
        (limit, _) => pages::limit(limit, 200)?,
    };
    let ids: Vec<MachineId> = match by_name {
        true => {
            let name = searched.cursor.as_deref().unwrap_or_default();
            store.fleet_after(&wanted, name, u64::from(limit) + 1).await?
        }
        false => {
            if searched.cursor.is_some() {
                let words = "windows go by name: leave `sort` out, or the cursor";
                return Err(Problem::field("sort", words.to_owned()));
            }
            let window =
                Window { sort: Sort::read(&searched.sort), offset: 0, limit: searched.limit.map(u64::from) };
            store.fleet_window(&wanted, window).await?.iter().map(|row| row.id).collect()
        }
    };
    let mut machines = store.machines_of(&ids).await?;
    let places: HashMap<MachineId, usize> = ids.into_iter().enumerate().map(|(i, id)| (id, i)).collect();
    machines.sort_by_key(|machine| places.get(&machine.id).copied());
    let same = [Some(("q", searched.q)), Some(("limit", limit.to_string()))];
    Ok(Paged::of("/api/v1/machines", &same, machines, limit, |machine| machine.name.clone()))
}

/// A machine. Its `ETag` is for whoever changes it.
#[utoipa::path(get, path = "/api/v1/machines/{machine}", tag = "machines", params(("machine" = MachineId, Path)),
    responses((status = 200, body = Machine, headers(("etag" = String)))))]
pub(super) async fn one(caller: Caller, Path(id): Path<MachineId>) -> Result<Response, Problem> {
    Ok(tagged(machine(&caller, id).await?))
}

pub(super) async fn machine(caller: &Caller, id: MachineId) -> Result<Machine, Problem> {
    let store = caller.read(Right::See, On::Machine(id)).await?;
    Ok(store.machine(id).await?.ok_or(Error::NotFound("machine"))?)
}

fn tagged(machine: Machine) -> Response {
    let tag = HeaderValue::try_from(format!("\"{}\"", machine.version));
    let mut response = Json(machine).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// What is changed of a machine; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MachineChange {
    #[serde(default)]
    site: Option<String>,
    #[serde(default)]
    labels: Option<Vec<String>>,
    #[serde(default)]
    desk: Option<Desk>,
}

/// Changes what people keep of a machine: site, labels, room, asset tag, who works at it.
///
/// With `If-Match` it is changed only if it is still as it was read (412 if not).
#[utoipa::path(patch, path = "/api/v1/machines/{machine}", tag = "machines",
    params(("machine" = MachineId, Path), ("If-Match" = Option<String>, Header, description = "The machine's `ETag`")),
    request_body = MachineChange, responses((status = 200, body = Machine, headers(("etag" = String)))))]
pub(super) async fn change(
    caller: Caller,
    Path(id): Path<MachineId>,
    headers: HeaderMap,
    Json(change): Json<MachineChange>,
) -> Result<Response, Problem> {
    let before = machine(&caller, id).await?;
    let tag = headers.get(IF_MATCH).map(|tag| tag.to_str().unwrap_or_default().trim_matches('"').to_owned());
    if tag.is_some_and(|tag| tag != "*" && tag != before.version.to_string()) {
        return Err(Problem::changed_meanwhile());
    }
    let kept = Kept {
        site: change.site.unwrap_or_else(|| before.site.clone()),
        labels: change.labels.unwrap_or_else(|| before.labels.clone()),
        desk: change.desk.unwrap_or_else(|| before.desk.clone()),
    };
    let kept = kept.checked().map_err(|(field, words)| Problem::field(field, words))?;
    let put = crate::backend::may_put(caller.gate().who(), &kept.site);
    let was = json!({ "site": before.site, "labels": before.labels, "desk": before.desk });
    let deed = Deed::new(Right::EditMachines, On::Machine(id), "changed what is kept of it")
        .changes(was, json!(kept));
    let changed = caller.act(deed, |store| async move {
        put?;
        store.keep_machine(id, &kept, before.version).await?;
        store.machine(id).await?.ok_or(Error::NotFound("machine"))
    });
    Ok(tagged(changed.await?))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct OwnImage {
    /// The name of an operational image; `null`: what is on the machine.
    image: Option<String>,
}

/// Says which image is the machine's own system, from its next boot on.
#[utoipa::path(post, path = "/api/v1/machines/{machine}/own-image", tag = "machines",
    params(("machine" = MachineId, Path), pages::Key), request_body = OwnImage, responses((status = 200, body = Machine)))]
pub(super) async fn own_image(
    caller: Caller,
    Path(id): Path<MachineId>,
    Json(own): Json<OwnImage>,
) -> Result<Json<Machine>, Problem> {
    let before = caller.read(Right::See, On::Machine(id)).await?.machine(id).await?;
    let deed = Deed::new(Right::EditMachines, On::Machine(id), "changed what its own system is")
        .changes(json!(before.and_then(|machine| machine.own_image)), json!(own.image));
    let changed = caller.act(deed, |store| async move {
        store.set_own_image(id, own.image.as_deref()).await?;
        store.machine(id).await?.ok_or(Error::NotFound("machine"))
    });
    Ok(Json(changed.await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Importing {
    /// Tell what would happen, and store nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// A list of machines as CSV, stored whole or not at all.
#[utoipa::path(post, path = "/api/v1/machines/import", tag = "machines", params(Importing, pages::Key),
    request_body(content = String, content_type = "text/csv"), responses((status = 200, body = Object)))]
pub(super) async fn import(caller: Caller, Query(importing): Query<Importing>, csv: String) -> Answer {
    if importing.dry_run {
        let store = caller.read(Right::EditMachines, On::Installation).await?;
        return Ok(Json(json!(crate::import::preview(store, &csv).await?)));
    }
    let deed = Deed::new(Right::EditMachines, On::Installation, "imported a list of machines");
    let done =
        caller.act(deed, |store| async move { crate::import::import(store, &csv, None).await }).await?;
    Ok(Json(json!(done)))
}
