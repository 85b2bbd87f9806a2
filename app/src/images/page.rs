//! The list of boot images.

use super::api::{ImageRow, images};
use crate::format;
use crate::live::{Pace, fetched, use_changes};
use crate::parts::{Empty, Trouble, When};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use pitstop_domain::event::Noun;
use pitstop_domain::image::ImageKind;

/// The page at `/images`.
#[component]
pub fn ImagesPage() -> impl IntoView {
    let tick = use_changes(Pace::List, |changed| changed.kind == Noun::Image);
    let data = fetched(move || tick.get(), |_| images());
    view! {
        <Title text="Images"/>
        <Transition fallback=|| view! { <div class="skeleton tall" aria-busy="true"></div> }>
            {move || data.get().map(|found| match found {
                Ok(rows) => Either::Left(view! { <Found rows/> }),
                Err(failure) => Either::Right(view! { <Trouble failure/> }),
            })}
        </Transition>
    }
}

#[component]
fn Found(rows: Vec<ImageRow>) -> AnyView {
    let n = rows.len() as u64;
    view! {
        <div class="page-head">
            <h1>"Images"</h1>
            <p class="muted">{format::counted(n, "version", "versions")}</p>
        </div>
        {if rows.is_empty() {
            Either::Left(view! {
                <Empty title="No boot image yet">
                    <p>"A boot image is what a machine boots for maintenance: kernel, initial RAM disk and command line. Build the first from Debian's packages:"</p>
                    <pre><code>"cargo xtask image"</code></pre>
                </Empty>
            })
        } else {
            Either::Right(view! { <List rows/> })
        }}
    }.into_any()
}

#[component]
fn List(rows: Vec<ImageRow>) -> AnyView {
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! {
        <table class="list">
            <caption class="sr-only">"Versions of boot images"</caption>
            <thead>
                <tr>
                    <th scope="col">"Image"</th>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Digest"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col" class="wide">"Boots"</th>
                    <th scope="col" class="wide">"For"</th>
                    <th scope="col" class="wide">"Agent"</th>
                    <th scope="col" class="wide">"Made"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: ImageRow) -> impl IntoView {
    let bytes = row.parts.iter().map(|part| part.bytes).sum();
    let firmware: Vec<_> = row.firmware.iter().map(ToString::to_string).collect();
    let kind = match row.kind {
        ImageKind::Maintenance => "maintenance",
        ImageKind::Operational => "operation",
    };
    view! {
        <tr>
            <th scope="row">{row.name} <span class="under">{row.title}</span></th>
            <td class="figure">{row.version}</td>
            <td><code title=row.digest.to_string()>{row.digest.short().to_owned()}</code></td>
            <td class="number figure">{format::bytes(bytes)}</td>
            <td class="wide">{format!("{}, {}", firmware.join(" and "), row.arch)}</td>
            <td class="wide">{kind}</td>
            <td class="wide">{if row.agent { "ours is in it" } else { "none" }}</td>
            <td class="wide figure muted"><When at=row.created_at date=true/></td>
        </tr>
    }
}
