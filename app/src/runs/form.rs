//! What the form of a new run asks for, as it stands in the address: `/runs/new?q=site:berlin&function=inventory`.

use crate::machines::fleet::address::encode;
use pitstop_domain::ask::{Ask, Otherwise};
use pitstop_domain::presence::Spare;
use pitstop_domain::run::plan::{NO_SHOW_S, seconds};
use pitstop_domain::run::{AtOnce, RunPlan};
use serde::{Deserialize, Serialize};

/// The fields, as typed. Empty: without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// Which machines, in the words of the fleet's search.
    pub q: String,
    pub function: String,
    pub canary: String,
    /// `10` or `10%`.
    pub wave: String,
    /// `90s`, `5m` or `1h`.
    pub pause: String,
    /// `2` or `5%`.
    pub stop_on: String,
    pub at_once: String,
    pub per_site: String,
    pub no_show: String,
    /// Is whoever is at a machine asked, and what follows without an answer: empty, `go_ahead`, `leave_alone`.
    pub ask: String,
    pub countdown: String,
    pub snoozes: String,
    /// Nobody can be asked: `leave_alone` or `go_ahead`.
    pub unasked: String,
    /// What becomes of a machine that is off: empty (it is woken), `off_again`, `spare`.
    pub when_off: String,
}

impl Default for RunForm {
    /// Careful: one machine first, then ten at a time, and no further when two fail.
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            q: String::new(),
            function: String::new(),
            canary: text("1"),
            wave: text("10"),
            pause: String::new(),
            stop_on: text("2"),
            at_once: text("20"),
            per_site: String::new(),
            no_show: text("30m"),
            ask: String::new(),
            countdown: text("5m"),
            snoozes: text("2"),
            unasked: text("leave_alone"),
            when_off: String::new(),
        }
    }
}

