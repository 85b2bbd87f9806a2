//! Reading a line.

use super::near::nearest;
use super::words::{Value, Word, split, values};
use super::{How, Key, Pattern, Query, QueryError, Term, Want, When};
use crate::machine::{Arch, Firmware};
use crate::state::MachineState;

pub(super) fn parse(text: &str) -> Result<Query, Vec<QueryError>> {
    let (mut terms, mut errors) = (Vec::new(), Vec::new());
    for word in split(text) {
        match term(&word) {
            Ok(term) => terms.push(term),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(Query { terms }) } else { Err(errors) }
}

fn term(word: &Word) -> Result<Term, QueryError> {
    let (not, bare) = match word.text.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, word.text.as_str()),
    };
    let want = match keyed(bare) {
        None => text(bare),
        Some((key, sign, rest)) => Part { word, not, key, sign, rest }.want(),
    };
    Ok(Term { not, want: want.map_err(|fault| fault.of(word))?, word: word.text.clone() })
}

fn text(bare: &str) -> Result<Want, Fault> {
    let text = bare.replace('"', "").trim().to_ascii_lowercase();
    if text.is_empty() {
        Err(Fault::new("there is nothing between the quotes"))
    } else {
        Ok(Want::Text(text))
    }
}

/// The key, the sign and the rest of a word that has a key. A MAC address has colons too, and is text.
fn keyed(bare: &str) -> Option<(&str, char, &str)> {
    let at = bare.find([':', '=', '<', '>', '"']).filter(|at| *at > 0)?;
    let sign = bare[at..].chars().next()?;
    let key = &bare[..at];
    let letters = key.bytes().all(|b| b.is_ascii_alphabetic());
    let mac = bare.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'-'));
    (sign != '"' && letters && !mac).then(|| (key, sign, &bare[at + 1..]))
}

/// What is wrong, before it is known of which word.
struct Fault {
    why: String,
    instead: Option<String>,
}

impl Fault {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), instead: None }
    }

    fn of(self, word: &Word) -> QueryError {
        QueryError { word: word.text.clone(), at: word.at, why: self.why, instead: self.instead }
    }
}

struct Part<'a> {
    word: &'a Word,
    not: bool,
    key: &'a str,
    sign: char,
    rest: &'a str,
}

