//! What the provider says about somebody, as it is stored here.

use super::settings::Settings;
use pitstop_domain::people::claims::{granted, values};
use pitstop_store::people::provided::Provided;
use serde_json::{Map, Value};

/// Letters of what somebody is called that are kept.
const LONGEST: usize = 100;

/// `None`: it does not say who it is.
pub(super) fn person(claims: &Map<String, Value>, settings: &Settings) -> Option<Provided> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let subject = text("sub")?;
    let name = text("preferred_username").or_else(|| text("email")).unwrap_or(subject);
    Some(Provided {
        issuer: settings.issuer.to_string(),
        subject: subject.to_owned(),
        name: name.to_owned(),
        title: text("name").unwrap_or(name).chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
        grants: granted(&settings.rules, &believed(claims, &settings.claim)),
        provider: settings.name.clone(),
    })
}

/// An address of mail that nobody has looked at is whatever somebody typed.
fn believed(claims: &Map<String, Value>, claim: &str) -> Vec<String> {
    let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    match claim {
        "email" if !is_verified => vec![],
        claim => values(claims, claim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::Parser;
    use serde_json::json;

    fn settings(claim: &str) -> Settings {
        let config = Config::parse_from([
            "pitstop-server",
            "--oidc-issuer=https://id.example",
            "--oidc-client-id=pitstop",
            "--oidc-role=ada@x.example=viewer",
            "--public-url=https://pitstop.example",
            "--oidc-claim",
            claim,
        ]);
        Settings::of(&config).unwrap().unwrap()
    }

    fn of(claims: Value, claim: &str) -> Option<Provided> {
        person(claims.as_object().unwrap(), &settings(claim))
    }

    #[test]
    fn somebody_is_called_what_the_provider_calls_them() {
        let all =
            json!({ "sub": "1", "preferred_username": "Ada", "email": "a@x.example", "name": "Ada L." });
        let ada = of(all, "groups").unwrap();
        assert_eq!((ada.subject.as_str(), ada.name.as_str(), ada.title.as_str()), ("1", "Ada", "Ada L."));
        let bare = of(json!({ "sub": "1" }), "groups").unwrap();
        assert_eq!((bare.name.as_str(), bare.title.as_str()), ("1", "1"));
        assert!(of(json!({ "name": "nobody" }), "groups").is_none());
    }

    #[test]
    fn an_address_that_nobody_looked_at_gives_nothing() {
        let with = |verified| {
            let claims = json!({ "sub": "1", "email": "ada@x.example", "email_verified": verified });
            of(claims, "email").unwrap().grants.len()
        };
        assert_eq!(
            (with(json!(true)), with(json!(false)), with(json!("true")), with(json!(null))),
            (1, 0, 0, 0)
        );
    }
}
