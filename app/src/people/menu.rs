//! The person's menu, at the end of the bar on top. It opens without a program, and leads to pages that need none.

use leptos::prelude::*;
use pitstop_domain::people::{Right, Subject, Who};

/// Name, account, what administrators need, and the way out.
pub fn menu(who: &Who) -> AnyView {
    let whole = |right| who.may(right, &Subject::Installation).is_ok();
    let link = |href: &'static str, words: &'static str| view! { <li><a href=href>{words}</a></li> };
    let roles: Vec<_> = who.grants.iter().map(|grant| view! { <li>{grant.to_string()}</li> }).collect();
    let none = roles.is_empty().then(|| view! { <li>"no role yet"</li> });
    view! {
        <details class="person-menu">
            <summary title="Your account, and the way out">{who.title.clone()}</summary>
            <div class="person-menu-open">
                <p class="muted">"Signed in as " <strong>{who.name.clone()}</strong></p>
                <ul class="person-roles">{roles}{none}</ul>
                <ul class="person-links">
                    {link("/account", "Your account")}
                    {link("/settings/tokens", "Tokens for programs")}
                    {link("/settings", "All settings")}
                    {whole(Right::ManagePeople).then(|| link("/settings/people", "People"))}
                    {whole(Right::ReadAudit).then(|| link("/audit", "Audit"))}
                </ul>
                <form method="post" action="/logout"><button type="submit" class="button quiet">"Sign out"</button></form>
            </div>
        </details>
    }
    .into_any()
}
