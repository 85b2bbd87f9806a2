//! News from other pages, sparingly: that a job ended which this reader followed, and that a machine needs a person.
//! `public/news.js` hears of changes and asks here; what is said is drawn here.

use crate::Failure;
use crate::alarms::bar::drawn as bar;
use crate::format;
use crate::jobs::api::JobPage;
use crate::jobs::parts::outcome_look;
use crate::parts::Icon;
use crate::parts::toast::{Toast, drawn};
use crate::people::door::Entered;
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use leptos::prelude::*;
use pitstop_domain::job::{EndedAs, Phase};

/// Routes for whoever is in.
pub(crate) fn closed() -> Router {
    Router::new().route("/news/jobs/{job}", get(of_job)).route("/news/alarms", get(of_alarms))
}

/// The corner where news are said. It is there from the start, so that those who are read to hear what comes into it.
pub(crate) fn corner() -> AnyView {
    view! { <section class="toasts" role="status" aria-live="polite" aria-label="News"></section> }.into_any()
}

/// How a job ended; nothing while it is under way.
async fn of_job(Extension(entered): Extension<Entered>, Path(job): Path<String>) -> Response {
    let asked = async {
        let page = entered.backend.job(job.parse().map_err(|_| Failure::not_found("job"))?).await?;
        page.ok_or_else(|| Failure::not_found("job"))
    };
    match asked.await {
        Err(failure) => status_of(&failure).into_response(),
        Ok(page) => match page.job.ended.clone().filter(|_| page.job.phase == Phase::Closed) {
            None => StatusCode::NO_CONTENT.into_response(),
            Some(ended) => Html(drawn(&toast(&page, &ended)).to_html()).into_response(),
        },
    }
}

fn toast(page: &JobPage, ended: &EndedAs) -> Toast {
    let (icon, state, words) = outcome_look(ended.outcome);
    Toast {
        state,
        icon,
        title: format!("{} on {}: {words}", page.title, page.machine_name),
        words: format::sentence(&ended.because),
        href: format!("/jobs/{}", page.job.id),
    }
}

/// The line of alarms as it is now, and what is said where there are more of them than this reader saw.
async fn of_alarms(Extension(entered): Extension<Entered>) -> Response {
    match entered.backend.count_alarms().await {
        Err(failure) => status_of(&failure).into_response(),
        Ok(count) => {
            let toast = Toast {
                state: "held",
                icon: Icon::Hand,
                title: "A machine needs a person".to_owned(),
                words: format!(
                    "{} now, and nobody looks after this one yet.",
                    format::counted(count.open, "machine", "machines")
                ),
                href: "/alarms".to_owned(),
            };
            let said = (count.unseen > 0).then(|| view! { <template data-more>{drawn(&toast)}</template> });
            let page = view! { {bar(count)} {said} };
            Html(page.to_html()).into_response()
        }
    }
}
