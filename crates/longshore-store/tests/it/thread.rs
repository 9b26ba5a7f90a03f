//! Database work goes on to its end, whatever becomes of whoever asked for it.

use std::{sync::mpsc, time::Duration};

use longshore_store::{DatabaseThread, ErrorKind};
use tokio::sync::oneshot;

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn work_whose_caller_is_gone_is_done_all_the_same() {
    let thread = DatabaseThread::start("test").unwrap();
    let (go, may_go_on) = oneshot::channel::<()>();
    let (done, is_done) = mpsc::channel();
    let call = thread.run(async move {
        may_go_on.await.unwrap();
        done.send(()).unwrap();
        Ok(())
    });
    // One look at it starts the work; then the caller is gone, and the last handle with it.
    assert!(tokio::time::timeout(Duration::ZERO, call).await.is_err());
    drop(thread);
    go.send(()).unwrap();
    is_done.recv_timeout(LONG).expect("the work was cut off");
}

#[tokio::test]
async fn work_that_panics_is_an_error_and_harms_no_other() {
    let thread = DatabaseThread::start("test").unwrap();
    let broken = thread.run::<(), _>(async { panic!("a fault") }).await.unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::Internal);
    assert!(format!("{broken:?}").contains("a fault"), "{broken:?}");
    assert_eq!(thread.run(async { Ok(7) }).await.unwrap(), 7);
}

#[test]
fn work_goes_on_while_the_callers_runtime_is_blocked() {
    let thread = DatabaseThread::start("test").unwrap();
    let (done, is_done) = mpsc::channel();
    let caller = tokio::runtime::Builder::new_current_thread().build().unwrap();
    caller.block_on(async {
        let work = async move {
            // Needs a timer: one of the thread's own runtime.
            tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>()).await.ok();
            done.send(()).unwrap();
            Ok(())
        };
        let call = tokio::spawn(async move { thread.run(work).await });
        tokio::task::yield_now().await;
        // The only thread of the caller waits here, and polls nothing.
        is_done.recv_timeout(LONG).expect("the work waits for its caller");
        call.await.unwrap().unwrap();
    });
}

#[test]
fn the_thread_ends_with_its_last_handle() {
    let thread = DatabaseThread::start("test").unwrap();
    let (ends, ended) = mpsc::channel::<()>();
    // Dropped with the runtime of the thread.
    thread.spawn(async move {
        std::future::pending::<()>().await;
        drop(ends);
    });
    drop(thread);
    assert_eq!(ended.recv_timeout(LONG), Err(mpsc::RecvTimeoutError::Disconnected));
}