impl Part<'_> {
    fn want(&self) -> Result<Want, Fault> {
        let key = Key::of(self.key).ok_or_else(|| self.unknown_key())?;
        if key == Key::Seen {
            return self.seen();
        }
        if key == Key::Health {
            return self.health();
        }
        if matches!(self.sign, '<' | '>') {
            let why = format!(
                "only `seen` and `health` can be compared, like {} and {}; write {}",
                Key::Seen.example(),
                Key::Health.example(),
                key.example()
            );
            return Err(Fault::new(why));
        }
        let values = self.values(key)?;
        match key {
            Key::State => self.choices(&values, &MachineState::ALL, MachineState::name).map(Want::State),
            Key::Arch => self.choices(&values, &[Arch::X86_64, Arch::Aarch64], arch).map(Want::Arch),
            Key::Firmware => {
                self.choices(&values, &[Firmware::Bios, Firmware::Uefi], firmware).map(Want::Firmware)
            }
            Key::Mac => mac(&values).map(|patterns| Want::Field(key, patterns)),
            key => Ok(Want::Field(key, values.iter().map(|value| self.pattern(key, value)).collect())),
        }
    }

    fn unknown_key(&self) -> Fault {
        let near = nearest(self.key, Key::ALL.map(Key::name));
        let instead = near.map(|near| self.rewritten(near, self.rest));
        let known = Key::ALL.map(Key::name).join(", ");
        let why =
            format!("there is no key `{}`. Known are {known}; text with a colon is put in quotes", self.key);
        Fault { why, instead }
    }

    fn values(&self, key: Key) -> Result<Vec<Value>, Fault> {
        let values = values(self.rest);
        match values.iter().any(|value| value.text.trim().is_empty()) {
            true => Err(Fault::new(format!(
                "a value is missing behind `{}{}`: like {}",
                key.name(),
                self.sign,
                key.example()
            ))),
            false => Ok(values),
        }
    }

    fn pattern(&self, key: Key, value: &Value) -> Pattern {
        let stars = value.text.contains('*') && !value.quoted;
        match stars {
            true => Pattern::stars(&value.text),
            false if self.sign == '=' || key.is_whole() => Pattern::whole(&value.text),
            false => Pattern::part(&value.text),
        }
    }

    fn choices<T: Copy>(
        &self,
        values: &[Value],
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Vec<T>, Fault> {
        let choice = |value: &Value| {
            let found = all.iter().find(|choice| name(**choice).eq_ignore_ascii_case(&value.text));
            found.copied().ok_or_else(|| {
                let near = nearest(&value.text, all.iter().map(|choice| name(*choice)));
                let known: Vec<_> = all.iter().map(|choice| name(*choice)).collect();
                Fault {
                    why: format!("there is no {} `{}`. Known are {}", self.key, value.text, known.join(", ")),
                    instead: near
                        .map(|near| self.rewritten(self.key, &self.rest.replacen(&value.text, near, 1))),
                }
            })
        };
        values.iter().map(choice).collect()
    }

    fn seen(&self) -> Result<Want, Fault> {
        let wrong = |instead: Option<&str>| {
            Fault {
            why: "write how long ago a machine was seen, like seen<1h (within the hour), seen>7d (longer ago, or \
                  never) or seen:never; s, m, h, d and w are units"
                .to_owned(),
            instead: instead.map(|word| self.sign_of(word)),
        }
        };
        let is_never = self.rest.eq_ignore_ascii_case("never");
        match (self.sign, duration(self.rest)) {
            (':' | '=', _) if is_never => Ok(Want::Seen(When::Never)),
            ('<', Some(seconds)) => Ok(Want::Seen(When::Within(seconds))),
            ('>', Some(seconds)) => Ok(Want::Seen(When::Before(seconds))),
            (':' | '=', Some(_)) => Err(wrong(Some(&format!("seen<{}", self.rest)))),
            _ => Err(wrong(None)),
        }
    }

    fn health(&self) -> Result<Want, Fault> {
        let score = self.rest.parse::<u8>().ok().filter(|score| *score <= 100);
        match (self.sign, score) {
            (':' | '=', _) if self.rest.eq_ignore_ascii_case("none") => Ok(Want::Health(How::Unknown)),
            ('<', Some(score)) => Ok(Want::Health(How::Below(score))),
            ('>', Some(score)) => Ok(Want::Health(How::Above(score))),
            _ => Err(Fault {
                why: "write how healthy a machine is, from 0 to 100, like health<60 (worse), health>80 (better) or health:none \
                      (not known, which is neither)"
                    .to_owned(),
                instead: score.map(|score| self.sign_of(&format!("health<{score}"))),
            }),
        }
    }

    fn rewritten(&self, key: &str, rest: &str) -> String {
        self.sign_of(&format!("{key}{}{rest}", self.sign))
    }

    fn sign_of(&self, word: &str) -> String {
        debug_assert!(!self.word.text.is_empty(), "words are not empty");
        format!("{}{word}", if self.not { "-" } else { "" })
    }
}

fn arch(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86-64",
        Arch::Aarch64 => "arm64",
    }
}

fn firmware(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Bios => "bios",
        Firmware::Uefi => "uefi",
    }
}

fn mac(values: &[Value]) -> Result<Vec<Pattern>, Fault> {
    let pattern = |value: &Value| {
        let fits = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '-' | '.' | '*');
        if !value.text.chars().all(fits) || !value.text.contains(|c: char| c.is_ascii_hexdigit() || c == '*')
        {
            return Err(Fault::new(format!(
                "`{}` is no part of a MAC address: write digits, like {}",
                value.text,
                Key::Mac.example()
            )));
        }
        let stars = value.text.contains('*');
        let pattern = if stars { Pattern::stars(&value.text) } else { Pattern::part(&value.text) };
        Ok(pattern.keep(|c| c.is_ascii_hexdigit()))
    };
    values.iter().map(pattern).collect()
}

/// Seconds of `90s`, `5m`, `1h`, `7d`, `2w`.
fn duration(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().ok().filter(|n| *n >= 0)?;
    let seconds = match unit.to_ascii_lowercase() {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    // A hundred years are enough, and no date overflows.
    number.checked_mul(seconds).filter(|seconds| *seconds <= 100 * 366 * 86_400)
}
