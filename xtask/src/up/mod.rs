//! `cargo xtask up`: sets up, builds, starts, and stops what it started.
//!
//! ```text
//! options    what can be asked for       build      everything that is started
//! household  the programs started, and ending them in order
//! hold       a program under sudo, which we may not signal
//! demo       real virtual machines       server     the server and its command line
//! privilege  who may do what             summary    what runs, and what does not
//! ```

mod build;
mod demo;
pub mod hold;
mod household;
mod options;
mod privilege;
mod server;
mod summary;

use anyhow::{Result, bail};

pub use options::Options;

use demo::Demo;
use household::{Event, Household};
use summary::Summary;

use crate::{
    say,
    setup::{self, Purpose},
};

pub fn run(options: &Options) -> Result<()> {
    setup::ensure(if options.demo { &[Purpose::Run, Purpose::Lab] } else { &[Purpose::Run] })?;
    let built = build::everything(options.demo, options.release)?;
    let mut household = Household::new()?;
    let outcome = live(options, &built, &mut household);
    household.stop_all();
    outcome
}

/// Builds what `up` starts without a demo.
pub fn build_plain() -> Result<()> {
    build::everything(false, false).map(|_| ())
}

fn live(options: &Options, built: &build::Built, household: &mut Household) -> Result<()> {
    let data = options.data();
    std::fs::create_dir_all(&data)?;
    let key = server::enrolment_key(&data)?;
    let mut summary = Summary::default();
    let demo = if options.demo { start_demo(options, built, &key, household, &mut summary)? } else { None };
    server::start(options, built, demo.as_ref(), household)?;
    let address = server::wait_until_ready(household)?;
    if let Some(demo) = &demo {
        demo.switch_on(household)?;
        summary.runs(&demo.description());
    }
    summary.print(&address, &data);
    watch(household)
}

/// A demo without virtual machines is less, not nothing: say why and go on.
fn start_demo(
    options: &Options,
    built: &build::Built,
    key: &str,
    household: &mut Household,
    summary: &mut Summary,
) -> Result<Option<Demo>> {
    match demo::start(options, built, key, household) {
        Ok(demo) => Ok(Some(demo)),
        Err(error) if error.is::<household::Interrupted>() => Err(error),
        Err(error) => {
            say::warning(&format!("the virtual machines could not be started: {error:#}"));
            summary.lacks("virtual machines", &format!("{error:#}"));
            Ok(None)
        }
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
