//! Who outside is told of alerts, and in which words: by mail, or in a chat.

use super::rule::Severity;
use crate::Time;
use crate::id::ListenerId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lines in one message; the rest is counted, and the page has them all.
const MOST: usize = 20;

/// Discord takes 2000 letters.
const LONGEST: usize = 1900;

/// How they are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Mail,
    Slack,
    Mattermost,
    Teams,
    Discord,
}

impl Way {
    pub const ALL: [Self; 5] = [Self::Mail, Self::Slack, Self::Mattermost, Self::Teams, Self::Discord];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Slack => "slack",
            Self::Mattermost => "mattermost",
            Self::Teams => "teams",
            Self::Discord => "discord",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Mail => "Mail",
            Self::Slack => "Slack, or what takes its webhooks",
            Self::Mattermost => "Mattermost",
            Self::Teams => "Microsoft Teams (workflow)",
            Self::Discord => "Discord",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// How the line to the mail server is closed to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// From the first byte (port 465).
    Whole,
    /// After a greeting, and not at all without (port 587).
    Start,
    /// Open to all: for a relay on the same machine or network that asks for no password.
    None,
}

impl Tls {
    pub const ALL: [Self; 3] = [Self::Start, Self::Whole, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Start => "start",
            Self::None => "none",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Whole => "TLS from the start",
            Self::Start => "STARTTLS",
            Self::None => "none",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// A mail server, and whose mail goes to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Empty: it asks for none.
    pub user: String,
    pub from: String,
    pub to: Vec<String>,
}

/// Somebody outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    pub id: ListenerId,
    pub name: String,
    pub way: Way,
    pub least: Severity,
    pub mail: Option<Mail>,
}

impl Listener {
    /// Why this one cannot be kept.
    pub fn nonsense(&self) -> Option<String> {
        if self.name.trim().is_empty() || self.name.len() > 100 {
            return Some("Give it a name, of 100 letters at most.".to_owned());
        }
        let mail = match (&self.mail, self.way) {
            (Some(mail), Way::Mail) => mail,
            (None, Way::Mail) => return Some("Fill in the mail server.".to_owned()),
            _ => return None,
        };
        if mail.host.is_empty() || mail.port == 0 {
            return Some("Fill in the mail server and its port.".to_owned());
        }
        if mail.from.is_empty() || mail.to.is_empty() || mail.to.len() > 50 {
            return Some("Fill in from whom and to whom, 50 at most.".to_owned());
        }
        (mail.tls == Tls::None && !mail.user.is_empty())
            .then(|| "A password is not sent where others can read it: choose STARTTLS or TLS.".to_owned())
    }
}

/// One thing that is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `critical`, and what became of it.
    pub severity: Severity,
    pub state: String,
    pub machine: String,
    pub site: String,
    pub since: Time,
    pub reason: String,
    /// How sure that is.
    pub sure: String,
    /// What was done, or what it waits for.
    pub done: String,
    pub page: String,
}

/// What is told together.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The rule, or what else they have in common.
    pub title: String,
    pub lines: Vec<Line>,
    /// Where all of them are.
    pub page: String,
}

impl Message {
    /// To see whether it comes.
    pub fn trial(page: &str, by: &str) -> Self {
        let title = format!("A trial by {by}: alerts of Pitstop come this way");
        Self { title, lines: vec![], page: page.to_owned() }
    }

    /// One line: what, on how many, and the worst of them.
    pub fn subject(&self) -> String {
        let [first, rest @ ..] = self.lines.as_slice() else { return self.title.clone() };
        let worst = self.lines.iter().map(|line| line.severity).max().unwrap_or(first.severity);
        let where_ = match rest.len() {
            0 => first.machine.clone(),
            n => format!("{} and {n} more", first.machine),
        };
        let same = rest.iter().all(|line| line.state == first.state);
        let state = if same { first.state.as_str() } else { "news" };
        format!("[{}] {} on {where_}: {state}", worst.name(), self.title)
    }

