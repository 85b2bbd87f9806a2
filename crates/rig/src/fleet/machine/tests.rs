//! Trips as values: no clock, no socket.

use super::super::profile::Firmware;
use super::super::quirks::{Mix, Quirk, Quirks};
use super::*;
use pitstop_domain::function::Task;
use pitstop_domain::id::JobId;
use pitstop_domain::job::Outcome;
use pitstop_domain::wire::{Action as Ordered, Order};
use std::net::Ipv4Addr;
use uuid::Uuid;

const CALL: CallId = CallId(Uuid::from_u128(9));

fn profile() -> Profile {
    Profile { firmware: Firmware::Uefi, ..Profile::new(0, 1, 1.0, &Mix::default()) }
}

/// A machine in the middle of something, with what it last decided to do.
struct Bench {
    machine: Machine,
    actions: Vec<Action>,
}

impl Bench {
    fn with(quirks: Quirks) -> Self {
        Self { machine: Machine::new(Profile { quirks, ..profile() }, 0), actions: vec![] }
    }

    fn on(self, event: Event) -> Self {
        let (machine, actions) = self.machine.event(event);
        Self { machine, actions }
    }

    /// What the machine waits for is over.
    fn time_up(self, timer: Timer) -> Self {
        self.on(Event::TimeUp(timer))
    }

    /// From off into the own system, enrolled, the first heartbeat answered.
    fn in_own_system(quirks: Quirks) -> Self {
        let enrolled = Enrolled { machine: MachineId(Uuid::nil()), name: "pc".into(), token: "t".into() };
        Self::with(quirks)
            .on(Event::PowerOn)
            .time_up(Timer::SelfTest)
            .on(Event::Offer(None))
            .time_up(Timer::SystemUp)
            .on(Event::Enrolled(enrolled))
            .on(Event::Beaten(Box::default()))
    }

    fn ordered(self, action: Ordered) -> Self {
        let order = Order { call: CALL, boot_id: self.machine.boot_id(), action };
        self.on(Event::Beaten(Box::new(HeartbeatReply { order: Some(order), ..HeartbeatReply::default() })))
    }

    /// Through the network into maintenance, with the task given.
    fn into_maintenance(self, task: Task) -> Self {
        let url = "http://s/script".to_owned();
        let file = "mac/snponly.efi".to_owned();
        let offer = |file| Event::Offer(Some(Offer { next_server: Ipv4Addr::LOCALHOST, file }));
        let image = Image {
            parts: vec!["http://s/k".into(), "http://s/i".into()],
            report_to: Some(parameters()),
            own: None,
            otherwise: None,
        };
        self.time_up(Timer::SelfTest)
            .on(offer(file))
            .on(Event::Fetched)
            .on(offer(url))
            .on(Event::Script(Script::Boot(image)))
            .on(Event::Fetched)
            .on(Event::Fetched)
            .time_up(Timer::SystemUp)
            .on(Event::Task(Box::new(order(task))))
    }

    fn told(self, order: Option<Order>, stop: bool) -> Self {
        let reply = ReportReply { log_through: u64::MAX, stop, order, console: false };
        self.on(Event::Reported { call: Call::Tell, reply })
    }

    /// Works until the end is reported.
    fn until_the_end(mut self) -> (Self, Report) {
        loop {
            self = self.told(None, false).time_up(Timer::Work);
            if let Some(report) = self.ended() {
                return (self, report);
            }
        }
    }

    fn ended(&self) -> Option<Report> {
        self.actions.iter().find_map(|action| match action {
            Action::Report { report, .. } if report.ended.is_some() => Some(report.as_ref().clone()),
            _ => None,
        })
    }

    fn state(&self) -> &'static str {
        self.machine.state.name()
    }
}

fn parameters() -> Parameters {
    let (job, machine) = (JobId(Uuid::nil()), MachineId(Uuid::nil()));
    Parameters { server: "http://s".into(), job, token: "t".into(), machine }
}

fn order(task: Task) -> TaskOrder {
    TaskOrder {
        job: parameters().job,
        machine: parameters().machine,
        machine_name: "pc".into(),
        function: "f".into(),
        title: "Work".into(),
        task,
        dead_man_s: 60,
        told: String::new(),
    }
}

#[test]
fn a_whole_trip_restarts_once_there_and_once_back() {
    let there = Bench::in_own_system(Quirks::default()).ordered(Ordered::Restart { network_once: true });
    assert!(matches!(&there.actions[..], [Action::Answer { answer, .. }] if answer.accepted));
    assert_eq!(
        (there.state(), there.machine.tally.restarts),
        ("own-system", 0),
        "not before the server knows"
    );
    let boot = there.machine.boot_id();
    let working = there.on(Event::Answered { call: CALL, delivered: true }).into_maintenance(Task::Inventory);
    assert_eq!((working.state(), working.machine.tally.restarts), ("maintenance", 1));
    let (done, report) = working.until_the_end();
    assert_eq!(report.ended.unwrap().outcome, Outcome::Succeeded);
    let home = Order {
        call: CALL,
        boot_id: done.machine.boot_id(),
        action: Ordered::Restart { network_once: false },
    };
    let back = done
        .told(Some(home), false)
        .on(Event::Answered { call: CALL, delivered: true })
        .time_up(Timer::SelfTest)
        .on(Event::Offer(None))
        .time_up(Timer::SystemUp);
    let tally = &back.machine.tally;
    assert_eq!((back.state(), tally.restarts, tally.ordered), ("own-system", 2, 2));
    assert_eq!((tally.boots_own_system, tally.boots_maintenance), (2, 1));
    assert!(tally.unexpected.is_empty(), "{:?}", tally.unexpected);
    assert_ne!(back.machine.boot_id(), boot);
    assert!(
        matches!(&back.actions[..], [Action::Beat { news: true, .. }]),
        "known already: no second enrolment"
    );
}

