//! What happened elsewhere, said once in a corner. It stays until it is read: nothing runs away from a reader.

use super::{Icon, icon};
use leptos::prelude::*;

/// More than these are not read anyway: the oldest goes.
const MOST: usize = 3;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The word in classes, as states have it: `succeeded`, `held`, `failed`.
    pub state: &'static str,
    pub icon: Icon,
    pub title: String,
    pub words: String,
    /// Where more is to be read.
    pub href: String,
}

/// Those that are not read yet. Counted by reference: drawn while a page is rendered (see `form`).
#[derive(Clone)]
pub struct Toasts(ArcRwSignal<Vec<(u32, Toast)>>);

impl Toasts {
    /// Called once by the frame.
    pub fn provide() {
        provide_context(Self(ArcRwSignal::new(vec![])));
    }

    /// Those of this page.
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(ArcRwSignal::new(vec![])))
    }

    /// Says it. The same about the same thing takes the place of what was said before.
    pub fn say(&self, toast: Toast) {
        self.0.update(|toasts| {
            let next = toasts.last().map_or(0, |(id, _)| id + 1);
            toasts.retain(|(_, other)| other.href != toast.href);
            toasts.push((next, toast));
            let over = toasts.len().saturating_sub(MOST);
            toasts.drain(..over);
        });
    }

    fn read(&self, id: u32) {
        self.0.update(|toasts| toasts.retain(|(other, _)| *other != id));
    }
}

/// The corner. It is there from the start, so that those who are read to hear what comes into it.
#[component]
pub fn ToastCorner() -> AnyView {
    let toasts = Toasts::here();
    let each = move || {
        let said = toasts.0.get();
        said.into_iter().map(|(id, toast)| drawn(id, toast, toasts.clone())).collect::<Vec<_>>()
    };
    view! { <section class="toasts" role="status" aria-live="polite" aria-label="News">{each}</section> }
        .into_any()
}

fn drawn(id: u32, toast: Toast, toasts: Toasts) -> AnyView {
    let also = toasts.clone();
    view! {
        <div class="toast" data-state=toast.state>
            {icon(toast.icon)}
            <div>
                <p><a href=toast.href on:click=move |_| also.read(id)><strong>{toast.title}</strong></a></p>
                <p class="muted">{toast.words}</p>
            </div>
            <button type="button" class="button bare square" aria-label="Read, take it away" on:click=move |_| toasts.read(id)>{icon(Icon::Cross)}</button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toast(href: &str) -> Toast {
        Toast {
            state: "held",
            icon: Icon::Hand,
            title: String::new(),
            words: String::new(),
            href: href.to_owned(),
        }
    }

    #[test]
    fn only_the_newest_three_stand_and_one_about_each_thing() {
        let toasts = Toasts(ArcRwSignal::new(vec![]));
        for href in ["/a", "/b", "/a", "/c", "/d"] {
            toasts.say(toast(href));
        }
        let left: Vec<_> = toasts.0.get_untracked().into_iter().map(|(_, toast)| toast.href).collect();
        assert_eq!(left, ["/a", "/c", "/d"]);
    }
}
