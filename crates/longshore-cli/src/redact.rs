//! Passwords stay out of everything that is printed.

/// Replaces the password of every URL in a text.
pub(crate) fn passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end =
            after.find(|c: char| c.is_whitespace() || "/'\"`".contains(c)).unwrap_or(after.len());
        rest = match credentials(&after[..end]) {
            Some((user, length)) => {
                clean.push_str(user);
                clean.push_str(":***@");
                &after[length..]
            }
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

/// The user's name, and the bytes up to and with the last `@`, if a password stands there.
fn credentials(authority: &str) -> Option<(&str, usize)> {
    let at = authority.rfind('@')?;
    let (user, _) = authority[..at].split_once(':')?;
    Some((user, at + 1))
}

#[cfg(test)]
mod tests {
    use super::passwords;

    #[test]
    fn the_password_of_a_url_is_hidden_and_the_rest_stays() {
        assert_eq!(
            passwords("no answer from `postgres://app:s3cr@t@db:5432/app` today"),
            "no answer from `postgres://app:***@db:5432/app` today",
        );
        assert_eq!(passwords("sqlite://longshore.db"), "sqlite://longshore.db");
        assert_eq!(passwords("postgres://app@db/app"), "postgres://app@db/app");
    }
}