    /// The whole, in plain words.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.subject());
        for line in self.lines.iter().take(MOST) {
            let site = if line.site.is_empty() { String::new() } else { format!(" ({})", line.site) };
            text.push_str(&format!(
                "\n{}{site}: {}\n  What: {}\n  Noticed: {}\n  How sure: {}\n  Done: {}\n  {}\n",
                line.machine,
                line.state,
                line.reason,
                line.since.format("%Y-%m-%d %H:%M UTC"),
                line.sure,
                line.done,
                line.page
            ));
        }
        let more = self.lines.len().saturating_sub(MOST);
        if more > 0 {
            text.push_str(&format!("\nand {more} more.\n"));
        }
        text.push_str(&format!("\n{}\n", self.page));
        text
    }

    /// What is posted to a chat.
    pub fn chat(&self, way: Way) -> Value {
        let text: String = self.text().chars().take(LONGEST).collect();
        match way {
            // Its three control letters; with them nobody is called by a machine's name, and no link is made.
            Way::Slack => {
                json!({ "text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") })
            }
            Way::Mattermost | Way::Mail => json!({ "text": text.replace('@', "@\u{200b}") }),
            Way::Discord => json!({ "content": text, "allowed_mentions": { "parse": [] } }),
            Way::Teams => {
                let body: Vec<Value> = text
                    .split("\n\n")
                    .map(|part| json!({ "type": "TextBlock", "wrap": true, "text": part.trim().replace('\n', "\n\n") }))
                    .collect();
                json!({
                    "type": "message",
                    "attachments": [{
                        "contentType": "application/vnd.microsoft.card.adaptive",
                        "contentUrl": null,
                        "content": {
                            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                            "type": "AdaptiveCard",
                            "version": "1.4",
                            "body": body,
                            "actions": [{ "type": "Action.OpenUrl", "title": "Open Pitstop", "url": self.page }],
                        },
                    }],
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: usize) -> Message {
        let line = |n: usize| Line {
            severity: Severity::Critical,
            state: "firing".to_owned(),
            machine: format!("pc-{n}"),
            site: "Graz".to_owned(),
            since: chrono::DateTime::UNIX_EPOCH,
            reason: "Processor speed is 200 MB/s <!channel>".to_owned(),
            sure: "measured there".to_owned(),
            done: "its job is under way".to_owned(),
            page: "https://pitstop.example/machines/1/health".to_owned(),
        };
        let page = "https://pitstop.example/health/alerts".to_owned();
        Message { title: "Slow processors".to_owned(), lines: (1..=n).map(line).collect(), page }
    }

    #[test]
    fn a_message_says_what_when_it_was_noticed_how_sure_and_what_was_done() {
        let text = message(1).text();
        for words in [
            "[critical] Slow processors on pc-1: firing",
            "What: ",
            "Noticed: 1970-01-01 00:00 UTC",
            "How sure: ",
            "Done: its job",
            "/machines/1/health",
        ] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }

    #[test]
    fn many_are_one_message_that_says_how_many() {
        let many = message(100);
        assert_eq!(many.subject(), "[critical] Slow processors on pc-1 and 99 more: firing");
        assert!(many.text().contains("and 80 more."));
        assert!(many.chat(Way::Discord)["content"].as_str().unwrap().chars().count() <= 2000);
    }

    #[test]
    fn a_machines_name_calls_nobody_in_a_chat() {
        let slack = message(1).chat(Way::Slack)["text"].as_str().unwrap().to_owned();
        assert!(slack.contains("&lt;!channel&gt;") && !slack.contains('<'));
        assert_eq!(message(1).chat(Way::Discord)["allowed_mentions"]["parse"], json!([]));
        let teams = message(1).chat(Way::Teams);
        assert_eq!(teams["attachments"][0]["content"]["type"], "AdaptiveCard");
    }

    #[test]
    fn a_password_does_not_go_over_an_open_line() {
        let mail = Mail {
            host: "mail.example".to_owned(),
            port: 25,
            tls: Tls::None,
            user: "pitstop".to_owned(),
            from: "pitstop@example.org".to_owned(),
            to: vec!["anna@example.org".to_owned()],
        };
        let id = ListenerId(uuid::Uuid::nil());
        let listener = Listener {
            id,
            name: "Anna".to_owned(),
            way: Way::Mail,
            least: Severity::Warning,
            mail: Some(mail),
        };
        assert!(listener.nonsense().unwrap().contains("password"));
    }
}
