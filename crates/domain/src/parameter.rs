//! What a function asks for before it starts: the form is drawn from this, and what was filled in becomes its task.

use crate::function::{Function, Task};
use crate::id::CaptureId;
use crate::route::form::{FieldError, Filled};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Parameter {
    /// The task's field that it fills.
    pub name: String,
    pub label: String,
    #[serde(default)]
    pub help: String,
    /// An empty answer is refused. Where it is not, it means what the task does without this field.
    #[serde(default)]
    pub required: bool,
    pub answer: Answer,
}

/// How it is asked, and what may be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ParameterAnswer))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    Number {
        least: u64,
        most: u64,
        #[serde(default)]
        unit: String,
    },
    /// `lines`: several; `most`: bytes in all.
    Text {
        lines: bool,
        most: usize,
    },
    Choice {
        choices: Vec<Choice>,
    },
    Switch,
    /// One of the captures that are whole; the server fills in those that are in sight of whoever asks.
    Capture {
        #[serde(default)]
        choices: Vec<Choice>,
    },
    /// The machine's name has to be typed, for what cannot be undone.
    MachineName,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ParameterChoice))]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Parameter {
    pub fn number(name: &str, label: &str, least: u64, most: u64, unit: &str) -> Self {
        Self::new(name, label, Answer::Number { least, most, unit: unit.to_owned() })
    }

    pub fn text(name: &str, label: &str) -> Self {
        Self::new(name, label, Answer::Text { lines: false, most: 200 })
    }

    /// A text of several lines, like a script: 32 KiB at most.
    pub fn lines(name: &str, label: &str) -> Self {
        Self::new(name, label, Answer::Text { lines: true, most: 32 << 10 })
    }

    pub fn switch(name: &str, label: &str) -> Self {
        Self::new(name, label, Answer::Switch)
    }

    pub fn choice(name: &str, label: &str, choices: &[(&str, &str)]) -> Self {
        let choice =
            |(value, label): &(&str, &str)| Choice { value: (*value).to_owned(), label: (*label).to_owned() };
        Self::new(name, label, Answer::Choice { choices: choices.iter().map(choice).collect() })
    }

    pub fn capture(name: &str, label: &str) -> Self {
        Self::new(name, label, Answer::Capture { choices: vec![] })
    }

    pub fn machine_name(name: &str) -> Self {
        let label = "The machine's name, to be sure";
        Self::new(name, label, Answer::MachineName).required()
    }

    fn new(name: &str, label: &str, answer: Answer) -> Self {
        let (name, label) = (name.to_owned(), label.to_owned());
        Self { name, label, help: String::new(), required: false, answer }
    }

    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    #[must_use]
    pub fn help(self, help: &str) -> Self {
        Self { help: help.to_owned(), ..self }
    }

    /// Is this the name of a variable of a script, and not of a field of a task? Those are written small.
    pub fn is_variable(name: &str) -> bool {
        let letter = |c: char| c.is_ascii_uppercase() || c == '_';
        name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
    }

    /// What the form begins with: what the task has.
    pub fn begins_with(&self, task: &Task) -> String {
        let mut fields = serde_json::to_value(task).unwrap_or_default();
        if Self::is_variable(&self.name) {
            fields = fields["variables"].take();
        }
        match fields.get(&self.name) {
            _ if self.answer == Answer::MachineName => String::new(),
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            Some(other) => other.to_string(),
        }
    }

    /// The task's field, of what was typed.
    fn read(&self, typed: &str, machine: &str) -> Result<Value, String> {
        let typed = match self.answer {
            Answer::Text { lines: true, .. } => typed,
            _ => typed.trim(),
        };
        if typed.is_empty() && self.answer != Answer::MachineName {
            return if self.required { Err("it has to be filled in".to_owned()) } else { Ok(Value::Null) };
        }
        match &self.answer {
            Answer::Number { least, most, unit } => number(typed, *least, *most, unit),
            Answer::Text { most, .. } if typed.len() > *most => {
                Err(format!("it has {} bytes, and {most} at most are taken", typed.len()))
            }
            Answer::Text { .. } => Ok(typed.into()),
            Answer::Choice { choices } if choices.iter().any(|choice| choice.value == typed) => {
                Ok(typed.into())
            }
            Answer::Choice { .. } => Err(format!("`{typed}` is none of the choices")),
            // Whether it is whole is looked at when the job is made.
            Answer::Capture { .. } => match typed.parse::<CaptureId>() {
                Ok(id) => Ok(id.to_string().into()),
                Err(_) => Err(format!("`{typed}` is not the id of a capture")),
            },
            Answer::Switch => match typed {
                "yes" => Ok(true.into()),
                "no" => Ok(false.into()),
                _ => Err(format!("it is `yes` or `no`, not `{typed}`")),
            },
            Answer::MachineName if typed == machine => Ok(typed.into()),
            Answer::MachineName => Err(format!("this cannot be undone: type `{machine}`")),
        }
    }
}

