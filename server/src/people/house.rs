//! The door, over the store.

use super::desk::StoreDesk;
use super::gate::Gate;
use super::provider::{Provider, Trouble};
use super::{address, password};
use crate::backend::{Shared, StoreBackend, StoreCatalog, StoreFunctions, failure};
use crate::health::desk::StoreHealth;
use crate::hooks::StoreHooks;
use crate::schedules::desk::StoreTimetable;
use async_trait::async_trait;
use http::HeaderMap;
use pitstop_app::Failure;
use pitstop_app::backend::Backend;
use pitstop_app::people::door::{CameBack, Door, Entered, Invited, Joining, NotIn, Sent, Shown};
use pitstop_domain::id::SessionId;
use pitstop_domain::people::{Kind, Role, Who, name};
use pitstop_domain::secret::Secret;
use pitstop_store::people::Person;
use pitstop_store::people::audit::Entry;
use pitstop_store::people::links::{Chosen, For};
use pitstop_store::people::provided::Came;
use pitstop_store::{Error, Store};
use std::net::IpAddr;
use std::sync::Arc;

/// Who is there, and the ways in.
pub struct House {
    store: Store,
    shared: Arc<Shared>,
    /// People come by TLS.
    secure: bool,
    /// Proxies that say for whom they ask.
    trusted: Vec<IpAddr>,
    /// Vouches for people, too.
    provider: Option<Provider>,
}

impl House {
    pub fn new(
        store: Store,
        shared: Arc<Shared>,
        secure: bool,
        trusted: Vec<IpAddr>,
        provider: Option<Provider>,
    ) -> Self {
        Self { store, shared, secure, trusted, provider }
    }

    fn let_in(
        &self,
        who: Who,
        session: Option<SessionId>,
        shown: &Shown,
        new_cookie: Option<Secret>,
    ) -> Entered {
        let gate = Gate::new(self.store.clone(), who.clone(), shown.came_from.clone());
        Entered {
            who,
            session,
            came_from: shown.came_from.clone(),
            at: self.shared.told.place(),
            backend: Arc::new(StoreBackend::new(gate.clone(), self.shared.clone())),
            timetable: Arc::new(StoreTimetable::new(gate.clone(), self.shared.limits_percent)),
            catalog: Arc::new(StoreCatalog::new(gate.clone(), self.shared.clone())),
            health: Arc::new(StoreHealth::new(gate.clone(), self.shared.keys.clone())),
            hooks: Arc::new(StoreHooks::new(gate.clone(), self.shared.keys.clone())),
            functions: Arc::new(StoreFunctions::new(gate.clone())),
            desk: Arc::new(StoreDesk::new(self.store.clone(), gate, session)),
            new_cookie,
        }
    }

    async fn by_token(&self, token: &Secret, shown: &Shown) -> Result<Option<Entered>, Error> {
        let found = self.store.use_token(token.expose(), &shown.came_from).await?;
        Ok(found.map(|(person, name, role)| {
            let who = who(person, Kind::Token { name }, Some(role));
            self.let_in(who, None, shown, None)
        }))
    }

    async fn by_session(&self, token: &Secret, shown: &Shown, page: bool) -> Result<Option<Entered>, Error> {
        let Some(session) = self.store.session(token.expose()).await? else { return Ok(None) };
        let new_cookie = match page && session.is_old {
            true => Some(self.store.change_session(session.id).await?),
            false => None,
        };
        Ok(Some(self.let_in(who(session.person, Kind::Person, None), Some(session.id), shown, new_cookie)))
    }

    async fn try_in(
        &self,
        typed: &str,
        password: &Secret,
        shown: &Shown,
    ) -> Result<Result<Secret, NotIn>, Error> {
        // As it is stored, or as it was typed: both are counted, and neither says who there is.
        let known = name::name(typed);
        let counted = known.clone().unwrap_or_else(|_| "?".to_owned());
        if let Some(until) = self.store.try_sign_in(&counted, &shown.came_from).await? {
            return Ok(Err(NotIn::Wait { until, now: self.store.now() }));
        }
        let found = match known {
            Ok(name) => self.store.person_by_name(&name).await?,
            Err(_) => None,
        };
        let stored = found.as_ref().and_then(|(_, stored)| stored.clone());
        let right = password::is(password, stored).await.unwrap_or_else(|error| {
            tracing::error!(%error, "A password could not be looked at.");
            false
        });
        let person = found.map(|(person, _)| person);
        match person {
            Some(person) if right && person.locked_at.is_none() => {
                self.welcome(person, &counted, shown).await.map(Ok)
            }
            person => {
                self.store.record(&failed(person.as_ref(), shown)).await?;
                Ok(Err(NotIn::Wrong))
            }
        }
    }

