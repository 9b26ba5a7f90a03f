//! Which server this is: MariaDB or MySQL, and how old.

/// A server, as it calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) is_mariadb: bool,
    /// Major and minor version.
    pub(crate) version: (u32, u32),
    name: String,
}

impl Server {
    /// From what `SELECT VERSION()` answers.
    pub(crate) fn of(said: &str) -> Self {
        // Some MariaDB servers put this before their version, for old clients.
        let plain = said.strip_prefix("5.5.5-").unwrap_or(said);
        let mut parts =
            plain.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let is_mariadb = said.to_ascii_lowercase().contains("mariadb");
        let product = if is_mariadb { "MariaDB" } else { "MySQL" };
        Self { is_mariadb, version, name: format!("{product} {}.{}", version.0, version.1) }
    }

    /// Its name for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What is missing, if anything is.
    pub(crate) fn too_old(&self) -> Option<String> {
        let oldest = if self.is_mariadb { (10, 6) } else { (8, 0) };
        (self.version < oldest).then(|| {
            format!(
                "{} is too old: Longshore needs SKIP LOCKED and JSON_TABLE, which MariaDB 10.6 and MySQL 8.0 \
                 brought: update the server",
                self.name
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_by_what_they_say() {
        for (said, name, old) in [
            ("10.11.14-MariaDB-0+deb12u2", "MariaDB 10.11", false),
            ("5.5.5-10.6.1-MariaDB", "MariaDB 10.6", false),
            ("10.5.29-MariaDB", "MariaDB 10.5", true),
            ("8.0.43-0ubuntu0.24.04.1", "MySQL 8.0", false),
            ("9.4.0", "MySQL 9.4", false),
            ("5.7.44-log", "MySQL 5.7", true),
        ] {
            let server = Server::of(said);
            assert_eq!((server.name(), server.too_old().is_some()), (name, old));
        }
    }
}
