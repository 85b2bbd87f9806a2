//! What can be asked of `pitstop`.

pub mod catalog;
pub mod timetable;

use crate::exit::HELP;
use catalog::ImagesAct;
use clap::{Parser, Subcommand, ValueEnum};
use pitstop_domain::ask::{Ask, Otherwise};
use pitstop_domain::id::{JobId, RunId};
use pitstop_domain::presence::Spare;
pub use pitstop_domain::run::Size;
use pitstop_domain::run::StopOn;
use pitstop_domain::run::plan::seconds;
use pitstop_domain::secret::Secret;
use timetable::{ScheduleAct, TimesAct};
use ureq::http::Uri;

/// Boots machines into maintenance over the network and puts them back, with proof.
#[derive(Debug, Parser)]
#[command(name = "pitstop", version, after_help = HELP)]
pub struct Args {
    /// The Pitstop server
    #[arg(long, global = true, env = "PITSTOP_SERVER", default_value = "http://127.0.0.1:3000", value_parser = server)]
    pub server: String,
    /// The token to sign in with; better kept by `pitstop login`, where other users of this computer do not see it
    #[arg(long, global = true, env = "PITSTOP_TOKEN", hide_env_values = true, hide = true, value_parser = token)]
    pub token: Option<Secret>,
    /// Print what the server said, as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep a token of yours for this server, read from standard input; the dashboard makes it (Tokens for programs)
    Login,
    /// Forget the token of this server
    Logout,
    /// List the machines
    Machines,
    /// List what maintenance can do
    Functions,
    /// List the boot images in the catalog; tell, promote, roll back, delete, fetch, try or bring one in
    Images {
        #[command(subcommand)]
        act: Option<ImagesAct>,
    },
    /// List the jobs, newest first
    Jobs {
        /// Only jobs that are not closed
        #[arg(long)]
        open: bool,
        /// Only jobs of this machine (name or id)
        #[arg(long, value_name = "NAME")]
        machine: Option<String>,
    },
    /// Tell a job's whole story, and why it waits
    Job {
        #[arg(value_parser = job)]
        id: JobId,
    },
    /// Start a function on a machine, or as a run on many; prints the id of the job or run
    Run(Run),
    /// List the runs, newest first, or tell one
    Runs {
        /// This run, with its machines
        #[arg(value_parser = run_id)]
        id: Option<RunId>,
        /// Only runs that are not over
        #[arg(long, conflicts_with = "id")]
        open: bool,
        #[command(subcommand)]
        act: Option<RunAct>,
    },
    /// List the schedules, or tell one, with what comes and what was
    Schedules {
        /// This one, by name or id
        schedule: Option<String>,
        #[command(subcommand)]
        act: Option<ScheduleAct>,
    },
    /// List maintenance windows and blackouts
    Times {
        #[command(subcommand)]
        act: Option<TimesAct>,
    },
    /// Follow a job until it is closed; the exit code says how it ended
    Watch {
        #[arg(value_parser = job)]
        id: JobId,
        #[command(flatten)]
        patience: Patience,
    },
    /// Say which image is a machine's own system (a diskless machine), from its next boot on
    OwnImage {
        /// The machine's name or id
        machine: String,
        /// An operational image of the catalog
        #[arg(required_unless_present = "none")]
        image: Option<String>,
        /// Its own system is what is on it
        #[arg(long, conflicts_with = "image")]
        none: bool,
    },
    /// Take a job back: its machine is returned first
    Cancel {
        #[arg(value_parser = job)]
        id: JobId,
    },
}

/// What is started, on which machines, and how carefully.
#[derive(Debug, clap::Args)]
pub struct Run {
    pub function: String,
    /// The machine's name or id
    #[arg(conflicts_with_all = ["machines", "site", "labels"])]
    pub machine: Option<String>,
    /// Machines of the run, by name or id
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub machines: Vec<String>,
    /// Machines of this site
    #[arg(long = "site", value_name = "SITE")]
    pub site: Option<String>,
    /// Machines with this label; several: with all of them
    #[arg(long = "label", value_name = "LABEL")]
    pub labels: Vec<String>,
    #[command(flatten)]
    pub care: Care,
    /// Follow it until it is over
    #[arg(long)]
    pub watch: bool,
    /// For functions that destroy what is on the machine: its name once more, or how many machines it is for
    #[arg(long, value_name = "NAME")]
    pub destroy: Option<String>,
    #[command(flatten)]
    pub patience: Patience,
}

