//! URLs, and what is said about those that do not work.

use longshore::{Client, ErrorKind};

#[tokio::test(flavor = "multi_thread")]
async fn a_url_of_no_known_engine_says_which_there_are() {
    for url in ["jobs.db", "", "oracle://scott:tiger@host/db", "://", "mssql://root:secret@host/db"]
    {
        let error = Client::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("sqlite://FILE") && text.contains("postgres://"), "{text}");
        assert!(!text.contains("tiger") && !text.contains("secret"), "{text}");
    }
}

#[cfg(not(feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_is_not_switched_on_names_its_feature() {
    let error = Client::connect("postgres://app:secret@db/app").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("feature `postgres`"), "{error}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[cfg(not(feature = "mysql"))]
#[tokio::test(flavor = "multi_thread")]
async fn mysql_that_is_not_switched_on_names_its_feature() {
    for scheme in ["mysql", "mariadb"] {
        let error = Client::connect(&format!("{scheme}://app:secret@db/app")).await.unwrap_err();
        assert!(error.to_string().contains("feature `mysql`"), "{error}");
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[cfg(not(feature = "sqlite"))]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_that_is_not_switched_on_names_its_feature() {
    let error = Client::connect("sqlite://jobs.db").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("feature `sqlite`"), "{error}");
}

#[cfg(feature = "sqlite")]
mod on_sqlite {
    use longshore::{Client, ErrorKind, Options};

    use crate::{jobs::Double, sqlite_file::File};

    #[tokio::test(flavor = "multi_thread")]
    async fn without_migration_calls_say_what_to_do_until_somebody_migrates() {
        let file = File::fresh();
        let client = Client::connect_with(&file.url(), Options { migrate: false }).await.unwrap();
        let error = client.enqueue(Double(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().contains("longshore migrate"), "{error}");

        let _ = file.client().await;
        let enqueued = client.enqueue(Double(1)).await.unwrap();
        assert!(!enqueued.is_duplicate());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_does_not_exist_is_said_to_be_missing() {
        let file = File::fresh();
        let error =
            Client::connect(&file.url().replace("jobs.db", "no/such/jobs.db")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_in_memory_works() {
        let client = Client::connect("sqlite::memory:").await.unwrap();
        let id = client.enqueue(Double(1)).await.unwrap().id();
        assert!(client.find(id).await.unwrap().is_some());
        assert!(client.find(longshore::JobId::new()).await.unwrap().is_none());
    }
}
