//! Functions of the toolbox: what looks at disks, repairs what is on them, and measures.

use super::OUR_IMAGE;
use pitstop_domain::ending::Ending;
use pitstop_domain::function::{Erasure, Function, Limits, Risk, Surface, Task};
use pitstop_domain::parameter::Parameter;
use pitstop_domain::people::Role;

/// Names of the images that `cargo xtask image` makes.
const TOOLBOX: &str = "pitstop-toolbox";
const VIRUS_SCAN: &str = "pitstop-virus-scan";

/// Reading a large disk takes most of a day.
const A_DAY_S: u32 = 24 * 3600;

pub(super) fn functions() -> Vec<Function> {
    vec![
        check_file_systems(),
        repair_file_systems(),
        disk_health(),
        virus_scan(),
        virus_undo(),
        speed(),
        network_test(),
        boot_repair(),
        password_reset(),
        script(),
        hold(),
        capture(),
        restore(),
        wipe(),
    ]
}

/// A function that ends when its agent says so.
fn tool(name: &str, title: &str, image: &str, risk: Risk, task: Task) -> Function {
    Function {
        name: name.to_owned(),
        title: title.to_owned(),
        description: String::new(),
        image: image.to_owned(),
        task,
        parameters: vec![],
        least_role: None,
        missing: None,
        ending: Ending::by_agent(),
        limits: Limits { run_s: A_DAY_S, ..Limits::default() },
        risk,
        told: "The machine is being worked on. Please leave it switched on.".to_owned(),
    }
}

fn device(help: &str) -> Parameter {
    Parameter::text("device", "Device").help(help)
}

fn check_file_systems() -> Function {
    let task = Task::FileSystems { repair: false, device: None };
    Function {
        description: "Checks ext4, NTFS, FAT, xfs and btrfs for damage, and changes nothing.".to_owned(),
        parameters: vec![device("Like /dev/sda or /dev/sda2. Empty: all.")],
        ..tool("check-file-systems", "Check file systems", TOOLBOX, Risk::ReadsOnly, task)
    }
}

fn repair_file_systems() -> Function {
    let task = Task::FileSystems { repair: true, device: None };
    Function {
        description: "Checks all file systems first, repairs those that are damaged, and checks them again. \
                      Encrypted ones are left alone."
            .to_owned(),
        parameters: vec![device("Like /dev/sda or /dev/sda2. Empty: all.")],
        told: "Its file systems are being checked and repaired. Switching it off now would damage them."
            .to_owned(),
        ..tool("repair-file-systems", "Repair file systems", TOOLBOX, Risk::Repairs, task)
    }
}

fn disk_health() -> Function {
    let task = Task::DiskHealth { surface: Surface::Whole, device: None };
    let surface = [
        ("whole", "All of it (hours for large disks)"),
        ("sample", "Samples (a minute)"),
        ("none", "Nothing: only ask the disk"),
    ];
    Function {
        description:
            "Asks disks for their own view of their health (SMART), and reads them to find places that \
                      cannot be read any more."
                .to_owned(),
        parameters: vec![
            Parameter::choice("surface", "What is read", &surface).required(),
            device("Like /dev/sda. Empty: all."),
        ],
        told: "Its disks are being read. Please leave the machine switched on.".to_owned(),
        ..tool("disk-health", "Disk health", TOOLBOX, Risk::ReadsOnly, task)
    }
}

fn virus_scan() -> Function {
    let task = Task::VirusScan { quarantine: true, device: None };
    Function {
        description:
            "Scans all files with ClamAV while the machine's own system does not run, so that nothing can \
                      hide. What is infected is moved to a quarantine on the same disk, and can be put back."
                .to_owned(),
        parameters: vec![
            Parameter::switch("quarantine", "Move what is infected to quarantine").required(),
            device("Like /dev/sda or /dev/sda2. Empty: all."),
        ],
        told: "Its disks are being scanned for viruses. Please leave the machine switched on.".to_owned(),
        ..tool("virus-scan", "Virus scan", VIRUS_SCAN, Risk::Repairs, task)
    }
}

