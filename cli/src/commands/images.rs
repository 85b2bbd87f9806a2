//! Versions in the catalog: told, moved, fetched; whose signatures count.

use super::{Context, print, remark};
use crate::args::catalog::{Because, KeysAct, Switch};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::near::{near, unknown};
use crate::shape::{Image, ImageKey, ImageStory, Storage};
use crate::show::catalog;
use pitstop_domain::test_boot::TestBoot;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

/// A version by its digest, the beginning of it, or `NAME@VERSION`; by its name alone where it is the only one.
pub fn version(context: &Context, wanted: &str) -> Result<Image, Fault> {
    let images: Vec<Image> = context.understood(&context.client.get("images")?)?;
    let (name, number) = wanted.split_once('@').map_or((wanted, None), |(name, n)| (name, Some(n)));
    let is_called = |image: &Image| image.name == name && number.is_none_or(|n| image.version == n);
    let called = images.iter().any(is_called);
    let is_it = |image: &&Image| if called { is_called(image) } else { image.digest.starts_with(wanted) };
    let found: Vec<_> = images.iter().filter(is_it).map(|image| image.digest.clone()).collect();
    match found.as_slice() {
        [one] => images.into_iter().find(|image| image.digest == *one).ok_or_else(|| none(wanted, &[])),
        [] => {
            let mut near = near(name, images.iter().map(|image| image.name.as_str()));
            near.dedup();
            Err(none(wanted, &near))
        }
        _ if called => {
            Err(Fault::Usage(format!("{name} has several versions: say which, like {name}@VERSION")))
        }
        _ => Err(Fault::Usage(format!("several versions begin with {wanted}: write more of it"))),
    }
}

fn none(wanted: &str, near: &[&str]) -> Fault {
    Fault::Usage(unknown("image", wanted, near))
}

/// A version, with its story.
pub fn show(context: &Context, wanted: &str) -> Result<Exit, Fault> {
    let digest = version(context, wanted)?.digest;
    let mut answer = context.client.get(&format!("images/{digest}"))?;
    let boots = context.client.get(&format!("images/{digest}/test-boots"))?;
    if context.json {
        answer["test_boots"] = boots;
        print(&format!("{answer}\n"))?;
    } else {
        let story: ImageStory = context.understood(&answer)?;
        let boots: Vec<TestBoot> = context.understood(&boots)?;
        print(&catalog::page(&story, &boots, &context.look()))?;
    }
    Ok(Exit::Done)
}

/// Promotes it, or rolls it back.
pub fn put(context: &Context, because: &Because, act: &str, then: &str) -> Result<Exit, Fault> {
    let image = version(context, &because.version.version)?;
    let path = format!("images/{}/{act}", image.digest);
    let answer = context.client.post(&path, &json!({ "why": because.why }))?;
    done(context, &answer, &format!("{} {} {then}", image.name, image.version))
}

pub fn delete(context: &Context, because: &Because) -> Result<Exit, Fault> {
    let image = version(context, &because.version.version)?;
    let path = format!("images/{}", image.digest);
    let answer = context.client.delete_saying(&path, &json!({ "why": because.why }))?;
    done(context, &answer, &format!("{} {} is not in the catalog any more", image.name, image.version))
}