    async fn welcome(&self, person: Person, counted: &str, shown: &Shown) -> Result<Secret, Error> {
        self.store.sign_in_worked(counted, &shown.came_from).await?;
        let entry = entry(&person, shown, "sign_in", "signed in");
        let (_, token) = self.store.add_session(person.id, &shown.came_from, &shown.browser, &entry).await?;
        Ok(token)
    }
}

#[async_trait]
impl Door for House {
    async fn enter(&self, shown: &Shown, page: bool) -> Result<Option<Entered>, Failure> {
        // Before anything is read, and so before what they may.
        let at = self.shared.told.place();
        let entered = match (&shown.bearer, &shown.cookie) {
            (Some(token), _) => self.by_token(token, shown).await,
            (None, Some(cookie)) => self.by_session(cookie, shown, page).await,
            (None, None) => Ok(None),
        };
        Ok(entered.map_err(failure)?.map(|entered| Entered { at, ..entered }))
    }

    fn at_the_machine(&self) -> Arc<dyn Backend> {
        let gate = Gate::new(self.store.clone(), Who::holder_of_a_link(), "a link".to_owned());
        Arc::new(StoreBackend::new(gate, self.shared.clone()))
    }

    fn is_secure(&self) -> bool {
        self.secure
    }

    fn address(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> String {
        address::of(peer, headers, &self.trusted)
    }

    async fn has_administrator(&self) -> Result<bool, Failure> {
        self.store.has_administrator().await.map_err(failure)
    }

    async fn sign_in(&self, name: &str, password: &Secret, shown: &Shown) -> Result<Secret, NotIn> {
        match self.try_in(name, password, shown).await {
            Ok(tried) => tried,
            Err(error) => Err(NotIn::Unavailable(failure(error))),
        }
    }

    async fn calendar(&self, token: &str) -> Result<Option<String>, Failure> {
        let Some(person) = self.store.person_of_feed(token).await.map_err(failure)? else { return Ok(None) };
        let gate = Gate::new(
            self.store.clone(),
            who(person, Kind::Person, Some(Role::Viewer)),
            "a calendar".to_owned(),
        );
        StoreTimetable::new(gate, self.shared.limits_percent).feed().await.map(Some)
    }

    fn provider(&self) -> Option<&str> {
        self.provider.as_ref().map(Provider::name)
    }

    async fn send_to_provider(&self, next: &str) -> Result<Sent, NotIn> {
        let provider = self.provider.as_ref().ok_or_else(no_provider)?;
        let sent = provider.send(&self.store, next).await.map_err(unavailable)?;
        let sent = sent.map_err(|trouble| in_words(&trouble, provider))?;
        Ok(Sent { to: sent.to, browser: sent.browser })
    }

    async fn come_back(&self, back: &CameBack, shown: &Shown) -> Result<(Secret, String), NotIn> {
        let provider = self.provider.as_ref().ok_or_else(no_provider)?;
        let name = provider.name();
        let begun = match &back.browser {
            Some(browser) => self.store.take_sign_in(&back.state, browser.expose()).await,
            None => Ok(None),
        };
        let begun = begun.map_err(unavailable)?.ok_or_else(|| {
            NotIn::Refused(
                "This sign-in was not begun in this browser, is over, or was used already. Sign in again."
                    .to_owned(),
            )
        })?;
        let code = back.code.as_ref().map_err(|why| NotIn::Refused(refused_there(name, why)))?;
        let vouched = provider.vouch(code.expose(), &begun, self.store.now()).await;
        let person = vouched.map_err(|trouble| in_words(&trouble, provider))?;
        match self
            .store
            .come_from_provider(&person, &shown.came_from, &shown.browser)
            .await
            .map_err(unavailable)?
        {
            Came::In(_, session) => Ok((session, begun.next)),
            Came::LockedOut(_) => {
                Err(NotIn::Refused("You are locked out here. Ask an administrator of Pitstop.".to_owned()))
            }
            Came::NoRight => Err(NotIn::Refused(format!(
                "{name} knows you, and nothing that it says of you gives you a right here. Ask an administrator of Pitstop which group you need."
            ))),
        }
    }

    async fn sign_out(&self, entered: &Entered) -> Result<bool, Failure> {
        let (Some(person), Some(session)) = (entered.who.id, entered.session) else { return Ok(false) };
        let entry = Entry {
            person: Some(person),
            who: entered.who.to_string(),
            came_from: entered.came_from.clone(),
            act: "sign_out".to_owned(),
            what: "signed out".to_owned(),
            ..Entry::default()
        };
        match self.store.end_session(person, session, &entry).await {
            // Ended meanwhile by somebody else.
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(failure(error)),
        }
        let left = self.store.person(person).await.map_err(failure)?;
        Ok(self.provider.is_some() && left.is_some_and(|person| person.issuer.is_some()))
    }

    async fn out_of_provider(&self) -> Option<String> {
        self.provider.as_ref()?.way_out().await.map(Into::into)
    }

    async fn invited(&self, link: &str) -> Result<Option<Invited>, Failure> {
        Ok(self.store.link(link).await.map_err(failure)?.map(|found| match found {
            For::Administrator => Invited::Administrator,
            For::Person(person) => Invited::Person { name: person.name, title: person.title },
        }))
    }

    async fn join(&self, link: &str, joining: &Joining, shown: &Shown) -> Result<Secret, Failure> {
        let hash = password::hash(&joining.password).await.map_err(|error| {
            tracing::error!(%error, "A password could not be hashed.");
            Failure::Unavailable("The password could not be stored. Try again.".to_owned())
        })?;
        let chosen = Chosen { name: joining.name.clone(), title: joining.title.clone(), hash };
        let entry = |id| Entry {
            person: Some(id),
            who: joining.name.clone(),
            came_from: shown.came_from.clone(),
            act: "join".to_owned(),
            what: "chose a password by a link, and signed in".to_owned(),
            ..Entry::default()
        };
        let used = self.store.use_link(link, &chosen, &shown.came_from, &shown.browser, entry).await;
        let (_, token) = used.map_err(failure)?;
        tracing::info!(name = joining.name, from = shown.came_from, "Somebody joined by a link.");
        Ok(token)
    }
}

fn unavailable(error: Error) -> NotIn {
    NotIn::Unavailable(failure(error))
}

fn no_provider() -> NotIn {
    NotIn::Refused("No identity provider is set here.".to_owned())
}

fn in_words(trouble: &Trouble, provider: &Provider) -> NotIn {
    let name = provider.name();
    match trouble {
        Trouble::Away => NotIn::Unavailable(Failure::Unavailable(format!(
            "{name} does not answer. Try again in a moment, or sign in with a password."
        ))),
        Trouble::NotBelieved => NotIn::Refused(format!(
            "What {name} said of you could not be verified, so nobody was signed in. Try again; the server's log says why."
        )),
    }
}

/// The provider's word for why it did not sign somebody in (RFC 6749, 4.1.2.1).
fn refused_there(name: &str, why: &str) -> String {
    match why {
        "access_denied" => {
            format!("{name} did not sign you in: it was cancelled, or you may not use Pitstop there.")
        }
        "" => format!("{name} sent no answer that could be read. Sign in again."),
        why => format!(
            "{name} did not sign you in ({why}). Sign in again; if it stays so, tell an administrator."
        ),
    }
}

fn who(person: Person, kind: Kind, at_most: Option<Role>) -> Who {
    let grants = match at_most {
        Some(role) => person.grants.iter().map(|grant| grant.at_most(role)).collect(),
        None => person.grants,
    };
    Who { id: Some(person.id), name: person.name, title: person.title, kind, grants }
}

fn entry(person: &Person, shown: &Shown, act: &str, what: &str) -> Entry {
    Entry {
        person: Some(person.id),
        who: person.name.clone(),
        came_from: shown.came_from.clone(),
        act: act.to_owned(),
        what: what.to_owned(),
        ..Entry::default()
    }
}

/// A name that nobody has is not written down: people type their passwords there.
fn failed(person: Option<&Person>, shown: &Shown) -> Entry {
    Entry {
        person: person.map(|person| person.id),
        who: person.map_or_else(|| "somebody".to_owned(), |person| person.name.clone()),
        came_from: shown.came_from.clone(),
        act: "sign_in_failed".to_owned(),
        what: "a sign-in failed: wrong name or password, or locked out".to_owned(),
        ..Entry::default()
    }
}