#[test]
fn an_order_that_comes_twice_is_carried_out_once() {
    let twice = Bench::in_own_system(Quirks::default())
        .ordered(Ordered::Restart { network_once: true })
        .ordered(Ordered::Restart { network_once: true });
    assert!(!twice.actions.iter().any(|action| matches!(action, Action::Answer { .. })));
    assert_eq!(twice.machine.tally.dropped_orders, 1);
}

#[test]
fn an_order_for_another_boot_is_dropped() {
    let order = Order {
        call: CALL,
        boot_id: BootId("another".into()),
        action: Ordered::Restart { network_once: true },
    };
    let bench = Bench::in_own_system(Quirks::default())
        .on(Event::Beaten(Box::new(HeartbeatReply { order: Some(order), ..HeartbeatReply::default() })));
    assert_eq!((bench.machine.tally.dropped_orders, bench.machine.tally.restarts), (1, 0));
}

#[test]
fn nothing_is_done_while_the_server_does_not_know_of_it() {
    let lost = Bench::in_own_system(Quirks::default())
        .ordered(Ordered::Restart { network_once: true })
        .on(Event::Answered { call: CALL, delivered: false });
    assert_eq!((lost.state(), lost.machine.tally.restarts), ("own-system", 0));
    let again = lost.ordered(Ordered::Restart { network_once: true });
    assert!(matches!(&again.actions[..], [Action::Answer { .. }]), "the order may come again");
}

#[test]
fn kexec_is_declined_in_words_and_the_machine_stays() {
    let kernel =
        pitstop_domain::wire::File { path: "/k".into(), digest: "a".repeat(64).parse().unwrap(), bytes: 1 };
    let kexec = Ordered::Kexec { kernel, initrds: vec![], cmdline: String::new() };
    let bench = Bench::in_own_system(Quirks::default()).ordered(kexec);
    assert!(matches!(&bench.actions[..], [Action::Answer { answer, .. }] if !answer.accepted));
    let bench = bench.on(Event::Answered { call: CALL, delivered: true });
    assert_eq!((bench.state(), bench.machine.tally.declined_orders), ("own-system", 1));
    assert!(matches!(&bench.actions[..], [Action::Beat { .. }]));
}

#[test]
fn an_order_that_names_the_own_systems_entry_does_not_ask_the_network() {
    let working = Bench::in_own_system(Quirks::default())
        .on(Event::Reset { call: None })
        .into_maintenance(Task::Inventory);
    let action = Ordered::RestartInto { boot_entry: 0 };
    let home = Order { call: CALL, boot_id: working.machine.boot_id(), action };
    let back = working.told(Some(home), false).on(Event::Answered { call: CALL, delivered: true });
    assert_eq!(back.state(), "firmware");
    let back = back.time_up(Timer::SelfTest).time_up(Timer::SystemUp);
    assert_eq!((back.state(), back.machine.tally.ignored_net_boots), ("own-system", 0));
}

#[test]
fn one_net_boot_is_ignored_and_the_next_is_not() {
    let quirks = Quirks { ignores_net_boot: Quirk::ONCE, ..Quirks::default() };
    let ignoring = Bench::in_own_system(quirks).on(Event::Reset { call: None }).time_up(Timer::SelfTest);
    assert_eq!((ignoring.state(), ignoring.machine.tally.ignored_net_boots), ("starting", 1));
    let asking = ignoring.time_up(Timer::SystemUp).on(Event::Reset { call: None }).time_up(Timer::SelfTest);
    assert_eq!(asking.state(), "asking");
}

#[test]
fn a_machine_that_hangs_is_silent_until_it_is_reset() {
    let quirks = Quirks { hangs_in_maintenance: Quirk::ALWAYS, ..Quirks::default() };
    let mut bench =
        Bench::in_own_system(quirks).on(Event::Reset { call: None }).into_maintenance(Task::Inventory);
    while bench.state() == "maintenance" {
        bench = bench.told(None, false).time_up(Timer::Work);
    }
    assert_eq!(bench.state(), "hung");
    let order = Order {
        call: CALL,
        boot_id: bench.machine.boot_id(),
        action: Ordered::Restart { network_once: false },
    };
    let bench = bench.told(Some(order), true);
    assert!(bench.actions.is_empty());
    assert_eq!(bench.on(Event::Reset { call: None }).state(), "firmware");
}

