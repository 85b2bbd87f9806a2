//! A filled form becomes a route, or a word for every field that is wrong; and a route fills a form again.

use super::kinds::{Field, FieldKind, RouteKind, kind};
use super::{BootOverride, Ipmi, Privilege, Redfish, Route, SecretId, Ssh, Trust, WakeOnLan, Webhook};
use crate::net::Mac;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What was filled in, by field name.
pub type Filled = BTreeMap<String, String>;

/// A route that may be stored, and the secrets that are to be sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub route: Route,
    pub secrets: Vec<(SecretId, Secret)>,
}

/// What is wrong with a field, in words for whoever filled it in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    pub field: String,
    pub words: String,
}

/// What a form shows in a field of a route that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Value(String),
    /// A secret: it is set, and not shown.
    IsSet,
    NotSet,
}

/// Turns a filled form into a route.
///
/// `before` is the route that is changed: a secret left empty stays as it is, unless it would be shown to another
/// place than the one it was given for. `new_id` names a secret that is new; chance is the caller's.
///
/// # Errors
/// A word for each field that is wrong.
pub fn submit(
    word: &str,
    filled: &Filled,
    before: Option<&Route>,
    new_id: &mut dyn FnMut() -> SecretId,
) -> Result<Submitted, Vec<FieldError>> {
    let Some(kind) = kind(word) else {
        let words = format!("there is no route of the kind `{word}`");
        return Err(vec![FieldError { field: "kind".to_owned(), words }]);
    };
    let before = before.filter(|route| route.kind_word() == word);
    let mut reader = Reader { kind, filled, before, new_id, secrets: Vec::new(), errors: Vec::new() };
    reader.refuse_unknown_fields();
    let route = reader.route();
    match route {
        Some(route) if reader.errors.is_empty() => Ok(Submitted { route, secrets: reader.secrets }),
        _ => Err(reader.errors),
    }
}

