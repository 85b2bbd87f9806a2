//! Versions in the catalog: told and moved; whose signatures count.

use super::{Context, print, remark};
use crate::args::catalog::{Because, KeysAct, Switch};
use crate::client::segment;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::near::{near, unknown};
use crate::shape::{Image, ImageKey, ImageStory, Storage};
use crate::show::catalog;
use pitstop_domain::test_boot::TestBoot;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;

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
            let answer = context.client.delete(&format!("images/keys/{}", segment(key)))?;
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
