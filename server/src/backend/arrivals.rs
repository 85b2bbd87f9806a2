//! Images that a form adds: small files that came with it, or addresses.

use super::failure_of;
use crate::api::uploads::fetch_deed;
use crate::catalog::Manifest;
use crate::people::{Deed, Gate, On};
use crate::uploads::{Fetching, Uploads, signed};
use axum::body::Body;
use pitstop_app::Failure;
use pitstop_app::images::desk::{Added, Coming, NewImage, NewPart, Source};
use pitstop_domain::people::Right;
use pitstop_store::{Result, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) fn deed(what: String) -> Deed {
    Deed::new(Right::EditImages, On::Installation, what)
}

/// What came with the form enters the catalog at once; what has addresses is fetched.
pub(super) async fn add(
    gate: &Gate,
    uploads: &Uploads,
    new: NewImage,
    by: &str,
    from: &str,
) -> std::result::Result<Added, Failure> {
    let addresses = new.parts.iter().filter(|part| matches!(part.source, Source::Address { .. })).count();
    if addresses > 0 && addresses < new.parts.len() {
        let why = "Files of this computer and addresses cannot be mixed: take the one or the other.";
        return Err(Failure::Refused(why.to_owned()));
    }
    let manifest = manifest(&new)?;
    if addresses > 0 {
        let fetched = gate.act(fetch_deed(&manifest), |store| async {
            signed::announced(store, &manifest).await?;
            uploads.fetch(store, &manifest, by, from).map(drop)
        });
        return fetched.await.map(|()| Added::Coming).map_err(failure_of);
    }
    let name = new.name.clone();
    let deed = deed(format!("uploaded the image {}", manifest.called()));
    let added = gate.act(deed, |store| sent(store, uploads, &manifest, new.parts, by, from));
    added.await.map(|()| Added::There { name }).map_err(failure_of)
}

async fn sent(
    store: &Store,
    uploads: &Uploads,
    manifest: &Manifest,
    parts: Vec<NewPart>,
    by: &str,
    from: &str,
) -> Result<()> {
    signed::announced(store, manifest).await?;
    let (id, come) = uploads.begin(manifest)?;
    for (part, come) in parts.into_iter().zip(come) {
        if let Source::Bytes(bytes) = part.source {
            let rest = bytes.get(come.offset as usize..).unwrap_or_default().to_vec();
            uploads.append(&id, &come.file, come.offset, Body::from(rest)).await?;
        }
    }
    uploads.finish(store, &id, by, from).await.map(drop)
}

fn manifest(new: &NewImage) -> std::result::Result<Manifest, Failure> {
    let parts = new.parts.iter().map(part).collect::<std::result::Result<Vec<_>, _>>()?;
    let said = json!({
        "name": new.name, "version": new.version, "title": new.title, "kind": new.kind, "arch": new.arch,
        "firmware": new.firmware, "format": new.format, "parts": parts, "cmdline": new.cmdline, "agent": new.agent,
        "notes": new.notes, "signature": new.signature,
    });
    serde_json::from_value(said).map_err(|error| Failure::Refused(format!("This is no image: {error}.")))
}

fn part(part: &NewPart) -> std::result::Result<Value, Failure> {
    let refused = |why: String| Failure::Refused(why);
    Ok(match &part.source {
        Source::Bytes(bytes) => json!({ "role": part.role, "file": plain(&part.file), "bytes": bytes.len(),
            "digest": hex::encode(Sha256::digest(bytes)) }),
        Source::Address { url, sha256 } => {
            let url: pitstop_domain::route::HttpUrl =
                url.parse().map_err(|error| refused(format!("{url}: {error}.")))?;
            let digest: pitstop_domain::digest::Digest = sha256.to_ascii_lowercase().parse().map_err(|_| {
                refused(format!(
                    "Write the SHA-256 of {}, as who offers it says it: 64 digits. Without it nobody could say that \
                     what comes is what was meant.",
                    part.file
                ))
            })?;
            json!({ "role": part.role, "file": plain(&part.file), "digest": digest, "url": url })
        }
    })
}

/// As a boot script can have it. Browsers of old send whole paths.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

pub(super) fn shown(fetching: Fetching) -> Coming {
    Coming {
        id: fetching.id,
        called: fetching.called,
        from: fetching.hosts.join(", "),
        by: fetching.by,
        since: fetching.since,
        bytes: fetching.bytes,
        of: fetching.of,
        failed: fetching.failed,
    }
}
