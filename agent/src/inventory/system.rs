//! Board, processor and running system.

use super::Files;
use std::collections::HashSet;

/// What board makers leave in their tables when they have nothing to say.
const NOTHINGS: &[&str] =
    &["not specified", "to be filled by o.e.m.", "default string", "system serial number", "none", "0"];

/// A field of `/sys/class/dmi/id`, empty when the maker did not fill it in.
pub fn dmi(files: &Files, field: &str) -> String {
    let text = files.text(&format!("sys/class/dmi/id/{field}")).unwrap_or_default();
    if NOTHINGS.contains(&text.to_ascii_lowercase().as_str()) { String::new() } else { text }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    pub model: String,
    /// Cores, not hardware threads.
    pub cores: u32,
}

pub fn cpu(files: &Files) -> Cpu {
    parse_cpu(&files.text("proc/cpuinfo").unwrap_or_default())
}

fn parse_cpu(text: &str) -> Cpu {
    let (mut model, mut cores, mut processors) = (String::new(), HashSet::new(), 0);
    let mut package = "";
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        match (key.trim(), value.trim()) {
            ("processor", _) => processors += 1,
            ("model name", name) if model.is_empty() => model = name.to_owned(),
            ("physical id", id) => package = id,
            ("core id", id) => drop(cores.insert((package, id))),
            _ => {}
        }
    }
    // Some virtual machines and arm64 do not number their cores.
    Cpu { model, cores: if cores.is_empty() { processors } else { cores.len() as u32 } }
}

/// The running system's name for people (os-release(5)).
pub fn name(files: &Files) -> String {
    let text = files.text("etc/os-release").or_else(|| files.text("usr/lib/os-release")).unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
}

/// The kernel's lockdown mode, `none`, `integrity` or `confidentiality`; `None` where the kernel has no lockdown.
pub fn lockdown(files: &Files) -> Option<String> {
    let text = files.text("sys/kernel/security/lockdown")?;
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_threads_of_a_core_are_one_core() {
        let thread = |n, core| format!("processor: {n}\nmodel name: X\nphysical id: 0\ncore id: {core}\n\n");
        let text: String = [thread(0, 0), thread(1, 1), thread(2, 0), thread(3, 1)].concat();
        assert_eq!(parse_cpu(&text), Cpu { model: "X".to_owned(), cores: 2 });
    }

    #[test]
    fn processors_are_counted_where_cores_are_not_numbered() {
        assert_eq!(parse_cpu("processor: 0\n\nprocessor: 1\n").cores, 2);
    }

    #[test]
    fn a_serial_number_that_was_never_filled_in_is_none() {
        let (_folder, files) = super::super::files::tests::machine();
        assert_eq!(dmi(&files, "product_serial"), "");
        assert_eq!(dmi(&files, "sys_vendor"), "QEMU");
    }

    #[test]
    fn the_chosen_lockdown_mode_stands_in_brackets() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("sys/kernel/security")).unwrap();
        std::fs::write(
            folder.path().join("sys/kernel/security/lockdown"),
            "none [integrity] confidentiality\n",
        )
        .unwrap();
        assert_eq!(lockdown(&Files::at(folder.path())).as_deref(), Some("integrity"));
    }
}
