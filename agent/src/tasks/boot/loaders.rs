//! Programs by which systems start, in the folder `EFI` of their partition (UEFI 2.10, 13.3.1.3).

use std::fs;
use std::path::{Path, PathBuf};

/// In each system's own folder, the first that is there: the one that Secure Boot takes before the one that it leads to.
const PROGRAMS: [&str; 4] = ["shimx64.efi", "grubx64.efi", "systemd-bootx64.efi", "bootmgfw.efi"];

/// A program that starts a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loader {
    /// Of the system: its folder's name.
    pub name: String,
    /// As the firmware names it.
    pub file: String,
}

/// All systems whose partition is mounted there. The fallback `EFI/BOOT` needs no entry: firmware looks for it by itself.
pub(super) fn loaders(root: &Path) -> Vec<Loader> {
    let Some(efi) = inside(root, "efi") else { return vec![] };
    let mut found: Vec<_> = folders(&efi)
        .into_iter()
        .filter(|folder| !name_of(folder).eq_ignore_ascii_case("boot"))
        .filter_map(|folder| loader(&folder))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn loader(folder: &Path) -> Option<Loader> {
    let name = name_of(folder);
    // Windows has its program one folder deeper.
    let deeper = inside(folder, "boot");
    let places = [(folder.to_owned(), name.clone())].into_iter().chain(deeper.map(|deeper| {
        let path = format!("{name}\\{}", name_of(&deeper));
        (deeper, path)
    }));
    for (place, path) in places {
        for program in PROGRAMS {
            if let Some(found) = inside(&place, program).filter(|found| found.is_file()) {
                let title = if name.eq_ignore_ascii_case("microsoft") {
                    "Windows Boot Manager".to_owned()
                } else {
                    name
                };
                return Some(Loader { name: title, file: format!("\\EFI\\{path}\\{}", name_of(&found)) });
            }
        }
    }
    None
}

/// Names differ in their case only as people write them.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.into_iter().find(|path| name_of(path).eq_ignore_ascii_case(name))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_found_by_the_programs_that_start_them() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "EFI/debian/shimx64.efi",
            "EFI/debian/grubx64.efi",
            "EFI/Microsoft/Boot/bootmgfw.efi",
            "EFI/BOOT/BOOTX64.EFI",
            "EFI/tools/memtest.efi",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = loaders(root.path());
        let names: Vec<_> = found.iter().map(|loader| (loader.name.as_str(), loader.file.as_str())).collect();
        assert_eq!(
            names,
            [
                ("Windows Boot Manager", "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"),
                ("debian", "\\EFI\\debian\\shimx64.efi")
            ]
        );
    }

    #[test]
    fn a_partition_without_systems_has_none() {
        assert_eq!(loaders(tempfile::tempdir().unwrap().path()), []);
    }
}
