//! Signatures that come with an image: looked at before its bytes are sent, and kept once it is there.

use crate::catalog::manifest::{Comes, ManifestPart};
use crate::catalog::signature::check_in;
use crate::catalog::{Manifest, version};
use pitstop_domain::image::{ImageVersion, Part};
use pitstop_store::{Error, Result, Store};

/// Is the signature that is announced with an image one of a trusted key, over just this? Nobody sends gigabytes to learn
/// that it is not.
///
/// # Errors
/// What is wrong with it, what that means, and what to do.
pub async fn announced(store: &Store, manifest: &Manifest) -> Result<()> {
    let Some(signature) = &manifest.signature else { return Ok(()) };
    if manifest.format == Comes::Iso {
        let why = "a disc is signed when it is in the catalog: what machines get is picked out of it by this server. Add \
                   it without a signature; its page shows the statement to sign";
        return Err(Error::Refused(why.to_owned()));
    }
    let parts: Vec<_> = manifest.parts().iter().filter_map(part).collect();
    if parts.len() != manifest.parts().len() {
        // Refused a moment later, with the right words.
        return Ok(());
    }
    let image = version(manifest.clone(), parts, store.now());
    let image = image.map_err(|error| Error::Refused(error.to_string()))?;
    let good = check_in(store, &image, signature).await?;
    good.map(drop).map_err(|bad| Error::Refused(bad.words(&image)))
}

fn part(part: &ManifestPart) -> Option<Part> {
    let (bytes, digest) = (part.bytes.unwrap_or_default(), part.digest.clone()?);
    Some(Part { role: part.role, file: part.file.clone(), digest, bytes })
}

/// Keeps the signature of a version that is in the catalog by now. Its key may have been removed while the bytes came:
/// then it is there, unsigned, and nothing is lost.
pub(super) async fn keep(store: &Store, image: &ImageVersion, signature: &str, by: &str) -> Result<()> {
    match add(store, image, signature, by).await {
        Err(Error::Refused(why)) => {
            tracing::warn!(
                name = image.name,
                version = image.version,
                why,
                "An image that came with a signature counts as unsigned."
            );
            Ok(())
        }
        other => other,
    }
}

/// Adds a signature to a version that is in the catalog.
///
/// # Errors
/// What is wrong with it, what that means, and what to do.
pub async fn add(store: &Store, image: &ImageVersion, signature: &str, by: &str) -> Result<()> {
    let good = check_in(store, image, signature).await?;
    let signed = good.map_err(|bad| Error::Refused(bad.words(image)))?;
    store.sign_image(&image.digest, &signed, by).await
}