/// Fetches a part. Under its name stands only what is what its digest says.
pub fn fetch(context: &Context, wanted: &str, file: &str, to: Option<&Path>) -> Result<Exit, Fault> {
    let image = version(context, wanted)?;
    let Some(part) = image.parts.iter().find(|part| part.file == file) else {
        let files = near(file, image.parts.iter().map(|part| part.file.as_str()));
        let all: Vec<_> = image.parts.iter().map(|part| part.file.as_str()).collect();
        let help = if files.is_empty() { all.join(", ") } else { files.join(", ") };
        let called = format!("{} {}", image.name, image.version);
        return Err(Fault::Usage(format!("{called} has no part `{file}`: there is {help}")));
    };
    // What the server calls it names no folder of this computer.
    let plain = Path::new(&part.file).file_name().map(Path::new).unwrap_or(Path::new("part"));
    let to = to.unwrap_or(plain);
    let unusable = |error: std::io::Error| Fault::Usage(format!("{}: {error}", to.display()));
    if to.exists() {
        return Err(Fault::Usage(format!("{} is there already: name another with --to", to.display())));
    }
    let coming = to.with_added_extension("coming");
    let path = format!("images/{}/parts/{}", image.digest, part.file);
    let came = File::create(&coming).map_err(unusable).and_then(|file| {
        let mut summing = Summing { file, hash: Sha256::new() };
        let bytes = context.client.save(&path, &mut summing)?;
        summing.file.sync_all()?;
        Ok((hex::encode(summing.hash.finalize()), bytes))
    });
    let whole = match came {
        Ok((digest, _)) if digest == part.digest => fs::rename(&coming, to).map_err(unusable),
        Ok((_, bytes)) => {
            let why = format!(
                "what came of {file} ({bytes} bytes) is not what its digest says: it was thrown away"
            );
            Err(context.client.not_understood(why))
        }
        Err(fault) => Err(fault),
    };
    if whole.is_err() {
        let _ = fs::remove_file(&coming);
    }
    whole?;
    if context.json {
        print(&format!("{}\n", json!({ "file": to, "digest": part.digest, "bytes": part.bytes })))?;
    } else {
        remark(&format!("{} is what its digest says: {}", to.display(), part.digest));
    }
    Ok(Exit::Done)
}

/// A file, and the SHA-256 of what is written to it.
struct Summing {
    file: File,
    hash: Sha256,
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

pub fn keys(context: &Context, act: Option<&KeysAct>) -> Result<Exit, Fault> {
    match act {
        None => listed_keys(context),
        Some(KeysAct::Trust { name, file }) => {
            let mut text = String::new();
            let read = File::open(file).and_then(|mut file| file.read_to_string(&mut text));
            read.map_err(|error| Fault::Usage(format!("{} cannot be read: {error}", file.display())))?;
            let answer = context.client.post("images/keys", &json!({ "name": name, "public_key": text }))?;
            done(context, &answer, &format!("what the key of {name} signs is trusted"))
        }
        Some(KeysAct::Distrust { key }) => {
            let answer = context.client.delete(&format!("images/keys/{key}"))?;
            done(context, &answer, &format!("the key {key} is trusted no longer"))
        }
        Some(KeysAct::Demand { demanded }) => {
            let on = *demanded == Switch::On;
            let answer = context.client.put_json("images/demands/signatures", &json!({ "demanded": on }))?;
            let said = if on { "machines get only what is signed" } else { "signatures are not demanded" };
            done(context, &answer, said)
        }
    }
}

fn listed_keys(context: &Context) -> Result<Exit, Fault> {
    let (keys, demands) = (context.client.get("images/keys")?, context.client.get("images/demands")?);
    let demanded = demands["signatures"] == true;
    if context.json {
        print(&format!("{}\n", json!({ "demanded": demanded, "keys": keys })))?;
        return Ok(Exit::Done);
    }
    let keys: Vec<ImageKey> = context.understood(&keys)?;
    if !keys.is_empty() {
        print(&catalog::keys(&keys, &context.look()))?;
    }
    let none = if keys.is_empty() { "no key is trusted; " } else { "" };
    let then = if demanded { "signatures are demanded" } else { "signatures are not demanded" };
    remark(&format!("{none}{then}"));
    Ok(Exit::Done)
}

pub fn storage(context: &Context) -> Result<Exit, Fault> {
    let answer = context.client.get("images/storage")?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        let storage: Storage = context.understood(&answer)?;
        print(&catalog::storage(&storage))?;
    }
    Ok(Exit::Done)
}

fn done(context: &Context, answer: &Value, said: &str) -> Result<Exit, Fault> {
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        remark(said);
    }
    Ok(Exit::Done)
}
