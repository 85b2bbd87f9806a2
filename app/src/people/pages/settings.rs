//! Settings: a front page that says what is where, and on each page of them the tabs of its group.

use super::frame::{Frame, html};
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::people::{Right, Subject};

const HERE: &str = "/settings";

/// Pages that belong together.
struct Group {
    id: &'static str,
    title: &'static str,
    pages: &'static [Page],
    /// Settings of the same kind that stand elsewhere, beside what they are about.
    beside: &'static [Page],
}

/// One page of settings.
struct Page {
    href: &'static str,
    title: &'static str,
    words: &'static str,
    /// What it takes to see it; `None`: to be in.
    right: Option<Right>,
}

const fn page(href: &'static str, title: &'static str, words: &'static str) -> Page {
    Page { href, title, words, right: None }
}

const fn page_for(right: Right, href: &'static str, title: &'static str, words: &'static str) -> Page {
    Page { href, title, words, right: Some(right) }
}

/// In the order in which they stand.
const GROUPS: [Group; 3] = [
    Group {
        id: "people",
        title: "People and access",
        pages: &[
            page("/account", "Your account", "Your password, and where you are signed in."),
            page("/settings/tokens", "Tokens", "What programs show that act in your name."),
            page_for(
                Right::ManagePeople,
                "/settings/people",
                "People",
                "Who can sign in, and what each may do where.",
            ),
            page_for(Right::ReadAudit, "/audit", "Audit", "Who did what, when and from where."),
        ],
        beside: &[],
    },
    Group {
        id: "machines",
        title: "Machines and repairs",
        pages: &[
            page_for(
                Right::ChangeSettings,
                "/settings/sites",
                "Sites",
                "The clocks of each place, and whom to call there.",
            ),
            page_for(
                Right::ChangeSettings,
                "/settings/help-desk",
                "Help desk",
                "Which symptoms can be chosen, and what is done about each.",
            ),
            page_for(
                Right::ChangeSettings,
                "/settings/signatures",
                "Signatures",
                "Whose signature an image needs before machines start it.",
            ),
        ],
        beside: &[
            page("/functions", "Functions", "What can be done with a machine, and your own."),
            page(
                "/discovery",
                "Discovery",
                "Machines that are not known yet, and rules by which they become known.",
            ),
            page(
                "/schedules/times",
                "Windows and blackouts",
                "When machines may be taken, and when nothing starts.",
            ),
            page(
                "/health/rules",
                "Health rules",
                "What is done by itself when a machine does badly, and the brakes.",
            ),
        ],
    },
    Group {
        id: "programs",
        title: "In and out",
        pages: &[
            page(
                "/settings/programs",
                "For programs",
                "The interface by which programs do all that these pages do.",
            ),
            page_for(
                Right::ChangeSettings,
                "/settings/sources",
                "From elsewhere",
                "Alerts that your monitoring sends here.",
            ),
            page_for(
                Right::ChangeSettings,
                "/settings/telling",
                "Who is told",
                "Mail and chat, when a machine needs a person.",
            ),
            page_for(
                Right::ChangeSettings,
                "/settings/webhooks",
                "Webhooks",
                "Programs that are told of what happens here.",
            ),
        ],
        beside: &[],
    },
];

impl Page {
    fn is_for(&self, frame: &Frame) -> bool {
        self.right.is_none_or(|right| frame.why_not(right, &Subject::Installation).is_none())
    }
}

/// A page of settings, below the tabs of its group.
pub(super) fn within(frame: &Frame, body: impl IntoView + 'static) -> AnyView {
    let is_here = |page: &Page| frame.path().starts_with(page.href);
    let group = GROUPS.iter().find(|group| group.pages.iter().any(is_here));
    let tabs = group.map(|group| {
        let tab = |page: &'static Page| {
            let here = is_here(page).then_some("page");
            view! { <li><a href=page.href aria-current=here>{page.title}</a></li> }
        };
        let pages: Vec<_> = group.pages.iter().filter(|page| page.is_for(frame)).map(tab).collect();
        view! {
            <div class="settings-group">
                <p class="crumbs"><a href=HERE>"Settings"</a> " / " <a href=format!("{HERE}#{}", group.id)>{group.title}</a></p>
                <nav class="tabs" aria-label=group.title><ul>{pages}</ul></nav>
            </div>
        }
    });
    view! { {tabs} {body} }.into_any()
}

/// `GET /settings`
pub(crate) async fn show(frame: Frame) -> Response {
    let groups: Vec<_> = GROUPS.iter().map(|group| panel(&frame, group)).collect();
    let body = view! {
        <div class="page-head"><h1>"Settings"</h1></div>
        <div class="settings-groups">{groups}</div>
    };
    html(StatusCode::OK, frame.page("Settings", body))
}

fn panel(frame: &Frame, group: &'static Group) -> AnyView {
    let line = |page: &'static Page| {
        view! {
            <li><a href=page.href><strong>{page.title}</strong> <span class="muted">{page.words}</span></a></li>
        }
    };
    let lines = |pages: &'static [Page]| -> Vec<_> {
        pages.iter().filter(|page| page.is_for(frame)).map(line).collect()
    };
    let beside = lines(group.beside);
    let beside = (!beside.is_empty()).then(|| {
        view! { <h3>"Elsewhere in Pitstop"</h3> <ul>{beside}</ul> }
    });
    view! {
        <section class="panel" id=group.id>
            <h2>{group.title}</h2>
            <ul>{lines(group.pages)}</ul>
            {beside}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_of_settings_stands_in_one_group() {
        let mut all: Vec<_> = GROUPS.iter().flat_map(|group| group.pages).map(|page| page.href).collect();
        let many = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), many);
        for (one, other) in all.iter().zip(&all[1..]) {
            assert!(!other.starts_with(one), "the tab of {one} would be marked on {other}");
        }
    }
}
