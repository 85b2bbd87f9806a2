//! The page at `/images/{image}`: its versions, and what can be done with each.

use super::desk::{Moved, Rate, Version};
use super::parts::{boots, channel, kind, page_of, rate, size};
use super::{signed, test_boots};
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageVersion, Part, PartRole};
use pitstop_domain::people::{Right, Subject};
use std::collections::HashMap;

/// What was pressed and not done: it stands in its form again.
pub(super) struct Refused {
    pub digest: Digest,
    pub act: String,
    pub filled: HashMap<String, String>,
    pub why: Failure,
}

/// `GET /images/{image}`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
) -> Response {
    page(&frame, &entered, &name, None).await
}

pub(super) async fn page(
    frame: &Frame,
    entered: &Entered,
    name: &str,
    refused: Option<&Refused>,
) -> Response {
    let versions = match entered.catalog.versions(name).await {
        Ok(versions) if versions.is_empty() => return frame.trouble(&Failure::not_found("image")),
        Ok(versions) => versions,
        Err(failure) => return frame.trouble(&failure),
    };
    let may = entered.who.may(Right::EditImages, &Subject::Installation).map_err(|why| why.to_string());
    let (here, gone): (Vec<_>, Vec<_>) = versions.iter().partition(|version| version.removed_at.is_none());
    let title = versions[0].image.title.clone();
    let of = |version: &Version| refused.filter(|refused| refused.digest == version.image.digest);
    let elsewhere = refused.filter(|refused| !here.iter().any(|v| v.image.digest == refused.digest));
    let each: Vec<_> = here.iter().map(|version| panel(version, may.is_ok(), of(version))).collect();
    let none =
        each.is_empty().then(|| view! { <p class="muted">"No version is in the catalog any more."</p> });
    let why_not = may.err().map(|why| view! { <p class="why-not">{icon(Icon::Hand)} {why}</p> });
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/images">"Images"</a></p>
            <h1>{name.to_owned()}</h1>
            <p class="muted">{title}</p>
        </div>
        {refusal(elsewhere.map(|refused| &refused.why))}
        {why_not}
        {none}
        <div class="people">{each}</div>
        {removed(&gone)}
    };
    let status = refused.map_or(StatusCode::OK, |refused| status_of(&refused.why));
    html(status, frame.live(name, "image", body))
}

fn panel(version: &Version, may: bool, refused: Option<&Refused>) -> AnyView {
    let image = &version.image;
    let id = format!("v-{}", image.digest.short());
    let named = id.clone();
    let all = version.models.iter().fold(Rate::default(), |sum, (_, rate)| sum.and(*rate));
    view! {
        <section class="panel person" aria-labelledby=named>
            <div class="person-head">
                <h2 id=id>{image.version.clone()} " " {channel(image.standing.channel)}</h2>
                <span class="muted">"seen to boot on machines: " {rate(all)}</span>
            </div>
            {refusal(refused.map(|refused| &refused.why))}
            {facts(image)}
            {signed::missing(&image.standing.trust)}
            {notes(image, may, refused)}
            {may.then(|| signed::sign(image, refused))}
            {test_boots::show(version, may, refused)}
            {models(version)}
            {history(&version.moves)}
            {may.then(|| acts(image, refused))}
        </section>
    }
    .into_any()
}

