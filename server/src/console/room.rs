//! Where a machine and the people at its console meet.

use super::recording::Recording;
use axum::extract::ws::Message;
use pitstop_domain::wire::ConsoleSays;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use uuid::Uuid;

/// What somebody sees who comes later, in bytes: some screens.
const SCREEN: usize = 128 << 10;
/// Messages that a slow browser may lag behind. Beyond that it is let go, and comes again.
const LAG: usize = 512;
/// Messages on their way to the machine.
const TYPED: usize = 64;

/// A room.
pub struct Room {
    pub id: Uuid,
    state: Mutex<State>,
}

struct State {
    screen: VecDeque<u8>,
    machine: Option<mpsc::Sender<ToMachine>>,
    people: BTreeMap<u64, Person>,
    came: u64,
    /// Who typed last.
    typist: Option<String>,
    /// Rows and columns.
    size: Option<(u16, u16)>,
    recording: Recording,
    over: bool,
}

struct Person {
    name: String,
    told: mpsc::Sender<Message>,
}

/// What goes to the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum ToMachine {
    Typed(Vec<u8>),
    Says(ConsoleSays),
}

/// What browsers are told beside what the terminal writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tells {
    /// Who is there, and who typed last.
    People { names: Vec<String>, typist: Option<String> },
    /// How large the terminal is, for all.
    Size { rows: u16, cols: u16 },
    /// Whether the machine is there.
    Machine { there: bool },
    /// Nothing comes any more.
    Over { why: String },
}

impl Tells {
    pub fn message(&self) -> Message {
        Message::Text(serde_json::to_string(self).unwrap_or_default().into())
    }
}

impl Room {
    pub fn new(id: Uuid, recording: Recording) -> Self {
        let state = State {
            screen: VecDeque::new(),
            machine: None,
            people: BTreeMap::new(),
            came: 0,
            typist: None,
            size: None,
            recording,
            over: false,
        };
        Self { id, state: Mutex::new(state) }
    }

    /// Somebody comes: gives what they are told, beginning with what is on the screen.
    pub fn join(&self, name: &str) -> (u64, mpsc::Receiver<Message>) {
        let mut state = self.state();
        let (told, tells) = mpsc::channel(LAG);
        state.came += 1;
        let id = state.came;
        let first = [
            state.size.map(|(rows, cols)| Tells::Size { rows, cols }.message()),
            Some(Message::Binary(state.screen.iter().copied().collect::<Vec<_>>().into())),
            Some(Tells::Machine { there: state.machine.is_some() }.message()),
        ];
        for message in first.into_iter().flatten() {
            // It is empty yet.
            let _ = told.try_send(message);
        }
        state.people.insert(id, Person { name: name.to_owned(), told });
        state.tell_people();
        (id, tells)
    }

    pub fn leave(&self, id: u64) {
        let mut state = self.state();
        state.people.remove(&id);
        state.tell_people();
    }

    /// Somebody types; gives the way to the machine, while it is there.
    pub fn types(&self, id: u64) -> Option<mpsc::Sender<ToMachine>> {
        let mut state = self.state();
        let name = state.people.get(&id)?.name.clone();
        if state.typist.as_ref() != Some(&name) {
            state.recording.marked(&format!("{name} types"));
            state.typist = Some(name);
            state.tell_people();
        }
        state.machine.clone()
    }

    /// Somebody's window has another size: it becomes that of all.
    pub fn resize(&self, rows: u16, cols: u16) {
        let mut state = self.state();
        if state.size == Some((rows, cols)) {
            return;
        }
        state.size = Some((rows, cols));
        state.recording.resized(rows, cols);
        if let Some(machine) = &state.machine {
            // One that does not take it now is told the next one.
            let _ = machine.try_send(ToMachine::Says(ConsoleSays::Size { rows, cols }));
        }
        state.tell(&Tells::Size { rows, cols }.message());
    }

    /// The machine comes; one that was there is let go. Gives what goes to it.
    pub fn machine_came(&self) -> mpsc::Receiver<ToMachine> {
        let (sender, receiver) = mpsc::channel(TYPED);
        let mut state = self.state();
        if let Some((rows, cols)) = state.size {
            let _ = sender.try_send(ToMachine::Says(ConsoleSays::Size { rows, cols }));
        }
        state.machine = Some(sender);
        state.tell(&Tells::Machine { there: true }.message());
        receiver
    }

