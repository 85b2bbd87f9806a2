//! Boot images, for programs: where versions stand, and which a machine would get.

use super::{Answer, Api};
use crate::backend::{deed, explain};
use crate::people::On;
use crate::people::caller::Caller;
use axum::Json;
use axum::extract::{Path, State};
use pitstop_app::images::desk::Explained;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::Channel;
use pitstop_domain::people::Right;
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::{Value, json};

/// All versions of all images.
pub(super) async fn all(caller: Caller) -> Answer {
    Ok(Json(json!(caller.read(Right::See, On::Somewhere).await?.images().await?)))
}

/// A version, with what people did with it and how jobs with it went by model.
pub(super) async fn one(caller: Caller, Path(digest): Path<Digest>) -> Answer {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let image = store.image(&digest).await?.ok_or(Error::NotFound("image version"))?;
    let moves = store.image_moves(&digest).await?;
    let success = store.image_success(&digest).await?;
    let mut shown = json!(image);
    shown["moves"] =
        moves.iter().map(|m| json!({ "at": m.at, "to": m.to, "by": m.by, "why": m.why })).collect();
    shown["success"] = success
        .iter()
        .map(|s| json!({ "model": s.model, "jobs": s.jobs, "booted": s.booted, "proved": s.proved }))
        .collect();
    Ok(Json(shown))
}

/// Why something is done. Kept with it.
#[derive(Default, Deserialize)]
pub(super) struct Because {
    #[serde(default)]
    why: String,
}

/// A version is taken from now on.
pub(super) async fn promote(caller: Caller, digest: Path<Digest>, because: Json<Because>) -> Answer {
    put(caller, digest, because, Channel::Stable, "promoted").await
}

/// A version is a candidate again: the one before it is taken.
pub(super) async fn roll_back(caller: Caller, digest: Path<Digest>, because: Json<Because>) -> Answer {
    put(caller, digest, because, Channel::Candidate, "rolled back").await
}

async fn put(
    caller: Caller,
    Path(digest): Path<Digest>,
    Json(because): Json<Because>,
    to: Channel,
    did: &str,
) -> Answer {
    let by = caller.gate().who().to_string();
    let deed = deed(&digest, did, &because.why);
    caller.act(deed, |store| async move { store.move_image(&digest, to, &by, &because.why).await }).await?;
    Ok(Json(json!({})))
}

/// Takes a version out, and the bytes that no other has.
pub(super) async fn remove(
    caller: Caller,
    State(api): State<Api>,
    Path(digest): Path<Digest>,
    Json(because): Json<Because>,
) -> Answer {
    let by = caller.gate().who().to_string();
    let deed = deed(&digest, "removed", &because.why);
    let removed = caller.act(deed, |store| async move {
        crate::catalog::remove(store, api.uploads.images(), &digest, &by, &because.why).await
    });
    removed.await?;
    Ok(Json(json!({})))
}

/// Which version each function would get on this machine, why not the others, and what is looked at before a job.
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
