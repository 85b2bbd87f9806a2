//! What the board answers (DMTF DSP0266): a pure function over its state.

use super::{Hang, Settings};
use serde_json::{Value, json};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const KINDS: [&str; 5] = ["On", "ForceOff", "ForceRestart", "GracefulRestart", "PowerCycle"];

/// A press that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// Redfish's ResetType.
    pub kind: String,
    /// The boot device that this start takes: the one for once, if there was one.
    pub boot: Option<String>,
}

/// All that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub logins: u32,
    pub logouts: u32,
    pub refused_logins: u32,
    /// Boot devices that were asked for, kept or not.
    pub boot_changes: u32,
    /// Requests for a reset, done or not.
    pub resets_asked: u32,
    pub presses: Vec<Press>,
    /// Requests that it answered, logins and all.
    pub served: u32,
    /// Requests that it had in hand at one moment, at most; goodbyes are not counted.
    pub most_at_once: u32,
}

pub(super) struct State {
    pub settings: Settings,
    pub sessions: Vec<String>,
    pub book: Book,
    pub boot: Boot,
    /// Requests in hand.
    pub in_hand: u32,
    served: u32,
    generation: u32,
}

pub(super) struct Boot {
    enabled: &'static str,
    target: String,
    mode: String,
}

pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub token: Option<String>,
    /// What stands behind `Authorization: Basic`.
    pub basic: Option<String>,
    pub if_match: Option<String>,
    pub body: Value,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
    pub pressed: Option<Press>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body, pressed: None }
    }

    fn error(status: u16, message: &str) -> Self {
        Self {
            status,
            ..Self::ok(json!({ "error": { "code": "Base.1.0.GeneralError", "message": message } }))
        }
    }

    fn nothing() -> Self {
        Self { status: 204, ..Self::ok(Value::Null) }
    }
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        let boot = Boot { enabled: "Disabled", target: "None".to_owned(), mode: "UEFI".to_owned() };
        Self {
            settings,
            sessions: Vec::new(),
            book: Book::default(),
            boot,
            in_hand: 0,
            served: 0,
            generation: 1,
        }
    }

    /// Would it hang at this request before doing anything?
    pub(super) fn hangs_at(&self, request: &Request) -> bool {
        match self.settings.quirks.hangs {
            Some(Hang::Always) => true,
            Some(Hang::AtReset) => request.path == RESET,
            Some(Hang::AfterReset) | None => false,
        }
    }

    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        self.served += 1;
        self.book.served += 1;
        if self.settings.quirks.busy > 0 {
            self.settings.quirks.busy -= 1;
            return Answer::error(503, "The service is busy");
        }
        if self.settings.quirks.forgets_after.is_some_and(|after| self.served > after) {
            self.settings.quirks.forgets_after = None;
            self.sessions.clear();
        }
        if request.path == SESSIONS && request.method == "POST" {
            return self.log_in(&request.body);
        }
        if !self.knows(request) {
            return Answer::error(401, "Who are you?");
        }
        if request.method == "GET"
            && self.settings.quirks.forbids.is_some_and(|part| request.path.contains(part))
        {
            return Answer::error(401, "Not for you");
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/redfish/v1/Systems") => Answer::ok(json!({ "Members": [{ "@odata.id": SYSTEM }] })),
            ("GET", SYSTEM) => Answer { headers: vec![("ETag", self.tag())], ..Answer::ok(self.system()) },
            ("PATCH", SYSTEM) => self.set_boot(request),
            ("POST", RESET) => self.reset(&request.body),
            ("DELETE", path) if path.starts_with(SESSIONS) => self.log_out(path),
            ("GET", RESET) => Answer::error(405, "An action is posted"),
            ("GET", path) => match self.settings.sensing.as_ref().and_then(|sensing| sensing.answer(path)) {
                Some(Ok(found)) => Answer::ok(found),
                Some(Err(broken)) => Answer::error(500, broken),
                None => Answer::error(404, "There is no such resource"),
            },
            _ => Answer::error(404, "There is no such resource"),
        }
    }

    /// A request came, or was answered or left.
    pub(super) fn has_in_hand(&mut self, request: &Request, one_more: bool) {
        if request.method != "DELETE" {
            self.in_hand = if one_more { self.in_hand + 1 } else { self.in_hand.saturating_sub(1) };
            self.book.most_at_once = self.book.most_at_once.max(self.in_hand);
        }
    }

    fn log_in(&mut self, body: &Value) -> Answer {
        if self.settings.quirks.basic_only {
            return Answer::error(404, "There is no such resource");
        }
        if body["UserName"] != self.settings.user || body["Password"] != self.settings.password {
            self.book.refused_logins += 1;
            return Answer::error(401, "The user or password is wrong");
        }
        self.book.logins += 1;
        let token = format!("token-{}", self.book.logins);
        self.sessions.push(token.clone());
        let location = format!("{SESSIONS}/{token}");
        Answer {
            status: 201,
            headers: vec![("X-Auth-Token", token), ("Location", location)],
            ..Answer::ok(json!({}))
        }
    }

    fn log_out(&mut self, path: &str) -> Answer {
        self.sessions.retain(|token| !path.ends_with(token.as_str()));
        self.book.logouts += 1;
        Answer::nothing()
    }

    fn knows(&mut self, request: &Request) -> bool {
        if let Some(token) = &request.token {
            return self.sessions.contains(token);
        }
        let Some(basic) = &request.basic else { return false };
        let right = *basic == base64(format!("{}:{}", self.settings.user, self.settings.password).as_bytes());
        self.book.refused_logins += u32::from(!right);
        right
    }

    fn tag(&self) -> String {
        format!("\"{}\"", self.generation)
    }

    fn system(&self) -> Value {
        let quirks = &self.settings.quirks;
        let kinds = if quirks.allows.is_empty() { KINDS.to_vec() } else { quirks.allows.clone() };
        let mut system = json!({
            "@odata.id": SYSTEM,
            "Id": "1",
            "UUID": self.settings.uuid,
            "PowerState": if self.settings.on { "On" } else { "Off" },
            "Actions": { "#ComputerSystem.Reset": { "target": RESET, "ResetType@Redfish.AllowableValues": kinds } },
        });
        if !quirks.no_boot_device {
            system["Boot"] = json!({
                "BootSourceOverrideEnabled": self.boot.enabled,
                "BootSourceOverrideTarget": self.boot.target,
                "BootSourceOverrideMode": self.boot.mode,
                "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Hdd"],
            });
        }
        if let Some(sensing) = &self.settings.sensing {
            sensing.put(&mut system);
        }
        system
    }

    fn set_boot(&mut self, request: &Request) -> Answer {
        if self.settings.quirks.wants_etag {
            match &request.if_match {
                None => return Answer::error(428, "Say which state the change is meant for"),
                Some(tag) if *tag != self.tag() => return Answer::error(412, "It is in another state"),
                Some(_) => {}
            }
        }
        self.book.boot_changes += 1;
        if self.settings.quirks.reverts > 0 {
            self.settings.quirks.reverts -= 1;
            return Answer::ok(self.system());
        }
        let boot = &request.body["Boot"];
        let text = |name: &str| boot[name].as_str();
        self.boot.enabled = match text("BootSourceOverrideEnabled") {
            Some("Once") => "Once",
            Some("Continuous") => "Continuous",
            Some("Disabled") => "Disabled",
            _ => return Answer::error(400, "BootSourceOverrideEnabled is missing"),
        };
        self.boot.target = text("BootSourceOverrideTarget").unwrap_or("None").to_owned();
        self.boot.mode = text("BootSourceOverrideMode").unwrap_or(&self.boot.mode).to_owned();
        self.generation += 1;
        Answer::ok(self.system())
    }

    fn reset(&mut self, body: &Value) -> Answer {
        self.book.resets_asked += 1;
        if self.settings.quirks.busy_for_resets > 0 {
            self.settings.quirks.busy_for_resets -= 1;
            return Answer::error(503, "The service is busy");
        }
        let kind = body["ResetType"].as_str().unwrap_or_default().to_owned();
        let allows = &self.settings.quirks.allows;
        if !KINDS.contains(&kind.as_str()) || !(allows.is_empty() || allows.contains(&kind.as_str())) {
            return Answer::error(400, "The ResetType is not allowed");
        }
        if self.settings.on == (kind == "On") {
            return Answer::error(409, "The machine is in that state already");
        }
        self.settings.on = kind != "ForceOff";
        let boot = (self.boot.enabled != "Disabled").then(|| self.boot.target.clone());
        if self.boot.enabled == "Once" {
            self.boot = Boot { enabled: "Disabled", target: "None".to_owned(), mode: self.boot.mode.clone() };
            self.generation += 1;
        }
        let press = Press { kind, boot };
        self.book.presses.push(press.clone());
        Answer { pressed: Some(press), ..Answer::nothing() }
    }
}

/// RFC 4648 §4, as far as one header needs it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_written_as_the_specification_has_it() {
        // RFC 7617 §2 and RFC 4648 §10.
        assert_eq!(base64(b"Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(
            (base64(b"fo").as_str(), base64(b"foo").as_str(), base64(b"").as_str()),
            ("Zm8=", "Zm9v", "")
        );
    }
}
