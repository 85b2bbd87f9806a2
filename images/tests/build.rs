//! Builds the real images; needs apt with package lists, mtools and dosfstools.

use std::{fs, path::Path};

use pitstop_images::{
    Flavour, Recipe, build_maintenance,
    disk::{Personality, build_disk, clone_disk},
    own_system::{OwnSystem, build_own_system},
};

fn cache() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debian"))
}

fn recipe(output: &Path, agent: &Path) -> Recipe {
    Recipe { cache: cache().into(), output: output.into(), agent: agent.into(), flavour: Flavour::Cloud }
}

#[test]
fn building_twice_gives_the_same_bytes_and_the_second_build_in_place_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let agent = folder.path().join("agent");
    fs::write(&agent, "#!/bin/sh\n").unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));

    let built = build_maintenance(&recipe(&one, &agent)).unwrap();
    assert!(!built.unchanged);
    assert_eq!(build_maintenance(&recipe(&other, &agent)).unwrap().version, built.version);
    for file in ["vmlinuz", "initrd.img", "image.json"] {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
    }
    assert!(build_maintenance(&recipe(&one, &agent)).unwrap().unchanged);

    fs::write(&agent, "#!/bin/sh\nexit 1\n").unwrap();
    let changed = build_maintenance(&recipe(&one, &agent)).unwrap();
    assert!(!changed.unchanged);
    assert_ne!(changed.version, built.version);
}

#[test]
fn disk_of_a_machine_is_a_copy_that_knows_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let system = build_own_system(&OwnSystem {
        cache: cache().into(),
        output: folder.path().join("own"),
        agent: None,
        flavour: Flavour::Cloud,
    })
    .unwrap();
    let base = build_disk(&system, cache(), &folder.path().join("disk")).unwrap();
    let copy = folder.path().join("copy.img");
    let personality = Personality { hostname: "oak".to_owned(), agent_json: Some("{}".to_owned()) };
    clone_disk(&base, &copy, &personality).unwrap();
    let content = fs::read(&copy).unwrap();
    assert_eq!(content.len(), fs::read(&base).unwrap().len());
    assert!(content.windows(3).any(|part| part == b"oak"));
}
