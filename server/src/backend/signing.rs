//! Keys whose signatures are trusted, and whether the catalog demands them: for administrators.

use crate::catalog::signature;
use crate::people::{Deed, Fault, Gate, On};
use pitstop_app::images::desk::{Signing, TrustedKey};
use pitstop_domain::image::Channel;
use pitstop_domain::people::Right;
use pitstop_store::{Error, Store};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Fault>;

pub(super) async fn shown(store: &Store) -> std::result::Result<Signing, Error> {
    let key = |key: pitstop_store::signing::Key| TrustedKey {
        id: key.id,
        public_key: key.public_key,
        name: key.name,
        added_at: key.added_at,
        added_by: key.added_by,
        signed: key.signed,
        alone: key.alone,
    };
    let unsigned = store.images().await?.into_iter().filter(|image| {
        image.standing.channel == Channel::Stable && image.standing.trust.signatures.is_empty()
    });
    Ok(Signing {
        demanded: store.catalog_rules().await?.signed,
        keys: store.signing_keys().await?.into_iter().map(key).collect(),
        unsigned: unsigned.map(|image| (image.name, image.version)).collect(),
    })
}

pub(crate) async fn trust(gate: &Gate, name: &str, text: &str) -> Result<()> {
    let by = gate.who().to_string();
    // Who may not do it is told that, whatever they sent.
    let key = signature::key(text);
    let said = key.as_ref().map_or(Value::Null, |key| json!({ "name": name, "public_key": key.public_key }));
    let id = key.as_ref().map_or("that could not be read", |key| key.id.as_str()).to_owned();
    let deed = Deed { after: Some(said), ..deed(format!("trusted the key {id} for signatures on images")) };
    let trusted = gate.act(deed, |store| async move {
        let key = key.map_err(Error::Refused)?;
        if name.is_empty() {
            return Err(Error::Refused("say whose key it is: it stands beside what it signed".to_owned()));
        }
        store.trust_key(&key.id, &key.public_key, name, &by).await
    });
    trusted.await
}

pub(crate) async fn distrust(gate: &Gate, id: &str) -> Result<()> {
    let by = gate.who().to_string();
    let deed = deed(format!("trusted the key {id} for signatures on images no longer"));
    gate.act(deed, |store| async move { store.distrust_key(id, &by).await }).await
}

pub(crate) async fn demand(gate: &Gate, demanded: bool) -> Result<()> {
    let what = if demanded { "demanded signatures on images" } else { "demanded no signatures on images" };
    let deed = Deed { after: Some(json!({ "signed": demanded })), ..deed(what.to_owned()) };
    gate.act(deed, |store| store.demand_signatures(demanded)).await
}

fn deed(what: String) -> Deed {
    Deed::new(Right::ChangeSettings, On::Installation, what)
}
