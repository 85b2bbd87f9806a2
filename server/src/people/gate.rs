//! The gate before the store: whoever wants something names a right and what it is used on, and only then is handed the
//! store. What acts is written down before it is done.

use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::people::{Kind, Refusal, Right, Scope, Subject, Who};
use pitstop_store::people::audit::Entry;
use pitstop_store::people::places::Place;
use pitstop_store::{Error, Store};
use serde_json::Value;

/// One person before the store.
#[derive(Clone)]
pub struct Gate {
    store: Store,
    who: Who,
    came_from: String,
}

/// What a right is used on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// What belongs to no machine.
    Installation,
    /// A list: whoever asks for it filters it by [`Gate::scopes`].
    Somewhere,
    Machine(MachineId),
    Job(JobId),
    Alarm(i64),
    /// To see it, one of its machines is enough; to touch it, it takes all.
    Run(RunId),
}

/// Something that is about to be done.
#[derive(Clone, Debug)]
pub struct Deed {
    pub right: Right,
    pub on: On,
    /// In words, for the audit.
    pub what: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Deed {
    pub fn new(right: Right, on: On, what: impl Into<String>) -> Self {
        Self { right, on, what: what.into(), before: None, after: None }
    }

    /// What it was, and what it becomes.
    pub fn changes(self, before: Value, after: Value) -> Self {
        Self { before: Some(before), after: Some(after), ..self }
    }
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    NotAllowed(String),
    #[error(transparent)]
    Store(#[from] Error),
}

type Result<T> = std::result::Result<T, Fault>;

impl Gate {
    pub fn new(store: Store, who: Who, came_from: String) -> Self {
        Self { store, who, came_from }
    }

    pub fn who(&self) -> &Who {
        &self.who
    }

    /// The address that the request came from.
    pub fn came_from(&self) -> &str {
        &self.came_from
    }

    pub fn now(&self) -> Time {
        self.store.now()
    }

    /// The parts of the fleet that this person sees; `None`: all of it.
    pub fn scopes(&self) -> Option<Vec<Scope>> {
        self.who.scopes(Right::See)
    }

    /// The store, to read from.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`], or that there is no such thing where it is out of sight.
    pub async fn read(&self, right: Right, on: On) -> Result<&Store> {
        self.decide(right, on).await?;
        Ok(&self.store)
    }

    /// Does it, where it is allowed. It is written down first; what then was not done is written down, too.
    ///
    /// # Errors
    /// As [`Gate::read`], and what the work itself says.
    pub async fn act<'a, T, F>(&'a self, deed: Deed, work: impl FnOnce(&'a Store) -> F + Send) -> Result<T>
    where
        F: Future<Output = pitstop_store::Result<T>> + Send,
    {
        let decided = self.decide(deed.right, deed.on).await;
        let (machine, refused) = match decided {
            Ok(place) => (place, None),
            // Nothing to write down about what there is not.
            Err(Fault::Store(error)) if !matches!(error, Error::NotFound(_)) => return Err(error.into()),
            Err(refused) => (None, Some(refused)),
        };
        let row = self.store.record(&self.entry(&deed, machine)).await?;
        let done = match refused {
            Some(refused) => Err(refused),
            None => work(&self.store).await.map_err(Fault::from),
        };
        if let Err(why) = &done {
            self.store.record_not_done(row, &why.to_string()).await?;
        }
        done
    }

    /// What is written down about something that is done in one transaction with that.
    pub fn entry_of(&self, act: &str, what: impl Into<String>) -> Entry {
        Entry {
            person: self.who.id,
            who: self.who.to_string(),
            came_from: self.came_from.clone(),
            act: act.to_owned(),
            what: what.into(),
            ..Entry::default()
        }
    }

    fn entry(&self, deed: &Deed, machine: Option<Place>) -> Entry {
        Entry {
            machine: machine.map(|place| (place.machine, place.name)),
            before: deed.before.clone(),
            after: deed.after.clone(),
            ..self.entry_of(deed.right.name(), deed.what.clone())
        }
    }

    /// The one machine that it is about, where it is about one.
    async fn decide(&self, right: Right, on: On) -> Result<Option<Place>> {
        let (place, what) = match on {
            On::Installation => return self.may(right, &Subject::Installation, "thing").map(|()| None),
            On::Somewhere => return self.may(right, &Subject::Somewhere, "thing").map(|()| None),
            On::Run(id) => return self.decide_run(right, id).await.map(|()| None),
            On::Machine(id) => (self.store.place_of_machine(id).await?, "machine"),
            On::Job(id) => (self.store.place_of_job(id).await?, "job"),
            On::Alarm(id) => (self.store.place_of_alarm(id).await?, "alarm"),
        };
        let place = place.ok_or(Error::NotFound(what))?;
        // The link of a call was looked at before, and opens the answer to that call.
        if self.who.kind == Kind::Link && right == Right::Press {
            return Ok(Some(place));
        }
        self.may(right, &subject(&place), what)?;
        Ok(Some(place))
    }

    async fn decide_run(&self, right: Right, id: RunId) -> Result<()> {
        if self.who.scopes(right).is_none() {
            return Ok(());
        }
        let places = self.store.places_of_run(id).await?;
        if !places.iter().any(|place| self.who.may(Right::See, &subject(place)).is_ok()) {
            return Err(Error::NotFound("run").into());
        }
        let untouchable = places.iter().filter(|place| self.who.may(right, &subject(place)).is_err()).count();
        if right == Right::See || untouchable == 0 {
            return Ok(());
        }
        self.may(right, &Subject::Somewhere, "run")?;
        Err(Fault::NotAllowed(format!(
            "You may not {}: {untouchable} of this run's machines are not yours to touch.",
            right.words()
        )))
    }

    fn may(&self, right: Right, subject: &Subject, what: &'static str) -> Result<()> {
        match self.who.may(right, subject) {
            Ok(()) => Ok(()),
            Err(Refusal::OutOfSight) => Err(Error::NotFound(what).into()),
            Err(Refusal::NotAllowed(words)) => Err(Fault::NotAllowed(words)),
        }
    }
}

fn subject(place: &Place) -> Subject {
    Subject::Machine { site: place.site.clone(), labels: place.labels.clone() }
}
