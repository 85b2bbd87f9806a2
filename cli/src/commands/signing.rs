//! What is signed of an image, and signatures. `minisign` signs; the secret key is none of our business.

use super::images::version;
use super::push::described;
use super::{Context, print, remark};
use crate::exit::Exit;
use crate::fault::Fault;
use pitstop_domain::statement::{FILE, SIGNATURE_FILE, Statement};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Writes the statement of the image in a folder; it asks no server.
pub fn statement(json: bool, folder: &Path) -> Result<Exit, Fault> {
    let path = folder.join(FILE);
    let unusable = |why: &dyn std::fmt::Display| Fault::Usage(format!("{}: {why}", path.display()));
    let image = described(folder)?;
    if image["format"] == "iso" {
        let why = "a disc is signed when it is in the catalog: what machines get is picked out of it there, and the \
                   image's page shows what to sign";
        return Err(unusable(&why));
    }
    let statement: Statement = serde_json::from_value(image).map_err(|error| unusable(&error))?;
    let text = statement.to_string();
    fs::write(&path, &text).map_err(|error| unusable(&error))?;
    if json {
        print(&format!("{}\n", json!({ "file": path, "statement": text })))?;
    } else {
        remark(&format!("look that it is what you mean, then sign it: minisign -Sm {}", path.display()));
        print(&text)?;
    }
    Ok(Exit::Done)
}

/// The signature that lies beside the image in its folder.
pub fn beside(folder: &Path) -> Result<Option<String>, Fault> {
    let path = folder.join(SIGNATURE_FILE);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(text(&path)?))
}

fn text(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path)
        .map_err(|error| Fault::Usage(format!("{} cannot be read: {error}", path.display())))
}

/// Adds a signature to a version that is in the catalog.
pub fn sign(context: &Context, wanted: &str, signature: &Path) -> Result<Exit, Fault> {
    let signature = text(signature)?;
    let digest = version(context, wanted)?.digest;
    let answer =
        context.client.post(&format!("images/{digest}/signatures"), &json!({ "signature": signature }))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        remark(&vouched(&answer));
    }
    Ok(Exit::Done)
}

/// Who vouches for a version, in words.
pub fn vouched(image: &Value) -> String {
    let called = format!("{} {}", said(image, "name"), said(image, "version"));
    let trust = &image["standing"]["trust"];
    let by = |signature: &Value| format!("{} ({})", said(signature, "name"), said(signature, "key"));
    let all: Vec<_> = trust["signatures"].as_array().into_iter().flatten().map(by).collect();
    if !all.is_empty() {
        return format!("{called} is signed by {}", all.join(" and "));
    }
    let then = if trust["demanded"] == true { ": no machine gets it before it is signed" } else { "" };
    format!("{called} is not signed by a key that is trusted there{then}")
}

fn said<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
