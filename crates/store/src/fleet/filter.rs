//! A query as SQL, over the machine `m`.

use super::Wanted;
use super::state::{letters, push_letter};
use crate::Result;
use crate::text::word;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::query::known::{id_part, mac_part};
use pitstop_domain::query::{How, Key, Pattern, Query, Scope, Term, Want, When};
use serde::Serialize;
use sqlx::{Postgres, QueryBuilder};

/// `where` with all that must hold. Terms about states need [`super::state::JOINS`].
pub(super) fn push_where(sql: &mut QueryBuilder<Postgres>, wanted: &Wanted<'_>) -> Result<()> {
    sql.push(" where true");
    push_scope(sql, wanted.scope);
    push_terms(sql, wanted.query, wanted.now)
}

fn push_scope(sql: &mut QueryBuilder<Postgres>, scope: &Scope) {
    let Some(parts) = scope.parts() else { return };
    sql.push(" and (false");
    for part in parts {
        sql.push(" or (true");
        if !part.sites.is_empty() {
            sql.push(" and m.site = any(").push_bind(Vec::from_iter(part.sites.clone())).push(")");
        }
        if !part.labels.is_empty() {
            sql.push(" and m.labels && ").push_bind(Vec::from_iter(part.labels.clone()));
        }
        sql.push(")");
    }
    sql.push(")");
}

fn push_terms(sql: &mut QueryBuilder<Postgres>, query: &Query, now: Time) -> Result<()> {
    for term in &query.terms {
        // A column that is null makes nothing true, neither the word nor its opposite: so it counts as not true.
        sql.push(if term.not { " and not coalesce(" } else { " and coalesce(" });
        push_term(sql, term, now)?;
        sql.push(", false)");
    }
    Ok(())
}

fn push_term(sql: &mut QueryBuilder<Postgres>, term: &Term, now: Time) -> Result<()> {
    match &term.want {
        Want::Text(text) => push_text(sql, text),
        Want::Field(key, patterns) => push_field(sql, *key, patterns),
        Want::State(states) => {
            push_letter(sql, now);
            sql.push(" = any(").push_bind(letters(states)).push(")");
        }
        Want::Arch(archs) => push_one_of(sql, "m.arch", archs)?,
        Want::Firmware(firmwares) => push_one_of(sql, "m.firmware", firmwares)?,
        Want::Seen(when) => push_seen(sql, *when, now),
        Want::Health(how) => push_health(sql, *how, now),
    }
    Ok(())
}

fn push_one_of<T: Serialize>(sql: &mut QueryBuilder<Postgres>, column: &str, values: &[T]) -> Result<()> {
    let words: Vec<String> = values.iter().map(word).collect::<Result<_>>()?;
    sql.push(column).push(" = any(").push_bind(words).push(")");
    Ok(())
}

fn push_text(sql: &mut QueryBuilder<Postgres>, text: &str) {
    sql.push("(m.search like ").push_bind(Pattern::part(text).like());
    if let Some(digits) = mac_part(text) {
        sql.push(" or m.id in (select n.machine_id from nics n where replace(n.mac, ':', '') like ");
        sql.push_bind(Pattern::part(&digits).like()).push(")");
    }
    if let Some(begin) = id_part(text) {
        sql.push(" or m.id::text like ").push_bind(format!("{begin}%"));
    }
    sql.push(")");
}

/// The column of text that a key looks in; `None`: it looks elsewhere.
pub(super) fn column(key: Key) -> Option<&'static str> {
    Some(match key {
        Key::Name => "m.name",
        Key::Site => "m.site",
        Key::Room => "m.room",
        Key::Asset => "m.asset_tag",
        Key::User => "m.used_by",
        Key::Model => "m.model",
        Key::Serial => "m.serial",
        Key::Label | Key::Mac | Key::Ip => return None,
        Key::State | Key::Arch | Key::Firmware | Key::Seen | Key::Health => return None,
    })
}

/// What is empty is not there.
fn push_field(sql: &mut QueryBuilder<Postgres>, key: Key, patterns: &[Pattern]) {
    let likes: Vec<String> = patterns.iter().map(Pattern::like).collect();
    let Some(column) = column(key) else { return push_other(sql, key, likes) };
    sql.push("(").push(column).push(" <> '' and lower(").push(column).push(" collate \"C\") like any(");
    sql.push_bind(likes).push("))");
}

fn push_other(sql: &mut QueryBuilder<Postgres>, key: Key, likes: Vec<String>) {
    match key {
        Key::Label => push_any(sql, "unnest(m.labels)", likes),
        Key::Ip => push_any(sql, "unnest(m.addresses)", likes),
        Key::Mac => {
            sql.push("m.id in (select n.machine_id from nics n where replace(n.mac, ':', '') like any(");
            sql.push_bind(likes).push("))");
        }
        // They have terms of their own.
        _ => drop(sql.push("false")),
    }
}

fn push_any(sql: &mut QueryBuilder<Postgres>, values: &str, likes: Vec<String>) {
    sql.push("exists (select 1 from ").push(values).push(" as v where lower(v collate \"C\") like any(");
    sql.push_bind(likes).push("))");
}

fn push_seen(sql: &mut QueryBuilder<Postgres>, when: When, now: Time) {
    let (not, since) = match when {
        When::Never => ("not ", None),
        When::Within(seconds) => ("", Some(seconds)),
        When::Before(seconds) => ("not ", Some(seconds)),
    };
    sql.push(not).push("exists (select 1 from facts f where f.machine_id = m.id");
    if let Some(seconds) = since {
        sql.push(" and f.at > ").push_bind(now - TimeDelta::seconds(seconds));
    }
    sql.push(")");
}

/// A score is judged anew every five minutes: one that is older was left by a server that stood still, and is not known.
const JUDGED_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// By the score that is kept. A machine that was never measured has no row there.
fn push_health(sql: &mut QueryBuilder<Postgres>, how: How, now: Time) {
    let (not, sign, limit) = match how {
        How::Below(limit) => ("", "<", i16::from(limit)),
        How::Above(limit) => ("", ">", i16::from(limit)),
        How::Unknown => ("not ", ">=", 0),
    };
    sql.push(not).push("exists (select from machine_health h where h.machine_id = m.id and h.judged_at > ");
    sql.push_bind(now - JUDGED_WITHIN).push(" and h.score ").push(sign).push(" ").push_bind(limit).push(")");
}