struct Reader<'a> {
    kind: &'static RouteKind,
    filled: &'a Filled,
    before: Option<&'a Route>,
    new_id: &'a mut dyn FnMut() -> SecretId,
    secrets: Vec<(SecretId, Secret)>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn route(&mut self) -> Option<Route> {
        match self.kind.word {
            "agent" => Some(Route::Agent),
            "agent_kexec" => Some(Route::AgentKexec),
            "person" => Some(Route::Person),
            "virtual_machine" => Some(Route::VirtualMachine { qmp: self.text("qmp")? }),
            "simulated" => {
                self.parsed::<super::HttpUrl>("url").map(|url| Route::Simulated { url: url.into() })
            }
            "redfish" => self.redfish().map(Route::Redfish),
            "ipmi" => self.ipmi().map(Route::Ipmi),
            "wake_on_lan" => self.wake_on_lan().map(Route::WakeOnLan),
            "webhook" => self.webhook().map(Route::Webhook),
            "ssh" => self.ssh().map(Route::Ssh),
            _ => None,
        }
    }

    // Each field is read before `?` ends it, so that all that is wrong is told at once.

    fn redfish(&mut self) -> Option<Redfish> {
        let (url, user) = (self.parsed::<super::HttpUrl>("url"), self.text("user"));
        let (system, trust, boot) = (self.optional("system"), self.trust(), self.choice("boot"));
        if let Some(url) = url.as_ref().filter(|url| url.path().contains('?')) {
            self.refuse("url", format!("a board's address has no `?`: {} is enough", url.origin()));
        }
        if system.as_ref().is_some_and(|system| system.contains(['/', '?', '#', ' '])) {
            self.refuse("system", "give the id alone, like 1 or System.Embedded.1");
        }
        let same = match self.before {
            Some(Route::Redfish(old)) => {
                Some(&old.url) == url.as_ref()
                    && Some(&old.user) == user.as_ref()
                    && Some(&old.trust) == trust.as_ref()
            }
            _ => false,
        };
        let password = self.secret("password", same, |text| (!text.is_empty()).then_some(()).ok_or(""));
        Some(Redfish { url: url?, system, user: user?, password: password?, trust: trust?, boot: boot? })
    }

    fn trust(&mut self) -> Option<Trust> {
        match self.value("trust")?.as_str() {
            "any" => Some(Trust::Any),
            "pinned" => {
                let digits: String = self.optional("fingerprint").unwrap_or_default().replace([':', ' '], "");
                let sha256 = digits.parse().ok();
                if sha256.is_none() {
                    self.refuse(
                        "fingerprint",
                        "this is not a SHA-256 fingerprint: 64 hexadecimal digits are expected",
                    );
                }
                Some(Trust::Pinned { sha256: sha256? })
            }
            "system_roots" => Some(Trust::SystemRoots),
            _ => self.wrong("trust", "choose one of the values that are offered"),
        }
    }

    fn ipmi(&mut self) -> Option<Ipmi> {
        let (host, port, user) = (self.parsed("host"), self.port("port"), self.text("user"));
        let (suite, privilege, boot) =
            (self.choice("cipher_suite"), self.choice::<Privilege>("privilege"), self.choice("boot"));
        if user.as_ref().is_some_and(|user| user.len() > 16) {
            self.refuse("user", "IPMI knows users of at most 16 characters");
        }
        let same = match self.before {
            Some(Route::Ipmi(old)) => {
                Some(&old.host) == host.as_ref() && Some(old.port) == port && Some(&old.user) == user.as_ref()
            }
            _ => false,
        };
        let password = self.secret("password", same, |text| {
            (text.len() <= 20).then_some(()).ok_or("IPMI 2.0 knows passwords of at most 20 characters")
        });
        Some(Ipmi {
            host: host?,
            port: port?,
            user: user?,
            password: password?,
            cipher_suite: suite?,
            privilege: privilege?,
            boot: boot?,
        })
    }

    fn wake_on_lan(&mut self) -> Option<WakeOnLan> {
        let (mac, broadcast, port) = (self.parsed("mac"), self.parsed("broadcast"), self.port("port"));
        let set = self.before.is_some_and(|route| !route.secrets().is_empty());
        let asked = set || self.optional("secure_on").is_some();
        let secure_on = if asked {
            self.secret("secure_on", true, |text| {
                text.parse::<Mac>().map(|_| ()).map_err(|_| "six pairs of hexadecimal digits are expected")
            })
        } else {
            None
        };
        Some(WakeOnLan { mac: mac?, broadcast: broadcast?, port: port?, secure_on })
    }

    fn webhook(&mut self) -> Option<Webhook> {
        let url = self.parsed("url");
        // The secret itself is never sent, so it may stay when the URL changes.
        let signing_secret = self.secret("signing_secret", true, |text| {
            (text.len() >= 16).then_some(()).ok_or("a signing secret needs at least 16 characters")
        });
        Some(Webhook { url: url?, signing_secret: signing_secret? })
    }

    fn ssh(&mut self) -> Option<Ssh> {
        let (host, port, user) = (self.parsed("host"), self.port("port"), self.text("user"));
        let (host_key, into, home) =
            (self.text("host_key"), self.text("into_maintenance"), self.optional("home"));
        if host_key.as_ref().is_some_and(|key| !looks_like_a_public_key(key)) {
            self.refuse(
                "host_key",
                "this is no public key: give its kind and its text, like ssh-ed25519 AAAA…",
            );
        }
        // A private key never leaves the server either.
        let private_key = self.secret("private_key", true, |text| {
            let whole = text.contains("-----BEGIN ")
                && text.contains("PRIVATE KEY-----")
                && text.contains("-----END ");
            whole
                .then_some(())
                .ok_or("this is no private key: paste the whole file, from -----BEGIN to -----END")
        });
        Some(Ssh {
            host: host?,
            port: port?,
            user: user?,
            private_key: private_key?,
            host_key: host_key?,
            into_maintenance: into?,
            home,
        })
    }

    fn refuse(&mut self, field: &str, words: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), words: words.into() });
    }

    fn wrong<T>(&mut self, field: &str, words: impl Into<String>) -> Option<T> {
        self.refuse(field, words);
        None
    }

    fn refuse_unknown_fields(&mut self) {
        let known = |name: &&String| self.kind.fields.iter().any(|field| field.name == name.as_str());
        let unknown: Vec<String> = self.filled.keys().filter(|name| !known(name)).cloned().collect();
        for name in unknown {
            let words = format!("the route `{}` has no setting of this name", self.kind.word);
            self.refuse(&name, words);
        }
    }

    fn field(&self, name: &str) -> Option<&'static Field> {
        self.kind.fields.iter().find(|field| field.name == name)
    }

    fn optional(&self, name: &str) -> Option<String> {
        self.filled.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// What was filled in, or what an empty field means.
    fn value(&mut self, name: &str) -> Option<String> {
        let field = self.field(name)?;
        let value = self.optional(name).unwrap_or_else(|| field.default.to_owned());
        if value.is_empty() {
            return self.wrong(name, format!("{} is missing", field.label));
        }
        Some(value)
    }

    /// A line of text: what goes into requests and commands has no line breaks in it.
    fn text(&mut self, name: &str) -> Option<String> {
        let value = self.value(name)?;
        if value.chars().any(char::is_control) {
            return self.wrong(name, "this must be one line");
        }
        Some(value)
    }

    fn parsed<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let value = self.value(name)?;
        value.parse().map_or_else(|error: T::Err| self.wrong(name, error.to_string()), Some)
    }

    fn port(&mut self, name: &str) -> Option<u16> {
        let value = self.value(name)?;
        match value.parse() {
            Ok(port @ 1..) => Some(port),
            _ => self.wrong(name, format!("`{value}` is not a port: give a number from 1 to 65535")),
        }
    }

    fn choice<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.value(name)?;
        let offered = match self.field(name)?.kind {
            FieldKind::Choice(choices) => choices.iter().any(|choice| choice.value == value),
            _ => false,
        };
        let json = value.parse::<u8>().map_or_else(|_| value.clone().into(), serde_json::Value::from);
        match serde_json::from_value(json).ok().filter(|_| offered) {
            Some(chosen) => Some(chosen),
            None => self.wrong(name, format!("`{value}` is none of the values that are offered")),
        }
    }

    /// A new secret, or the one that is there. `may_stay`: it would be shown to nobody new.
    fn secret(
        &mut self,
        name: &'static str,
        may_stay: bool,
        check: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<SecretId> {
        let given = self.filled.get(name).filter(|text| !text.trim().is_empty());
        let there = self.before.and_then(|route| route.secrets().first().copied());
        match (given, there) {
            (Some(text), _) => match check(text.trim()) {
                Ok(()) => {
                    let id = (self.new_id)();
                    // Passwords may begin with a space; keys and patterns do not mind losing one.
                    self.secrets.push((id, Secret::new(text.clone())));
                    Some(id)
                }
                Err(words) => self.wrong(name, words),
            },
            (None, Some(id)) if may_stay => Some(id),
            (None, Some(_)) => {
                self.wrong(name, "the address, user or certificate changed: give the password again, so that it is not sent to a place it was not meant for")
            }
            (None, None) => {
                let label = self.field(name)?.label;
                self.wrong(name, format!("{label} is missing"))
            }
        }
    }
}

