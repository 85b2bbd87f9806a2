//! Boot images in the catalog: rows here, bytes in the image folder under their digest.

use crate::text::{value, word};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{ImageVersion, Part, Standing, Trust};
use pitstop_domain::machine::Firmware;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// A version as [`read`] reads it.
pub(crate) const VERSION: &str = "images.*, trust_of(images.digest) as trust";

pub(crate) fn read(row: &PgRow) -> Result<ImageVersion> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let digest = text("digest")?;
    let firmware: Vec<String> = row.try_get("firmware")?;
    Ok(ImageVersion {
        digest: value(&digest, "a digest")?,
        name: text("name")?,
        version: text("version")?,
        title: text("title")?,
        kind: value(&text("kind")?, "a kind of image")?,
        format: value(&text("format")?, "a format of images")?,
        arch: value(&text("arch")?, "an architecture")?,
        firmware: firmware.iter().map(|word| value::<Firmware>(word, "a firmware")).collect::<Result<_>>()?,
        parts: row.try_get::<Json<Vec<Part>>, _>("parts")?.0,
        cmdline: text("cmdline")?,
        agent: row.try_get("agent")?,
        provenance: row.try_get("provenance")?,
        created_at: row.try_get("created_at")?,
        standing: Standing {
            channel: value(&text("channel")?, "a channel")?,
            since: Some(row.try_get("channel_since")?),
            labels: row.try_get("labels")?,
            models: row.try_get("models")?,
            notes: text("notes")?,
            trust: row.try_get::<Json<Trust>, _>("trust")?.0,
        },
    })
}

impl Store {
    /// All versions of all images, newest first.
    pub async fn images(&self) -> Result<Vec<ImageVersion>> {
        let sql = format!(
            "select {VERSION} from images where removed_at is null order by name, created_at desc, digest"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// All versions of one image, newest first, also those that were taken out, and when.
    pub async fn versions_of(&self, name: &str) -> Result<Vec<(ImageVersion, Option<Time>)>> {
        let sql = format!("select {VERSION} from images where name = $1 order by created_at desc, digest");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((read(row)?, row.try_get("removed_at")?))).collect()
    }

    /// A version, also one that was taken out of the catalog: jobs that ran with it name it.
    pub async fn image(&self, digest: &Digest) -> Result<Option<ImageVersion>> {
        let sql = format!("select {VERSION} from images where digest = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(digest.as_str()).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// When a version was taken out of the catalog.
    pub async fn image_removed_at(&self, digest: &Digest) -> Result<Option<Time>> {
        let sql = "select removed_at from images where digest = $1 and removed_at is not null";
        Ok(sqlx::query_scalar(sql).bind(digest.as_str()).fetch_optional(&self.pool).await?)
    }

    /// Adds a version; one that is there is the newest again, since somebody wants it now (a data folder may have
    /// served virtual machines before, with another version of the same image). Where a person has promoted or rolled
    /// back a version of that name, their word on which is taken stands. One that was removed is there again. True when it is
    /// new.
    ///
    /// Where the catalog demands more of stable versions than this one has shown, it comes as a candidate.
    pub async fn add_image(&self, image: &ImageVersion) -> Result<bool> {
        let channel = self.channel_for(image).await?;
        let firmware = image.firmware.iter().map(word).collect::<Result<Vec<_>>>()?;
        let new = sqlx::query_scalar(
            "insert into images (digest, name, version, title, kind, format, arch, firmware, parts, cmdline, agent, \
             provenance, created_at, channel, channel_since, labels, models, notes) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $15, $16, $17) \
             on conflict (digest) do update set removed_at = null, \
               channel = case when images.removed_at is null then images.channel else excluded.channel end, \
               created_at = case when exists (select from image_moves m join images i on i.digest = m.image where i.name = images.name) then images.created_at else excluded.created_at end, \
               channel_since = case when exists (select from image_moves m join images i on i.digest = m.image where i.name = images.name) then images.channel_since else excluded.channel_since end \
             returning (xmax = 0)",
        )
        .bind(image.digest.as_str())
        .bind(&image.name)
        .bind(&image.version)
        .bind(&image.title)
        .bind(word(&image.kind)?)
        .bind(word(&image.format)?)
        .bind(word(&image.arch)?)
        .bind(firmware)
        .bind(Json(&image.parts))
        .bind(&image.cmdline)
        .bind(image.agent)
        .bind(&image.provenance)
        .bind(image.created_at)
        .bind(word(&channel)?)
        .bind(&image.standing.labels)
        .bind(&image.standing.models)
        .bind(&image.standing.notes)
        .fetch_one(&self.pool)
        .await?;
        Ok(new)
    }

    /// Tells pages that an image is there, or on its way. Not stored: who misses it sees it when the page is loaded.
    pub async fn image_comes(&self, id: &str) -> Result<()> {
        let changed =
            serde_json::json!({ "kind": "image", "id": id, "version": self.now().timestamp_millis() });
        sqlx::query("select pg_notify('pitstop_changed', $1)")
            .bind(changed.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
