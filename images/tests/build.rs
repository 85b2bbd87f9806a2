//! Builds the real images; needs apt with package lists, mtools and dosfstools.

use std::{fs, path::Path};

use pitstop_images::{
    Flavour, Recipe, build_maintenance, build_memtest,
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
fn flavours_are_versions_of_one_image_and_their_versions_say_which() {
    let folder = tempfile::tempdir().unwrap();
    let agent = folder.path().join("agent");
    fs::write(&agent, "#!/bin/sh\n").unwrap();
    for (flavour, hardware) in [(Flavour::Cloud, false), (Flavour::Standard, true)] {
        let output = folder.path().join("image");
        let built = build_maintenance(&Recipe { flavour, ..recipe(&output, &agent) }).unwrap();
        assert!(!built.unchanged);
        assert_eq!(built.version.ends_with("-hardware"), hardware, "{}", built.version);
        let description = fs::read_to_string(output.join("image.json")).unwrap();
        assert!(description.contains(r#""name": "pitstop-maintenance""#), "{description}");
    }
}

#[test]
fn memtest_comes_out_of_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let built = build_memtest(cache(), folder.path()).unwrap();
    assert!(!built.unchanged);
    // Both are programs for the firmware: the one starts with a boot sector, the other is a Windows program.
    let [bios, efi] =
        ["bin", "efi"].map(|end| fs::read(folder.path().join(format!("memtest86+x64.{end}"))).unwrap());
    assert_eq!(bios[510..512], [0x55, 0xaa]);
    assert_eq!(&efi[..2], b"MZ");
    assert!(build_memtest(cache(), folder.path()).unwrap().unchanged);
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
