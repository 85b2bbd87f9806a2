//! The timetable for calendar programs: a secret address each person makes for themselves.

use super::calendar::HERE;
use crate::people::door::{Door, Entered};
use crate::people::pages::frame::{Frame, html};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use std::sync::Arc;

/// `GET /calendar/{token}`: whoever has the address reads what its person sees, and can do nothing else.
pub async fn show(State(door): State<Arc<dyn Door>>, Path(token): Path<String>) -> Response {
    match door.calendar(token.trim_end_matches(".ics")).await {
        Ok(Some(text)) => ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => crate::serve::status_of(&failure).into_response(),
    }
}

/// `POST /schedules/feed`: a new address, shown once, in the answer.
pub async fn make(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let token = match entered.timetable.make_feed().await {
        Ok(token) => token,
        Err(failure) => return frame.trouble(&failure),
    };
    let address = format!("{}/calendar/{}.ics", frame.base(), token.expose());
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href=HERE>"Timetable"</a></p><h1>"Your calendar's address"</h1></div>
        <section class="panel once">
            <p>"Subscribe to it in a calendar program. Whoever has it reads what you see of the timetable, and can do nothing else. It is not shown again; a new one makes this one useless."</p>
            <p class="secret"><code>{address}</code></p>
            <p><a class="button" href=HERE>"Back to the timetable"</a></p>
        </section>
    };
    html(StatusCode::OK, frame.wide("Your calendar's address", body))
}
