//! Signs the images that are built here, with `minisign` and a key of this checkout, so that they are used where
//! signatures are demanded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use pitstop_images::statement;

use crate::{paths, process, say};

/// What the key is called on the page of trusted keys: the name of its file.
const NAME: &str = "pitstop-builder";

/// Folder with the public key, for the server's `--trusted-keys`.
pub fn keys() -> PathBuf {
    paths::target().join("signing")
}

/// Goes into the package with the images.
pub fn public_key() -> PathBuf {
    keys().join(format!("{NAME}.pub"))
}

/// Signs each image in a drop whose statement is new. Without `minisign` nothing is signed, and that is said.
pub fn all(drop: &Path) -> Result<()> {
    if process::find("minisign").is_none() {
        say::warning(
            "minisign is not on this machine: the images are not signed, and are not used where signatures are demanded",
        );
        return Ok(());
    }
    let secret = secret_key()?;
    for folder in fs::read_dir(drop)?.flatten().map(|entry| entry.path()) {
        if folder.join("image.json").exists() {
            sign(&folder, &secret)?;
        }
    }
    Ok(())
}

/// Made once, without a password: whoever can read it here could as well change what is built.
fn secret_key() -> Result<PathBuf> {
    let secret = keys().join(format!("{NAME}.key"));
    if !secret.exists() || !public_key().exists() {
        fs::create_dir_all(keys())?;
        let mut made = Command::new("minisign");
        made.args(["-G", "-f", "-W", "-p"]).arg(public_key()).arg("-s").arg(&secret);
        quietly(made, "minisign made no pair of keys")?;
    }
    Ok(secret)
}

fn sign(folder: &Path, secret: &Path) -> Result<()> {
    let (path, same) = statement::write(folder)?;
    let signature = folder.join("image.statement.minisig");
    if same && is_ours(&path) {
        return Ok(());
    }
    let _ = fs::remove_file(&signature);
    let mut signed = Command::new("minisign");
    signed.arg("-S").arg("-s").arg(secret).args(["-t", "built by cargo xtask image", "-m"]).arg(&path);
    quietly(signed, &format!("minisign did not sign {}", path.display()))
}

/// The signature that lies there is by the key that is here now.
fn is_ours(statement: &Path) -> bool {
    let mut look = Command::new("minisign");
    look.args(["-V", "-q", "-p"]).arg(public_key()).arg("-m").arg(statement);
    look.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    look.status().is_ok_and(|status| status.success())
}

fn quietly(mut command: Command, otherwise: &str) -> Result<()> {
    let done = command.stdin(Stdio::null()).output()?;
    if !done.status.success() {
        bail!("{otherwise}: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}
