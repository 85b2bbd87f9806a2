//! Where images are kept, as it is set. Keys stay out of the command line, which other people of a host can read, and out
//! of whatever is printed.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use pitstop_domain::route::HttpUrl;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// Where images are kept: in a folder below --data, or in a bucket behind it.
#[derive(Clone, Debug, Default, Args)]
pub struct Keeping {
    /// Bucket (S3) in which boot images are kept; what machines fetch is read through a cache below --data. Without it they
    /// are kept in that folder alone.
    #[arg(long = "images-bucket", env = "PITSTOP_IMAGES_BUCKET")]
    pub bucket: Option<String>,

    /// Where the bucket is, like https://s3.example:9000, without a path. Default: Amazon's, of the region.
    #[arg(long = "images-endpoint", env = "PITSTOP_IMAGES_ENDPOINT", requires = "bucket")]
    pub endpoint: Option<HttpUrl>,

    /// The bucket's region.
    #[arg(long = "images-region", env = "PITSTOP_IMAGES_REGION", default_value = "us-east-1")]
    pub region: String,

    /// Folder in the bucket. Servers of one database share it; each other installation takes another.
    #[arg(long = "images-prefix", env = "PITSTOP_IMAGES_PREFIX", default_value = "pitstop")]
    pub prefix: String,

    /// File with the bucket's keys: the access key in the first line, the secret key in the second. Without it they are
    /// PITSTOP_IMAGES_ACCESS_KEY and PITSTOP_IMAGES_SECRET_KEY in the environment.
    #[arg(long = "images-keys-file", env = "PITSTOP_IMAGES_KEYS_FILE", requires = "bucket")]
    pub keys_file: Option<PathBuf>,

    #[arg(skip)]
    keys: Option<Keys>,

    /// The bucket may be asked over http, in the clear: on this host, or over a network that nobody else listens to.
    #[arg(long = "images-insecure-http", env = "PITSTOP_IMAGES_INSECURE_HTTP", requires = "bucket")]
    pub insecure_http: bool,

    /// MiB of the bucket's images that are kept below --data for machines to fetch. What was not used for longest goes first.
    #[arg(long = "images-cache-mib", env = "PITSTOP_IMAGES_CACHE_MIB", default_value_t = 20 << 10)]
    pub cache_mib: u64,
}

/// What opens the bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub access: String,
    pub secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keeping {
    /// With keys that are known already: for tests.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// Where the bucket is.
    ///
    /// # Errors
    /// It is asked in the clear, and nobody said that this may be; or it names more than a host.
    pub fn endpoint(&self) -> Result<HttpUrl> {
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://s3.{}.amazonaws.com", self.region).parse()?,
        };
        ensure!(
            endpoint.is_https() || self.insecure_http,
            "--images-endpoint is {}, which is asked in the clear: everybody on the way could read and change what \
             machines boot. Use https, or, on this host or a network of its own, add --images-insecure-http",
            endpoint.origin()
        );
        ensure!(
            endpoint.path() == "/",
            "--images-endpoint says more than where the bucket's host is: write {}, the bucket's name in --images-bucket, \
             and a folder in it in --images-prefix",
            endpoint.origin()
        );
        Ok(endpoint)
    }

    /// What opens it.
    ///
    /// # Errors
    /// There are none, or the file is not as it should be; it says what to do and shows nothing of them.
    pub fn keys(&self) -> Result<Keys> {
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        let Some(file) = &self.keys_file else {
            let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            return match (read("PITSTOP_IMAGES_ACCESS_KEY"), read("PITSTOP_IMAGES_SECRET_KEY")) {
                (Some(access), Some(secret)) => Ok(Keys { access, secret }),
                _ => bail!(
                    "--images-bucket is set, and nothing opens it: set --images-keys-file, or PITSTOP_IMAGES_ACCESS_KEY \
                     and PITSTOP_IMAGES_SECRET_KEY in the environment"
                ),
            };
        };
        let text = fs::read_to_string(file)
            .with_context(|| format!("the keys of --images-bucket in {} cannot be read", file.display()))?;
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let [access, secret] = lines[..] else {
            bail!(
                "{} has {} lines: the bucket's access key is expected in the first and its secret key in the second",
                file.display(),
                lines.len()
            );
        };
        Ok(Keys { access: access.to_owned(), secret: secret.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeping(endpoint: &str) -> Keeping {
        Keeping { endpoint: Some(endpoint.parse().unwrap()), ..Keeping::default() }
    }

    #[test]
    fn a_bucket_is_asked_in_the_clear_only_where_somebody_said_so() {
        let clear = keeping("http://127.0.0.1:9000");
        let why = clear.endpoint().unwrap_err().to_string();
        assert!(why.contains("--images-insecure-http"), "{why}");
        assert!(Keeping { insecure_http: true, ..clear }.endpoint().is_ok());
        assert!(keeping("https://s3.example").endpoint().is_ok());
    }

    #[test]
    fn an_endpoint_with_a_path_is_refused_for_nobody_would_ask_there() {
        assert!(keeping("https://s3.example/").endpoint().is_ok());
        for more in ["https://s3.example/images", "https://s3.example?region=eu"] {
            let why = keeping(more).endpoint().unwrap_err().to_string();
            assert!(why.contains("write https://s3.example,") && why.contains("--images-prefix"), "{why}");
        }
    }

    #[test]
    fn keys_come_from_a_file_of_two_lines_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, "ACCESS\nhush\n").unwrap();
        let keeping = Keeping { keys_file: Some(file), ..Keeping::default() };
        let keys = keeping.keys().unwrap();
        assert_eq!((keys.access.as_str(), keys.secret.as_str()), ("ACCESS", "hush"));
        assert!(!format!("{:?}", keeping.with_keys(keys)).contains("hush"));
    }

    #[test]
    fn a_file_with_one_key_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, "hush").unwrap();
        let why = Keeping { keys_file: Some(file), ..Keeping::default() }.keys().unwrap_err().to_string();
        assert!(why.contains("second") && !why.contains("hush"), "{why}");
    }
}
