//! The machines of a run: counts that lead to lists, and the list.

use super::api::{MemberLine, MembersQuery, PAGE, RunPage};
use super::parts::{KindChip, kind_name, look, wave_name};
use crate::format;
use crate::jobs::parts::phase_words;
use crate::parts::{Elapsed, icon};
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::run::tally::Kind;

/// Kinds that are shown even where there is none: what one looks for.
const ALWAYS: [Kind; 6] = [Kind::Waiting, Kind::UnderWay, Kind::Back, Kind::Found, Kind::Failed, Kind::Held];
/// The others, where there are some.
const SOMETIMES: [Kind; 4] = [Kind::NoShow, Kind::Cancelled, Kind::Refused, Kind::Skipped];

/// Reads what the address says.
pub fn read(show: Option<String>, page: Option<String>) -> MembersQuery {
    MembersQuery {
        show: show.and_then(|name| Kind::ALL.into_iter().find(|kind| kind_name(*kind) == name)),
        page: page.and_then(|page| page.parse().ok()).unwrap_or_default(),
    }
}

fn href(run: RunId, query: MembersQuery) -> String {
    let show = query.show.map(|kind| format!("show={}", kind_name(kind)));
    let page = (query.page > 1).then(|| format!("page={}", query.page));
    let parts: Vec<_> = show.into_iter().chain(page).collect();
    if parts.is_empty() { format!("/runs/{run}") } else { format!("/runs/{run}?{}", parts.join("&")) }
}

/// How many are how far; each leads to those.
#[component]
pub fn Counts(page: RunPage, query: MembersQuery) -> AnyView {
    let some = SOMETIMES.into_iter().filter(|kind| page.tally.count(*kind) > 0);
    let tiles: Vec<_> = ALWAYS
        .into_iter()
        .chain(some)
        .map(|kind| {
            let n = page.tally.count(kind);
            let here = query.show == Some(kind);
            let to = MembersQuery { show: (!here).then_some(kind), page: 0 };
            let (drawing, name) = look(kind);
            view! {
                <li>
                    <a
                        class="tile" data-state=name data-none=(n == 0).then_some("")
                        href=href(page.run.id, to) aria-current=here.then_some("true")
                    >
                        <span class="tile-count figure">{format::count(u64::from(n))}</span>
                        <span class="tile-words">{icon(drawing)}{kind.words()}</span>
                    </a>
                </li>
            }
        })
        .collect();
    view! { <ul class="tiles run-tiles" aria-label="Machines by how far they are">{tiles}</ul> }.into_any()
}

/// The list.
#[component]
pub fn Members(page: RunPage, query: MembersQuery) -> AnyView {
    let asked_at = page.asked_at;
    let waves = page.waves.len() > 1;
    let heading = match query.show {
        None => "Machines".to_owned(),
        Some(kind) => format!("Machines: {}", kind.words()),
    };
    let all = query.show.map(|_| {
        view! { <a href=href(page.run.id, MembersQuery::default())>"Show all"</a> }
    });
    let rows: Vec<_> =
        page.members.iter().map(|row| view! { <Row row=row.clone() asked_at waves/> }).collect();
    view! {
        <section aria-labelledby="members">
            <div class="section-head"><h2 id="members">{heading}</h2> {all}</div>
            {if rows.is_empty() {
                Either::Left(view! { <p class="muted">"None."</p> })
            } else {
                Either::Right(view! {
                    <table class="list">
                        <caption class="sr-only">"Machines of the run, in the order in which they go"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Machine"</th>
                                <th scope="col">"State"</th>
                                {waves.then(|| view! { <th scope="col">"Wave"</th> })}
                                <th scope="col">"Site"</th>
                                <th scope="col" class="wide">"What of it"</th>
                                <th scope="col">"Job"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                })
            }}
            <Pages page query/>
        </section>
    }
    .into_any()
}

#[component]
fn Row(row: MemberLine, asked_at: Time, waves: bool) -> AnyView {
    let phase = row.phase.filter(|_| matches!(row.kind, Kind::UnderWay | Kind::NoShow)).map(phase_words);
    let took = match (row.started_at, row.closed_at) {
        (Some(start), Some(end)) => Some(Either::Left(format::duration(end - start))),
        (Some(since), None) => Some(Either::Right(view! { <Elapsed since asked_at/> })),
        _ => None,
    };
    let job = row.job.map(|job| {
        view! { <a href=format!("/jobs/{job}")>"job"</a> " " <span class="muted figure">{took}</span> }
    });
    view! {
        <tr>
            <th scope="row"><a href=format!("/machines/{}", row.machine)>{row.name}</a></th>
            <td><KindChip kind=row.kind/> {phase.map(|words| view! { " " <span class="muted">{words}</span> })}</td>
            {waves.then(|| view! { <td class="muted whole">{wave_name(row.wave)}</td> })}
            <td>{row.site}</td>
            <td class="wide muted">{row.words}</td>
            <td class="whole">{job}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Pages(page: RunPage, query: MembersQuery) -> impl IntoView {
    let now = query.page.max(1);
    let run = page.run.id;
    let to = move |page: u32| href(run, MembersQuery { page, ..query });
    let first = (u64::from(now) - 1) * PAGE as u64;
    let last = first + page.members.len() as u64;
    let shown =
        format!("{} to {} of {}", format::count(first + 1), format::count(last), format::count(page.listed));
    (page.listed > PAGE as u64).then(|| {
        view! {
            <nav class="pages" aria-label="Pages of the list">
                <span class="muted figure">{shown}</span>
                {(now > 1).then(|| view! { <a class="button" href=to(now - 1) rel="prev">"Previous"</a> })}
                {(last < page.listed).then(|| view! { <a class="button" href=to(now + 1) rel="next">"Next"</a> })}
            </nav>
        }
    })
}
