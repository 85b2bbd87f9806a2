//! `pitstop-lab up`, as other programs use it. Needs what the lab needs.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

#[test]
fn lab_tells_its_machines_waits_for_go_and_removes_all_at_the_end_of_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Command::new(env!("CARGO_BIN_EXE_pitstop-lab"))
        .args(["up", "--machines", "bios-noagent:1", "--cache"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab"))
        .arg("--dir")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = lab.stdin.take().unwrap();
    let mut output = BufReader::new(lab.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&output.next().unwrap().unwrap()).unwrap() };

    let machine = line();
    assert_eq!((&machine["name"], &machine["firmware"]), (&"oak".into(), &"bios".into()));
    let ready = line();
    assert_eq!(ready["ready"], true);
    let namespace = Path::new(ready["boot_netns"].as_str().unwrap());
    assert!(namespace.exists(), "the boot server's sockets can be made before machines start");
    let qmp = Path::new(machine["qmp"].as_str().unwrap());
    assert!(!qmp.exists(), "machines wait for the word");

    for (word, answer) in [("go", "done"), ("off oak", "done"), ("on oak", "done"), ("dance", "failed")] {
        writeln!(input, "{word}").unwrap();
        assert_eq!(line()[answer], word);
    }
    assert!(qmp.exists());

    drop(input);
    assert!(lab.wait().unwrap().success());
    assert!(!namespace.exists() && !qmp.exists());
}