fn number(typed: &str, least: u64, most: u64, unit: &str) -> Result<Value, String> {
    let of = if unit.is_empty() { String::new() } else { format!(" of {unit}") };
    let number = typed.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
    number
        .map(Value::from)
        .ok_or_else(|| format!("it is a whole number{of} from {least} to {most}, not `{typed}`"))
}

/// As a script finds it.
fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Function {
    /// Its task with what was filled in. What is not named stays as the function has it, but for a name that has to be
    /// typed, and for what has to be answered and of which the function itself has nothing.
    ///
    /// # Errors
    /// A word for each answer that is wrong.
    pub fn filled(&self, filled: &Filled, machine: &str) -> Result<Task, Vec<FieldError>> {
        let mut errors = self.unknown(filled);
        let mut fields = serde_json::to_value(&self.task).unwrap_or_default();
        for parameter in &self.parameters {
            let typed = match filled.get(&parameter.name) {
                Some(typed) => typed.as_str(),
                None if parameter.answer == Answer::MachineName => "",
                None if parameter.required && parameter.begins_with(&self.task).trim().is_empty() => "",
                None => continue,
            };
            match parameter.read(typed, machine) {
                Ok(value) if Parameter::is_variable(&parameter.name) => {
                    fields["variables"][&parameter.name] = written(&value).into();
                }
                Ok(value) => fields[&parameter.name] = value,
                Err(words) => errors.push(FieldError { field: parameter.name.clone(), words }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        serde_json::from_value(fields).map_err(|error| {
            let words = format!("the task does not take this: {error}");
            vec![FieldError { field: self.name.clone(), words }]
        })
    }

    fn unknown(&self, filled: &Filled) -> Vec<FieldError> {
        let known = |name: &String| self.parameters.iter().any(|parameter| parameter.name == *name);
        let words = || format!("{} asks for no such thing", self.title);
        filled
            .keys()
            .filter(|name| !known(name))
            .map(|name| FieldError { field: name.clone(), words: words() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending::Ending;
    use crate::function::{Limits, Risk};

    #[test]
    fn what_a_script_asks_for_stands_in_its_variables() {
        let task = |disk: &str, deep: &str| Task::Script {
            script: "true".to_owned(),
            limit_s: 60,
            variables: [("DISK", disk), ("DEEP", deep)].map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        };
        let parameters = vec![Parameter::text("DISK", "Disk").required(), Parameter::switch("DEEP", "Deep")];
        let function = Function { task: task("", ""), parameters, ..memory_test() };
        let filled =
            [("DISK", "/dev/sda"), ("DEEP", "yes")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        assert_eq!(function.filled(&filled, "oak"), Ok(task("/dev/sda", "yes")));
        assert!(function.filled(&[("DISK".to_owned(), String::new())].into(), "oak").is_err());
        assert_eq!(function.parameters[0].begins_with(&task("/dev/sdb", "")), "/dev/sdb");
        assert!(["disk", "", "1A", "A-B", "Ä"].iter().all(|name| !Parameter::is_variable(name)));
    }

    fn memory_test() -> Function {
        Function {
            name: "memory-test".to_owned(),
            title: "Memory test".to_owned(),
            description: String::new(),
            image: "pitstop-maintenance".to_owned(),
            task: Task::MemoryTest { mib: Some(64), passes: 3 },
            parameters: vec![
                Parameter::number("passes", "Passes", 1, 1000, "").required(),
                Parameter::number("mib", "Memory to test", 1, 1 << 30, "MiB"),
            ],
            least_role: None,
            missing: None,
            ending: Ending::by_agent(),
            limits: Limits::default(),
            risk: Risk::ReadsOnly,
            told: String::new(),
        }
    }

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_filled_in_becomes_the_task_and_the_rest_stays() {
        let function = memory_test();
        assert_eq!(function.filled(&filled(&[]), "pc-1"), Ok(function.task.clone()));
        let task = function.filled(&filled(&[("passes", " 2 "), ("mib", "")]), "pc-1");
        assert_eq!(task, Ok(Task::MemoryTest { mib: None, passes: 2 }));
    }

    #[test]
    fn a_form_begins_with_what_the_task_has() {
        let function = memory_test();
        let begins: Vec<_> =
            function.parameters.iter().map(|asked| asked.begins_with(&function.task)).collect();
        assert_eq!(begins, ["3", "64"]);
    }

    #[test]
    fn each_wrong_answer_gets_its_words_at_once() {
        let wrong = filled(&[("passes", ""), ("mib", "all"), ("colour", "red")]);
        let errors = memory_test().filled(&wrong, "pc-1").unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["colour", "passes", "mib"]);
        assert!(errors[2].words.contains("MiB") && errors[2].words.contains("`all`"));
    }

    #[test]
    fn what_cannot_be_undone_is_not_started_without_the_machines_name() {
        let asked = Parameter::machine_name("confirm");
        assert_eq!(asked.read("pc-1", "pc-1"), Ok("pc-1".into()));
        assert!(asked.read("", "pc-1").unwrap_err().contains("type `pc-1`"));
        let function = Function { parameters: vec![asked], ..memory_test() };
        assert!(function.filled(&filled(&[]), "pc-1").is_err());
    }

    #[test]
    fn what_has_to_be_answered_is_refused_when_it_is_not_named_at_all() {
        let task = Task::PasswordReset { user: String::new(), device: None };
        let user = Parameter::text("user", "Account").required();
        let function = Function { parameters: vec![user], task, ..memory_test() };
        let errors = function.filled(&filled(&[]), "pc-1").unwrap_err();
        assert_eq!((errors[0].field.as_str(), errors[0].words.as_str()), ("user", "it has to be filled in"));
        let task = Task::PasswordReset { user: "root".to_owned(), device: None };
        let function = Function { task: task.clone(), ..function };
        assert_eq!(function.filled(&filled(&[]), "pc-1"), Ok(task), "the function has an answer of its own");
    }

    #[test]
    fn choices_and_switches_take_their_words_only() {
        let choice = Parameter::choice("disk", "Disk", &[("first", "The first"), ("all", "All")]);
        assert_eq!(choice.read("all", ""), Ok("all".into()));
        assert!(choice.read("none", "").unwrap_err().contains("`none`"));
        assert_eq!(Parameter::switch("repair", "Repair").read("yes", ""), Ok(true.into()));
        assert!(Parameter::switch("repair", "Repair").read("on", "").is_err());
        let capture = Parameter::capture("capture", "Capture");
        let id = "0a0b0c0d-0000-4000-8000-000000000001";
        assert_eq!(capture.read(id, ""), Ok(id.into()));
        assert!(capture.read("the last one", "").unwrap_err().contains("`the last one`"));
        let long = Parameter::text("user", "User").read(&"a".repeat(201), "");
        assert!(long.unwrap_err().contains("200"));
    }
}
