//! What is proven, in order: what fails quickly first, what takes minutes last.

use anyhow::Result;

use super::{
    Options, Part,
    browser::{self, Browser},
    packaging,
    postgres::Database,
    programs::{self, Selection, Told},
    tally::{Count, ONE, Tally},
    windows,
};
use crate::{
    agent,
    cargo::cargo,
    check, image, process,
    setup::{self, Purpose, rust::WASM},
};

/// Long enough that what leaks or panics now and then would be seen.
const SOAK_MINUTES: u32 = 5;

/// All parts, or the one asked for. Ends at the first that fails.
pub fn run(options: &Options, tally: &mut Tally) -> Result<()> {
    let only = options.only;
    let wanted = |part| only.is_none_or(|only| only == part);
    tally.part("set-up", || set_up(only))?;
    if wanted(Part::Lint) {
        lint(tally)?;
    }
    let browser = Browser { soak_minutes: if options.all { SOAK_MINUTES } else { 0 } };
    match only {
        None => all(browser, tally)?,
        Some(Part::Unit) => tally.part("tests", || on_a_database(Selection::Ordinary))?,
        Some(Part::Store) => tally.part("store and worker", || on_a_database(Selection::Store))?,
        Some(Part::Chaos) => tally.part("chaos", || on_a_database(Selection::Chaos))?,
        Some(Part::Qemu) => tally.part("virtual machines", virtual_machines)?,
        Some(Part::Browser) => tally.part("browser", || browser.run())?,
        Some(_) => {}
    }
    if options.all && wanted(Part::Qemu) {
        tally.part("slow virtual machines", || on_a_database(Selection::Slow))?;
    }
    if only == Some(Part::Windows) || options.all && only.is_none() {
        tally.part("agent for Windows", windows::run)?;
    }
    if only == Some(Part::Packaging) || options.all && only.is_none() {
        tally.part("what others deploy with", packaging::run)?;
    }
    Ok(())
}

/// Everything is built first: nothing is compiled while virtual machines run, that would starve them. They take longest and
/// wait for timers half of the time; all else goes beside them, one after the other.
fn all(browser: Browser, tally: &mut Tally) -> Result<()> {
    tally.part("builds", build_all)?;
    tally.side_by_side(
        ("virtual machines", || on_a_database(Selection::Machines)),
        vec![
            ("tests", Box::new(|| on_a_database_told_later(Selection::Ordinary))),
            ("chaos", Box::new(|| on_a_database_told_later(Selection::Chaos))),
            ("browser", Box::new(|| browser.run_into_a_file())),
        ],
    )
}

fn set_up(only: Option<Part>) -> Result<Count> {
    match only {
        Some(Part::Lint | Part::Windows | Part::Packaging) => {}
        Some(Part::Qemu) => setup::ensure(&[Purpose::Run, Purpose::Lab])?,
        _ => setup::ensure(&Purpose::ALL)?,
    }
    if matches!(only, None | Some(Part::Unit)) {
        setup::python::ensure()?;
        setup::promtool::ensure()?;
    }
    setup::ensure_lists()?;
    setup::rust::ensure_wasm();
    Ok(ONE)
}

fn lint(tally: &mut Tally) -> Result<()> {
    tally.part("format", || quietly_good(&["fmt", "--all", "--check"]))?;
    tally.part("layout", || check::run().map(|()| ONE))?;
    tally.part("lints", || {
        let native =
            ["clippy", "--workspace", "--exclude", "pitstop-frontend", "--all-targets", "--features"];
        quietly_good(&[&native[..], &["xtask/bundler", "--", "-D", "warnings"]].concat())
    })?;
    tally.part("lints for the browser", || {
        let browser =
            ["clippy", "-p", "pitstop-frontend", "-p", "pitstop-app", "--features", "pitstop-app/hydrate"];
        quietly_good(&[&browser[..], &["--target", WASM, "--", "-D", "warnings"]].concat())
    })
}

fn quietly_good(arguments: &[&str]) -> Result<Count> {
    process::run(&mut cargo(arguments)).map(|()| ONE)
}

fn on_a_database(selection: Selection) -> Result<Count> {
    let database = Database::start()?;
    programs::run(selection, &database, Told::AtOnce)
}

/// Beside something that tells of itself.
fn on_a_database_told_later(selection: Selection) -> Result<Count> {
    let database = Database::start()?;
    programs::run(selection, &database, Told::AtTheEnd)
}

fn build_all() -> Result<Count> {
    programs::build()?;
    image::build(&agent::build()?)?;
    browser::build()?;
    Ok(ONE)
}

/// They boot what people would boot: the agent and the image are built first.
fn virtual_machines() -> Result<Count> {
    let agent = agent::build()?;
    image::build(&agent)?;
    on_a_database(Selection::Machines)
}
