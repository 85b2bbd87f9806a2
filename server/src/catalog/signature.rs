//! Signatures on versions of images, made by `minisign` over the version's [statement](pitstop_domain::statement).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{Error as Wrong, PublicKey, Signature};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::statement::{FILE, Statement};
use pitstop_store::signing::{Key, Signed};
use pitstop_store::{Result as Stored, Store};

/// Algorithm (two letters), the key's id, the key.
const KEY_BYTES: usize = 2 + 8 + 32;
/// Algorithms (six letters), salt, limits, the key's id, the pair, a checksum.
const SECRET_BYTES: usize = 6 + 32 + 16 + 8 + 64 + 32;
/// Algorithm, the key's id, the signature.
const SIGNATURE_BYTES: usize = 2 + 8 + 64;

/// A public key that somebody pasted: `minisign.pub`, or its second line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    pub id: String,
    pub public_key: String,
}

/// Reads a public key.
///
/// # Errors
/// What is wrong with it, and what is expected.
pub fn key(text: &str) -> Result<NewKey, String> {
    let is_key = |line: &&str| !line.is_empty() && !line.starts_with("untrusted comment:");
    let line = text.lines().map(str::trim).rfind(is_key).unwrap_or_default();
    if STANDARD.decode(line).is_ok_and(|decoded| decoded.len() == SECRET_BYTES) {
        let why = "this is a secret key. It belongs on the computer that signs, and nowhere else; since it was sent \
                   here, make a new pair with `minisign -G`. What is trusted here is minisign.pub";
        return Err(why.to_owned());
    }
    let read = PublicKey::from_base64(line).ok().and_then(|_| id_of(line, KEY_BYTES));
    let id = read.ok_or(
        "this is no public key of minisign: paste minisign.pub, two lines of which the second begins with RW",
    )?;
    Ok(NewKey { id, public_key: line.to_owned() })
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// It is none.
    Unreadable,
    /// Made by a key that is not trusted here.
    Unknown { key: String },
    /// Its key is trusted, and it is not over this version.
    Other { key: String, name: String },
    /// Its key is trusted, and the catalog has these very files as another version, which it is not over.
    Renamed { key: String, name: String, known: String },
}

impl Bad {
    /// What happened, what it means, and what to do.
    pub fn words(&self, image: &ImageVersion) -> String {
        let called = format!("{} {}", image.name, image.version);
        match self {
            Self::Unreadable => format!(
                "this is no signature of minisign: it has four lines, of which the third begins with \"trusted \
                 comment:\". Take all of {FILE}.minisig, as `minisign -Sm {FILE}` wrote it"
            ),
            Self::Unknown { key } => format!(
                "{called} is signed by the key {key}, which is not trusted here, so the signature says nothing. If you \
                 know whose key that is, an administrator adds it (Settings, Signatures), then add the signature again; \
                 without a signature it can be added all the same, and counts as unsigned"
            ),
            Self::Other { key, name } => format!(
                "the signature by {name} ({key}) is not over this {called}: a file, its command line or another word of \
                 it was changed since it was signed, or the signature belongs to another version. Do not use it before \
                 you know which; where the change is yours, write its statement anew and have it signed again"
            ),
            Self::Renamed { key, name, known } => format!(
                "these very files are in the catalog already, as {known}, and stay so under another name. The signature by \
                 {name} ({key}) is over {called}, and says nothing of {known}: have the statement on its page signed"
            ),
        }
    }
}

/// Looks whether a trusted key signed what this version is.
///
/// # Errors
/// What is wrong with the signature.
pub fn check(image: &ImageVersion, signature: &str, keys: &[Key]) -> Result<Signed, Bad> {
    // Browsers send the ends of lines as two letters, and people a blank line more.
    let text = signature.trim().replace("\r\n", "\n") + "\n";
    let read = Signature::decode(&text).map_err(|_| Bad::Unreadable)?;
    let id = text.lines().nth(1).and_then(|line| id_of(line, SIGNATURE_BYTES)).ok_or(Bad::Unreadable)?;
    let Some(key) = keys.iter().find(|key| key.id == id) else { return Err(Bad::Unknown { key: id }) };
    let public_key = PublicKey::from_base64(&key.public_key).map_err(|_| Bad::Unknown { key: id.clone() })?;
    let statement = Statement::from(image).to_string();
    match public_key.verify(statement.as_bytes(), &read, true) {
        Ok(()) => Ok(Signed { key: id, comment: read.trusted_comment().to_owned(), signature: text }),
        Err(Wrong::UnexpectedKeyId) => Err(Bad::Unknown { key: id }),
        Err(_) => Err(Bad::Other { key: id, name: key.name.clone() }),
    }
}

/// As [`check`], by the keys that this catalog trusts. Files that it has already are what it has them as, whatever they are
/// called now: else a signature over an old version would make a newer name of it good.
///
/// # Errors
/// The store's. What is wrong with the signature is within.
pub async fn check_in(store: &Store, image: &ImageVersion, signature: &str) -> Stored<Result<Signed, Bad>> {
    let (keys, known) = (store.signing_keys().await?, store.image(&image.digest).await?);
    let checked = check(known.as_ref().unwrap_or(image), signature, &keys);
    Ok(match (checked, known) {
        (Err(Bad::Other { key, name }), Some(known)) if Statement::from(&known) != Statement::from(image) => {
            Err(Bad::Renamed { key, name, known: format!("{} {}", known.name, known.version) })
        }
        (checked, _) => checked,
    })
}

/// As `minisign` writes it: the eight bytes as a number, the smallest first, in sixteen digits.
fn id_of(line: &str, bytes: usize) -> Option<String> {
    let decoded = STANDARD.decode(line.trim()).ok().filter(|decoded| decoded.len() == bytes)?;
    let id: [u8; 8] = decoded.get(2..10)?.try_into().ok()?;
    Some(format!("{:016X}", u64::from_le_bytes(id)))
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
