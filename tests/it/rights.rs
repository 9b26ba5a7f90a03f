//! A user who may read and write rows, and neither make nor change tables: told what is lacking and who can
//! do it, and not kept from work.

use longshore::JobId;

use crate::{on_every_server, place::Place, weeks::old_jobs};

on_every_server!(a_user_who_may_not_change_tables_is_told_so_and_works_on);

/// A user of this test's own, and the place as it looks to that user.
struct User {
    place: Place,
    name: String,
}

impl User {
    fn new(place: &Place) -> Self {
        let id = JobId::new().0.simple().to_string();
        let name = format!("it_{}", &id[12..]);
        let url = match &place.schema {
            // The servers under test let no other user in; a session may have the rights of another, though.
            Some(_) => {
                place.sql(&format!("CREATE ROLE {name} NOLOGIN"));
                format!("{}&options[role]={name}", place.url)
            }
            None => {
                let (server, database) = place.url.rsplit_once('/').unwrap();
                place.sql(&format!(
                    "CREATE USER {name}@'%' IDENTIFIED BY ''; \
                     GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO {name}@'%'"
                ));
                let (scheme, host) = server.split_once("://").unwrap();
                let (_, host) = host.split_once('@').unwrap();
                format!("{scheme}://{name}@{host}/{database}")
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let theirs = Place { folder, url, schema: place.schema.clone() };
        theirs.settings("[[handlers]]\nkind = \"mail\"\ncommand = [\"true\"]\n");
        Self { place: theirs, name }
    }

    /// After the migration: on PostgreSQL there are no rights to tables that are not there yet.
    fn may_write_rows(&self, owner: &Place) {
        let (Some(schema), name) = (&owner.schema, &self.name) else { return };
        owner.sql(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO {name}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}"
        ));
    }

    fn vanish(self, owner: &Place) {
        let name = self.name;
        owner.sql(&match &owner.schema {
            Some(_) => format!("DROP OWNED BY {name}; DROP ROLE {name}"),
            None => format!("DROP USER {name}@'%'"),
        });
    }
}

fn a_user_who_may_not_change_tables_is_told_so_and_works_on(place: &Place) {
    let user = User::new(place);
    let app = &user.place;
    let denied = app.run(&["migrate"]);
    assert_eq!((denied.code, &*denied.stdout), (1, ""), "{denied:?}");
    for words in ["this user may not make or change tables (", "run `longshore migrate` as "] {
        assert!(denied.stderr.contains(words), "{denied:?}");
    }
    assert!(!denied.stderr.contains("roles.sql"), "no role has that right: {denied:?}");

    let (over, waiting, week) = old_jobs(place);
    user.may_write_rows(place);
    assert!(app.ok(&["migrate"]).contains("is current"), "there is nothing to do");
    let doctor = app.ok(&["doctor"]);
    let told =
        doctor.lines().any(|line| line.contains("warning") && line.contains("1 weeks are older"));
    assert!(told && doctor.contains("may not ") && doctor.contains("weeks rotate"), "{doctor}");
    let listed = app.ok(&["weeks", "list"]);
    assert!(listed.contains("this user may not drop it: run `longshore weeks rotate`"), "{listed}");
    assert!(app.ok(&["weeks", "plan"]).contains(&week));
    let denied = app.run(&["weeks", "rotate"]);
    assert_eq!(denied.code, 1, "{denied:?}");
    for words in ["this user may not drop weeks", "longshore weeks rotate", " as "] {
        assert!(denied.stderr.contains(words), "{denied:?}");
    }
    assert_eq!(app.job(&over)["state"], "cancelled", "nothing was dropped");

    let worker = app.worker();
    app.until("the old job is run", |app| app.job(&waiting)["state"] == "completed");
    app.until("the worker says so", |app| {
        app.read("log").contains("old weeks are not dropped by this worker")
    });
    let new = app.enqueue(&["mail"]);
    app.until("it works on", |app| app.job(&new)["state"] == "completed");
    assert!(worker.stop().success(), "{}", app.read("log"));
    assert!(place.ok(&["weeks", "rotate"]).contains(&format!("{week}: dropped with 1 jobs")));
    user.vanish(place);
}
