//! Chips and facts of machines.

use super::api::{MachineState, SeenSighting};
use crate::format;
use crate::parts::{Icon, icon};
use leptos::prelude::*;
use pitstop_domain::machine::Machine;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};

/// A state: shape, word and colour.
#[component]
pub fn StateChip(state: MachineState) -> impl IntoView {
    view! {
        <span class="chip" data-state=state.name()>{icon(drawing(state))}{state.words()}</span>
    }
}

/// The shape of a state.
pub fn drawing(state: MachineState) -> Icon {
    match state {
        MachineState::Held => Icon::Hand,
        MachineState::Switching => Icon::Right,
        MachineState::InMaintenance => Icon::Wrench,
        MachineState::Returning => Icon::Left,
        MachineState::Silent => Icon::Quiet,
        MachineState::Unknown => Icon::Question,
        MachineState::OwnSystem => Icon::Check,
        MachineState::ShutDown => Icon::Moon,
    }
}

/// What a machine is, as names and values. Only what is known.
pub fn facts(machine: &Machine) -> Vec<(&'static str, Vec<String>)> {
    let mut facts = vec![("Boots", vec![format!("{}, {}", machine.firmware, machine.arch)])];
    if let Some(found) = &machine.inventory {
        let model = [&found.vendor, &found.model].map(String::as_str).join(" ");
        facts.extend([
            ("Model", vec![model.trim().to_owned()]),
            ("Serial", vec![found.serial.clone()]),
            ("Processor", vec![processor(&found.cpu, found.cores)]),
            (
                "Memory",
                vec![if found.memory_bytes > 0 { format::bytes(found.memory_bytes) } else { String::new() }],
            ),
            (
                "Disks",
                found
                    .disks
                    .iter()
                    .map(|d| format!("{} {} {}", d.name, format::bytes(d.bytes), d.model))
                    .collect(),
            ),
            ("Own system", vec![found.system.clone(), found.kernel.clone()]),
            (
                "Secure Boot",
                found.secure_boot.map(|on| if on { "on" } else { "off" }.to_owned()).into_iter().collect(),
            ),
            ("Network", found.nics.iter().map(nic).collect()),
        ]);
    } else {
        facts.push(("MAC", machine.macs.iter().map(ToString::to_string).collect()));
    }
    facts
        .push(("Agent", vec![if machine.has_agent { "in its own system" } else { "never seen" }.to_owned()]));
    facts.push(("SMBIOS UUID", machine.smbios_uuid.iter().map(ToString::to_string).collect()));
    for (_, values) in &mut facts {
        values.retain(|value| !value.trim().is_empty());
    }
    facts.retain(|(_, values)| !values.is_empty());
    facts
}

fn processor(cpu: &str, cores: u32) -> String {
    match cores {
        0 => cpu.to_owned(),
        n => format!("{cpu}, {}", format::counted(u64::from(n), "core", "cores")),
    }
}

fn nic(nic: &pitstop_domain::machine::Nic) -> String {
    let link = if nic.link { "" } else { ", no link" };
    format!("{} {} {}{link}", nic.name, nic.mac, nic.addresses.join(" "))
}

/// A sighting as a line of words.
pub fn sighting(seen: &SeenSighting) -> String {
    match &seen.sighting {
        Sighting::OwnAgent { boot_id } => format!("own system reports, boot {}", short(&boot_id.0)),
        Sighting::MaintenanceAgent { boot_id, .. } => {
            format!("maintenance image reports, boot {}", short(&boot_id.0))
        }
        Sighting::OutsideJob { why, .. } => {
            format!("ran maintenance outside its job and was told to go home: {why}")
        }
        Sighting::AskedToBoot { by, told: Told::Maintenance } => {
            format!("asks how to boot ({by}): told maintenance")
        }
        Sighting::AskedToBoot { by, told: Told::OwnSystem } => {
            format!("asks how to boot ({by}): left to its own system")
        }
        Sighting::AskedToBoot { by, told: Told::Nothing } => {
            format!("asks how to boot ({by}): its own system's image could not be told")
        }
        Sighting::ToldOwnImage { name, version, .. } => {
            format!("is told to start its own system from the network: {name} {version}")
        }
        Sighting::Fetched(fetched) => bytes(fetched),
        Sighting::FetchedOwn(fetched) => format!("{} of its own system", bytes(fetched)),
        Sighting::Progress { permille, text, .. } => format!("works: {} % {text}", permille / 10),
        Sighting::Reported { outcome, summary, .. } => {
            format!("reports the end: {}: {summary}", outcome.name())
        }
        Sighting::Power { on, route } => {
            let state = if *on { "on" } else { "off" };
            format!("its board says that it is switched {state} ({route})")
        }
        Sighting::ShutDown { .. } => "shuts down again: it was off before its maintenance".to_owned(),
        Sighting::Probed { answered: true, what } => format!("answers its probe: {what}"),
        Sighting::Probed { answered: false, what } => format!("does not answer its probe: {what}"),
        Sighting::UrlCalled { outcome, summary, .. } => {
            format!("called the job's address: {}: {summary}", outcome.name())
        }
    }
}

fn bytes(fetched: &Fetched) -> String {
    let (step, name) = (step(fetched.step), &fetched.name);
    if !fetched.done && fetched.bytes == 0 {
        return format!("begins to fetch {step} {name}");
    }
    let how = if fetched.done { "fetched" } else { "fetches" };
    format!("{how} {step} {name}, {}", format::bytes(fetched.bytes))
}

/// A boot step in words.
pub fn step(step: FetchStep) -> &'static str {
    match step {
        FetchStep::Loader => "loader",
        FetchStep::Script => "script",
        FetchStep::Kernel => "kernel",
        FetchStep::Initrd => "initial RAM disk",
        FetchStep::Program => "program",
        FetchStep::File => "file",
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
