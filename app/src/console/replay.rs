//! `/jobs/{job}/console/{recording}`: a console as it was.

use super::api::{ConsolePage, RecordingLine};
use super::page::{head, title};
use crate::Failure;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::id::JobId;
use uuid::Uuid;

/// `GET /jobs/{job}/console/{recording}`
pub async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((job, recording)): Path<(JobId, Uuid)>,
) -> Response {
    let page = match entered.backend.console(job).await {
        Ok(page) => page,
        Err(failure) => return frame.trouble(&failure),
    };
    let found = page.and_then(|page| {
        let line = page.recordings.iter().find(|line| line.id == recording).cloned()?;
        Some((page, line))
    });
    match found {
        Some((page, line)) => frame.with_terminal(StatusCode::OK, &title(&page), body(&page, &line)),
        None => frame.trouble(&Failure::not_found("recording")),
    }
}

fn body(page: &ConsolePage, line: &RecordingLine) -> impl IntoView + use<> {
    let cast = format!("/jobs/{}/console/{}/cast", page.job, line.id);
    let file = cast.clone();
    view! {
        {head(page)}
        <p class="muted">"Recorded " {when(line.opened_at)} ", with " {line.people.join(", ")} ". " <a href=format!("/jobs/{}/console", page.job)>"All recordings of this job"</a></p>
        <section class="console" aria-label="Recording" data-cast=cast>
            <div class="console-bar">
                <button type="button" class="button primary" data-act="play">"Play"</button>
                <label class="console-seek"><span class="sr-only">"Moment"</span><input type="range" min="0" max="0" step="0.1" value="0"/></label>
                <p class="console-state" role="status"><noscript>"Playing needs JavaScript; the recording can be downloaded."</noscript></p>
                <label>"Speed " <select><option value="1">"1×"</option><option value="2">"2×"</option><option value="8">"8×"</option></select></label>
            </div>
            <div class="console-screen" tabindex="-1"></div>
            <p class="muted">"Pauses of more than two seconds are shortened. "<a href=file download="">"Download (asciicast)"</a></p>
        </section>
    }
}