/// The fields by their names in the address, in the order in which they stand on the page.
type Field = (&'static str, fn(&mut RunForm) -> &mut String);
const FIELDS: [Field; 14] = [
    ("q", |form| &mut form.q),
    ("function", |form| &mut form.function),
    ("canary", |form| &mut form.canary),
    ("wave", |form| &mut form.wave),
    ("pause", |form| &mut form.pause),
    ("stop_on", |form| &mut form.stop_on),
    ("at_once", |form| &mut form.at_once),
    ("per_site", |form| &mut form.per_site),
    ("no_show", |form| &mut form.no_show),
    ("ask", |form| &mut form.ask),
    ("countdown", |form| &mut form.countdown),
    ("snoozes", |form| &mut form.snoozes),
    ("unasked", |form| &mut form.unasked),
    ("when_off", |form| &mut form.when_off),
];

impl RunForm {
    /// The form that an address describes. What it does not name is as a new form has it.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let mut form = Self::default();
        for (name, field) in FIELDS {
            if let Some(value) = get(name) {
                *field(&mut form) = value.trim().to_owned();
            }
        }
        form
    }

    /// The address that describes it.
    pub fn href(&self) -> String {
        let mut form = self.clone();
        let parts: Vec<_> =
            FIELDS.iter().map(|(name, field)| format!("{name}={}", encode(field(&mut form)))).collect();
        format!("/runs/new?{}", parts.join("&"))
    }

    /// The address of a form for these machines.
    pub fn for_machines(q: &str) -> String {
        if q.trim().is_empty() { "/runs/new".to_owned() } else { format!("/runs/new?q={}", encode(q.trim())) }
    }

    /// How whoever is at a machine is asked.
    fn asks(&self) -> Result<Option<Ask>, String> {
        let otherwise = |text: &str| match text {
            "go_ahead" => Otherwise::GoAhead,
            _ => Otherwise::LeaveAlone,
        };
        let Some(unanswered) = filled(&self.ask).map(otherwise) else { return Ok(None) };
        let usual = Ask::default();
        let countdown = filled(&self.countdown).map(seconds).transpose().map_err(of("The countdown"))?;
        Ok(Some(Ask {
            countdown_s: countdown.unwrap_or(usual.countdown_s),
            snoozes: number("How often it can be put off", &self.snoozes)?.unwrap_or(0),
            unanswered,
            unasked: otherwise(&self.unasked),
            ..usual
        }))
    }

    /// The fields that describe how people are asked.
    pub fn asking(self, ask: Option<Ask>) -> Self {
        let Some(ask) = ask else { return self };
        let word = |otherwise| match otherwise {
            Otherwise::GoAhead => "go_ahead".to_owned(),
            Otherwise::LeaveAlone => "leave_alone".to_owned(),
        };
        Self {
            ask: word(ask.unanswered),
            countdown: format!("{}s", ask.countdown_s),
            snoozes: ask.snoozes.to_string(),
            unasked: word(ask.unasked),
            ..self
        }
    }

    /// The field that says what becomes of a machine that is off.
    pub fn when_off(self, plan: &RunPlan) -> Self {
        let word = if plan.off_again {
            "off_again"
        } else if plan.spare.off {
            "spare"
        } else {
            ""
        };
        Self { when_off: word.to_owned(), ..self }
    }

    /// The plan that it describes.
    ///
    /// # Errors
    /// Which field cannot be understood, in words.
    pub fn plan(&self) -> Result<RunPlan, String> {
        let plan = RunPlan {
            canary: number("The canary", &self.canary)?.unwrap_or(0),
            wave: filled(&self.wave).map(str::parse).transpose().map_err(of("A wave"))?,
            pause_s: filled(&self.pause).map(seconds).transpose().map_err(of("The pause"))?.unwrap_or(0),
            stop_on: filled(&self.stop_on).map(str::parse).transpose().map_err(of("Stop on failures"))?,
            at_once: AtOnce {
                in_all: number("At once in all", &self.at_once)?,
                per_site: number("At once at a site", &self.per_site)?,
            },
            no_show_s: filled(&self.no_show)
                .map(seconds)
                .transpose()
                .map_err(of("The time without a sign"))?
                .unwrap_or(NO_SHOW_S),
            ask: self.asks()?,
            spare: Spare { off: self.when_off == "spare", ..Spare::default() },
            off_again: self.when_off == "off_again",
            ..RunPlan::plain(self.function.clone())
        };
        match plan.nonsense() {
            Some(why) => Err(crate::format::sentence(why)),
            None => Ok(plan),
        }
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn number(what: &str, text: &str) -> Result<Option<u32>, String> {
    let read = |text: &str| text.parse().map_err(|_| format!("{what}: write a whole number, not `{text}`."));
    filled(text).map(read).transpose()
}

fn of(what: &'static str) -> impl Fn(String) -> String {
    move |why| format!("{what}: {why}.")
}

/// Whom a plan asks, as choices of a form: value and words.
pub const ASKS: [(&str, &str); 3] = [
    ("", "nobody is asked"),
    ("go_ahead", "they are asked; without an answer it goes ahead"),
    ("leave_alone", "they are asked; without an answer it is left alone"),
];

/// What becomes of a machine that is off when its turn comes.
pub const WHEN_OFF: [(&str, &str); 3] = [
    ("", "it is woken, and stays on afterwards"),
    ("off_again", "it is woken, and shut down again afterwards"),
    ("spare", "it is left alone"),
];

/// What is done where somebody may be there and cannot be asked.
pub const UNASKED: [(&str, &str); 2] = [("leave_alone", "it is left alone"), ("go_ahead", "it goes ahead")];

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::run::{Size, StopOn};

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let form = RunForm {
            q: "site:\"new york\" state:held".to_owned(),
            function: "inventory".to_owned(),
            wave: "10%".to_owned(),
            stop_on: String::new(),
            ..RunForm::default()
        };
        let href = form.href();
        let query: Vec<(String, String)> = href
            .strip_prefix("/runs/new?")
            .unwrap()
            .split('&')
            .map(|part| part.split_once('=').unwrap())
            .map(|(name, value)| {
                (name.to_owned(), value.replace('+', " ").replace("%22", "\"").replace("%25", "%"))
            })
            .collect();
        let get = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        assert_eq!(RunForm::read(get), form);
    }

    #[test]
    fn fields_become_a_plan() {
        let form = RunForm {
            function: "inventory".to_owned(),
            wave: "10%".to_owned(),
            pause: "5m".to_owned(),
            per_site: "3".to_owned(),
            ..RunForm::default()
        };
        let plan = form.plan().unwrap();
        assert_eq!((plan.canary, plan.wave, plan.pause_s), (1, Some(Size::Percent(10)), 300));
        assert_eq!((plan.stop_on, plan.at_once.per_site), (Some(StopOn::Failures(2)), Some(3)));
    }

    #[test]
    fn a_field_that_cannot_be_understood_is_named() {
        let wrong = |change: fn(&mut RunForm)| {
            let mut form = RunForm::default();
            change(&mut form);
            form.plan().unwrap_err()
        };
        assert!(wrong(|form| form.wave = "some".to_owned()).starts_with("A wave: write a number"));
        assert!(wrong(|form| form.pause = "soon".to_owned()).contains("`soon`"));
        assert!(wrong(|form| form.at_once = "0".to_owned()).contains("nothing would ever start"));
    }
}