fn facts(image: &ImageVersion) -> impl IntoView + use<> {
    let fact = |name: &'static str, value: AnyView| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let digest = image.digest.to_string();
    let copied = digest.clone();
    let parts: Vec<_> = image.parts.iter().map(part).collect();
    let standing = &image.standing;
    let only: Vec<_> = [("label", &standing.labels), ("model", &standing.models)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", names.join(", ")))
        .collect();
    let agent = if image.agent { "ours is in it" } else { "none: nothing reports from it" };
    view! {
        <dl class="facts">
            {fact("Digest", view! {
                <code class="digest">{digest}</code> " "
                <button type="button" class="button quiet needs-script" data-copy=copied>{icon(Icon::Copy)} <span aria-live="polite">"Copy digest"</span></button>
            }.into_any())}
            {fact("Boots", view! { {boots(image)} ", for " {kind(image.kind)} }.into_any())}
            {fact("Parts", view! { <ul>{parts}</ul> <span class="muted">{format::bytes(size(image))} " in all"</span> }.into_any())}
            {(!image.cmdline.is_empty()).then(|| fact("Command line", view! { <code>{image.cmdline.clone()}</code> }.into_any()))}
            {fact("Agent", agent.into_any())}
            {fact("Signed", signed::by(&standing.trust))}
            {(!only.is_empty()).then(|| fact("Only for", only.join("; ").into_any()))}
            {fact("Made", when(image.created_at).into_any())}
            {provenance(image).map(|from| fact("Comes from", from))}
        </dl>
    }
}

fn part(part: &Part) -> impl IntoView + use<> {
    let role = match part.role {
        PartRole::Kernel => "kernel",
        PartRole::Initrd => "initial RAM disk",
        PartRole::BiosProgram => "program for BIOS",
        PartRole::EfiProgram => "program for UEFI",
        PartRole::Script => "script of iPXE",
        PartRole::Wimboot => "starter of Windows images",
        PartRole::Wim => "handed to Windows",
        PartRole::File => "fetched by the system itself:",
    };
    view! {
        <li>
            {role} " " <code>{part.file.clone()}</code> ", " <span class="figure">{format::bytes(part.bytes)}</span> ", "
            <code title=part.digest.to_string()>{part.digest.short().to_owned()}</code>
        </li>
    }
}

/// What whoever made it says of that: a line a field, whatever the fields are.
fn provenance(image: &ImageVersion) -> Option<AnyView> {
    let fields = image.provenance.as_object().filter(|fields| !fields.is_empty())?;
    let lines: Vec<_> = fields
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            view! { <li>{name.replace('_', " ")} ": " {text}</li> }
        })
        .collect();
    let n = format::counted(lines.len() as u64, "thing", "things");
    Some(
        view! { <details><summary>{n} " known of it"</summary><ul class="provenance">{lines}</ul></details> }
            .into_any(),
    )
}

fn notes(image: &ImageVersion, may: bool, refused: Option<&Refused>) -> AnyView {
    let text = image.standing.notes.clone();
    let shown = (!text.is_empty()).then(|| view! { <p class="image-notes">{text.clone()}</p> });
    if !may {
        return shown.into_any();
    }
    let refused = refused.filter(|refused| refused.act == "notes");
    let typed = refused.and_then(|refused| refused.filled.get("notes")).cloned();
    let id = format!("notes-{}", image.digest.short());
    let (fold, label) = (format!("{id}-fold"), id.clone());
    let word = if text.is_empty() { "Write notes" } else { "Change the notes" };
    view! {
        {shown}
        <details class="person-edit" id=fold open=refused.is_some()>
            <summary>{word}</summary>
            <form method="post" action=action(image, "notes") class="stack-tight">
                <input type="hidden" name="seen" value=text.clone()/>
                <div class="field wide"><label for=label>"What people should know of this version"</label>
                <textarea id=id name="notes" rows="4">{typed.unwrap_or(text)}</textarea></div>
                <button type="submit" class="button primary">"Save"</button>
            </form>
        </details>
    }
    .into_any()
}

