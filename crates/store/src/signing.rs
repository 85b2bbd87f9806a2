//! Keys whose signatures on versions of images are trusted, and the signatures.

use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

/// A trusted key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    /// As `minisign` has it in the second line of its file.
    pub public_key: String,
    pub name: String,
    pub added_at: Time,
    pub added_by: String,
    /// Versions in the catalog that it signed, by name and version.
    pub signed: Vec<String>,
    /// Of these: no other trusted key signed them.
    pub alone: Vec<String>,
}

/// A signature that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub key: String,
    /// The whole `.minisig`.
    pub signature: String,
    pub comment: String,
}

fn read(row: &PgRow) -> Result<Key> {
    Ok(Key {
        id: row.try_get("key_id")?,
        public_key: row.try_get("public_key")?,
        name: row.try_get("name")?,
        added_at: row.try_get("added_at")?,
        added_by: row.try_get("added_by")?,
        signed: row.try_get("signed")?,
        alone: row.try_get("alone")?,
    })
}

/// Each key with what it signed.
const KEYS: &str = "select k.*, \
       coalesce(array_agg(i.name || ' ' || i.version order by i.name, i.created_at desc) \
         filter (where i.digest is not null), '{}') as signed, \
       coalesce(array_agg(i.name || ' ' || i.version order by i.name, i.created_at desc) \
         filter (where jsonb_array_length(trust_of(i.digest) -> 'signatures') = 1), '{}') as alone \
     from signing_keys k left join image_signatures s using (key_id) \
       left join images i on i.digest = s.image and i.removed_at is null \
     where k.removed_at is null group by k.key_id order by k.name, k.key_id";

impl Store {
    /// The keys that are trusted, by name.
    pub async fn signing_keys(&self) -> Result<Vec<Key>> {
        sqlx::query(KEYS).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Trusts a key from now on. What it signed when it was trusted before is signed again.
    ///
    /// # Errors
    /// A refusal where it is trusted already, or where another key has its id.
    pub async fn trust_key(&self, id: &str, public_key: &str, name: &str, by: &str) -> Result<()> {
        let again = "(key_id) do update set name = excluded.name, added_at = excluded.added_at, \
                       added_by = excluded.added_by, removed_at = null, removed_by = null \
                     where signing_keys.public_key = excluded.public_key and signing_keys.removed_at is not null";
        if !self.put_key(id, public_key, name, by, again).await? {
            return Err(Error::Refused(self.why_not_trusted(id, public_key).await?));
        }
        self.image_comes("keys").await
    }

    async fn why_not_trusted(&self, id: &str, public_key: &str) -> Result<String> {
        let sql = "select name from signing_keys where key_id = $1 and public_key = $2";
        let known: Option<String> =
            sqlx::query_scalar(sql).bind(id).bind(public_key).fetch_optional(&self.pool).await?;
        Ok(match known {
            Some(name) => format!("the key {id} is trusted already, as {name}"),
            None => format!(
                "another key with the id {id} is known, and is not this one: ids are made by chance, so one of the two \
                 was made to look like the other. Ask whoever sent it to make a new one"
            ),
        })
    }

    /// Trusts a key that came with the server, unless it is known: one that people removed stays so.
    pub async fn offer_key(&self, id: &str, public_key: &str, name: &str, by: &str) -> Result<bool> {
        self.put_key(id, public_key, name, by, "do nothing").await
    }

    /// Stores a key; `known` says what is done with one that has this id already. Was anything stored?
    async fn put_key(
        &self,
        id: &str,
        public_key: &str,
        name: &str,
        by: &str,
        known: &'static str,
    ) -> Result<bool> {
        let sql = format!(
            "insert into signing_keys (key_id, public_key, name, added_at, added_by) values ($1, $2, $3, $4, $5) \
             on conflict {known}"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .bind(public_key)
            .bind(name)
            .bind(self.now())
            .bind(by)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Trusts a key no longer. Its signatures are kept, and hold again where it is trusted again.
    ///
    /// # Errors
    /// There is no such key.
    pub async fn distrust_key(&self, id: &str, by: &str) -> Result<()> {
        let sql = "update signing_keys set removed_at = $2, removed_by = $3 where key_id = $1 and removed_at is null";
        let done = sqlx::query(sql).bind(id).bind(self.now()).bind(by).execute(&self.pool).await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("trusted key"));
        }
        self.image_comes("keys").await
    }

    /// Keeps a signature that was found good on a version that is in the catalog. The same again changes nothing.
    ///
    /// # Errors
    /// A refusal where its key is not trusted any more; that there is no such version.
    pub async fn sign_image(&self, image: &Digest, signed: &Signed, by: &str) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        if !is_there(&mut connection, image).await? {
            return Err(Error::NotFound("image version"));
        }
        let done = sqlx::query(
            "insert into image_signatures (image, key_id, signature, comment, added_at, added_by) \
             select $1, key_id, $3, $4, $5, $6 from signing_keys where key_id = $2 and removed_at is null \
             on conflict (image, key_id) do update set signature = excluded.signature, comment = excluded.comment",
        )
        .bind(image.as_str())
        .bind(&signed.key)
        .bind(&signed.signature)
        .bind(&signed.comment)
        .bind(self.now())
        .bind(by)
        .execute(&mut *connection)
        .await?;
        if done.rows_affected() == 0 {
            let why = format!("the key {} is not trusted any more", signed.key);
            return Err(Error::Refused(why));
        }
        self.image_comes(image.as_str()).await
    }
}

async fn is_there(connection: &mut PgConnection, image: &Digest) -> Result<bool> {
    let sql = "select exists (select from images where digest = $1 and removed_at is null)";
    Ok(sqlx::query_scalar(sql).bind(image.as_str()).fetch_one(connection).await?)
}
