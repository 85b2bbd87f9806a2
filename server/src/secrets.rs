//! Secrets that lie in files beside the database, readable by the server alone.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The key under which tokens are derived; made when missing.
pub fn server_key(data: &Path) -> Result<[u8; 32]> {
    let path = data.join("server.key");
    let text = read_or_make(&path)?;
    let bytes = hex::decode(&text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.with_context(|| {
        format!(
            "{} does not hold 64 hexadecimal digits: restore it, or remove it, enrol all machines anew, and set the \
             passwords of power routes again",
            path.display()
        )
    })
}

/// The key by which agents enrol their machines; made when missing.
pub fn enrol_key(path: &Path) -> Result<String> {
    read_or_make(path)
}

/// The key that signs alarms told outside; made when missing.
pub fn alarm_key(data: &Path) -> Result<String> {
    read_or_make(&data.join("alarm.key"))
}

fn read_or_make(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn make(path: &Path) -> Result<String> {
    let key = hex::encode(rand::random::<[u8; 32]>());
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
