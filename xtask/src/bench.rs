//! `cargo xtask bench`: figures, never part of the tests.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{
    agent,
    cargo::cargo,
    image, process,
    setup::{self, Purpose},
    test::Database,
};

#[derive(Args)]
pub struct Options {
    /// What is measured
    what: What,
    /// With optimisation, as it would be used: takes minutes to build
    #[arg(long)]
    release: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// A trip of real virtual machines, hop by hop, beside the same machine started directly
    Trip,
    /// TFTP on loopback, by block and window size
    Tftp,
    /// The job machine: jobs a second, and how soon something is done about what was asked or seen
    Jobs,
    /// A year of 500 schedules on 10 000 machines planned, and 10 000 jobs fired at one moment
    Timetable,
    /// Each page of the dashboard, for 100, 10 000 and 100 000 machines: server time, and bytes over the wire
    Pages,
}

pub fn run(options: &Options) -> Result<()> {
    match options.what {
        What::Trip => trip(options.release),
        What::Tftp => bench("tftp-server", "throughput", true, None),
        What::Jobs => worker("jobs"),
        What::Timetable => worker("timetable"),
        What::Pages => pages(),
    }
}

fn trip(release: bool) -> Result<()> {
    setup::ensure(&[Purpose::Run, Purpose::Lab])?;
    setup::ensure_lists()?;
    image::build(&agent::build()?)?;
    let database = Database::start()?;
    bench("pitstop-server", "trip", release, Some(&database))
}

/// Always with optimisation: a debug build measures the compiler.
fn worker(name: &str) -> Result<()> {
    setup::ensure(&[Purpose::Run])?;
    let database = Database::start()?;
    bench("pitstop-worker", name, true, Some(&database))
}

/// With optimisation, since it is built for people so.
fn pages() -> Result<()> {
    setup::ensure(&[Purpose::Run])?;
    let database = Database::start()?;
    bench("pitstop-server", "pages", true, Some(&database))
}

fn bench(package: &str, name: &str, release: bool, database: Option<&Database>) -> Result<()> {
    let profile = if release { "bench" } else { "dev" };
    let mut command = cargo(&["bench", "--package", package, "--bench", name, "--profile", profile]);
    if let Some(database) = database {
        command.env("DATABASE_URL", database.url());
    }
    // The figures are the output; what the server tells meanwhile would bury them.
    process::run(command.env("RUST_LOG", "warn"))
}
