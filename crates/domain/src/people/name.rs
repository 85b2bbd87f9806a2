//! What people may be called, and what a password must be.

/// Shorter ones are guessed by trying (NIST SP 800-63B asks for 15 where nothing else protects, 8 as the least).
pub const SHORTEST_PASSWORD: usize = 12;
/// Longer ones only make the server work (argon2 hashes them whole).
pub const LONGEST_PASSWORD: usize = 256;
/// Fits into lists and log lines.
pub const LONGEST_NAME: usize = 64;

/// A name to sign in with, as it is stored: lower case, without blanks around it.
///
/// # Errors
/// Words that say what is wrong with it.
pub fn name(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if name.is_empty() {
        return Err("write a name to sign in with, like ada".to_owned());
    }
    if name.len() > LONGEST_NAME {
        return Err(format!("{LONGEST_NAME} characters at most"));
    }
    if !name.chars().all(plain) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("letters, digits and . - _ @ + only, a letter or digit first".to_owned());
    }
    Ok(name)
}

/// Is this a password that can be taken?
///
/// # Errors
/// Words that say what is wrong with it; they do not repeat it.
pub fn password(text: &str, name: &str) -> Result<(), String> {
    let n = text.chars().count();
    if n < SHORTEST_PASSWORD {
        return Err(format!("{SHORTEST_PASSWORD} characters at least: a few words are easily remembered"));
    }
    if n > LONGEST_PASSWORD {
        return Err(format!("{LONGEST_PASSWORD} characters at most"));
    }
    let lower = text.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 {
        return Err("too few different characters".to_owned());
    }
    let name = name.trim().to_lowercase();
    if !name.is_empty() && lower.replace(&name, "").chars().count() < SHORTEST_PASSWORD / 2 {
        return Err("it is little more than your name".to_owned());
    }
    if ["passwordpassword", "123456789012", "qwertyuiopas", "pitstoppitstop"].contains(&lower.as_str()) {
        return Err("it is one of the first that everybody tries".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stored_in_one_way_only() {
        assert_eq!(name("  Ada.Lovelace ").as_deref(), Ok("ada.lovelace"));
        for wrong in ["", " ", "-ada", "ada lovelace", "ада", "a\u{200b}b", &"a".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_password_is_long_and_is_not_the_name() {
        assert_eq!(password("correct horse battery", "ada"), Ok(()));
        for wrong in ["short", "aaaaaaaaaaaaaaa", "adalovelace12", "PasswordPassword"] {
            let words = password(wrong, "adalovelace").unwrap_err();
            assert!(!words.contains(wrong), "{words}");
        }
    }
}