fn models(version: &Version) -> Option<AnyView> {
    if version.models.is_empty() {
        return None;
    }
    let row = |(model, of): &(String, Rate)| {
        let model = if model.is_empty() { "model not known".to_owned() } else { model.clone() };
        let back = format::percent(of.proved, of.jobs).map(|percent| format!("{percent} %"));
        view! {
            <tr>
                <th scope="row">{model}</th>
                <td class="number figure">{format::count(of.jobs)}</td>
                <td class="number figure">{rate(*of)}</td>
                <td class="number figure">{back}</td>
            </tr>
        }
    };
    let rows: Vec<_> = version.models.iter().map(row).collect();
    Some(
        view! {
            <table class="list">
                <caption>"How it went, by machine model"</caption>
                <thead><tr>
                    <th scope="col">"Model"</th><th scope="col" class="number">"Jobs"</th>
                    <th scope="col" class="number">"Seen to boot"</th><th scope="col" class="number">"Proven back"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

fn history(moves: &[Moved]) -> Option<AnyView> {
    if moves.is_empty() {
        return None;
    }
    let line = |moved: &Moved| {
        let did = match moved.to.as_str() {
            "stable" => "promoted",
            "candidate" => "rolled back",
            _ => "removed",
        };
        let why = if moved.why.is_empty() { "no reason was given".to_owned() } else { moved.why.clone() };
        view! { <li><span class="muted figure">{when(moved.at)}</span><span><strong>{did}</strong> " by " {moved.by.clone()} ": " {why}</span></li> }
    };
    let lines: Vec<_> = moves.iter().map(line).collect();
    Some(view! { <h3>"History"</h3> <ol class="lines">{lines}</ol> }.into_any())
}

fn acts(image: &ImageVersion, refused: Option<&Refused>) -> impl IntoView + use<> {
    let id = format!("acts-{}", image.digest.short());
    let (fold, label) = (format!("{id}-fold"), id.clone());
    let typed = refused.and_then(|refused| refused.filled.get("why")).cloned();
    let open =
        refused.is_some_and(|refused| matches!(refused.act.as_str(), "promote" | "roll-back" | "remove"));
    let press = |act: &'static str, words: &'static str, class: &'static str| {
        let to = action(image, act);
        view! { <button type="submit" formaction=to class=class>{words}</button> }
    };
    let stable = image.standing.channel == Channel::Stable;
    // One that is stable already and promoted again is taken before those that were promoted since.
    let words = if stable { "Promote again" } else { "Promote to stable" };
    let first = if stable { "roll-back" } else { "promote" };
    view! {
        <details class="person-edit" id=fold open=open>
            <summary>{if stable { "Roll back or remove" } else { "Promote or remove" }}</summary>
            <form method="post" action=action(image, first) class="stack-tight">
                <div class="field wide"><label for=label>"Why"</label>
                <input id=id name="why" autocomplete="off" value=typed required=true/></div>
                <p class="help">"Stable versions are taken for jobs from now on, the last promoted first; candidates only by machines with the label " <code>"candidates"</code> ". Jobs under way keep theirs. A removed version is gone with its bytes."</p>
                <div class="person-acts">
                    {press("promote", words, if stable { "button" } else { "button primary" })}
                    {stable.then(|| press("roll-back", "Roll back to candidate", "button"))}
                    {press("remove", "Remove", "button danger")}
                </div>
            </form>
        </details>
    }
}

pub(super) fn action(image: &ImageVersion, act: &str) -> String {
    format!("{}/{}/{act}", page_of(&image.name), image.digest)
}

fn removed(gone: &[&Version]) -> Option<AnyView> {
    if gone.is_empty() {
        return None;
    }
    let line = |version: &&Version| {
        let last = version.moves.iter().find(|moved| moved.to == "removed");
        let who = last.map(|moved| format!("by {}: {}", moved.by, moved.why));
        view! {
            <li><span class="muted figure">{version.removed_at.map(when)}</span>
            <span><strong>{version.image.version.clone()}</strong> " " <code>{version.image.digest.short().to_owned()}</code> " " {who}</span></li>
        }
    };
    let lines: Vec<_> = gone.iter().map(line).collect();
    Some(view! { <section class="panel" aria-labelledby="removed"><h2 id="removed">"Removed"</h2><ol class="lines">{lines}</ol></section> }.into_any())
}
