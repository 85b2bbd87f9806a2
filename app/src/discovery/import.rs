//! A list of machines: pasted, shown with what each row would do, and stored when somebody confirms.

use super::api::{ConfirmImport, DraftImport, Preview, PreviewLine, Verdict};
use super::server::preview;
use crate::format;
use crate::live::document::drawn;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_not_whole;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::people::Right;

const EXAMPLE: &str =
    "name,macs,site,room,labels,used_by\npc-01,52:54:00:12:34:56,berlin,2.14,lab office,Ann Smith\n";

/// The page at `/discovery/import`.
#[component]
pub fn ImportPage() -> impl IntoView {
    Posted::<DraftImport>::provide();
    Posted::<ConfirmImport>::provide();
    let draft = use_query_map().with_untracked(|map| map.get("draft").unwrap_or_default());
    let body = match draft.is_empty() {
        true => view! { <Paste/> }.into_any(),
        false => drawn(
            {
                let draft = draft.clone();
                async move { preview(&draft).await }
            },
            move |preview| view! { <Shown draft preview/> },
        ),
    };
    view! {
        <Title text="Import machines"/>
        <div class="page-head">
            <p class="crumbs"><a href="/discovery">"Discovery"</a></p>
            <h1>"Import machines"</h1>
        </div>
        {body}
    }
}

#[component]
fn Paste() -> AnyView {
    let posted = Posted::<DraftImport>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    view! {
        {refusal}
        <div class="columns">
            <div class="stack">
            <Allowed why=why_not_whole(Right::EditMachines)><Post posted class="run-form import-form">
                <div class="field wide">
                    <label for="csv">"The list, as CSV"</label>
                    <textarea id="csv" name="csv" rows="14" required spellcheck="false" placeholder=EXAMPLE aria-describedby="csv-help"></textarea>
                    <p class="help" id="csv-help">"Commas, semicolons or tabs divide it; the first line names the columns. A table copied out of a spreadsheet can be pasted as it is."</p>
                </div>
                <button type="submit" class="button primary">"Show what it would do"</button>
                <p class="muted">"Nothing is stored by that."</p>
            </Post></Allowed>
            <Allowed why=why_not_whole(Right::EditMachines)><form method="post" action="/discovery/import/file" enctype="multipart/form-data" class="run-form import-form">
                <div class="field wide">
                    <label for="file">"Or a file"</label>
                    <input id="file" name="file" type="file" accept=".csv,.tsv,.txt,text/csv,text/plain" required/>
                </div>
                <button type="submit" class="button">"Show what the file would do"</button>
            </form></Allowed>
            </div>
            <section class="panel" aria-labelledby="columns">
                <h2 id="columns">"Columns"</h2>
                <dl class="facts">
                    <div><dt>"macs"</dt><dd>"one or several, however they are written; known machines are recognised by them"</dd></div>
                    <div><dt>"uuid"</dt><dd>"SMBIOS UUID"</dd></div>
                    <div><dt>"name"</dt><dd>"empty: made of the MAC address"</dd></div>
                    <div><dt>"site, room"</dt><dd>"where it stands"</dd></div>
                    <div><dt>"labels"</dt><dd>"by spaces or commas"</dd></div>
                    <div><dt>"used_by, asset_tag"</dt><dd>"whose it is"</dd></div>
                    <div><dt>"arch, firmware"</dt><dd>"for new machines: x86-64 or arm64, bios or uefi"</dd></div>
                </dl>
                <p class="muted">"A field that is empty leaves a known machine as it is. Programs post the same to " <code>"/api/v1/machines/import"</code> "."</p>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn Shown(draft: String, preview: Preview) -> AnyView {
    let posted = Posted::<ConfirmImport>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let Preview { new, changed, same, wrong, lines, more } = preview;
    let tile = |n: u64, words: &'static str, state: &'static str| {
        view! {
            <li>
                <div class="tile" data-state=state data-none=(n == 0).then_some("")>
                    <span class="tile-count figure">{format::count(n)}</span><span class="tile-words">{words}</span>
                </div>
            </li>
        }
    };
    let tiles = (
        tile(new, "new", "own"),
        tile(changed, "changed", "switching"),
        tile(same, "as they are", "unknown"),
        tile(wrong, "wrong", "failed"),
    );
    let next = match (wrong, new + changed) {
        (0, 0) => Either::Left("All machines are as the list says: there is nothing to do."),
        (0, n) => Either::Right(Either::Left(view! {
            <Post posted>
                <input type="hidden" name="draft" value=draft/>
                <input type="hidden" name="new" value=new.to_string()/>
                <input type="hidden" name="changed" value=changed.to_string()/>
                <button type="submit" class="button primary">
                    {format!("Import {}", format::counted(n, "machine", "machines"))}
                </button>
            </Post>
        })),
        (_, _) => Either::Right(Either::Right(view! {
            <p class="notice bad">{icon(Icon::Warning)} <span>"Put the rows right that are wrong, then paste the list again: it is stored whole or not at all."</span></p>
        })),
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    view! {
        {refusal}
        <ul class="tiles import-tiles" aria-label="What the list would do">{tiles}</ul>
        <div class="import-next">{next} <a class="button" href="/discovery/import">"Another list"</a></div>
        <table class="list">
            <caption class="sr-only">"Rows of the list"</caption>
            <thead><tr><th scope="col" class="number">"Line"</th><th scope="col">"Machine"</th><th scope="col">"What would happen"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="muted">{format!("and {} more rows", format::count(more))}</p> })}
    }
    .into_any()
}

fn row(line: PreviewLine) -> impl IntoView {
    let (drawing, state, word, words) = match line.verdict {
        Verdict::New => (Icon::Check, "own", "new", vec![]),
        Verdict::Changed { what } => (Icon::Right, "switching", "changed", what),
        Verdict::Same => (Icon::Dash, "unknown", "as it is", vec![]),
        Verdict::Wrong { why } => (Icon::Warning, "failed", "wrong", why),
    };
    let words: Vec<_> = words.into_iter().map(|words| view! { <li>{words}</li> }).collect();
    view! {
        <tr>
            <td class="number figure muted">{line.line}</td>
            <th scope="row">{line.name}</th>
            <td><span class="chip" data-state=state>{icon(drawing)}{word}</span> <ul class="import-words">{words}</ul></td>
        </tr>
    }
}
