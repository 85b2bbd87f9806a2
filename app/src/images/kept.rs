//! Where the bytes of images are kept, on the page of all images.

use super::desk::{Bucketed, Kept};
use crate::format;
use crate::parts::{Icon, icon};
use leptos::prelude::*;

pub(super) fn kept(kept: &Kept) -> impl IntoView + use<> {
    let body = match &kept.bucket {
        None => folder(kept).into_any(),
        Some(bucket) => behind(kept, bucket).into_any(),
    };
    view! { <section class="panel" aria-labelledby="kept"><h2 id="kept">"Where images are kept"</h2>{body}</section> }
}

fn folder(kept: &Kept) -> impl IntoView + use<> {
    view! { <p>"In this server's folder " <code class="path">{kept.folder.clone()}</code> ": " <span class="figure">{format::bytes(kept.used)}</span> "."</p> }
}

fn behind(kept: &Kept, bucket: &Bucketed) -> impl IntoView + use<> {
    let away = bucket.away.clone().map(|why| {
        view! {
            <div class="notice bad" role="alert">{icon(Icon::Warning)} <p>"It is away: " {why} ". Machines are served what lies in the cache; images that do not are not started, and none can be added. It is asked again every minute."</p></div>
        }
    });
    let (used, limit) = (kept.used, bucket.limit.max(1));
    let per_cent = (used.saturating_mul(100) / limit).min(100);
    view! {
        <p>"In " <span class="path">{bucket.called.clone()}</span> ". Machines are served from this server's cache of it, "<code class="path">{kept.folder.clone()}</code>"."</p>
        {away}
        <p>
            <span class="figure">{format::bytes(used)} " of " {format::bytes(bucket.limit)}</span> " of the cache are in use. "
            <progress max="100" value=per_cent aria-label="How much of the cache is in use"></progress>
        </p>
    }
}