    /// Its line broke. `to_it`: what went to this one; another may have come meanwhile.
    pub fn machine_left(&self, to_it: &mpsc::Receiver<ToMachine>) {
        let mut state = self.state();
        if to_it.is_closed() || state.machine.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return;
        }
        state.machine = None;
        state.tell(&Tells::Machine { there: false }.message());
    }

    pub fn has_machine(&self) -> bool {
        self.state().machine.as_ref().is_some_and(|machine| !machine.is_closed())
    }

    /// The terminal wrote.
    pub fn wrote(&self, bytes: Vec<u8>) {
        let mut state = self.state();
        state.recording.wrote(&bytes);
        state.screen.extend(&bytes);
        state.cut();
        state.tell(&Message::Binary(bytes.into()));
    }

    /// What was recorded is on the disk.
    pub fn flush(&self) {
        self.state().recording.flush();
    }

    /// Nothing comes any more; gives the size of the recording.
    pub fn end(&self, why: &str) -> u64 {
        let mut state = self.state();
        state.over = true;
        state.machine = None;
        state.tell(&Tells::Over { why: why.to_owned() }.message());
        state.people.clear();
        state.recording.flush()
    }

    pub fn is_over(&self) -> bool {
        self.state().over
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, message: &Message) {
        self.people.retain(|_, person| person.told.try_send(message.clone()).is_ok());
    }

    fn tell_people(&mut self) {
        let mut names: Vec<_> = self.people.values().map(|person| person.name.clone()).collect();
        names.dedup();
        let tells = Tells::People { names, typist: self.typist.clone() };
        self.tell(&tells.message());
    }

    /// Of what was on the screen long ago, whole lines go first: a sequence that is cut would be shown as letters.
    fn cut(&mut self) {
        let over = self.screen.len().saturating_sub(SCREEN);
        if over == 0 {
            return;
        }
        let line = self.screen.iter().skip(over).position(|byte| *byte == b'\n').map_or(0, |n| n + 1);
        self.screen.drain(..over + line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::Time;

    fn room() -> (Room, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::begin(&folder.path().join("a.cast"), "t", Time::UNIX_EPOCH).unwrap();
        (Room::new(Uuid::nil(), recording), folder)
    }

    fn all(tells: &mut mpsc::Receiver<Message>) -> Vec<Message> {
        std::iter::from_fn(|| tells.try_recv().ok()).collect()
    }

    fn texts(tells: &mut mpsc::Receiver<Message>) -> String {
        let text = |message| match message {
            Message::Text(text) => text.to_string(),
            Message::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        all(tells).into_iter().map(text).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn whoever_comes_later_sees_what_is_on_the_screen_and_who_types() {
        let (room, _folder) = room();
        let (ada, _ada_told) = room.join("ada");
        let _machine = room.machine_came();
        room.wrote(b"~ # ".to_vec());
        assert!(room.types(ada).is_some());
        let (_, mut told) = room.join("ben");
        let told = texts(&mut told);
        assert!(told.contains("~ # ") && told.contains(r#""there":true"#), "{told}");
        assert!(told.contains(r#""names":["ada","ben"],"typist":"ada""#), "{told}");
    }

    #[test]
    fn a_browser_that_does_not_read_is_let_go_and_holds_nobody_up() {
        let (room, _folder) = room();
        let (_, slow) = room.join("ada");
        for _ in 0..=LAG {
            room.wrote(b"y\n".to_vec());
        }
        let (_, mut told) = room.join("ben");
        assert!(texts(&mut told).contains(r#""names":["ben"]"#));
        assert!(slow.is_closed());
    }

    #[test]
    fn of_a_long_screen_the_last_lines_are_kept_whole() {
        let (room, _folder) = room();
        for n in 0..40_000 {
            room.wrote(format!("line {n}\r\n").into_bytes());
        }
        let (_, mut told) = room.join("ada");
        let Some(Message::Binary(screen)) = all(&mut told).into_iter().next() else { panic!() };
        let text = String::from_utf8(screen.to_vec()).unwrap();
        assert!(text.len() <= SCREEN && text.starts_with("line ") && text.ends_with("line 39999\r\n"));
    }

    #[test]
    fn a_machine_that_comes_again_takes_the_place_of_its_dead_line() {
        let (room, _folder) = room();
        room.resize(50, 132);
        let old = room.machine_came();
        let mut new = room.machine_came();
        assert_eq!(new.try_recv(), Ok(ToMachine::Says(ConsoleSays::Size { rows: 50, cols: 132 })));
        room.machine_left(&old);
        assert!(room.has_machine(), "the one that left was not the one that is there");
        room.machine_left(&new);
        assert!(!room.has_machine());
    }

    #[test]
    fn when_it_is_over_all_are_told() {
        let (room, _folder) = room();
        let (ada, mut told) = room.join("ada");
        assert!(room.end("it left") > 0 && room.is_over());
        assert!(texts(&mut told).contains(r#"{"kind":"over","why":"it left"}"#));
        assert!(room.types(ada).is_none());
    }
}
