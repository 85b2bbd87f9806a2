//! Who outside is told, for the pages.

use super::desk::{Result, StoreHealth};
use super::form::{named, text};
use crate::backend::{failure, failure_of};
use crate::people::{Deed, On};
use pitstop_app::Failure;
use pitstop_app::health::desk::{Filled, ListenerLine};
use pitstop_domain::health::listener::{Listener, Mail, Message, Tls, Way};
use pitstop_domain::health::rule::Severity;
use pitstop_domain::id::ListenerId;
use pitstop_domain::people::Right;
use pitstop_domain::route::HttpUrl;
use pitstop_domain::secret::Secret;
use pitstop_store::Store;
use pitstop_worker::telling::send;
use serde_json::json;
use uuid::Uuid;

impl StoreHealth {
    async fn settings(&self) -> Result<&Store> {
        self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)
    }

    pub(super) async fn all_listeners(&self) -> Result<Vec<ListenerLine>> {
        let store = self.settings().await?;
        let mut lines = Vec::new();
        for row in store.listeners().await.map_err(failure)? {
            let at = match row.listener.way {
                Way::Mail => String::new(),
                _ => self.where_is(store, row.listener.id).await,
            };
            let (told_at, failed, waiting) = (row.told_at, row.failed, row.waiting);
            lines.push(ListenerLine { listener: row.listener, at, told_at, failed, waiting });
        }
        Ok(lines)
    }

    /// Host and no path: the path is the secret.
    async fn where_is(&self, store: &Store, id: ListenerId) -> String {
        match store.listener_secret(&self.keys, id).await {
            Ok(secret) => secret
                .expose()
                .parse::<HttpUrl>()
                .map(|url| format!("{}/…", url.origin()))
                .unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    pub(super) async fn new_listener(&self, filled: &Filled) -> Result<()> {
        self.settings().await?;
        let (listener, secret) = read(filled).map_err(Failure::Refused)?;
        let what = format!("let {} be told of alerts", listener.name);
        let deed =
            Deed { after: Some(json!(listener)), ..Deed::new(Right::ChangeSettings, On::Installation, what) };
        let (by, keys) = (self.gate.who().to_string(), self.keys.clone());
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.add_listener(&keys, &listener, &secret, &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    pub(super) async fn on_listener(&self, id: &str, act: &str, page: &str) -> Result<Option<String>> {
        let store = self.settings().await?;
        let id: ListenerId = id.parse().map_err(|_| Failure::not_found("listener"))?;
        let row = store.listener(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("listener"))?;
        let name = row.listener.name.clone();
        let deed = |what: String| Deed::new(Right::ChangeSettings, On::Installation, what);
        match act {
            "test" => {
                // It is written down, and sent after that: nothing is held open while another server thinks.
                let done =
                    self.gate.act(deed(format!("sent a trial to {name}")), async |_: &Store| Ok(())).await;
                done.map_err(failure_of)?;
                let message = Message::trial(page, &self.gate.who().to_string());
                match send(store, &self.keys, &row.listener, &message).await {
                    Ok(()) => Ok(Some(format!("{name} took the test: look whether it is there."))),
                    Err(why) => Err(Failure::Refused(format!("{name} was not told: {why}."))),
                }
            }
            "remove" => {
                let work = |store: &Store| {
                    let store = store.clone();
                    async move { store.remove_listener(id).await }
                };
                let done = self.gate.act(deed(format!("let {name} be told no more")), work).await;
                done.map_err(failure_of).map(|()| None)
            }
            _ => Err(Failure::not_found("act")),
        }
    }
}

fn read(filled: &Filled) -> std::result::Result<(Listener, Secret), String> {
    let way = Way::of_name(text(filled, "way")).ok_or("Choose how they are told.")?;
    let (mail, secret) = match way {
        Way::Mail => (Some(mail(filled)?), filled.get("password").cloned().unwrap_or_default()),
        _ => {
            let url: HttpUrl =
                text(filled, "url").parse().map_err(|error| format!("The address of the chat: {error}."))?;
            (None, url.as_str().to_owned())
        }
    };
    let least = named(&Severity::ALL, Severity::name, text(filled, "least"), "a severity")?;
    let (id, name) = (ListenerId(Uuid::now_v7()), text(filled, "name").to_owned());
    let listener = Listener { id, name, way, least, mail };
    listener.nonsense().map_or(Ok((listener, Secret::new(secret))), Err)
}

fn mail(filled: &Filled) -> std::result::Result<Mail, String> {
    let tls =
        Tls::of_name(text(filled, "tls")).ok_or("Choose how the line to the mail server is encrypted.")?;
    let port = match text(filled, "port") {
        "" => "587",
        port => port,
    };
    let port = port.parse().map_err(|_| "The port of the mail server is a number.".to_owned())?;
    let to = text(filled, "to").split([',', ';']).map(str::trim).filter(|to| !to.is_empty());
    Ok(Mail {
        host: text(filled, "host").to_owned(),
        port,
        tls,
        user: text(filled, "user").to_owned(),
        from: text(filled, "from").to_owned(),
        to: to.map(str::to_owned).collect(),
    })
}
