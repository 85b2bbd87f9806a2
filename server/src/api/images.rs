//! Boot images, for programs: where versions stand, and which a machine would get.

use super::take::{Json, Path};
use super::{Answer, Api, Made, Nothing, Problem, pages};
use crate::backend::{deed, explain};
use crate::people::On;
use crate::people::caller::Caller;
use crate::uploads::signed;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use pitstop_app::images::desk::Explained;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_domain::people::Right;
use pitstop_domain::statement::Statement;
use pitstop_store::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/images", get(all))
        .route("/api/v1/images/{digest}", get(one).delete(remove))
        .route("/api/v1/images/{digest}/promote", post(promote))
        .route("/api/v1/images/{digest}/roll-back", post(roll_back))
        .route("/api/v1/images/{digest}/signatures", post(sign))
}

/// All versions of all images.
#[utoipa::path(get, path = "/api/v1/images", tag = "images", responses((status = 200, body = Vec<ImageVersion>)))]
pub(super) async fn all(caller: Caller) -> Result<Json<Vec<ImageVersion>>, Problem> {
    Ok(Json(caller.read(Right::See, On::Somewhere).await?.images().await?))
}

/// A version, with what people did with it and how jobs with it went by model.
#[derive(Serialize, ToSchema)]
pub(super) struct ImageStory {
    #[serde(flatten)]
    image: ImageVersion,
    /// What is signed of it: the bytes of `image.statement`.
    statement: String,
    moves: Vec<Move>,
    success: Vec<Success>,
}

/// Somebody put it elsewhere.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageMove)]
struct Move {
    at: DateTime<Utc>,
    to: String,
    by: String,
    why: String,
}

/// How jobs with it went on one model.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageSuccess)]
struct Success {
    model: String,
    jobs: i64,
    /// So many of them were seen in maintenance.
    booted: i64,
    /// So many machines are proven back.
    proved: i64,
}

/// A version, with its story.
#[utoipa::path(get, path = "/api/v1/images/{digest}", tag = "images", params(("digest" = Digest, Path)),
    responses((status = 200, body = ImageStory)))]
pub(super) async fn one(caller: Caller, Path(digest): Path<Digest>) -> Result<Json<ImageStory>, Problem> {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let image = store.image(&digest).await?.ok_or(Error::NotFound("image version"))?;
    let (moves, success) = (store.image_moves(&digest).await?, store.image_success(&digest).await?);
    let moves = moves.into_iter().map(|m| Move { at: m.at, to: m.to, by: m.by, why: m.why });
    let success = success.into_iter().map(|s| Success {
        model: s.model,
        jobs: s.jobs,
        booted: s.booted,
        proved: s.proved,
    });
    let statement = Statement::from(&image).to_string();
    Ok(Json(ImageStory { image, statement, moves: moves.collect(), success: success.collect() }))
}

/// Why something is done. Kept with it.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct Because {
    #[serde(default)]
    why: String,
}

/// A version is taken from now on.
#[utoipa::path(post, path = "/api/v1/images/{digest}/promote", tag = "images", params(("digest" = Digest, Path), pages::Key),
    request_body = Because, responses((status = 200, body = Nothing)))]
pub(super) async fn promote(caller: Caller, digest: Path<Digest>, because: Json<Because>) -> Made {
    put(caller, digest, because, Channel::Stable, "promoted").await
}

/// A version is a candidate again: the one before it is taken.
#[utoipa::path(post, path = "/api/v1/images/{digest}/roll-back", tag = "images", params(("digest" = Digest, Path), pages::Key),
    request_body = Because, responses((status = 200, body = Nothing)))]
pub(super) async fn roll_back(caller: Caller, digest: Path<Digest>, because: Json<Because>) -> Made {
    put(caller, digest, because, Channel::Candidate, "rolled back").await
}

async fn put(
    caller: Caller,
    Path(digest): Path<Digest>,
    Json(because): Json<Because>,
    to: Channel,
    did: &str,
) -> Made {
    let by = caller.gate().who().to_string();
    let deed = deed(&digest, did, &because.why);
    caller.act(deed, |store| async move { store.move_image(&digest, to, &by, &because.why).await }).await?;
    Ok(Json(Nothing {}))
}

/// What `minisign` wrote.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewImageSignature)]
pub(super) struct NewSignature {
    /// The whole `image.statement.minisig`.
    signature: String,
}

/// Adds a signature over the version's statement, made by `minisign` with a key that is trusted here.
#[utoipa::path(post, path = "/api/v1/images/{digest}/signatures", tag = "images", params(("digest" = Digest, Path), pages::Key),
    request_body = NewSignature, responses((status = 200, body = ImageVersion)))]
pub(super) async fn sign(
    caller: Caller,
    Path(digest): Path<Digest>,
    Json(new): Json<NewSignature>,
) -> Result<Json<ImageVersion>, Problem> {
    let by = caller.gate().who().to_string();
    let signed = caller.act(deed(&digest, "added a signature to", ""), |store| async move {
        let image = store.image(&digest).await?.ok_or(Error::NotFound("image version"))?;
        signed::add(store, &image, &new.signature, &by).await?;
        store.image(&digest).await?.ok_or(Error::NotFound("image version"))
    });
    Ok(Json(signed.await?))
}

/// Takes a version out, and the bytes that no other has.
#[utoipa::path(delete, path = "/api/v1/images/{digest}", tag = "images", params(("digest" = Digest, Path)),
    request_body = Because, responses((status = 200, body = Nothing)))]
pub(super) async fn remove(
    caller: Caller,
    State(api): State<Api>,
    Path(digest): Path<Digest>,
    Json(because): Json<Because>,
) -> Made {
    let by = caller.gate().who().to_string();
    let deed = deed(&digest, "removed", &because.why);
    let removed = caller.act(deed, |store| async move {
        crate::catalog::remove(store, api.uploads.shelf(), &digest, &by, &because.why).await
    });
    removed.await?;
    Ok(Json(Nothing {}))
}

/// Which version each function would get on this machine, why not the others, and what is looked at before a job.
#[utoipa::path(get, path = "/api/v1/machines/{machine}/images", tag = "machines", params(("machine" = MachineId, Path)),
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn for_machine(caller: Caller, Path(machine): Path<MachineId>) -> Answer {
    let store = caller.read(Right::See, On::Machine(machine)).await?;
    let machine = store.machine(machine).await?.ok_or(Error::NotFound("machine"))?;
    let explained = explain(store, &machine).await?;
    Ok(Json(explained.iter().filter(|explained| !explained.function.is_empty()).map(shown).collect()))
}

fn shown(explained: &Explained) -> Value {
    let chosen = explained.versions.first().filter(|first| first.why_not.is_none());
    let versions: Vec<_> = explained
        .versions
        .iter()
        .map(|considered| {
            json!({ "digest": considered.digest, "version": considered.version, "channel": considered.channel,
                    "why_not": considered.why_not })
        })
        .collect();
    json!({ "function": explained.function, "image": explained.image, "chosen": chosen.map(|chosen| &chosen.digest),
            "versions": versions, "checks": explained.checks })
}
