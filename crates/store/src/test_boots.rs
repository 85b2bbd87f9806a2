//! Test boots of images: asked for, followed, and what became of them. One is under way at a time, whichever server
//! runs it.

use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::{Ended, TestBoot, Verdict};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// A server that runs one writes every two seconds at most; one that has not for this long is gone.
const SILENT: chrono::TimeDelta = chrono::TimeDelta::seconds(60);
/// Test boots of a version that are shown.
const SHOWN: i64 = 20;

/// What a test boot says of itself meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Meanwhile {
    pub heard: String,
    pub way: String,
    /// A picture that is another than the last.
    pub screen: Option<Vec<u8>>,
}

/// All but the picture, and what was heard.
const COLUMNS: &str =
    "id, image, firmware, asked_by, asked_at, looks_for, way, screens, ended_at, verdict, words";

fn read(row: &PgRow) -> Result<TestBoot> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let verdict = row.try_get::<Option<String>, _>("verdict")?;
    let verdict = verdict.map(|word| value::<Verdict>(&word, "a verdict")).transpose()?;
    let at = row.try_get::<Option<Time>, _>("ended_at")?;
    let words = text("words")?;
    Ok(TestBoot {
        id: row.try_get("id")?,
        image: value(&text("image")?, "a digest")?,
        firmware: value(&text("firmware")?, "a firmware")?,
        asked_by: text("asked_by")?,
        asked_at: row.try_get("asked_at")?,
        looks_for: text("looks_for")?,
        way: text("way")?,
        heard: text("heard")?,
        screens: row.try_get("screens")?,
        ended: at.zip(verdict).map(|(at, verdict)| Ended { at, verdict, words }),
    })
}

impl Store {
    /// Writes down that one begins.
    ///
    /// # Errors
    /// A refusal while another is under way, or where the version is not in the catalog.
    pub async fn begin_test_boot(
        &self,
        image: &Digest,
        firmware: Firmware,
        looks_for: &str,
        by: &str,
    ) -> Result<TestBoot> {
        self.end_abandoned_test_boots().await?;
        let version = self.image(image).await?.ok_or(Error::NotFound("image version"))?;
        if self.image_removed_at(image).await?.is_some() {
            return Err(Error::Refused("it was removed from the catalog".to_owned()));
        }
        if let Some(why) = version.standing.trust.against() {
            return Err(Error::Refused(why));
        }
        if !version.firmware.contains(&firmware) {
            return Err(Error::Refused(format!("it says that it does not start from {firmware}")));
        }
        let id = Uuid::now_v7();
        let begun = sqlx::query(
            "insert into test_boots (id, image, firmware, asked_by, asked_at, looks_for, written_at) \
             values ($1, $2, $3, $4, $5, $6, $5)",
        )
        .bind(id)
        .bind(image.as_str())
        .bind(word(&firmware)?)
        .bind(by)
        .bind(self.now())
        .bind(looks_for)
        .execute(&self.pool)
        .await
        .map_err(Error::from);
        match begun {
            Err(error) if error.is_conflict() => return Err(self.another_is_under_way().await?),
            begun => begun?,
        };
        self.image_comes(image.as_str()).await?;
        self.test_boot(id).await?.ok_or(Error::NotFound("test boot"))
    }

    async fn another_is_under_way(&self) -> Result<Error> {
        let sql = "select i.name || ' ' || i.version from test_boots t join images i on i.digest = t.image \
                   where t.ended_at is null";
        let which: Option<String> = sqlx::query_scalar(sql).fetch_optional(&self.pool).await?;
        let which = which.unwrap_or_else(|| "another image".to_owned());
        Ok(Error::Refused(format!(
            "{which} is started for a test just now: one at a time, so wait for its end"
        )))
    }

    /// Keeps what it says meanwhile. Whether it is still wanted: somebody may have stopped it.
    pub async fn test_boot_says(&self, boot: &TestBoot, said: &Meanwhile) -> Result<bool> {
        let sql = "update test_boots set heard = $2, way = $3, screen = coalesce($4, screen), \
                   screens = screens + case when $4::bytea is null then 0 else 1 end, written_at = $5 \
                   where id = $1 and ended_at is null returning not stop_wanted";
        let wanted: Option<bool> = sqlx::query_scalar(sql)
            .bind(boot.id)
            .bind(&said.heard)
            .bind(&said.way)
            .bind(&said.screen)
            .bind(self.now())
            .fetch_optional(&self.pool)
            .await?;
        self.image_comes(boot.image.as_str()).await?;
        Ok(wanted.unwrap_or(false))
    }

