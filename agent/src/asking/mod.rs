//! Asks whoever is at the machine whether now is a good time, beside the heartbeats, and tells the server what became of it.
//!
//! - [`desk`]: who is there, and by which program they can be asked
//! - [`dialog`]: a window on the screen; [`terminal`]: words in terminals, and a file for the answer

#[cfg(target_os = "linux")]
pub mod desk;
#[cfg(target_os = "linux")]
mod dialog;
#[cfg(target_os = "linux")]
mod terminal;

use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::console::say;
use pitstop_domain::ask::{Answer, Told};
use pitstop_domain::id::{BootId, JobId, MachineId};
use pitstop_domain::wire::{Question, QuestionReply};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tries to deliver a word: with waits of 1 to 8 s about half a minute. What is lost is asked or told again, since the
/// server sends the question until it knows that it is shown.
const TRIES: u32 = 6;

/// Puts a question before somebody. Returns when it is answered, or its time is up.
pub trait Asker: Send + Sync {
    /// `shown` is called once the question stands before somebody.
    fn ask(&self, question: &Question, shown: &mut dyn FnMut()) -> Heard;
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Told(Told),
    /// Nobody said anything: the server knows what that means.
    Nothing,
}

impl Heard {
    pub fn cannot(why: impl Into<String>) -> Self {
        Self::Told(Told::Answered(Answer::Cannot(why.into())))
    }
}

/// The questions of this boot: each stands before people once, however often the server sends it.
#[derive(Clone)]
pub struct Asking {
    asker: Arc<dyn Asker>,
    /// The one that stands before somebody.
    stands: Arc<Mutex<Option<(JobId, u32)>>>,
}

/// By whom, to whom.
pub struct Link {
    pub client: Client,
    pub machine: MachineId,
    pub boot_id: BootId,
}

impl Asking {
    pub fn new(asker: Arc<dyn Asker>) -> Self {
        Self { asker, stands: Arc::default() }
    }

    /// Shows it, if it does not stand there yet. Does not wait for the answer.
    pub fn put(&self, question: Question, link: Link) {
        let this = (question.job, question.round);
        {
            let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
            match *stands {
                // Its first word may have been lost.
                Some(known) if known == this => {
                    drop(stands);
                    return tell(&link, &question, Told::Shown);
                }
                // One that is over for the server ends by its own countdown; then this one comes again.
                Some(_) => return,
                None => *stands = Some(this),
            }
        }
        let own = self.clone();
        let asked = std::thread::Builder::new().name("asking".to_owned());
        if let Err(error) = asked.spawn(move || own.run(&question, &link)) {
            say(format_args!("nobody can be asked: {error}"));
            *self.stands.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn run(&self, question: &Question, link: &Link) {
        let heard = self.asker.ask(question, &mut || tell(link, question, Told::Shown));
        say(format_args!("asked whether now is a good time: {heard:?}"));
        if let Heard::Told(told) = heard {
            tell(link, question, told);
        }
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn tell(link: &Link, question: &Question, told: Told) {
    let reply =
        QuestionReply { machine: link.machine, boot_id: link.boot_id.clone(), round: question.round, told };
    let path = format!("/agent/v1/questions/{}", question.job);
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));
    for _ in 0..TRIES {
        match link.client.tell(&path, &reply) {
            Ok(()) => return,
            Err(error) if CallError::is_final(&error) => {
                return say(format_args!("the server does not want the answer any more: {error}"));
            }
            Err(_) => std::thread::sleep(backoff.failed()),
        }
    }
    say("the server could not be told what was answered");
}