fn virus_undo() -> Function {
    let task = Task::VirusUndo { job: String::new() };
    Function {
        description: "Puts back what a virus scan moved to quarantine.".to_owned(),
        parameters: vec![
            Parameter::text("job", "The scan's job")
                .required()
                .help("Its id, as in the address of its page."),
        ],
        ..tool("virus-scan-undo", "Put back from quarantine", TOOLBOX, Risk::Repairs, task)
    }
}

fn speed() -> Function {
    Function {
        description: "Measures processors and memory, to compare with another time or a machine like it."
            .to_owned(),
        parameters: vec![Parameter::number("seconds", "For each measurement", 1, 60, "s").required()],
        limits: Limits { run_s: 15 * 60, ..Limits::default() },
        ..tool("speed", "Processor and memory speed", OUR_IMAGE, Risk::ReadsOnly, Task::Speed { seconds: 3 })
    }
}

fn network_test() -> Function {
    Function {
        description: "Looks at the links of its network cards, and how this server is reached.".to_owned(),
        limits: Limits { run_s: 15 * 60, ..Limits::default() },
        ..tool("network-test", "Network test", OUR_IMAGE, Risk::ReadsOnly, Task::NetworkTest)
    }
}

fn script() -> Function {
    let task = Task::Script { script: String::new(), limit_s: 600, variables: Default::default() };
    Function {
        description:
            "Runs a shell script in maintenance: 0 at its end means well, 1 means that it found something. \
                      It can do anything to the machine."
                .to_owned(),
        parameters: vec![
            Parameter::lines("script", "Script").required(),
            Parameter::number("limit_s", "Time limit", 1, u64::from(A_DAY_S), "s").required(),
        ],
        ..tool("script", "Run a script", TOOLBOX, Risk::Destroys, task)
    }
}

fn boot_repair() -> Function {
    Function {
        description: "Looks for systems on the disks that the firmware (UEFI) has no boot entry for, and makes the entries \
                      that are missing, behind those of the network. Nothing on the disks is changed."
            .to_owned(),
        parameters: vec![Parameter::switch("repair", "Make the entries that are missing").required()],
        limits: Limits { run_s: 15 * 60, ..Limits::default() },
        ..tool("boot-repair", "Repair boot entries", TOOLBOX, Risk::Repairs, Task::BootEntries { repair: true })
    }
}

/// Whoever does this can sign in as anybody there: it is kept for those who may use the console, who could do it by hand.
fn password_reset() -> Function {
    let task = Task::PasswordReset { user: String::new(), device: None };
    Function {
        description: "Takes away a forgotten password of a Linux account: it signs in at the machine without one, and must \
                      choose a new one then. What was before is kept beside it."
            .to_owned(),
        parameters: vec![
            Parameter::text("user", "Account").required().help("As it is written to sign in, like root."),
            device("Like /dev/sda2. Empty: the one system that has the account."),
        ],
        least_role: Some(Role::Operator),
        told: "Access to this machine is being restored.".to_owned(),
        ..tool("password-reset", "Take away a forgotten password", TOOLBOX, Risk::Repairs, task)
    }
}

/// By itself it touches nothing, but its console can: that is what it is for.
fn hold() -> Function {
    Function {
        description: "Keeps the machine in maintenance until the job is stopped, a day at most. Its console can change \
                      anything on it."
            .to_owned(),
        ..tool("hold", "Hold in maintenance", TOOLBOX, Risk::Repairs, Task::Hold)
    }
}

