//! What the routes need to know who asks. The server implements it over the store.

use super::desk::Desk;
use crate::Failure;
use crate::backend::Backend;
use crate::captures::desk::CaptureDesk;
use crate::functions::desk::FunctionDesk;
use crate::health::desk::HealthDesk;
use crate::hooks::desk::HookDesk;
use crate::images::desk::Catalog;
use crate::live::told::Place;
use crate::schedules::desk::Timetable;
use async_trait::async_trait;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use pitstop_domain::id::SessionId;
use pitstop_domain::people::Who;
use pitstop_domain::secret::Secret;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Letters of a browser's own name that are looked at.
const BROWSER: usize = 200;

/// What a request shows of whoever sent it.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The session's token.
    pub cookie: Option<Secret>,
    /// The token of a program.
    pub bearer: Option<Secret>,
    /// The address.
    pub came_from: String,
    /// What the browser calls itself.
    pub browser: String,
}

impl Shown {
    pub fn of(door: &dyn Door, request: &Request) -> Self {
        let headers = request.headers();
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Self {
            cookie: super::cookie::find(headers, door.is_secure()),
            bearer: text(header::AUTHORIZATION).and_then(bearer).map(Secret::new),
            came_from: door.address(peer, headers),
            browser: text(header::USER_AGENT).unwrap_or_default().chars().take(BROWSER).collect(),
        }
    }
}

/// RFC 6750, 2.1; the scheme's letters may be of either case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whoever was let in, and what they reach. It stands in the request.
#[derive(Clone)]
pub struct Entered {
    pub who: Who,
    /// `None`: by a token.
    pub session: Option<SessionId>,
    pub came_from: String,
    /// All that was told up to here is in what this request reads.
    pub at: Place,
    /// Machines, jobs and runs, as far as this person may.
    pub backend: Arc<dyn Backend>,
    /// People, as far as this person may.
    pub desk: Arc<dyn Desk>,
    /// The timetable, as far as this person may.
    pub timetable: Arc<dyn Timetable>,
    /// Boot images, as far as this person may.
    pub catalog: Arc<dyn Catalog>,
    /// Health, as far as this person may.
    pub health: Arc<dyn HealthDesk>,
    /// Webhooks, as far as this person may.
    pub hooks: Arc<dyn HookDesk>,
    /// Captures, as far as this person may.
    pub captures: Arc<dyn CaptureDesk>,
    /// Functions, as far as this person may.
    pub functions: Arc<dyn FunctionDesk>,
    /// The browser is to hold this from now on.
    pub new_cookie: Option<Secret>,
}

impl Entered {
    /// Tells the pages of one session from those of another in the same browser: no secret.
    pub fn reader(&self) -> String {
        self.session.map(|session| session.to_string()).unwrap_or_default()
    }
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotIn {
    /// Name or password; it does not say which.
    Wrong,
    /// Too many failed.
    Wait {
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    },
    /// Whoever vouches for them does, and it gives them nothing here, or not any more; in words.
    Refused(String),
    Unavailable(Failure),
}

/// Somebody who is sent to the identity provider.
#[derive(Clone, Debug)]
pub struct Sent {
    pub to: String,
    /// What their browser holds meanwhile: nobody else's can bring the answer.
    pub browser: Secret,
}

/// What the identity provider sends back with them.
#[derive(Clone, Debug)]
pub struct CameBack {
    pub state: String,
    /// The browser's own.
    pub browser: Option<Secret>,
    /// The code, or the provider's word for why there is none (RFC 6749, 4.1.2).
    pub code: Result<Secret, String>,
}

/// Whom a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    /// Whoever opens it, under a name of their choice.
    Administrator,
    Person {
        name: String,
        title: String,
    },
}

/// What somebody filled in who opened a link.
#[derive(Clone, Debug)]
pub struct Joining {
    pub name: String,
    pub title: String,
    pub password: Secret,
}

/// Who is there, and the ways in.
#[async_trait]
pub trait Door: Send + Sync {
    /// Who this is. `page`: a page is loaded, so the browser can be given another cookie.
    async fn enter(&self, shown: &Shown, page: bool) -> Result<Option<Entered>, Failure>;

    /// What whoever holds the link of a call reaches: the answer to that call.
    fn at_the_machine(&self) -> Arc<dyn Backend>;

    /// Does everybody come by TLS? Then the cookie goes nowhere else.
    fn is_secure(&self) -> bool;

    /// Where a request came from: the peer, or whom a trusted proxy speaks for.
    fn address(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> String;

    /// Is there anybody who could sign in?
    async fn has_administrator(&self) -> Result<bool, Failure>;

    /// A new session, with what the browser is to hold.
    async fn sign_in(&self, name: &str, password: &Secret, shown: &Shown) -> Result<Secret, NotIn>;

    /// What people call the identity provider that vouches for them, too; `None`: there is none.
    fn provider(&self) -> Option<&str>;

    /// Begins a sign-in there, which ends at the page `next`.
    async fn send_to_provider(&self, next: &str) -> Result<Sent, NotIn>;

    /// A new session for whoever the provider vouches for, with what the browser is to hold, and where they wanted to go.
    async fn come_back(&self, back: &CameBack, shown: &Shown) -> Result<(Secret, String), NotIn>;

    /// Ends the session. True: they came by the identity provider, and are signed in there still.
    async fn sign_out(&self, entered: &Entered) -> Result<bool, Failure>;

    /// Where somebody signs out at the identity provider, when it has such a place and says so.
    async fn out_of_provider(&self) -> Option<String>;

    /// Whom a link is for, while it holds.
    async fn invited(&self, link: &str) -> Result<Option<Invited>, Failure>;

    /// The timetable as the owner of this secret address sees it, as iCalendar.
    async fn calendar(&self, token: &str) -> Result<Option<String>, Failure>;

    /// Uses a link up; signs in whoever opened it.
    async fn join(&self, link: &str, joining: &Joining, shown: &Shown) -> Result<Secret, Failure>;
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_is_read_and_other_schemes_are_not() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