#[test]
fn a_machine_that_never_returns_stays_dark_until_somebody_switches_it_on() {
    let quirks = Quirks { never_returns: Quirk::ALWAYS, ..Quirks::default() };
    let dark = Bench::in_own_system(quirks)
        .on(Event::Reset { call: None })
        .into_maintenance(Task::Inventory)
        .on(Event::Reset { call: None });
    assert_eq!(dark.state(), "dark");
    let still = dark.on(Event::Reset { call: None });
    assert_eq!((still.state(), still.machine.tally.restarts), ("dark", 3));
    assert_eq!(still.on(Event::PowerOn).state(), "firmware");
}

#[test]
fn faulty_memory_is_found() {
    let quirks = Quirks { faulty_memory: true, ..Quirks::default() };
    let test = Task::MemoryTest { mib: None, passes: 1 };
    let (_, report) =
        Bench::in_own_system(quirks).on(Event::Reset { call: None }).into_maintenance(test).until_the_end();
    let ended = report.ended.unwrap();
    assert_eq!((ended.outcome, ended.report["errors"].as_u64()), (Outcome::Found, Some(3)));
    assert!(ended.summary.contains("3 errors"), "{}", ended.summary);
}

#[test]
fn work_that_is_to_stop_ends_as_cancelled() {
    let test = Task::MemoryTest { mib: None, passes: 1 };
    let bench = Bench::in_own_system(Quirks::default())
        .on(Event::Reset { call: None })
        .into_maintenance(test)
        .told(None, true);
    assert_eq!(bench.ended().unwrap().ended.unwrap().outcome, Outcome::Cancelled);
}

#[test]
fn a_job_that_is_over_sends_the_machine_home() {
    let over = Event::CallFailed { call: Call::Listen, why: Failure::GoHome("over".into()) };
    let bench = Bench::in_own_system(Quirks::default())
        .on(Event::Reset { call: None })
        .into_maintenance(Task::Inventory)
        .on(over);
    assert_eq!((bench.state(), bench.machine.tally.by_itself), ("firmware", 1));
}

#[test]
fn without_the_server_the_dead_man_restarts_the_machine() {
    let mut bench = Bench::in_own_system(Quirks::default())
        .on(Event::Reset { call: None })
        .into_maintenance(Task::Inventory);
    for _ in 0..20 {
        if bench.state() == "maintenance" {
            bench = bench.on(Event::CallFailed { call: Call::Listen, why: Failure::Away("gone".into()) });
        }
    }
    assert_eq!((bench.state(), bench.machine.tally.by_itself), ("firmware", 1));
}

#[test]
fn a_part_that_does_not_come_is_loaded_again_and_then_given_up() {
    let image =
        Image { parts: vec!["http://s/k".into()], report_to: Some(parameters()), own: None, otherwise: None };
    let offer =
        Event::Offer(Some(Offer { next_server: Ipv4Addr::LOCALHOST, file: "http://s/script".into() }));
    let mut bench = Bench::with(Quirks::default()).on(Event::PowerOn).time_up(Timer::SelfTest);
    bench.machine.state = State::Asking { by: Asker::Loader, tries: 1 };
    bench = bench.on(offer).on(Event::Script(Script::Boot(image)));
    for _ in 0..4 {
        bench = bench.on(Event::BootFailed("cut".into())).time_up(Timer::ScriptPause);
        assert!(matches!(&bench.actions[..], [Action::FetchPart { .. }]));
    }
    assert_eq!(bench.on(Event::BootFailed("cut".into())).state(), "starting");
}

#[test]
fn an_offer_that_the_firmware_cannot_use_leads_home() {
    let asking = || Bench::with(Quirks::default()).on(Event::PowerOn).time_up(Timer::SelfTest);
    let offer = |next_server, file: &str| Event::Offer(Some(Offer { next_server, file: file.into() }));
    let wrong = [(Ipv4Addr::LOCALHOST, "http://s/snponly.efi"), (Ipv4Addr::UNSPECIFIED, "m/snponly.efi")];
    for (server, file) in wrong {
        let bench = asking().on(offer(server, file));
        assert_eq!((bench.state(), bench.machine.tally.troubles.len()), ("starting", 1), "{file}");
    }
    assert_eq!(asking().on(offer(Ipv4Addr::LOCALHOST, "m/snponly.efi")).state(), "loader");
}

#[test]
fn what_nobody_expects_is_remembered() {
    let bench = Bench::with(Quirks::default()).on(Event::PowerOn).on(Event::Fetched);
    assert_eq!(bench.machine.tally.unexpected, ["fetched while firmware"]);
    assert_eq!(bench.state(), "firmware");
}

#[test]
fn the_same_seed_makes_the_same_trip() {
    let quirks = Quirks { loss: 0.5, slow_boot: Quirk { chance: 0.5, times: None }, ..Quirks::default() };
    let trip = || {
        format!(
            "{:?}",
            Bench::in_own_system(quirks.clone())
                .on(Event::Reset { call: None })
                .time_up(Timer::SelfTest)
                .actions
        )
    };
    assert_eq!(trip(), trip());
}
