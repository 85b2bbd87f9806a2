//! From power on to a running system, as firmware and iPXE do it.

use super::super::dhcp::Offer;
use super::super::profile::Firmware;
use super::super::script::{Image, Script};
use super::{Action, Asker, Event, Machine, State, System, Timer};
use std::time::Duration;

/// A lost DISCOVER is sent again after 4 s, at most this often (PXE 2.1 §2.2.1).
const ASKS: u32 = 4;
const ASK_AGAIN_S: f64 = 4.0;
/// UEFI firmware collects offers for some 4 s.
const LISTEN_S: f64 = 4.0;
/// The server is as fast as it is, however fast the machine: it gets this long to answer at least.
const SHORTEST_LISTEN: Duration = Duration::from_millis(1500);
/// As the boot script has it: so many tries to load the image, and the pause between them.
const LOADS: u32 = 5;
const LOAD_AGAIN_S: f64 = 5.0;
/// From the jump into the kernel to the agent's first call.
const MAINTENANCE_UP_S: f64 = 8.0;
const OWN_SYSTEM_UP_S: f64 = 20.0;
/// How long firmware that found nothing waits before it starts over.
const START_OVER_S: f64 = 60.0;
/// What a slow boot is multiplied by.
const SLOW: f64 = 8.0;

impl Machine {
    pub(super) fn self_test(&mut self, asks_network: bool) -> Vec<Action> {
        if self.profile.diskless {
            self.identity = None;
        }
        self.state = State::Firmware { asks_network };
        let slow = if self.profile.quirks.slow_boot.strikes(&mut self.dice) { SLOW } else { 1.0 };
        let test = self.profile.pace(self.profile.model.self_test_s * slow);
        vec![Action::Cut, Action::Wait(Timer::SelfTest, test)]
    }

    pub(super) fn in_boot(&mut self, event: Event) -> Vec<Action> {
        match (self.state.clone(), event) {
            (_, Event::TimeUp(Timer::StartOver)) => self.self_test(true),
            (State::Firmware { asks_network: false }, Event::TimeUp(Timer::SelfTest)) => {
                self.start(System::Own)
            }
            (State::Firmware { .. }, Event::TimeUp(Timer::SelfTest)) => self.ask(Asker::Firmware, 1),
            (State::Asking { by, tries }, Event::TimeUp(Timer::AskAgain)) => self.ask(by, tries + 1),
            (State::Asking { .. }, Event::Offer(None)) => self.start(System::Own),
            (State::Asking { by, .. }, Event::Offer(Some(offer))) => self.offered(by, offer),
            (State::Loader, Event::Fetched) => {
                self.tally.files_fetched += 1;
                self.ask(Asker::Loader, 1)
            }
            (State::Script { .. }, Event::Script(script)) => self.follow(script),
            (State::Script { url }, Event::TimeUp(Timer::ScriptPause)) => vec![Action::FetchScript { url }],
            (State::Image { image, next, tries }, Event::Fetched) => {
                self.tally.files_fetched += 1;
                self.load(image, next + 1, tries)
            }
            (State::Image { image, tries, .. }, Event::BootFailed(why)) => {
                self.tally.trouble(why);
                self.load_again(image, tries)
            }
            (State::Image { image, tries, .. }, Event::TimeUp(Timer::ScriptPause)) => {
                self.load(image, 0, tries)
            }
            (State::Asking { .. } | State::Loader | State::Script { .. }, Event::BootFailed(why)) => {
                // Firmware goes on to its next boot entry.
                self.tally.trouble(why);
                self.start(System::Own)
            }
            (State::Starting(system), Event::TimeUp(Timer::SystemUp)) => self.come_up(system),
            (_, event) => self.unexpected(&event),
        }
    }

    fn ask(&mut self, by: Asker, tries: u32) -> Vec<Action> {
        self.state = State::Asking { by, tries };
        if self.dice.falls(self.profile.quirks.loss) {
            self.tally.trouble("a boot request was lost".to_owned());
            if tries == ASKS {
                return self.start(System::Own);
            }
            return vec![Action::Wait(Timer::AskAgain, self.profile.pace(ASK_AGAIN_S))];
        }
        let listen = self.profile.pace(LISTEN_S).max(SHORTEST_LISTEN);
        vec![Action::Discover { by, xid: self.dice.throw() as u32, listen }]
    }