fn looks_like_a_public_key(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let known =
        ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
    // Base64 of a length field, which begins with three bytes of zero.
    known.contains(&kind) && words.next().is_some_and(|key| key.starts_with("AAAA"))
}

impl Route {
    /// The word of its [`RouteKind`].
    pub fn kind_word(&self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::AgentKexec => "agent_kexec",
            Self::VirtualMachine { .. } => "virtual_machine",
            Self::Simulated { .. } => "simulated",
            Self::Redfish(_) => "redfish",
            Self::Ipmi(_) => "ipmi",
            Self::WakeOnLan(_) => "wake_on_lan",
            Self::Webhook(_) => "webhook",
            Self::Ssh(_) => "ssh",
            Self::Person => "person",
        }
    }

    /// What a form shows of it: every field of its kind, in order.
    pub fn shown(&self) -> Vec<(&'static Field, Shown)> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let fields = kind(self.kind_word()).map(|kind| kind.fields).unwrap_or_default();
        fields.iter().map(|field| (field, shown(field, &values))).collect()
    }
}

/// Fields are named as they are stored, but for the certificate, which is one value of two fields.
fn shown(field: &Field, route: &serde_json::Value) -> Shown {
    let value = match field.name {
        "trust" => &route["trust"]["kind"],
        "fingerprint" => &route["trust"]["sha256"],
        name => &route[name],
    };
    let value = match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    match field.kind {
        FieldKind::Secret { .. } if value.is_empty() => Shown::NotSet,
        FieldKind::Secret { .. } => Shown::IsSet,
        _ => Shown::Value(value),
    }
}

/// What a person should know before this is stored: it works, and is weaker than it need be.
pub fn warnings(route: &Route) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    match route {
        Route::Redfish(redfish) if !redfish.url.is_https() => {
            warnings.push("The password crosses the network in the clear: use https if the board can.");
        }
        Route::Redfish(Redfish { trust: Trust::Any, .. }) => {
            warnings.push("Any certificate is believed: whoever stands between server and board can read the password. Pin its fingerprint.");
        }
        Route::Redfish(Redfish { boot: BootOverride::Try, .. })
        | Route::Ipmi(Ipmi { boot: BootOverride::Try, .. }) => {
            warnings
                .push("If the board forgets the boot device, the machine may start its own system instead.");
        }
        Route::Webhook(webhook) if !webhook.url.is_https() => {
            warnings.push("Calls can be read on their way, though not forged.");
        }
        Route::Ssh(Ssh { home: None, .. }) => {
            warnings
                .push("Without a command home this route cannot bring the machine back: another rung must.");
        }
        _ => {}
    }
    warnings
}
