//! OpenIPMI's simulator (`ipmi_sim`, Debian's package openipmi): a board with one user, whose machine is a script.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use uuid::Uuid;

/// As the simulator shows the bytes of its GUID.
pub const UUID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
/// Without a space: the simulator's configuration takes none.
pub const PASSWORD: &str = "correct-horse";

/// Killed with the test.
pub struct Simulator(pub Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A UDP port that was free a moment ago.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `chassis`: the machine behind the board, a script that is asked `get power`, `set boot pxe`, `set reset 1`.
pub fn simulate(folder: &Path, port: u16, chassis: &str) -> Simulator {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("chassis", chassis);
    fs::set_permissions(folder.join("chassis"), fs::Permissions::from_mode(0o755)).unwrap();
    write("boot", "none\n");
    write("book", "");
    let auths = ["callback", "user", "operator", "admin"]
        .map(|who| format!("allowed_auths_{who} none md2 md5 straight\n"));
    write(
        "lan.conf",
        &format!(
            "name \"board\"\nset_working_mc 0x20\nstartlan 1\naddr 127.0.0.1 {port}\npriv_limit admin\n{}\
             guid {}\nendlan\nchassis_control \"{}\"\n\
             user 2 true \"admin\" \"{PASSWORD}\" admin 10 none md2 md5 straight\n",
            auths.concat(),
            UUID.simple(),
            folder.join("chassis").display(),
        ),
    );
    write(
        "sim.emu",
        "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n",
    );
    // A test that is killed takes it along.
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--", "ipmi_sim"])
        .arg("-c")
        .arg(folder.join("lan.conf"))
        .arg("-f")
        .arg(folder.join("sim.emu"));
    command.arg("-s").arg(folder).arg("-n").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Simulator(command.spawn().expect("ipmi_sim is there: `cargo xtask setup` installs the package openipmi"))
}
