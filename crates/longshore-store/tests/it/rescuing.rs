//! A rescue that failed as a whole is done job by job, unless the fault lies elsewhere.

use longshore_core::JobId;
use longshore_store::{Error, ErrorKind, Result, rescue_each};

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, format!("{kind:?}"))
}

/// Rescues three jobs that end like this.
async fn three(ends: [Result<(), ErrorKind>; 3]) -> (usize, Result<usize, ErrorKind>) {
    let ids = [(); 3].map(|()| JobId::new());
    let mut tried = 0;
    let expired = async { Ok(ids.to_vec()) };
    let one = |id| {
        let end = ends[tried];
        assert_eq!(id, ids[tried]);
        tried += 1;
        async move { end.map(|()| vec![id]).map_err(error) }
    };
    let rescued = rescue_each(error(ErrorKind::Internal), expired, one).await;
    (tried, rescued.map(|rescued| rescued.len()).map_err(|error| error.kind()))
}

#[tokio::test]
async fn a_bad_job_is_passed_over() {
    use ErrorKind::{Conflict, Internal, Invalid, Unavailable};
    assert_eq!(three([Err(Internal), Ok(()), Ok(())]).await, (3, Ok(2)));
    assert_eq!(three([Ok(()), Err(Conflict), Err(Invalid)]).await, (3, Ok(1)));
    assert_eq!(three([Err(Internal); 3]).await, (3, Err(Internal)));
    assert_eq!(three([Ok(()), Err(Unavailable), Ok(())]).await, (2, Ok(1)), "the rest comes later");
    assert_eq!(three([Err(Unavailable), Ok(()), Ok(())]).await, (1, Err(Unavailable)));
}

#[tokio::test]
async fn no_job_is_tried_alone_where_the_database_is_at_fault() {
    for kind in [ErrorKind::Unavailable, ErrorKind::Busy, ErrorKind::Denied, ErrorKind::Schema] {
        let expired = async { panic!("nobody should look") };
        let one = async |_| Ok(vec![()]);
        let rescued = rescue_each(error(kind), expired, one).await;
        assert_eq!(rescued.unwrap_err().kind(), kind);
    }
}
