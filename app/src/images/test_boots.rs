//! *Will it boot?* Test boots on an image's page, the pictures of their screens, and what the catalog demands of them.

use super::desk::{Tests, Version};
use super::image::{Refused, action};
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::catalog::Rules;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::{Ended, TestBoot};
use std::collections::HashMap;
use uuid::Uuid;

/// Lines of the serial line that are shown: what is new stands at the end, and the page is fetched every two seconds.
const LINES: usize = 24;

/// `GET /images/tests/{boot}/screen`
pub(super) async fn screen(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(boot): Path<Uuid>,
) -> Response {
    match entered.catalog.test_boot_screen(boot).await {
        Ok(picture) => {
            let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, no-cache")];
            (headers, picture).into_response()
        }
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /images/demands/tests`
pub(super) async fn demand(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<HashMap<String, String>>,
) -> Response {
    let demanded = filled.get("tests").is_some_and(|word| word == "true");
    match entered.catalog.demand_tests(demanded).await {
        Ok(()) => Redirect::to("/images").into_response(),
        Err(failure) => frame.trouble(&failure),
    }
}

/// Under the list of images.
pub(super) fn demands(rules: Rules, may: bool) -> impl IntoView {
    let (says, word) = if rules.stable_tested {
        (
            "Only what a test boot has seen boot, from each firmware that it is for, may become stable.",
            "Demand no tests",
        )
    } else {
        ("Versions may become stable without a test boot.", "Demand a test boot")
    };
    let form = may.then(|| {
        view! {
            <form method="post" action="/images/demands/tests" class="person-acts">
                <input type="hidden" name="tests" value=(!rules.stable_tested).to_string()/>
                <button type="submit" class="button">{word}</button>
            </form>
        }
    });
    view! { <section class="panel" aria-labelledby="demands"><h2 id="demands">"Promotion"</h2><p>{says}</p>{form}</section> }
}

/// On the panel of a version.
pub(super) fn show(version: &Version, may: bool, refused: Option<&Refused>) -> AnyView {
    let (image, tests) = (&version.image, &version.tests);
    let mut lines: Vec<_> = tests.boots.iter().map(|boot| line(boot, tests).into_any()).collect();
    let earlier = lines.split_off(lines.len().min(1));
    let newest = tests.boots.first().map(|boot| newest(image, boot, may));
    let under_way = tests.boots.first().is_some_and(|boot| boot.ended.is_none());
    let none = lines.is_empty().then(|| view! { <p class="muted">"It was not started for a test yet."</p> });
    view! {
        <h3>"Will it boot?"</h3>
        {none}
        {(!lines.is_empty()).then(|| view! { <ol class="lines">{lines}</ol> })}
        {newest}
        {(!earlier.is_empty()).then(|| fold(image, earlier))}
        {(may && !under_way).then(|| start(image, tests, refused))}
    }
    .into_any()
}

fn fold(image: &ImageVersion, earlier: Vec<AnyView>) -> impl IntoView + use<> {
    let id = format!("tests-{}", image.digest.short());
    let count = format!("{} earlier", earlier.len());
    view! { <details id=id><summary>{count}</summary><ol class="lines">{earlier}</ol></details> }
}

fn line(boot: &TestBoot, tests: &Tests) -> impl IntoView + use<> {
    let seconds = tests.now.map(|now| boot.seconds(now)).unwrap_or_default();
    let (verdict, words) = match &boot.ended {
        Some(Ended { verdict, words, .. }) => (verdict.words(), words.as_str()),
        None => ("It is being started", ""),
    };
    let more = (!words.is_empty()).then(|| format!(", {words}"));
    view! {
        <li data-under-way=boot.ended.is_none().then_some("")><span class="muted figure">{when(boot.asked_at)}</span>
        <span>{mark(boot)} " " <strong>{verdict}</strong>{more}
            <span class="muted">"; from " {boot.firmware.to_string()} ", " <span class="figure">{seconds} " s"</span> ", asked for by " {boot.asked_by.clone()}</span>
        </span></li>
    }
}

/// Shape and word stand together: the colour says nothing alone.
fn mark(boot: &TestBoot) -> AnyView {
    match boot.ended.as_ref().map(|ended| ended.verdict) {
        Some(verdict) if verdict.booted() => icon(Icon::Check).into_any(),
        Some(verdict) if verdict.failed() => icon(Icon::Hand).into_any(),
        _ => icon(Icon::Eye).into_any(),
    }
}

/// What the newest says and shows.
fn newest(image: &ImageVersion, boot: &TestBoot, may: bool) -> impl IntoView + use<> {
    let said = last_lines(&boot.heard);
    let said = (!said.is_empty())
        .then(|| view! { <pre class="serial" tabindex="0" aria-label="Its serial line">{said}</pre> });
    let picture = format!("/images/tests/{}/screen?{}", boot.id, boot.screens);
    let picture = (boot.screens > 0)
        .then(|| view! { <img class="screen" src=picture alt="The screen of the virtual machine"/> });
    let way = (!boot.way.is_empty()).then(|| view! { <p class="muted">{boot.way.clone()}</p> });
    view! { {way} {said} {picture} {may.then(|| presses(image, boot))} }
}

fn presses(image: &ImageVersion, boot: &TestBoot) -> Option<impl IntoView + use<>> {
    let press = |act: &'static str, words: &'static str| {
        // Named, so that the focus stays on it while the page follows.
        let (to, id) = (action(image, act), format!("{act}-{}", boot.id));
        view! { <button type="submit" formaction=to id=id class="button">{words}</button> }
    };
    let seen = boot.why_not_seen().is_none().then(|| press("test-seen", "I see on its screen that it runs"));
    let stop = boot.ended.is_none().then(|| press("test-stop", "Stop it"));
    (seen.is_some() || stop.is_some()).then(|| {
        view! {
            <form method="post" class="person-acts">
                <input type="hidden" name="boot" value=boot.id.to_string()/>
                {seen} {stop}
            </form>
        }
    })
}

fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn start(image: &ImageVersion, tests: &Tests, refused: Option<&Refused>) -> AnyView {
    let refusal = |(firmware, why): &(Firmware, String)| {
        view! { <p class="why-not">{icon(Icon::Hand)} " From " {firmware.to_string()} ": " {why.clone()}</p> }
    };
    let why_not: Vec<_> = tests.why_not.iter().map(refusal).collect();
    let can = |firmware: &&Firmware| !tests.why_not.iter().any(|(other, _)| other == *firmware);
    let button = |firmware: &Firmware| {
        let act = if *firmware == Firmware::Bios { "test-bios" } else { "test-uefi" };
        let (to, from) = (action(image, act), firmware.to_string());
        view! { <button type="submit" formaction=to class="button">"Will it boot? " {from}</button> }
    };
    let buttons: Vec<_> = image.firmware.iter().filter(can).map(button).collect();
    if buttons.is_empty() {
        return why_not.into_any();
    }
    let typed = refused.and_then(|refused| refused.filled.get("looks_for")).cloned();
    let id = format!("looks-{}", image.digest.short());
    let label = id.clone();
    view! {
        {why_not}
        <form method="post" class="stack-tight">
            <div class="field wide"><label for=label>"A text on its serial line that shows that it runs, if our agent and a login do not"</label>
            <input id=id name="looks_for" autocomplete="off" value=typed/></div>
            <div class="person-acts">{buttons}</div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_it_says_is_shown_without_empty_lines() {
        let text: String = (0..40).map(|n| format!("line {n}\n\n")).collect();
        let shown = last_lines(&text);
        assert_eq!(shown.lines().count(), LINES);
        assert!(shown.ends_with("line 39"), "{shown}");
        assert_eq!(last_lines(""), "");
    }
}
