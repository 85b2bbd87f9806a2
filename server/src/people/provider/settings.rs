//! What is set about the identity provider.

use crate::config::Config;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};
use pitstop_app::people::CALLBACK;
use pitstop_domain::people::claims::Rule;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// Signing in by an identity provider (OpenID Connect).
#[derive(Args, Clone, Debug, Default)]
pub struct Oidc {
    /// Identity provider that vouches for people (OpenID Connect), like https://id.example/realms/staff: its address,
    /// below which /.well-known/openid-configuration lies. Needs --oidc-client-id, --oidc-role and --public-url.
    #[arg(long, env = "PITSTOP_OIDC_ISSUER")]
    pub oidc_issuer: Option<String>,

    /// What Pitstop is called at the provider.
    #[arg(long, env = "PITSTOP_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,

    /// File with the secret that the provider gave Pitstop; without it Pitstop is a public client.
    #[arg(long, env = "PITSTOP_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,

    /// What people call the provider: stands on the button to sign in. Default: its host.
    #[arg(long, env = "PITSTOP_OIDC_NAME")]
    pub oidc_name: Option<String>,

    /// What the provider is asked for beside `openid`, parted by spaces.
    #[arg(long, env = "PITSTOP_OIDC_SCOPES", default_value = "profile email")]
    pub oidc_scopes: String,

    /// The claim that roles are given by; a path through objects like realm_access.roles.
    #[arg(long, env = "PITSTOP_OIDC_CLAIM", default_value = "groups")]
    pub oidc_claim: String,

    /// What somebody with this value in the claim is given, like `lab-admins=operator@site:berlin,graz`. Several times,
    /// or parted by semicolons.
    #[arg(long = "oidc-role", env = "PITSTOP_OIDC_ROLES", value_delimiter = ';')]
    pub oidc_roles: Vec<Rule>,
}

/// The same, complete and looked through.
pub struct Settings {
    pub issuer: IssuerUrl,
    pub client: ClientId,
    pub secret: Option<ClientSecret>,
    pub name: String,
    pub scopes: Vec<String>,
    pub claim: String,
    pub rules: Vec<Rule>,
    /// Where people come back.
    pub back: RedirectUrl,
}

impl Settings {
    /// `None`: there is no provider.
    ///
    /// # Errors
    /// What is missing or cannot be, in words.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        let set = &config.oidc;
        let Some(issuer) = &set.oidc_issuer else {
            ensure!(
                set.oidc_client_id.is_none() && set.oidc_roles.is_empty(),
                "settings about an identity provider, and none is named: set --oidc-issuer"
            );
            return Ok(None);
        };
        let issuer = IssuerUrl::new(issuer.clone())
            .with_context(|| format!("--oidc-issuer: `{issuer}` is no address"))?;
        let client =
            set.oidc_client_id.clone().context("--oidc-client-id is missing: it stands at the provider")?;
        ensure!(
            !set.oidc_roles.is_empty(),
            "nobody would have a right: say by --oidc-role which group has which role, like lab-admins=operator"
        );
        let back = format!("{}{CALLBACK}", config.dashboard_url().trim_end_matches('/'));
        let back = RedirectUrl::new(back).context("--public-url is no address")?;
        private(issuer.url(), "--oidc-issuer")?;
        private(back.url(), "--public-url")?;
        let host = issuer.url().host_str().unwrap_or_default().to_owned();
        Ok(Some(Self {
            issuer,
            client: ClientId::new(client),
            secret: set.oidc_client_secret_file.as_deref().map(secret).transpose()?,
            name: set.oidc_name.clone().unwrap_or(host),
            scopes: set.oidc_scopes.split_whitespace().map(str::to_owned).collect(),
            claim: set.oidc_claim.clone(),
            rules: set.oidc_roles.clone(),
            back,
        }))
    }
}

/// A code that can be read on its way is a sign-in for whoever reads it. What does not leave the machine may do without TLS.
fn private(url: &Url, setting: &str) -> Result<()> {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_here => Ok(()),
        _ => bail!(
            "{setting}: `{url}` is not private: people can be signed in by a provider over https:// only"
        ),
    }
}

fn secret(path: &Path) -> Result<ClientSecret> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--oidc-client-secret-file: {} cannot be read", path.display()))?;
    let text = text.trim();
    ensure!(!text.is_empty(), "--oidc-client-secret-file: {} is empty", path.display());
    Ok(ClientSecret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn read(with: &[&str]) -> Result<Option<Settings>> {
        let config = Config::parse_from(["pitstop-server"].iter().chain(with));
        Settings::of(&config)
    }

    const WHOLE: [&str; 8] = [
        "--oidc-issuer",
        "https://id.example/realms/staff",
        "--oidc-client-id",
        "pitstop",
        "--oidc-role",
        "admins=administrator;lab=operator@site:graz",
        "--public-url",
        "https://pitstop.example/",
    ];

    #[test]
    fn whoever_sets_nothing_has_none() {
        assert!(read(&[]).unwrap().is_none());
    }

    #[test]
    fn what_is_set_is_read() {
        let settings = read(&WHOLE).unwrap().unwrap();
        assert_eq!(settings.back.as_str(), "https://pitstop.example/auth/oidc/callback");
        assert_eq!((settings.name.as_str(), settings.rules.len()), ("id.example", 2));
    }

    #[test]
    fn what_is_missing_is_said() {
        for left_out in [0, 2, 4] {
            let with: Vec<_> = WHOLE[..left_out].iter().chain(&WHOLE[left_out + 2..]).copied().collect();
            let Err(why) = read(&with) else { panic!("{with:?}") };
            assert!(why.to_string().contains("--oidc"), "{why}");
        }
    }

    #[test]
    fn nobody_is_signed_in_over_a_wire_that_others_read() {
        let with = |issuer, public| {
            let mut with = WHOLE;
            (with[1], with[7]) = (issuer, public);
            read(&with)
        };
        assert!(with("http://id.example", "https://pitstop.example").is_err());
        assert!(with("https://id.example", "http://pitstop.example").is_err());
        assert!(with("http://localhost:9000", "http://127.0.0.1:3000").is_ok());
        assert!(with("http://127.0.0.1.evil.example", "http://[::1]:3000").is_err());
    }
}
