//! What can be asked of `pitstop`.

use crate::exit::HELP;
use clap::{Parser, Subcommand};
use pitstop_domain::id::JobId;
use ureq::http::Uri;

/// Boots machines into maintenance over the network and puts them back, with proof.
#[derive(Debug, Parser)]
#[command(name = "pitstop", version, after_help = HELP)]
pub struct Args {
    /// The Pitstop server
    #[arg(long, global = true, env = "PITSTOP_SERVER", default_value = "http://127.0.0.1:3000", value_parser = server)]
    pub server: String,
    /// Print what the server said, as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the machines
    Machines,
    /// List what maintenance can do
    Functions,
    /// List the boot images in the catalog
    Images,
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
    /// Start a function on a machine; prints the job's id
    Run {
        function: String,
        /// The machine's name or id
        machine: String,
        /// Follow the job until it is closed
        #[arg(long)]
        watch: bool,
        /// For functions that destroy what is on the machine: the machine's name once more
        #[arg(long, value_name = "NAME")]
        destroy: Option<String>,
        #[command(flatten)]
        patience: Patience,
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

/// How long a server that stopped answering is waited for.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Patience {
    /// Seconds to go on watching while the server does not answer (it may be restarting)
    #[arg(long = "patience", value_name = "SECONDS", default_value_t = 60)]
    pub seconds: u64,
}

fn job(text: &str) -> Result<JobId, String> {
    text.parse().map_err(|_| "this is not a job's id: `pitstop jobs` lists them".to_owned())
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