/// It changes nothing on the machine, but all that is on it is read and kept: for those who may use its console, too.
fn capture() -> Function {
    Function {
        description: "Keeps what is on a disk, to be restored to this machine or another: the partition table, what starts it, \
                      and what is in use of ext4, xfs, btrfs, NTFS and FAT; all of what is encrypted or not known. \
                      It travels to the server unencrypted, as it is on the disk. Started again after it broke off, it goes on."
            .to_owned(),
        parameters: vec![device("The disk, like /dev/sda. Empty: the only one.")],
        least_role: Some(Role::Operator),
        told: "Its disk is being copied to the server. Please leave the machine switched on.".to_owned(),
        ..tool("capture", "Capture a disk", TOOLBOX, Risk::ReadsOnly, Task::Capture { device: None })
    }
}

fn restore() -> Function {
    let (capture, device_named, confirm) = (String::new(), String::new(), String::new());
    let task = Task::Restore { capture, device: device_named, confirm, meant: None };
    Function {
        description: "Writes a capture to a disk that has room for it. All that is on that disk is lost. That it fits, that nothing \
                      uses the disk and that all of the capture is on the server is looked at before anything is written; \
                      what comes is checked as it comes."
            .to_owned(),
        parameters: vec![
            Parameter::capture("capture", "Capture").required().help("Those that are whole are offered."),
            device("The disk to write to, like /dev/sda, or its serial number.").required(),
            Parameter::machine_name("confirm"),
        ],
        told: "A disk of this machine is being restored. Switching it off now would leave it unusable.".to_owned(),
        ..tool("restore", "Restore a disk", TOOLBOX, Risk::Destroys, task)
    }
}

fn wipe() -> Function {
    let (confirm, device_named) = (String::new(), String::new());
    let task = Task::Wipe { confirm, device: device_named, method: Erasure::Best, meant: None };
    let methods = [
        ("best", "The disk's own erase where it has one, else overwriting (purge or clear)"),
        ("clear", "Overwriting, all of it read back (clear)"),
        ("purge", "The disk's own erase only, which reaches its spare areas, too (purge)"),
    ];
    let method = Parameter::choice("method", "Method", &methods);
    Function {
        description: "Makes what is on one whole disk unreadable for good, and certifies how. All that is on it is lost."
            .to_owned(),
        parameters: vec![
            device("The one disk to wipe, like /dev/sda, or its serial number.").required(),
            method.help("Purge and clear are the words of NIST SP 800-88.").required(),
            Parameter::machine_name("confirm"),
        ],
        limits: Limits { run_s: 3 * A_DAY_S, ..Limits::default() },
        told: "A disk of this machine is being wiped.".to_owned(),
        ..tool("wipe", "Wipe a disk", TOOLBOX, Risk::Destroys, task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_fills_a_field_of_its_task() {
        for function in functions() {
            let fields = serde_json::to_value(&function.task).unwrap();
            for parameter in &function.parameters {
                assert!(fields.get(&parameter.name).is_some(), "{}: {}", function.name, parameter.name);
            }
        }
    }

    #[test]
    fn what_needs_no_answer_can_start_as_it_is_offered() {
        for function in functions().into_iter().filter(|function| function.risk != Risk::Destroys) {
            let open = |asked: &Parameter| asked.required && asked.begins_with(&function.task).is_empty();
            if function.parameters.iter().any(open) {
                continue;
            }
            let begins = function.parameters.iter();
            let filled = begins.map(|asked| (asked.name.clone(), asked.begins_with(&function.task)));
            assert_eq!(
                function.filled(&filled.collect(), "oak"),
                Ok(function.task.clone()),
                "{}",
                function.name
            );
        }
    }

    #[test]
    fn a_disk_is_not_wiped_without_the_machines_name() {
        let device = ("device".to_owned(), "/dev/sda".to_owned());
        assert!(wipe().filled(&[device.clone()].into_iter().collect(), "oak").is_err());
        let confirm = ("confirm".to_owned(), "oak".to_owned());
        assert!(wipe().filled(&[device, confirm].into_iter().collect(), "oak").is_ok());
    }
}
