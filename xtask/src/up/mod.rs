//! `cargo xtask up`: sets up, builds, starts, and stops what it started.
//!
//! ```text
//! options    what can be asked for       build      everything that is started
//! household  the programs started, and ending them in order
//! hold       a program under sudo, which we may not signal
//! demo       real virtual machines       server     the server and its command line
//! fleet      simulated ones               machines   what either tells of its machines
//! privilege  who may do what             summary    what runs, and what does not
//! ```

mod build;
mod demo;
mod fleet;
pub mod hold;
mod household;
mod machines;
mod options;
mod privilege;
mod server;
mod summary;

use anyhow::{Result, bail};

pub use options::Options;

use build::{Beside, Built};
use household::{Event, Household};
use machines::{Machines, Place};
use summary::Summary;

use crate::{
    say,
    setup::{self, Purpose},
};

pub fn run(options: &Options) -> Result<()> {
    setup::ensure(if options.demo { &[Purpose::Run, Purpose::Lab] } else { &[Purpose::Run] })?;
    let built = build::everything(beside(options), options.release)?;
    let mut household = Household::new()?;
    let outcome = live(options, &built, &mut household);
    household.stop_all();
    outcome
}

/// Builds what `up` starts without a demo.
pub fn build_plain() -> Result<()> {
    build::everything(Beside::Nothing, false).map(|_| ())
}

fn beside(options: &Options) -> Beside {
    match (options.demo, options.fleet) {
        (true, _) => Beside::Demo,
        (false, Some(_)) => Beside::Fleet,
        (false, None) => Beside::Nothing,
    }
}

fn live(options: &Options, built: &Built, household: &mut Household) -> Result<()> {
    let data = options.data();
    std::fs::create_dir_all(&data)?;
    let key = server::enrolment_key(&data)?;
    let mut summary = Summary::default();
    let machines = match (beside(options), options.fleet) {
        (Beside::Demo, _) => Some(demo_or_fleet(options, built, &key, household, &mut summary)?),
        (_, Some(count)) => Some(fleet::start(options, built, count, &key, household)?),
        (_, None) => None,
    };
    server::start(options, built, machines.as_ref(), household)?;
    let server::Ready { address, first } = server::wait_until_ready(household)?;
    if let Some(machines) = &machines {
        if matches!(machines.place, Place::Namespace(_)) {
            demo::switch_on(household)?;
        }
        summary.runs(&machines.description);
    }
    summary.print(&address, first.as_deref(), &data);
    watch(household)
}

/// Where virtual machines cannot run, say why and show simulated ones.
fn demo_or_fleet(
    options: &Options,
    built: &Built,
    key: &str,
    household: &mut Household,
    summary: &mut Summary,
) -> Result<Machines> {
    match demo::start(options, built, key, household) {
        Err(error) if !error.is::<household::Interrupted>() => {
            say::warning(&format!("the virtual machines could not be started: {error:#}"));
            summary.lacks("virtual machines", &format!("{error:#}"));
            fleet::start(options, built, fleet::USUAL, key, household)
        }
        outcome => outcome,
    }
}

/// Until somebody ends it, or the server ends by itself.
fn watch(household: &mut Household) -> Result<()> {
    loop {
        match household.next() {
            Event::Signal => return Ok(()),
            Event::Line { name: demo::NAME, line } => {
                demo::complaint(&line).iter().for_each(|why| say::warning(why))
            }
            Event::Line { line, .. } => println!("{line}"),
            Event::Ended { name: server::NAME, status } => bail!("the server ended by itself ({status})"),
            Event::Ended { name, status } => say::warning(&format!("{name} ended by itself ({status})")),
        }
    }
}
