//! Forms that post to a server function, with and without JavaScript.
//!
//! leptos' own `ActionForm` keeps its state in the arena of the request. Where a browser goes away in the middle of
//! a page, that arena is cleared while another thread still renders, and reading it panics. What is read while a
//! page is rendered is therefore counted by reference here.

use crate::Failure;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use serde::de::DeserializeOwned;

/// A server function that a form can post to.
pub trait Posts:
    ServerFn<Error = Failure, Output: Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static
{
}

impl<F> Posts for F where
    F: ServerFn<Error = Failure, Output: Send + Sync> + DeserializeOwned + Clone + Send + Sync + 'static
{
}

/// What was posted from this page, and what became of it.
#[derive(Clone)]
pub struct Posted<F> {
    asked: ArcRwSignal<Option<F>>,
    failure: ArcRwSignal<Option<Failure>>,
    pending: ArcRwSignal<bool>,
}

impl<F: Posts> Posted<F> {
    /// Called once by the page, above what is rendered anew with each change: a refusal stays to be read.
    pub fn provide() {
        provide_context(Self::new());
    }

    /// What the page provided.
    pub fn here() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// A refusal of a form that the browser posted by itself stands in the address.
    fn new() -> Self {
        let in_address = use_context::<ServerActionError>().filter(|error| error.path() == F::PATH);
        Self {
            asked: ArcRwSignal::new(None),
            failure: ArcRwSignal::new(
                in_address.map(|error| ServerFnUrlError::<Failure>::decode_err(error.err())),
            ),
            pending: ArcRwSignal::new(false),
        }
    }

    /// Why it was not done.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.get()
    }

    /// As [`Self::failure`], for what is decided once when a form is drawn.
    pub fn failure_untracked(&self) -> Option<Failure> {
        self.failure.get_untracked()
    }

    /// What was asked for; `None` also where the browser posted the form by itself.
    pub fn asked<T>(&self, read: impl FnOnce(Option<&F>) -> T) -> T {
        self.asked.with(|asked| read(asked.as_ref()))
    }

    /// Is the answer still awaited?
    pub fn pending(&self) -> bool {
        self.pending.get()
    }

    #[cfg(feature = "hydrate")]
    fn submit(&self, event: &SubmitEvent) {
        event.prevent_default();
        let input = match F::from_event(event) {
            Ok(input) => input,
            Err(error) => {
                let why = format!("The form could not be read: {error}. Reload the page and try again.");
                return self.failure.set(Some(Failure::Refused(why)));
            }
        };
        let posted = self.clone();
        posted.asked.set(Some(input.clone()));
        posted.pending.set(true);
        leptos::task::spawn_local(async move {
            let answer = input.run_on_client().await;
            posted.failure.set(answer.err());
            posted.pending.set(false);
        });
    }

    #[cfg(not(feature = "hydrate"))]
    fn submit(&self, _: &SubmitEvent) {}
}

/// The form.
#[component]
pub fn Post<F: Posts>(
    posted: Posted<F>,
    #[prop(optional)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| posted.submit(&event);
    view! { <form method="post" action=F::url() class=class on:submit=submit>{children()}</form> }
}
