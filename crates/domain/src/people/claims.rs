//! What an identity provider says of somebody, and the roles that this gives.

use super::role::NoRole;
use super::{Grant, Role, Scope};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::str::FromStr;
use thiserror::Error;

/// Whoever has this value in the claim is given this. Written `lab-admins=operator@site:berlin,graz@label:lab`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub value: String,
    pub grant: Grant,
}

/// Not understood, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoRule {
    #[error(
        "`{0}` gives nothing: write VALUE=ROLE, or VALUE=ROLE@site:A,B, or VALUE=ROLE@label:A,B, or both limits"
    )]
    Shape(String),
    #[error("`{0}` is no limit: write site:A,B or label:A,B, each once")]
    Limit(String),
    #[error(transparent)]
    Role(#[from] NoRole),
}

impl FromStr for Rule {
    type Err = NoRule;

    /// The value may have `=` in it, as names in directories have; role and limits have none.
    fn from_str(text: &str) -> Result<Self, NoRule> {
        let (value, given) = text.rsplit_once('=').ok_or_else(|| NoRule::Shape(text.to_owned()))?;
        let mut parts = given.split('@').map(str::trim);
        let role: Role = parts.next().unwrap_or_default().parse()?;
        let mut scope = Scope::everything();
        for limit in parts {
            let (key, names) = limit.split_once(':').ok_or_else(|| NoRule::Limit(limit.to_owned()))?;
            let names: BTreeSet<String> =
                names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let limited = match key {
                "site" => &mut scope.sites,
                "label" => &mut scope.labels,
                _ => return Err(NoRule::Limit(limit.to_owned())),
            };
            // No name would be no limit: the whole installation, by a slip of the pen.
            if names.is_empty() || !limited.is_empty() {
                return Err(NoRule::Limit(limit.to_owned()));
            }
            *limited = names;
        }
        match value.trim() {
            "" => Err(NoRule::Shape(text.to_owned())),
            value => Ok(Self { value: value.to_owned(), grant: Grant { role, scope } }),
        }
    }
}

/// What these values give by these rules, each grant once. Values are compared letter by letter.
pub fn granted(rules: &[Rule], values: &[String]) -> Vec<Grant> {
    let grants: BTreeSet<_> =
        rules.iter().filter(|rule| values.contains(&rule.value)).map(|rule| rule.grant.clone()).collect();
    grants.into_iter().collect()
}

/// The values of a claim: of a text one, of a list its texts. A name that is no claim is a path through objects, like
/// `realm_access.roles`.
pub fn values(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    let found = claims.get(name).or_else(|| {
        let mut path = name.split('.');
        let first = claims.get(path.next()?)?;
        path.try_fold(first, |value, key| value.get(key))
    });
    match found {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_gives_a_role_within_limits() {
        assert_eq!(rule("admins=administrator").grant, Grant::everywhere(Role::Administrator));
        let both = rule("lab=operator@site:berlin, graz@label:lab").grant;
        let scope = Scope { labels: ["lab".into()].into(), ..Scope::sites(["berlin", "graz"]) };
        assert_eq!(both, Grant { role: Role::Operator, scope });
        assert_eq!(rule("cn=desk,ou=groups=help_desk").value, "cn=desk,ou=groups");
    }

    #[test]
    fn a_slip_of_the_pen_gives_nothing() {
        for wrong in [
            "",
            "admins",
            "=viewer",
            "a=root",
            "a=",
            "a=operator@",
            "a=operator@site:",
            "a=operator@berlin",
            "a=operator@site:x@site:y",
            "a=operator@room:7",
        ] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn values_are_compared_letter_by_letter_and_each_grant_is_given_once() {
        let rules = [rule("a=viewer"), rule("b=viewer"), rule("c=operator@site:graz")];
        let given = |values: &[&str]| granted(&rules, &values.map_owned());
        assert_eq!(given(&["a", "b"]), [Grant::everywhere(Role::Viewer)]);
        assert_eq!(given(&["a", "c"]).len(), 2);
        assert!(given(&["A", "aa", ""]).is_empty() && given(&[]).is_empty());
    }

    trait Owned {
        fn map_owned(&self) -> Vec<String>;
    }
    impl Owned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|&text| text.to_owned()).collect()
        }
    }

    #[test]
    fn a_claim_is_a_text_or_a_list_and_may_lie_deeper() {
        let claims = json!({
            "groups": ["a", 7, "b"], "hd": "example.org", "realm_access": { "roles": ["r"] },
            "https://x.example/groups": ["n"], "on": true,
        });
        let claims = claims.as_object().unwrap();
        assert_eq!(values(claims, "groups"), ["a", "b"]);
        assert_eq!(values(claims, "hd"), ["example.org"]);
        assert_eq!(values(claims, "realm_access.roles"), ["r"]);
        assert_eq!(values(claims, "https://x.example/groups"), ["n"]);
        assert!(values(claims, "on").is_empty() && values(claims, "roles").is_empty());
    }
}
