//! A function of one's own as the fields of a form, and back.

use crate::Failure;
use pitstop_domain::ending::Ending;
use pitstop_domain::ending::form::{ROWS, Row};
use pitstop_domain::function::{Function, Limits, Risk, Task};
use pitstop_domain::parameter::{Answer, Choice, Parameter};
use pitstop_domain::people::Role;
use pitstop_domain::run::plan::seconds;
use std::collections::{BTreeMap, HashMap};

/// Questions that a form has room for.
pub(super) const QUESTIONS: usize = 5;
/// Of a text that is asked for, in bytes.
const LONGEST: usize = 4096;

pub(super) type Filled = HashMap<String, String>;

pub(super) fn text(filled: &Filled, name: &str) -> String {
    filled.get(name).map(|value| value.trim().to_owned()).unwrap_or_default()
}

/// What the form begins with.
pub(super) fn fields_of(function: &Function) -> Filled {
    let mut filled = Filled::new();
    let mut put = |name: &str, value: String| drop(filled.insert(name.to_owned(), value));
    put("name", function.name.clone());
    put("title", function.title.clone());
    put("description", function.description.clone());
    put("image", function.image.clone());
    put("told", function.told.clone());
    put("risk", word(&function.risk));
    put("least_role", function.least_role.map(|role| role.name().to_owned()).unwrap_or_default());
    if let Task::Script { script, limit_s, .. } = &function.task {
        put("script", script.clone());
        put("limit", format!("{limit_s}s"));
    }
    for (n, parameter) in function.parameters.iter().enumerate() {
        put(&format!("ask{n}_name"), parameter.name.clone());
        put(&format!("ask{n}_label"), parameter.label.clone());
        put(&format!("ask{n}_help"), parameter.help.clone());
        let (kind, choices) = match &parameter.answer {
            Answer::Number { .. } => ("number", String::new()),
            Answer::Choice { choices } => {
                ("choice", choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>().join(", "))
            }
            Answer::Switch => ("switch", String::new()),
            _ => ("text", String::new()),
        };
        put(&format!("ask{n}_kind"), kind.to_owned());
        put(&format!("ask{n}_choices"), choices);
        if parameter.required {
            put(&format!("ask{n}_required"), "on".to_owned());
        }
    }
    for (n, row) in function.ending.rows().unwrap_or_default().into_iter().enumerate() {
        put(&format!("end{n}_when"), row.when);
        put(&format!("end{n}_value"), row.value);
        put(&format!("end{n}_and"), row.and_when);
        put(&format!("end{n}_and_value"), row.and_value);
        put(&format!("end{n}_outcome"), row.outcome);
    }
    filled
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The function that was filled in.
pub(super) fn function_of(filled: &Filled) -> Result<Function, Failure> {
    let refused = |why: String| Failure::Refused(why);
    let name = text(filled, "name");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(plain) || name == "new" {
        return Err(refused(
            "Write a name of small letters, digits and hyphens, 40 at most: it stands in addresses."
                .to_owned(),
        ));
    }
    let (title, script) = (text(filled, "title"), text(filled, "script").replace("\r\n", "\n"));
    if title.is_empty() || script.is_empty() {
        return Err(refused("A function needs a title and a script.".to_owned()));
    }
    let image = text(filled, "image");
    if image.is_empty() {
        return Err(refused(
            "A function needs an image with our agent in it, and there is none to choose yet: add one first."
                .to_owned(),
        ));
    }
    let limit = text(filled, "limit");
    let limit_s = seconds(if limit.is_empty() { "10m" } else { &limit })
        .map_err(|why| refused(format!("The script's time: {why}.")))?;
    let risk = serde_json::from_value(text(filled, "risk").into()).unwrap_or(Risk::Destroys);
    let rows: Vec<_> = (0..ROWS).map(|n| row(filled, n)).collect();
    let ending = Ending::of_rows(&rows).map_err(|(n, why)| refused(format!("Ending {}: {why}.", n + 1)))?;
    let parameters = (0..QUESTIONS)
        .filter_map(|n| parameter(filled, n))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    let variables: BTreeMap<_, _> =
        parameters.iter().map(|parameter| (parameter.name.clone(), String::new())).collect();
    if variables.len() < parameters.len() {
        return Err(refused("Two questions have the same variable.".to_owned()));
    }
    Ok(Function {
        name,
        title,
        description: text(filled, "description"),
        image,
        task: Task::Script { script, limit_s, variables },
        parameters,
        least_role: text(filled, "least_role").parse::<Role>().ok(),
        missing: None,
        ending,
        // The script has its own time; the machine stays a while longer, so that its end is heard.
        limits: Limits { run_s: limit_s.saturating_add(30 * 60), ..Limits::default() },
        risk,
        told: text(filled, "told"),
    })
}

fn row(filled: &Filled, n: usize) -> Row {
    let of = |name: &str| text(filled, &format!("end{n}_{name}"));
    Row {
        when: of("when"),
        value: of("value"),
        and_when: of("and"),
        and_value: of("and_value"),
        outcome: of("outcome"),
    }
}

fn parameter(filled: &Filled, n: usize) -> Option<Result<Parameter, String>> {
    let of = |name: &str| text(filled, &format!("ask{n}_{name}"));
    let (name, label) = (of("name"), of("label"));
    if name.is_empty() && label.is_empty() {
        return None;
    }
    if !Parameter::is_variable(&name) {
        return Some(Err(format!(
            "Question {}: its variable is written in capital letters, digits and underlines, like DISK.",
            n + 1
        )));
    }
    let choices: Vec<_> =
        of("choices").split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    let answer = match of("kind").as_str() {
        "number" => Answer::Number { least: 0, most: 1 << 40, unit: String::new() },
        "switch" => Answer::Switch,
        "choice" if choices.len() < 2 => {
            return Some(Err(format!("Question {}: write its choices, parted by commas.", n + 1)));
        }
        "choice" => Answer::Choice {
            choices: choices.into_iter().map(|word| Choice { value: word.clone(), label: word }).collect(),
        },
        _ => Answer::Text { lines: false, most: LONGEST },
    };
    let required = filled.contains_key(&format!("ask{n}_required"));
    let label = if label.is_empty() { name.clone() } else { label };
    Some(Ok(Parameter { name, label, help: of("help"), required, answer }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_function_is_the_same_after_its_form() {
        let form = filled(&[
            ("name", "count-files"),
            ("title", "Count files"),
            ("script", "find $FOLDER | wc -l\r\nexit 0"),
            ("image", "pitstop-toolbox"),
            ("risk", "reads_only"),
            ("least_role", "operator"),
            ("limit", "5m"),
            ("ask0_name", "FOLDER"),
            ("ask0_label", "Folder"),
            ("ask0_kind", "choice"),
            ("ask0_choices", "/home, /srv"),
            ("end0_when", "agent_reports"),
            ("end0_outcome", "as_reported"),
            ("end1_when", "log_contains"),
            ("end1_value", "PANIC"),
            ("end1_and", "quiet"),
            ("end1_and_value", "60s"),
            ("end1_outcome", "failed"),
        ]);
        let function = function_of(&form).unwrap();
        assert_eq!(function_of(&fields_of(&function)).unwrap(), function);
        let Task::Script { script, limit_s, .. } = &function.task else { panic!() };
        assert_eq!((script.as_str(), *limit_s), ("find $FOLDER | wc -l\nexit 0", 300));
        assert_eq!(function.least_role, Some(Role::Operator));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = [
            ("name", "a"),
            ("title", "A"),
            ("script", "true"),
            ("image", "pitstop-toolbox"),
            ("end0_when", "agent_reports"),
            ("end0_outcome", "as_reported"),
        ];
        assert!(function_of(&filled(&good)).is_ok());
        for (name, value, word) in [
            ("name", "A b", "small letters"),
            ("script", " ", "a script"),
            ("limit", "soon", "time like"),
            ("image", "", "add one first"),
            ("end0_when", "", "choose one"),
            ("ask0_name", "path to", "capital letters"),
        ] {
            let mut form = filled(&good);
            form.insert(name.to_owned(), value.to_owned());
            let refused = function_of(&form).unwrap_err().to_string();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