    /// It is over. What was written down as over before stays as it is: then false.
    pub async fn end_test_boot(&self, boot: &TestBoot, verdict: Verdict, words: &str) -> Result<bool> {
        let sql = "update test_boots set ended_at = $2, verdict = $3, words = $4 where id = $1 and ended_at is null";
        let ended = sqlx::query(sql).bind(boot.id).bind(self.now()).bind(word(&verdict)?).bind(words);
        let ended = ended.execute(&self.pool).await?.rows_affected() > 0;
        self.image_comes(boot.image.as_str()).await?;
        Ok(ended)
    }

    /// Whoever runs it looks within two seconds.
    pub async fn stop_test_boot(&self, id: Uuid) -> Result<()> {
        let sql = "update test_boots set stop_wanted = true where id = $1 and ended_at is null";
        match sqlx::query(sql).bind(id).execute(&self.pool).await?.rows_affected() {
            0 => Err(Error::Refused("it is over already".to_owned())),
            _ => Ok(()),
        }
    }

    /// A person sees on its screen that it runs: while it runs, which ends it, or after it was quiet.
    ///
    /// # Errors
    /// A refusal where nobody can have seen that: it has no picture, it did not run to its end, or was shown not to boot.
    pub async fn saw_test_boot(&self, id: Uuid, by: &str) -> Result<()> {
        let boot = self.test_boot(id).await?.ok_or(Error::NotFound("test boot"))?;
        if let Some(why) = boot.why_not_seen() {
            return Err(Error::Refused(why.to_owned()));
        }
        let sql = "update test_boots set verdict = 'seen', words = $2, ended_at = coalesce(ended_at, $3) \
                   where id = $1 and screens > 0 and coalesce(verdict, 'quiet') in ('quiet', 'time_up')";
        let seen = sqlx::query(sql).bind(id).bind(format!("by {by}")).bind(self.now());
        if seen.execute(&self.pool).await?.rows_affected() == 0 {
            return Err(Error::Refused("it ended meanwhile: look at how".to_owned()));
        }
        self.image_comes(boot.image.as_str()).await
    }

    /// Those of a version, newest first. What was heard of all but the newest is left out: pages ask every two seconds.
    pub async fn test_boots_of(&self, image: &Digest) -> Result<Vec<TestBoot>> {
        self.end_abandoned_test_boots().await?;
        let sql = format!(
            "select {COLUMNS}, case when row_number() over (order by asked_at desc) = 1 then heard else '' end as heard \
             from test_boots where image = $1 order by asked_at desc limit $2"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(image.as_str()).bind(SHOWN);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn test_boot(&self, id: Uuid) -> Result<Option<TestBoot>> {
        let sql = format!("select {COLUMNS}, heard from test_boots where id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// The last picture of its screen (PNG).
    pub async fn test_boot_screen(&self, id: Uuid) -> Result<Option<Vec<u8>>> {
        let sql = "select screen from test_boots where id = $1 and screen is not null";
        Ok(sqlx::query_scalar(sql).bind(id).fetch_optional(&self.pool).await?)
    }

    /// From which firmware a version was seen to boot.
    pub(crate) async fn seen_to_boot(
        connection: &mut sqlx::PgConnection,
        image: &Digest,
    ) -> Result<Vec<Firmware>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select firmware, verdict from test_boots where image = $1 and verdict is not null",
        )
        .bind(image.as_str())
        .fetch_all(connection)
        .await?;
        let mut seen = vec![];
        for (firmware, verdict) in rows {
            if value::<Verdict>(&verdict, "a verdict")?.booted() {
                seen.push(value(&firmware, "a firmware")?);
            }
        }
        Ok(seen)
    }

    async fn end_abandoned_test_boots(&self) -> Result<()> {
        let sql = "update test_boots set ended_at = $1, verdict = 'undone', \
                   words = 'the server that ran it ended meanwhile' where ended_at is null and written_at < $2";
        let now = self.now();
        sqlx::query(sql).bind(now).bind(now - SILENT).execute(&self.pool).await?;
        Ok(())
    }
}
