//! Programs of others, in the environment that xtask makes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a script with this input and gives what it prints.
///
/// Panics where there is no environment: a second opinion that was not asked has not agreed.
pub fn ask(script: &str, input: &str) -> String {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/python/bin/python");
    assert!(python.is_file(), "{} is not there: run `cargo xtask setup`", python.display());
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "python failed: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
