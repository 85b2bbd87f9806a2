//! Documents: pages that the server draws, and that a script in the browser keeps as they are by now (`public/live.js`).

use crate::Failure;
use crate::parts::Trouble;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::event::Noun;
use std::fmt::Display;

/// Draws what was fetched, or says why there is nothing.
pub(crate) fn drawn<T, V>(
    fetch: impl Future<Output = Result<T, Failure>> + Send + 'static,
    draw: impl FnOnce(T) -> V + Send + 'static,
) -> AnyView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    Suspend::new(async move {
        match fetch.await {
            Ok(found) => Either::Left(draw(found)),
            Err(failure) => Either::Right(view! { <Trouble failure/> }),
        }
    })
    .into_any()
}

/// The page is drawn anew when any of these changes.
pub(crate) fn follow_all(kind: Noun) -> AnyView {
    mark(name(kind).to_owned(), true)
}

/// The page is drawn anew when this one changes.
pub(crate) fn follow(kind: Noun, id: impl Display) -> AnyView {
    mark(format!("{}:{id}", name(kind)), false)
}

/// `many`: among ten thousand something always changes; it is enough to draw them anew every other second.
fn mark(what: String, many: bool) -> AnyView {
    view! { <template data-follow=what data-many=many></template> }.into_any()
}

/// As the event stream calls it.
fn name(kind: Noun) -> &'static str {
    match kind {
        Noun::Machine => "machine",
        Noun::Job => "job",
        Noun::Image => "image",
        Noun::Function => "function",
        Noun::Alarm => "alarm",
        Noun::Run => "run",
        Noun::Schedule => "schedule",
        Noun::Health => "health",
        Noun::Hook => "hook",
        Noun::Person => "person",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_follows_is_called_as_the_stream_calls_it() {
        let kinds = [
            Noun::Machine,
            Noun::Job,
            Noun::Image,
            Noun::Function,
            Noun::Alarm,
            Noun::Run,
            Noun::Schedule,
            Noun::Health,
            Noun::Person,
            Noun::Hook,
        ];
        for kind in kinds {
            assert_eq!(serde_json::to_value(kind).unwrap(), name(kind));
        }
    }
}
