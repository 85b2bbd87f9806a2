//! Other programs: found, run, and never left behind.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::paths;

/// A program on the PATH, or in the folders of administration that are not on everyone's.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command that ends when we do, even if we are killed: `setpriv` asks the kernel to see to it.
///
/// `signal` is what it gets then, by name (`TERM`).
pub fn guarded(program: impl AsRef<OsStr>, signal: &str) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    command
}

/// Runs a command in the foreground; anything but success is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| not_started(command, &error))?;
    if !status.success() {
        bail!("`{}` failed ({status})", told(command));
    }
    Ok(())
}

/// Runs a command beside something that is shown; what it says goes into a file of this name among our notes, and is shown
/// when it has ended.
pub fn run_into_a_file(command: &mut Command, name: &str) -> Result<()> {
    let told = paths::notes().join(name);
    fs::create_dir_all(paths::notes())?;
    let file = fs::File::create(&told)?;
    let outcome = run(command.stdout(file.try_clone()?).stderr(file));
    // A test may print what is no text.
    print!("{}", String::from_utf8_lossy(&fs::read(&told).unwrap_or_default()));
    outcome
}

/// Runs a command quietly and gives what it printed; on failure its complaints are in the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = captured(command)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", told(command), output.status, complaint.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no text", told(command)))
}

/// Runs a command quietly, whatever its outcome.
pub fn captured(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))
}

/// The command as a person would type it, without the words that only guard it.
pub fn told(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut words: Vec<_> =
        std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    if words[0] == "setpriv"
        && let Some(end) = words.iter().position(|word| word == "--")
    {
        words.drain(..=end);
        words[0] = words[0].rsplit('/').next().unwrap_or_default().to_owned().into();
    }
    words.join(" ")
}

fn not_started(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = Path::new(command.get_program()).display().to_string();
    match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("the program {program} is not on this machine"),
        _ => anyhow::anyhow!("{program} could not be started: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_as_people_type_them() {
        assert_eq!(
            told(guarded("/usr/bin/cargo", "TERM").args(["build", "-p", "one"])),
            "cargo build -p one"
        );
        assert_eq!(told(Command::new("/usr/bin/apt-get").arg("update")), "apt-get update");
    }
}
