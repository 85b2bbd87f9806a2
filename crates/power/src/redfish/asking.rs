//! Requests with credentials.
//!
//! A session is preferred, since boards that check a password for every request are slow. It is closed at the end:
//! boards have few places for sessions and keep forgotten ones for half an hour. Boards without a session service
//! get the password with each request (HTTP Basic, RFC 7617).

use super::refusal;
use crate::http::{Http, Lost, Reply};
use crate::{Effect, Fault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use pitstop_domain::route::Redfish;
use pitstop_domain::secret::Secret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A goodbye is a courtesy: a board that does not take it soon is left alone.
const GOODBYE: Duration = Duration::from_secs(5);

pub(super) struct Asking {
    http: Arc<Http>,
    /// What stands before `/redfish` where the board is behind a gateway.
    prefix: String,
    user: String,
    password: Secret,
    login: Login,
    /// A session that it had just given was refused: it is about rights, and another would be refused too.
    is_strict: bool,
}

enum Login {
    NotYet,
    Session(Session),
    Basic,
}

struct Session {
    token: HeaderValue,
    /// The session's own path, to close it.
    path: Option<String>,
}

impl Session {
    async fn close(self, http: &Http) {
        let Some(path) = self.path else { return };
        let mut headers = HeaderMap::new();
        headers.insert("x-auth-token", self.token);
        let goodbye = http.send(Method::DELETE, &path, headers, Vec::new());
        if !matches!(tokio::time::timeout(GOODBYE, goodbye).await, Ok(Ok(_))) {
            tracing::debug!(board = http.origin(), "A board did not take the end of its session.");
        }
    }
}

impl Asking {
    pub(super) fn new(settings: &Redfish, password: Secret) -> Result<Self, Fault> {
        let http = Http::new(&settings.url, &settings.trust).map_err(Fault::refused)?;
        let prefix = settings.url.path().trim_end_matches('/').trim_end_matches("/redfish/v1").to_owned();
        let user = settings.user.clone();
        Ok(Self { http: Arc::new(http), prefix, user, password, login: Login::NotYet, is_strict: false })
    }

    pub(super) fn root(&self) -> String {
        format!("{}/redfish/v1", self.prefix)
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<(Value, Option<HeaderValue>), Fault> {
        let reply = self.ask(Method::GET, path, None, None, Effect::None).await?;
        let value = serde_json::from_slice(&reply.body).map_err(|_| {
            Fault::later(format!("{} answered with something that is no JSON", self.http.origin()))
        })?;
        Ok((value, reply.headers.get("etag").cloned()))
    }

    /// Sends a change. `effect`: what it means when nobody knows whether it arrived.
    pub(super) async fn change(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
        effect: Effect,
    ) -> Result<(), Fault> {
        let reply = self.raw(method.clone(), path, Some(body), None, effect).await?;
        // The board wants to know which state the change is meant for (RFC 6585 §3, RFC 9110 §15.5.13).
        if matches!(reply.status, StatusCode::PRECONDITION_REQUIRED | StatusCode::PRECONDITION_FAILED) {
            let (value, header) = self.get(path).await?;
            let in_body = || value["@odata.etag"].as_str().and_then(|tag| HeaderValue::from_str(tag).ok());
            let tag = header.or_else(in_body);
            let tag = tag.unwrap_or(HeaderValue::from_static("*"));
            self.ask(method, path, Some(body), Some(tag), effect).await?;
            return Ok(());
        }
        refusal::check(self.http.origin(), &reply, effect)
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<HeaderValue>,
        effect: Effect,
    ) -> Result<Reply, Fault> {
        let reply = self.raw(method, path, body, tag, effect).await?;
        refusal::check(self.http.origin(), &reply, effect)?;
        Ok(reply)
    }

    /// Logs in where needed; once more when the board has forgotten the session, and not again where that was not why it
    /// refused. A 401 did nothing, so asking again is safe.
    async fn raw(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<HeaderValue>,
        effect: Effect,
    ) -> Result<Reply, Fault> {
        let fresh = matches!(self.login, Login::NotYet);
        self.log_in().await?;
        let reply = self.send(method.clone(), path, body, tag.clone(), effect).await?;
        if reply.status != StatusCode::UNAUTHORIZED || matches!(self.login, Login::Basic) {
            return Ok(reply);
        }
        if fresh || self.is_strict {
            self.is_strict = true;
            return Err(refusal::not_for_user(self.http.origin(), path));
        }
        tracing::debug!(board = self.http.origin(), "A board forgot its session and is logged in to again.");
        // It may well know the session, which would stand there for half an hour.
        if let Login::Session(session) = std::mem::replace(&mut self.login, Login::NotYet) {
            session.close(&self.http).await;
        }
        self.log_in().await?;
        let reply = self.send(method, path, body, tag, effect).await?;
        if reply.status == StatusCode::UNAUTHORIZED && matches!(self.login, Login::Session(_)) {
            self.is_strict = true;
            return Err(refusal::not_for_user(self.http.origin(), path));
        }
        Ok(reply)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<HeaderValue>,
        effect: Effect,
    ) -> Result<Reply, Fault> {
        let mut headers = HeaderMap::new();
        match &self.login {
            Login::Session(session) => {
                headers.insert("x-auth-token", session.token.clone());
            }
            Login::Basic => {
                let both = STANDARD.encode(format!("{}:{}", self.user, self.password.expose()));
                headers.insert("authorization", sensitive(&format!("Basic {both}"))?);
            }
            Login::NotYet => {}
        }
        if let Some(tag) = tag {
            headers.insert("if-match", tag);
        }
        let body = body.map(json_body(&mut headers)).unwrap_or_default();
        let sent = self.http.send(method, path, headers, body).await;
        sent.map_err(|lost| refusal::lost(&lost, effect))
    }

    async fn log_in(&mut self) -> Result<(), Fault> {
        if !matches!(self.login, Login::NotYet) {
            return Ok(());
        }
        let path = format!("{}/SessionService/Sessions", self.root());
        let body = json!({ "UserName": self.user, "Password": self.password.expose() });
        let mut headers = HeaderMap::new();
        let body = json_body(&mut headers)(&body);
        let sent = self.http.send(Method::POST, &path, headers, body).await;
        let reply = sent.map_err(|lost: Lost| refusal::lost(&lost, Effect::None))?;
        self.login = match (reply.status, reply.headers.get("x-auth-token")) {
            (status, Some(token)) if status.is_success() => {
                let mut token = token.clone();
                token.set_sensitive(true);
                let path = reply.headers.get("location").and_then(|at| at.to_str().ok()).map(path_of);
                Login::Session(Session { token, path })
            }
            (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED, _) => {
                Login::Basic
            }
            (status, None) if status.is_success() => Login::Basic,
            // It wants to know who asks before it says that it has no sessions.
            (StatusCode::UNAUTHORIZED, _) if wants_basic(&reply) => Login::Basic,
            _ => return Err(refusal::of_login(self.http.origin(), &reply)),
        };
        Ok(())
    }
}

fn wants_basic(reply: &Reply) -> bool {
    let wanted = reply.headers.get("www-authenticate").and_then(|value| value.to_str().ok());
    wanted.is_some_and(|scheme| scheme.trim_start().to_ascii_lowercase().starts_with("basic"))
}

/// A location may be a whole URL. Only its path is used: credentials go nowhere but to the board's own address.
fn path_of(location: &str) -> String {
    let rest = location.split_once("://").map(|(_, rest)| rest);
    let path = rest.map_or(location, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
    path.to_owned()
}

fn json_body(headers: &mut HeaderMap) -> impl FnMut(&Value) -> Vec<u8> {
    |body| {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        body.to_string().into_bytes()
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Fault::refused("the user or password holds what no header may: set them again"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Drop for Asking {
    fn drop(&mut self) {
        let Login::Session(session) = std::mem::replace(&mut self.login, Login::NotYet) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let http = self.http.clone();
        runtime.spawn(async move { session.close(&http).await });
    }
}
