//! Lists in windows: the answer is the list, and its `Link` (RFC 8288, `rel="next"`) is the address of the next window.

use super::Problem;
use super::take::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoParams;

/// Rows in one answer at most.
const MOST: u32 = 1000;

/// How many rows are wanted.
///
/// # Errors
/// None, or more than are given at once.
pub(super) fn limit(asked: Option<u32>, usual: u32) -> Result<u32, Problem> {
    match asked.unwrap_or(usual) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Problem::field("limit", format!("1 to {MOST}: follow the answer's `Link` for more"))),
    }
}

/// A window of a list.
pub(super) struct Paged<T> {
    rows: Vec<T>,
    next: Option<String>,
}

impl<T> Paged<T> {
    /// Of `limit + 1` rows that were looked for: if the last is there, there are more. `same`: what was asked for, to be
    /// asked again.
    pub fn of(
        path: &str,
        same: &[Option<(&str, String)>],
        mut rows: Vec<T>,
        limit: u32,
        cursor: impl Fn(&T) -> String,
    ) -> Self {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|last| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(same.iter().flatten()).append_pair("cursor", &cursor(last));
            format!("{path}?{}", query.finish())
        });
        Self { rows, next }
    }

    pub fn map<U>(self, shown: impl Fn(T) -> U) -> Paged<U> {
        Paged { rows: self.rows.into_iter().map(shown).collect(), next: self.next }
    }
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.rows).into_response();
        let link = self.next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok());
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// For whatever starts or changes something.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read by its own layer, and stands here to be described")]
pub(super) struct Key {
    /// A name of your own for this request, 1 to 255 characters of ASCII. Asked again under the same name within a day, it
    /// is not done again, and the first answer is given.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255)]
    key: Option<String>,
}
