//! Who this machine is to the server, kept across restarts so that a token is asked for once.

use crate::private;
use pitstop_domain::id::MachineId;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

const FILE: &str = "identity.json";

/// What enrolment gave. No `Debug`: it is a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The server that gave it: another one is not shown this token.
    pub server: String,
    pub machine: MachineId,
    pub token: String,
}

impl Identity {
    /// What is kept for `server`. A damaged file is as good as none: enrolling again gives the same machine.
    pub fn load(state: &Path, server: &str) -> Option<Self> {
        let identity: Self = serde_json::from_slice(&std::fs::read(state.join(FILE)).ok()?).ok()?;
        (identity.server == server).then_some(identity)
    }

    /// Keeps it, readable by this user only, and never half.
    pub fn save(&self, state: &Path) -> std::io::Result<()> {
        private::folder(state)?;
        let (part, whole) = (state.join("identity.part"), state.join(FILE));
        let mut file = private::file(&part)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(part, whole)
    }

    /// The server does not know it any more.
    pub fn forget(state: &Path) {
        let _ = std::fs::remove_file(state.join(FILE));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_identity_is_kept_for_its_server_and_for_nobody_else_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let machine = MachineId(uuid::Uuid::from_u128(7));
        let identity = Identity { server: "http://a".to_owned(), machine, token: "t".to_owned() };
        identity.save(&state).unwrap();
        identity.save(&state).unwrap();
        let mode = std::fs::metadata(state.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Identity::load(&state, "http://a").unwrap().machine, machine);
        assert!(Identity::load(&state, "http://b").is_none());
        Identity::forget(&state);
        assert!(Identity::load(&state, "http://a").is_none());
    }
}
