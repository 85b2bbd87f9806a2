//! `cargo xtask bench`: figures, never part of the tests.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::{
    agent, bundle,
    cargo::cargo,
    image, process,
    setup::{self, Purpose},
    test::Database,
};

/// Where the benchmark of the first page serves.
const BROWSED: &str = "127.0.0.1:3993";

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
    /// The fleet of 10 000 machines in Chromium: bytes of the first page, and how soon map and list answer
    FirstPage,
}

pub fn run(options: &Options) -> Result<()> {
    match options.what {
        What::Trip => trip(options.release),
        What::Tftp => bench("tftp-server", "throughput", true, None),
        What::Jobs => optimised("pitstop-worker", "jobs"),
        What::Timetable => optimised("pitstop-worker", "timetable"),
        What::Health => optimised("pitstop-store", "health"),
        What::Pages => optimised("pitstop-server", "pages"),
        What::FirstPage => first_page(),
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

/// What goes to the browser is built as for people, and served by the benchmark of the pages.
fn first_page() -> Result<()> {
    setup::ensure(&[Purpose::Run, Purpose::Test])?;
    setup::node::ensure()?;
    bundle::run(&bundle::Options { release: true })?;
    let database = Database::start()?;
    let mut command = benchmark("pitstop-server", "pages", true, Some(&database));
    command.args(["--", "--serve", BROWSED]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.spawn()?;
    let told = server.stdout.take().context("the server tells nothing")?;
    let measured =
        match BufReader::new(told).lines().map_while(Result::ok).find(|line| line.starts_with("serving")) {
            Some(_) => {
                process::run(setup::node::script("bench/first-page.mjs").arg(format!("http://{BROWSED}")))
            }
            None => bail!("the server of the benchmark ended before a browser could come"),
        };
    // It ends with its input.
    drop(server.stdin.take());
    server.wait()?;
    measured
}

fn bench(package: &str, name: &str, release: bool, database: Option<&Database>) -> Result<()> {
    process::run(&mut benchmark(package, name, release, database))
}

fn benchmark(package: &str, name: &str, release: bool, database: Option<&Database>) -> Command {
    let profile = if release { "bench" } else { "dev" };
    let mut command = cargo(&["bench", "--package", package, "--bench", name, "--profile", profile]);
    if let Some(database) = database {
        command.env("DATABASE_URL", database.url());
    }
    // The figures are the output; what the server tells meanwhile would bury them.
    command.env("RUST_LOG", "warn");
    command
}
