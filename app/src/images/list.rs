//! The page at `/images`: a line an image.

use super::coming::under_way;
use super::desk::{Coming, Kept, Listed, Rate};
use super::kept::kept as whereabouts;
use super::parts::{firmware, kind, page_of, rate, size};
use super::test_boots;
use crate::format;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::catalog::Rules;
use pitstop_domain::image::Channel;
use pitstop_domain::people::{Right, Subject};

/// `GET /images`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let catalog = &entered.catalog;
    let may = entered.who.may(Right::EditImages, &Subject::Installation).is_ok();
    let found = async {
        let kept = if may { Some(catalog.kept().await?) } else { None };
        Ok((catalog.images().await?, catalog.coming().await?, catalog.rules().await?, kept))
    };
    match found.await {
        Ok((versions, coming, rules, kept)) => {
            html(StatusCode::OK, page(&frame, versions, &coming, (rules, may), kept.as_ref()))
        }
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(
    frame: &Frame,
    versions: Vec<Listed>,
    coming: &[Coming],
    (rules, may): (Rules, bool),
    kept: Option<&Kept>,
) -> String {
    let (n, images) = (versions.len() as u64, by_name(versions));
    let count = format!(
        "{}, {}",
        format::counted(images.len() as u64, "image", "images"),
        format::counted(n, "version", "versions")
    );
    let list = if images.is_empty() { empty().into_any() } else { list(&images).into_any() };
    let body = view! {
        <div class="page-head">
            <h1>"Images"</h1>
            <p class="muted">{count}</p>
            <span class="head-act head-acts"><a class="button" href="/captures">"Captures"</a> <a class="button" href="/functions">"Functions"</a>
            {may.then(|| view! { <a class="button" href="/images/new">"Add an image"</a> })}</span>
        </div>
        {under_way(coming, may)}
        {list}
        {test_boots::demands(rules, may)}
        {kept.map(whereabouts)}
    };
    frame.live("Images", "image", body)
}

/// The versions of each image, in the order in which they came.
fn by_name(versions: Vec<Listed>) -> Vec<Vec<Listed>> {
    let mut images: Vec<Vec<Listed>> = vec![];
    for version in versions {
        match images.last_mut().filter(|image| image[0].image.name == version.image.name) {
            Some(image) => image.push(version),
            None => images.push(vec![version]),
        }
    }
    images
}

fn empty() -> impl IntoView {
    view! {
        <section class="empty">
            <h2>"No boot image yet"</h2>
            <p>"A boot image is what a machine boots for maintenance: kernel, initial RAM disk and command line. Add one, or build the first from Debian's packages:"</p>
            <pre><code>"cargo xtask image"</code></pre>
        </section>
    }
}

fn list(images: &[Vec<Listed>]) -> impl IntoView + use<> {
    let rows: Vec<_> = images.iter().map(|versions| row(versions)).collect();
    view! {
        <table class="list">
            <caption class="sr-only">"Boot images"</caption>
            <thead>
                <tr>
                    <th scope="col">"Image"</th>
                    <th scope="col">"Stable"</th>
                    <th scope="col">"Candidates"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col" class="wide">"Boots"</th>
                    <th scope="col" class="wide">"Seen to boot"</th>
                    <th scope="col" class="wide">"Changed"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(versions: &[Listed]) -> impl IntoView + use<> {
    let of = |wanted: Channel| versions.iter().filter(move |v| v.image.standing.channel == wanted);
    let stable = of(Channel::Stable).max_by_key(|v| (v.image.standing.since, v.image.created_at));
    let shown = stable.unwrap_or(&versions[0]);
    let image = &shown.image;
    let candidates = of(Channel::Candidate).count() as u64;
    let all = versions.iter().fold(Rate::default(), |sum, version| sum.and(version.rate));
    let stands = match stable {
        Some(stable) => {
            let unsigned = stable.image.standing.trust.against().map(|_| {
                view! { <span class="under">"not signed: no machine gets it"</span> }
            });
            view! { <span class="figure">{stable.image.version.clone()}</span> {unsigned} }.into_any()
        }
        None => view! { <span class="muted">"none: promote one"</span> }.into_any(),
    };
    let tried = match candidates {
        0 => view! { <span class="muted">"none"</span> }.into_any(),
        n => view! { <span class="figure whole">{format::counted(n, "candidate", "candidates")}</span> }
            .into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=page_of(&image.name)>{image.name.clone()}</a> <span class="under">{image.title.clone()} ", for " {kind(image.kind)}</span></th>
            <td class="version">{stands}</td>
            <td>{tried}</td>
            <td class="number figure">{format::bytes(size(image))}</td>
            <td class="wide version">{firmware(image)} <span class="under">{image.arch.to_string()}</span></td>
            <td class="wide figure whole">{rate(all)}</td>
            <td class="wide figure muted">{changed(versions)}</td>
        </tr>
    }
}

/// When one of its versions came or was moved, and by whom.
fn changed(versions: &[Listed]) -> AnyView {
    let moved = versions.iter().filter_map(|version| version.last.as_ref()).max_by_key(|moved| moved.at);
    let came = versions.iter().map(|version| version.image.created_at).max();
    match (moved, came) {
        (Some(moved), came) if came.is_none_or(|came| came <= moved.at) => {
            view! { {when(moved.at)} <span class="under">"by " {moved.by.clone()}</span> }.into_any()
        }
        (_, Some(came)) => {
            let newest = versions.iter().max_by_key(|version| version.image.created_at);
            let version = newest.map(|version| version.image.version.clone());
            view! { {when(came)} <span class="under">{version} " was added"</span> }.into_any()
        }
        (_, None) => ().into_any(),
    }
}
