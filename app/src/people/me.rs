//! Who looks at this page. The server knows by the request, and writes it into the document for the browser, so that
//! pages offer only what this person may do. The server decides again when it is done.

use pitstop_domain::people::{Right, Subject, Who};

/// Who looks; `None` where nobody is signed in, or a page is shown without its server.
#[cfg(feature = "ssr")]
pub fn me() -> Option<Who> {
    let parts = leptos::prelude::use_context::<axum::http::request::Parts>()?;
    parts.extensions.get::<super::door::Entered>().map(|entered| entered.who.clone())
}

/// Up to where all that was told is in this page.
#[cfg(feature = "ssr")]
pub fn place() -> Option<String> {
    let parts = leptos::prelude::use_context::<axum::http::request::Parts>()?;
    parts.extensions.get::<super::door::Entered>().map(|entered| entered.at.to_string())
}

/// Whose pages share a stream.
#[cfg(feature = "ssr")]
pub fn reader() -> Option<String> {
    let parts = leptos::prelude::use_context::<axum::http::request::Parts>()?;
    parts.extensions.get::<super::door::Entered>().map(super::door::Entered::reader)
}

/// Who looks, as the document says.
#[cfg(not(feature = "ssr"))]
pub fn me() -> Option<Who> {
    #[cfg(feature = "hydrate")]
    {
        let root = leptos::prelude::document().document_element()?;
        serde_json::from_str(&root.get_attribute("data-me")?).ok()
    }
    #[cfg(not(feature = "hydrate"))]
    None
}

/// For the document.
pub fn written() -> Option<String> {
    me().and_then(|who| serde_json::to_string(&who).ok())
}

/// Why this person may not do this to a machine of that site with those labels; `None`: they may.
pub fn why_not(right: Right, site: &str, labels: &[String]) -> Option<String> {
    let subject = Subject::Machine { site: site.to_owned(), labels: labels.to_vec() };
    me()?.may(right, &subject).err().map(|refusal| refusal.to_string())
}

/// As [`why_not`], where only the site is known: a label may still be in the way, which the server says.
pub fn why_not_at(right: Right, site: &str) -> Option<String> {
    let mut who = me()?;
    who.grants.iter_mut().for_each(|grant| grant.scope.labels.clear());
    let subject = Subject::Machine { site: site.to_owned(), labels: vec![] };
    who.may(right, &subject).err().map(|refusal| refusal.to_string())
}

/// Why this person may not do what belongs to no machine; `None`: they may.
pub fn why_not_whole(right: Right) -> Option<String> {
    me()?.may(right, &Subject::Installation).err().map(|refusal| refusal.to_string())
}

/// Does this person see a part of the fleet only?
pub fn sees_a_part() -> bool {
    me().is_some_and(|who| who.scopes(Right::See).is_some())
}

/// Why this person may do this nowhere; `None`: they may somewhere.
pub fn why_nowhere(right: Right) -> Option<String> {
    me()?.may(right, &Subject::Somewhere).err().map(|refusal| refusal.to_string())
}
