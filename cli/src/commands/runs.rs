//! Runs: the list, one, what can be done to it, and following it.

use super::{Context, print, remark};
use crate::args::{Patience, RunAct};
use crate::exit::{Exit, of_run};
use crate::fault::Fault;
use crate::shape::{RunStory, Runs};
use crate::show::runs as show;
use pitstop_domain::id::RunId;
use serde_json::json;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// As often as people look.
const EVERY: Duration = Duration::from_secs(1);

pub fn list(context: &Context, open: bool) -> Result<Exit, Fault> {
    let answer = context.client.get(&format!("runs?open={open}"))?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let runs: Runs = context.understood(&answer)?;
    match runs.rows.as_slice() {
        [] => remark("no such runs: `pitstop run FUNCTION --site SITE` starts one"),
        rows => print(&show::list(rows, &context.look()))?,
    }
    Ok(Exit::Done)
}

pub fn one(context: &Context, id: RunId) -> Result<Exit, Fault> {
    let answer = context.client.get(&format!("runs/{id}"))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        print(&show::one(&context.understood(&answer)?, &context.look()))?;
    }
    Ok(Exit::Done)
}

pub fn act(context: &Context, act: RunAct) -> Result<Exit, Fault> {
    let (id, what, body, said) = match act {
        RunAct::Watch { id, patience } => return watch(context, id, patience),
        RunAct::Pause { id } => (id, "pause", json!({}), "nobody new is started; jobs under way go on"),
        RunAct::Resume { id } => {
            (id, "resume", json!({}), "it goes on; what failed until now no longer counts")
        }
        RunAct::Cancel { id, jobs: false } => {
            (id, "cancel", json!({}), "nobody is started any more; jobs under way go on to their end")
        }
        RunAct::Cancel { id, jobs: true } => (
            id,
            "cancel",
            json!({ "jobs": true }),
            "nobody is started any more; the machines under way are returned",
        ),
    };
    let answer = context.client.post(&format!("runs/{id}/{what}"), &body)?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        remark(said);
    }
    Ok(Exit::Done)
}

/// Tells each move once, and how far it is whenever that changed, until the run is over.
pub fn watch(context: &Context, id: RunId, patience: Patience) -> Result<Exit, Fault> {
    let mut told = Told::default();
    let mut answered = Instant::now();
    loop {
        match context.client.get(&format!("runs/{id}")) {
            Ok(answer) => {
                answered = Instant::now();
                let story: RunStory = context.understood(&answer)?;
                if context.json {
                    let answer = answer.to_string();
                    if told.last != answer {
                        print(&format!("{answer}\n"))?;
                        told.last = answer;
                    }
                } else {
                    print(&told.news(&story, context))?;
                }
                if story.run.over_at.is_some() {
                    return Ok(of_run(&story.run.state, &story.tally));
                }
            }
            Err(fault) if fault.may_pass() && answered.elapsed().as_secs() < patience.seconds => {}
            Err(fault) => return Err(fault),
        }
        sleep(EVERY);
    }
}

/// Knows what was told already.
#[derive(Default)]
struct Told {
    moves: usize,
    last: String,
}

impl Told {
    fn news(&mut self, story: &RunStory, context: &Context) -> String {
        let look = context.look();
        let mut text = String::new();
        for line in story.history.iter().skip(self.moves) {
            text += &format!("{}  {}: {}\n", look.stamp(line.at), line.state, line.reason);
        }
        self.moves = story.history.len();
        let waits = story.waiting.as_ref().map(|waiting| format!("; waits for {}", waiting.awaits));
        let now = format!("{}{}", show::tally(&story.tally), waits.unwrap_or_default());
        if self.last != now {
            text += &format!("{}  {now}\n", look.stamp(look.now));
            self.last = now;
        }
        text
    }
}