/// How carefully a run goes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "For runs")]
pub struct Care {
    /// Machines that go first; the rest waits until all of them have ended
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub canary: u32,
    /// Machines of each later wave, like 10 or 10%
    #[arg(long, value_name = "SIZE")]
    pub wave: Option<Size>,
    /// Stop when so many jobs failed, or so many per cent of those that ended
    #[arg(long, value_name = "FAILURES")]
    pub stop_on: Option<StopOn>,
    /// Pause between waves, like 90s, 5m or 1h
    #[arg(long, value_name = "TIME", value_parser = seconds, default_value = "0")]
    pub pause: u32,
    /// Machines at the same time, in all
    #[arg(long, value_name = "N")]
    pub at_once: Option<u32>,
    /// Machines at the same time at a site
    #[arg(long, value_name = "N")]
    pub per_site: Option<u32>,
    /// After so long without a sign a machine holds up no other
    #[arg(long, value_name = "TIME", value_parser = seconds, default_value = "30m")]
    pub no_show: u32,
    /// Leave machines alone that are in use when their turn comes
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHEN")]
    pub spare: Vec<Spared>,
    /// Ask whoever is at a machine first; what is done without an answer
    #[arg(long, value_enum, value_name = "UNANSWERED")]
    pub ask: Option<Without>,
    /// How long they may answer, like 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = seconds, default_value = "5m", requires = "ask")]
    pub countdown: u32,
    /// How often they may put it off, half an hour each
    #[arg(long, value_name = "N", default_value_t = 2, requires = "ask")]
    pub snoozes: u32,
    /// What is done where they cannot be asked
    #[arg(long, value_enum, value_name = "UNASKED", default_value = "leave-alone", requires = "ask")]
    pub unasked: Without,
    /// Shut a machine down again afterwards that was off, if nobody is logged in by then (also for a single machine)
    #[arg(long)]
    pub off_again: bool,
    /// Tell what would happen, and start nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done without a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Without {
    GoAhead,
    LeaveAlone,
}

impl From<Without> for Otherwise {
    fn from(word: Without) -> Self {
        match word {
            Without::GoAhead => Self::GoAhead,
            Without::LeaveAlone => Self::LeaveAlone,
        }
    }
}

/// When a machine is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Spared {
    /// Somebody is logged in
    LoggedIn,
    /// Something is presented, or played
    Busy,
    /// It runs on its battery
    Battery,
    /// It is off, or its agent is silent
    Off,
}

impl Care {
    /// As plans have it.
    pub fn ask(&self) -> Option<Ask> {
        let Self { countdown, snoozes, unasked, .. } = self;
        let asked = |unanswered: Without| Ask {
            countdown_s: *countdown,
            snoozes: *snoozes,
            unanswered: unanswered.into(),
            unasked: (*unasked).into(),
            ..Ask::default()
        };
        self.ask.map(asked)
    }

    /// As plans have it.
    pub fn spare(&self) -> Spare {
        let has = |one| self.spare.contains(&one);
        Spare {
            logged_in: has(Spared::LoggedIn),
            busy: has(Spared::Busy),
            on_battery: has(Spared::Battery),
            off: has(Spared::Off),
        }
    }
}

/// What can be done to a run.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum RunAct {
    /// Start nobody; jobs under way go on
    Pause {
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Go on; what failed until now no longer counts
    Resume {
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Start nobody any more
    Cancel {
        #[arg(value_parser = run_id)]
        id: RunId,
        /// Take back the jobs under way, too: their machines are returned first
        #[arg(long)]
        jobs: bool,
    },
    /// Follow a run until it is over; the exit code says how it ended
    Watch {
        #[arg(value_parser = run_id)]
        id: RunId,
        #[command(flatten)]
        patience: Patience,
    },
}

/// How long a server that stopped answering is waited for.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Patience {
    /// Seconds to go on watching while the server does not answer (it may be restarting)
    #[arg(long = "patience", value_name = "SECONDS", default_value_t = 60)]
    pub seconds: u64,
}

fn run_id(text: &str) -> Result<RunId, String> {
    text.parse().map_err(|_| "this is not a run's id: `pitstop runs` lists them".to_owned())
}

fn job(text: &str) -> Result<JobId, String> {
    text.parse().map_err(|_| "this is not a job's id: `pitstop jobs` lists them".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "as clap wants it")]
fn token(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text.trim()))
}

/// The address without a slash at its end.
fn server(text: &str) -> Result<String, String> {
    let uri: Uri =
        text.parse().map_err(|_| "this is not an address like http://192.0.2.10:3000".to_owned())?;
    match uri.scheme_str() {
        Some("http") if uri.host().is_some() => Ok(text.trim_end_matches('/').to_owned()),
        Some("https") => Err("this program speaks HTTP only: use it on the server's own network".to_owned()),
        _ => Err("begin it with http://, as in http://192.0.2.10:3000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_is_no_job_id_is_refused_with_where_to_look() {
        assert!(job("pc-0002").unwrap_err().contains("pitstop jobs"));
    }

    #[test]
    fn a_slash_at_the_end_of_the_address_does_not_matter() {
        assert_eq!(server("http://boot.example:3000/").unwrap(), "http://boot.example:3000");
    }

    #[test]
    fn an_address_without_its_scheme_is_refused_with_what_to_do() {
        for wrong in ["boot.example:3000", "boot.example", "ftp://boot.example"] {
            assert!(server(wrong).unwrap_err().contains("http://"), "{wrong}");
        }
        assert!(server("https://boot.example").unwrap_err().contains("HTTP only"));
    }
}
