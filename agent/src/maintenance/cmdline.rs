//! What the boot script told us, on the kernel command line.

use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::wire::cmdline::{JOB, MACHINE, SERVER, TOKEN};

/// Which job this boot is for. No `Debug`: it holds the token.
#[derive(Clone)]
pub struct Parameters {
    pub server: String,
    pub job: JobId,
    pub token: String,
    /// Told to find mistakes in boot scripts; the task names the machine as well.
    pub machine: Option<MachineId>,
}

/// This boot is for no job of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoJob {
    #[error("no `{0}` on the kernel command line: this boot belongs to no job, so there is nothing to do")]
    Missing(&'static str),
    #[error("`{0}` on the kernel command line is not understood, so there is nothing to do")]
    Nonsense(&'static str),
}

/// Reads `/proc/cmdline`. As for the kernel itself, the last word of a key counts.
pub fn parse(text: &str) -> Result<Parameters, NoJob> {
    let value = |key: &'static str| {
        let words = text.split_whitespace().rev();
        words.filter_map(|word| word.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let needed = |key| value(key).filter(|value| !value.is_empty()).ok_or(NoJob::Missing(key));
    let server = needed(SERVER)?;
    if !server.starts_with("http://") {
        return Err(NoJob::Nonsense(SERVER));
    }
    Ok(Parameters {
        server: server.to_owned(),
        job: needed(JOB)?.parse().map_err(|_| NoJob::Nonsense(JOB))?,
        token: needed(TOKEN)?.to_owned(),
        machine: value(MACHINE).map(str::parse).transpose().map_err(|_| NoJob::Nonsense(MACHINE))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0a0b0c0d-0000-4000-8000-000000000001";

    #[test]
    fn a_boot_for_a_job_is_read() {
        let text = format!(
            "initrd=initrd.img console=ttyS0 pitstop.server=http://10.77.0.2:8080 pitstop.job={ID} \
             pitstop.token=s3=cret pitstop.machine={ID} quiet\n"
        );
        let parameters = parse(&text).ok().unwrap();
        assert_eq!(parameters.server, "http://10.77.0.2:8080");
        assert_eq!(parameters.job.to_string(), ID);
        assert_eq!(parameters.token, "s3=cret");
        assert_eq!(parameters.machine.unwrap().to_string(), ID);
    }

    #[test]
    fn a_boot_without_a_job_says_what_is_missing() {
        assert_eq!(parse("quiet").err(), Some(NoJob::Missing(SERVER)));
        let text = "pitstop.server=http://a pitstop.job=7 pitstop.token=x";
        assert_eq!(parse(text).err(), Some(NoJob::Nonsense(JOB)));
        let text = format!("pitstop.server=http://a pitstop.job={ID} pitstop.token=");
        assert_eq!(parse(&text).err(), Some(NoJob::Missing(TOKEN)));
    }

    #[test]
    fn the_last_word_counts() {
        let text =
            format!("pitstop.server=http://a pitstop.server=http://b pitstop.job={ID} pitstop.token=x");
        assert_eq!(parse(&text).ok().unwrap().server, "http://b");
    }
}
