//! The page at `/functions`: a line a function.

use super::desk::Known;
use crate::machines::run::RiskChip;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html};
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::people::{Right, Role, Subject};

/// `GET /functions`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let may = entered.who.may(Right::ChangeSettings, &Subject::Installation).is_ok();
    match entered.functions.all().await {
        Ok(functions) => html(StatusCode::OK, page(&frame, &functions, may)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, functions: &[Known], may: bool) -> String {
    let rows: Vec<_> = functions.iter().map(row).collect();
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/images">"Images"</a></p>
            <h1>"Functions"</h1>
            <p class="muted">"What machines are taken into maintenance for"</p>
            {may.then(|| view! { <a class="button head-act" href="/functions/new">"Write your own"</a> })}
        </div>
        <table class="list">
            <caption class="sr-only">"Functions"</caption>
            <thead><tr>
                <th scope="col">"Function"</th>
                <th scope="col">"Risk"</th>
                <th scope="col" class="wide">"Started by"</th>
                <th scope="col" class="wide">"Image"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    };
    frame.live("Functions", "image", body)
}

fn row(known: &Known) -> impl IntoView + use<> {
    let function = &known.function;
    let own = known.own.then(|| view! { <span class="tag">"yours"</span> });
    let missing = function.missing.as_ref().map(|_| view! { <span class="tag">"cannot be done yet"</span> });
    view! {
        <tr>
            <th scope="row"><a href=page_of(&function.name)>{function.title.clone()}</a> " " {own} {missing}
            <span class="under">{function.description.clone()}</span></th>
            <td><RiskChip risk=function.risk/></td>
            <td class="wide">{least(known)}</td>
            <td class="wide version">{function.image.clone()}</td>
        </tr>
    }
}

/// The smallest role that starts it.
pub(super) fn least(known: &Known) -> String {
    format!("{} and above", Role::least_for(known.function.right()).words())
}

/// Names are made of letters, digits and hyphens.
pub(super) fn page_of(name: &str) -> String {
    format!("/functions/{name}")
}
