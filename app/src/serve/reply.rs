//! Redirects of server functions, for browsers with and without JavaScript.

use crate::Failure;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use server_fn::redirect::REDIRECT_HEADER;

/// Runs what a server function does, and answers with the status of its failure.
pub(crate) async fn answer<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let reply = Reply::here();
    work.await.inspect_err(|failure| reply.refuse(failure))
}

/// The status of a failure.
pub fn status_of(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Refused(_) => StatusCode::CONFLICT,
        Failure::NotAllowed(_) => StatusCode::FORBIDDEN,
        Failure::SignedOut(_) => StatusCode::UNAUTHORIZED,
        Failure::Fields { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Failure::NotFound(_) => StatusCode::NOT_FOUND,
        Failure::Unavailable(_) | Failure::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The answer under way. Taken before the first `await`, since contexts are not there afterwards.
pub(crate) struct Reply {
    response: Option<ResponseOptions>,
    /// The browser posted the form by itself.
    plain_form: bool,
}

impl Reply {
    /// The answer of the server function that runs now.
    pub fn here() -> Self {
        let accepts = |parts: Parts| {
            let accept = parts.headers.get(header::ACCEPT)?.to_str().ok()?.to_owned();
            Some(accept.contains("text/html"))
        };
        let plain_form = use_context::<Parts>().and_then(accepts).unwrap_or(false);
        Self { response: use_context(), plain_form }
    }

    /// On to another page.
    pub fn go_to(&self, path: &str) {
        let (Some(response), Ok(location)) = (&self.response, HeaderValue::from_str(path)) else { return };
        response.insert_header(header::LOCATION, location);
        if self.plain_form {
            response.set_status(StatusCode::SEE_OTHER);
        } else {
            let header = axum::http::HeaderName::from_static(REDIRECT_HEADER);
            response.insert_header(header, HeaderValue::from_static(""));
        }
    }

    /// Back to the page of the form, where the browser posted it by itself; else the page refreshes its data.
    pub fn back_to(&self, path: &str) {
        if self.plain_form {
            self.go_to(path);
        }
    }

    /// The status that says why it was not done. A form that a browser posted is led back to its page instead.
    fn refuse(&self, failure: &Failure) {
        if let Some(response) = self.response.as_ref().filter(|_| !self.plain_form) {
            response.set_status(status_of(failure));
        }
    }

    /// The browser is to keep this cookie for a year.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax");
        if let (Some(response), Ok(cookie)) = (&self.response, HeaderValue::from_str(&cookie)) {
            response.append_header(header::SET_COOKIE, cookie);
        }
    }
}
