//! Ansible's own programs on the collection of `packaging/ansible`: its documentation is read, machines become an
//! inventory, and a play is held against the real server in this process, with simulated machines.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/shape.rs"]
mod shape;

use database::BEARER;
use fleet::World;
use pitstop_rig::fleet::{Mix, Profile};
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SPEED: f64 = 40.0;
const MODULES: [&str; 4] = ["job", "machine", "run", "schedule"];

/// Ansible, with the collection installed as people install it.
struct Ansible {
    folder: TempDir,
}

impl Ansible {
    /// The collection as it lies in the sources: quicker.
    fn on_the_sources() -> Self {
        let ansible = Self { folder: tempfile::tempdir().unwrap() };
        let place = ansible.folder.path().join("collections/ansible_collections/pitstop");
        std::fs::create_dir_all(&place).unwrap();
        symlink(sources(""), place.join("fleet")).unwrap();
        ansible
    }

    /// `ansible-galaxy` builds it by its `galaxy.yml` and puts it where it belongs.
    fn with_the_collection() -> Self {
        let ansible = Self { folder: tempfile::tempdir().unwrap() };
        let place = ansible.path("collections");
        ansible.run(
            "ansible-galaxy",
            &["collection", "install", &sources(""), "-p", &place, "--offline"],
            &[],
        );
        ansible
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// What it prints; it must end well.
    fn run(&self, program: &str, words: &[&str], environment: &[(&str, &str)]) -> String {
        let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/python/bin");
        let program = programs.join(program);
        assert!(program.is_file(), "{} is not there: run `cargo xtask setup`", program.display());
        let (home, tmp) = (self.path("home"), self.path("tmp"));
        let asked = Command::new(&program)
            .current_dir(self.folder.path())
            .args(words)
            .envs([("ANSIBLE_HOME", home), ("ANSIBLE_LOCAL_TEMP", tmp)])
            .envs([("ANSIBLE_COLLECTIONS_PATH", self.path("collections"))])
            .envs([("ANSIBLE_LOCALHOST_WARNING", "false"), ("ANSIBLE_INVENTORY_UNPARSED_WARNING", "false")])
            .envs([("LC_ALL", "C.UTF-8"), ("ANSIBLE_NOCOLOR", "true"), ("ANSIBLE_PIPELINING", "true")])
            .envs([("PYTHONPATH", self.path("collections")), ("PYTHONDONTWRITEBYTECODE", "1".to_owned())])
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&asked.stdout).into_owned();
        let complained = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.success(), "{}: {told}{complained}", program.display());
        told
    }
}

fn sources(below: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../packaging/ansible").join(below);
    root.to_str().unwrap().trim_end_matches('/').to_owned()
}

/// Ansible marks what is never read as a template.
fn text(value: &Value) -> &str {
    value.as_str().or_else(|| value["__ansible_unsafe"].as_str()).unwrap()
}

#[test]
fn ansible_reads_the_documentation_of_everything_in_the_collection() {
    let ansible = Ansible::on_the_sources();
    let names: Vec<String> = MODULES.iter().map(|name| format!("pitstop.fleet.{name}")).collect();
    let words: Vec<&str> = ["--json"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let modules: Value = serde_json::from_str(&ansible.run("ansible-doc", &words, &[])).unwrap();
    for name in &names {
        let of = &modules[name];
        assert!(
            of["doc"]["options"]["token"].is_object(),
            "{name}: the options of the server are missing: {of}"
        );
        assert!(of["examples"].is_string() && of["return"].is_object(), "{name}: {of}");
    }
    let inventory = ["--json", "-t", "inventory", "pitstop.fleet.machines"];
    let inventory: Value = serde_json::from_str(&ansible.run("ansible-doc", &inventory, &[])).unwrap();
    let options = &inventory["pitstop.fleet.machines"]["doc"]["options"];
    for option in ["query", "group_by", "token", "keyed_groups", "cache"] {
        assert!(options[option].is_object(), "{option}: {options}");
    }
}

#[test]
fn modules_conclude_the_right_thing_from_what_a_server_says() {
    let ansible = Ansible::on_the_sources();
    ansible.run("python", &[&sources("tests/unit/plugins/test_words.py")], &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_play_sees_to_machines_and_each_task_says_what_became_of_it() {
    let world = World::new(Profile::fleet(3, 1, SPEED, &Mix::default())).await;
    let (server, machine) = (world.address().to_owned(), world.names().remove(0));
    let seen = tokio::task::spawn_blocking(move || {
        let ansible = Ansible::with_the_collection();
        let token = BEARER.trim_start_matches("Bearer ");
        let environment = [("PITSTOP_SERVER", server.as_str()), ("PITSTOP_TOKEN", token)];
        let (play, machine) = (sources("tests/server/play.yml"), format!("machine={machine}"));
        ansible.run("ansible-playbook", &[&play, "-e", &machine], &environment);
        let fleet = ansible.path("fleet.pitstop.yml");
        std::fs::write(&fleet, "plugin: pitstop.fleet.machines\ngroup_by: [site, label, state, model]\n")
            .unwrap();
        ansible.run("ansible-inventory", &["-i", &fleet, "--list"], &environment)
    });
    let seen: Value = serde_json::from_str(&seen.await.unwrap()).unwrap();
    let hosts = |group: &str| seen[group]["hosts"].as_array().cloned().unwrap_or_default();
    assert_eq!(hosts("label_simulated").len(), 3, "{seen}");
    assert_eq!(hosts("state_own").len(), 3, "{seen}");
    assert_eq!(hosts("site_berlin"), ["box-2"], "{seen}");
    let known = &seen["_meta"]["hostvars"];
    for name in world.names() {
        let known = &known[&name];
        assert!(known["pitstop_memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{name}: {known}");
        let model = text(&known["pitstop_model"]).to_lowercase();
        let group: String = model.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        assert!(hosts(&format!("model_{group}")).contains(&Value::from(name.clone())), "{group}: {seen}");
    }
    // What somebody wrote on a machine is no program for whoever reads the inventory.
    assert_eq!(text(&known["box-2"]["pitstop_used_by"]), "{{ 7 }}", "{known}");
    // The trips that were asked for, and no more: one by a job, one by the run.
    let restarts: Vec<u32> =
        world.names().iter().map(|name| world.machine(name).status().tally.restarts).collect();
    assert_eq!(restarts, [4, 2, 2]);
    world.stop().await;
}