    fn offered(&mut self, by: Asker, offer: Offer) -> Vec<Action> {
        let url = offer.file.starts_with("http://");
        match by {
            Asker::Firmware if url != (self.profile.firmware == Firmware::UefiHttp) => {
                self.give_up(format!("the firmware cannot fetch `{}`", offer.file))
            }
            Asker::Firmware if !url && offer.next_server.is_unspecified() => {
                // iPXE and option ROMs take a file only with the server that has it.
                self.give_up("the offer names a file and no server".to_owned())
            }
            Asker::Firmware => {
                self.state = State::Loader;
                let (loss, seed) = (self.profile.quirks.loss, self.dice.throw());
                vec![Action::FetchLoader { file: offer.file, loss, seed }]
            }
            Asker::Loader if !url => {
                self.give_up(format!("the loader is told `{}` instead of a script", offer.file))
            }
            Asker::Loader => {
                self.state = State::Script { url: offer.file.clone() };
                vec![Action::FetchScript { url: offer.file }]
            }
        }
    }

    fn give_up(&mut self, why: String) -> Vec<Action> {
        self.tally.trouble(why);
        self.start(System::Own)
    }

    fn follow(&mut self, script: Script) -> Vec<Action> {
        self.tally.files_fetched += 1;
        match script {
            Script::Home => self.start(System::Own),
            Script::Boot(image) => self.load(image, 0, 1),
            Script::Again { after_s, url } => {
                self.state = State::Script { url };
                vec![Action::Wait(Timer::ScriptPause, self.profile.pace(f64::from(after_s)))]
            }
        }
    }

    fn load(&mut self, image: Image, next: usize, tries: u32) -> Vec<Action> {
        match image.parts.get(next).cloned() {
            Some(url) => {
                self.state = State::Image { image, next, tries };
                vec![Action::FetchPart { url }]
            }
            None => self.start(match (image.own, image.report_to) {
                (Some(own), _) => System::OwnImage(own),
                (None, Some(parameters)) => System::Maintenance(parameters),
                (None, None) => System::Program,
            }),
        }
    }

    fn load_again(&mut self, image: Image, tries: u32) -> Vec<Action> {
        let own = image.own.is_some();
        if let Some((after_s, url)) = image.otherwise.clone().filter(|_| own || tries == LOADS) {
            return self.follow(Script::Again { after_s, url });
        }
        if tries == LOADS {
            return self.start(System::Own);
        }
        self.state = State::Image { image, next: 0, tries: tries + 1 };
        vec![Action::Wait(Timer::ScriptPause, self.profile.pace(LOAD_AGAIN_S))]
    }

    fn start(&mut self, system: System) -> Vec<Action> {
        if self.profile.diskless && system == System::Own {
            return self.start_over();
        }
        let own = matches!(system, System::Own | System::OwnImage(_));
        let seconds = if own { OWN_SYSTEM_UP_S } else { MAINTENANCE_UP_S };
        self.state = State::Starting(system);
        vec![Action::Wait(Timer::SystemUp, self.profile.pace(seconds))]
    }

    /// There is nothing else to boot.
    fn start_over(&mut self) -> Vec<Action> {
        self.tally.found_nothing += 1;
        self.state = State::Firmware { asks_network: true };
        vec![Action::Wait(Timer::StartOver, self.profile.pace(START_OVER_S))]
    }

    fn come_up(&mut self, system: System) -> Vec<Action> {
        self.boots += 1;
        match system {
            System::Own => self.enter_own_system(),
            System::OwnImage(own) => {
                self.own = Some(own);
                self.enter_own_system()
            }
            System::Maintenance(parameters) => self.enter_maintenance(parameters),
            System::Program => {
                self.tally.boots_program += 1;
                self.state = State::Program;
                vec![]
            }
        }
    }
}
