//! *Will it boot?*, for programs: a version is started in a throw-away virtual machine, and followed until its verdict.

use super::take::{Json, Path};
use super::{Answer, Api, Made, Nothing, pages};
use crate::people::On;
use crate::people::caller::Caller;
use crate::test_boot::desk;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use pitstop_domain::digest::Digest;
use pitstop_domain::machine::Firmware;
use pitstop_domain::people::Right;
use pitstop_domain::test_boot::TestBoot;
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/images/{digest}/test-boots", get(all).post(begin))
        .route("/api/v1/images/test-boots/{boot}", get(one))
        .route("/api/v1/images/test-boots/{boot}/stop", post(stop))
}

/// From where it is started, and what shows that it runs.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewTestBoot {
    firmware: Firmware,
    /// A text on its serial line that shows that it runs, beside those that are known.
    #[serde(default)]
    looks_for: String,
}

/// The test boots of a version, newest first.
#[utoipa::path(get, path = "/api/v1/images/{digest}/test-boots", tag = "images", params(("digest" = Digest, Path)),
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn all(caller: Caller, Path(digest): Path<Digest>) -> Answer {
    let store = caller.read(Right::See, On::Somewhere).await?;
    store.image(&digest).await?.ok_or(Error::NotFound("image version"))?;
    let boots = store.test_boots_of(&digest).await?;
    Ok(Json(boots.iter().map(shown).collect()))
}

/// Starts a version in a throw-away virtual machine. It is answered while it runs: ask for it until it has `ended`.
#[utoipa::path(post, path = "/api/v1/images/{digest}/test-boots", tag = "images",
    params(("digest" = Digest, Path), pages::Key), request_body = NewTestBoot,
    responses((status = 200, body = Object)))]
pub(super) async fn begin(
    caller: Caller,
    State(api): State<Api>,
    Path(digest): Path<Digest>,
    Json(new): Json<NewTestBoot>,
) -> Answer {
    let begun = desk::begin(caller.gate(), &api.test_boots, &digest, new.firmware, &new.looks_for).await?;
    Ok(Json(shown(&begun)))
}

/// A test boot: what it said so far, and its verdict.
#[utoipa::path(get, path = "/api/v1/images/test-boots/{boot}", tag = "images", params(("boot" = Uuid, Path)),
    responses((status = 200, body = Object)))]
pub(super) async fn one(caller: Caller, Path(boot): Path<Uuid>) -> Answer {
    let store = caller.read(Right::See, On::Somewhere).await?;
    Ok(Json(shown(&store.test_boot(boot).await?.ok_or(Error::NotFound("test boot"))?)))
}

/// Stops a test boot. Whether the image boots is not known then.
#[utoipa::path(post, path = "/api/v1/images/test-boots/{boot}/stop", tag = "images",
    params(("boot" = Uuid, Path), pages::Key), responses((status = 200, body = Nothing)))]
pub(super) async fn stop(caller: Caller, Path(boot): Path<Uuid>) -> Made {
    desk::stop(caller.gate(), boot).await?;
    Ok(Json(Nothing {}))
}

/// As it is stored, with what its verdict means.
fn shown(boot: &TestBoot) -> Value {
    let mut shown = json!(boot);
    if let Some(ended) = &boot.ended {
        shown["ended"]["booted"] = ended.verdict.booted().into();
        shown["ended"]["means"] = ended.verdict.words().into();
    }
    shown
}
