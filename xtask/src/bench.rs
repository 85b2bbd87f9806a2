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
    /// Figures of 100 000 machines each minute, what is made of them, and a year's chart
    Health,
    /// Each page of the dashboard, for 100, 10 000 and 100 000 machines: server time, and bytes over the wire
    Pages,
}

pub fn run(options: &Options) -> Result<()> {
    match options.what {
        What::Trip => trip(options.release),
        What::Tftp => bench("tftp-server", "throughput", true, None),
        What::Jobs => optimised("pitstop-worker", "jobs"),
        What::Timetable => optimised("pitstop-worker", "timetable"),
        What::Health => optimised("pitstop-store", "health"),
        What::Pages => optimised("pitstop-server", "pages"),
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
fn optimised(package: &str, name: &str) -> Result<()> {
    setup::ensure(&[Purpose::Run])?;
    let database = Database::start()?;
    bench(package, name, true, Some(&database))
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
