//! Walking through lists: each row once, whatever happens in between.

use longshore_core::{Cursor, JobFilter, JobId, NewJob, Page, Pagination};
use longshore_store::Store;
use uuid::Uuid;

use crate::{Disposable, job, witness::*};

/// Jobs whose ids are of one millisecond, so that nothing but the id tells them apart.
fn of_one_millisecond(count: u64) -> Vec<NewJob> {
    let base = JobId::new().0.as_u128() & !0xFFFF_FFFF;
    let id = |n: u64| JobId(Uuid::from_u128(base + u128::from(n)));
    (0..count).map(|n| NewJob { id: id(n), ..job() }).collect()
}

async fn page(
    store: &dyn Store,
    cursor: Option<Cursor>,
    size: u32,
) -> (Vec<JobId>, Option<Cursor>) {
    let page = Page::After { cursor, size };
    let listing = store.list_jobs(&JobFilter::default(), &page).await.unwrap();
    assert_eq!(listing.meta, None);
    (listing.items.iter().map(|row| row.id).collect(), listing.next)
}

/// S3-20, I10
pub async fn a_walk_meets_each_job_once_while_others_arrive(db: &dyn Disposable) {
    let store = db.store();
    let jobs = of_one_millisecond(25);
    store.enqueue(&jobs).await.unwrap();
    let (mut met, mut cursor) = (Vec::new(), None);
    loop {
        let (ids, next) = page(&*store, cursor, 4).await;
        met.extend(ids);
        if next.is_none() {
            break;
        }
        // The cursor is text to everybody but us.
        cursor = Some(next.unwrap().to_string().parse().unwrap());
        enqueue(&*store, &job()).await;
    }
    let newest_first: Vec<_> = jobs.iter().rev().map(|job| job.id).collect();
    assert_eq!(met, newest_first);
}

/// S3-21
pub async fn the_last_page_has_no_next(db: &dyn Disposable) {
    let store = db.store();
    assert_eq!(page(&*store, None, 10).await, (vec![], None));
    store.enqueue(&of_one_millisecond(20)).await.unwrap();
    let (first, next) = page(&*store, None, 10).await;
    assert!(first.len() == 10 && next.is_some());
    let (second, next) = page(&*store, next, 10).await;
    assert_eq!((second.len(), next), (10, None), "the page is full, and still the last");
}

/// S3-21: a size is clamped, never reset.
pub async fn a_page_holds_between_one_and_a_thousand_rows(db: &dyn Disposable) {
    let store = db.store();
    store.enqueue(&of_one_millisecond(1001)).await.unwrap();
    let (ids, next) = page(&*store, None, 5000).await;
    assert_eq!((ids.len(), next.is_some()), (1000, true));
    let (ids, next) = page(&*store, None, 0).await;
    assert_eq!((ids.len(), next.is_some()), (1, true));
    let default = store.list_jobs(&JobFilter::default(), &Page::default()).await.unwrap();
    assert_eq!(default.items.len(), 50);
}

/// A cursor is a place, not a row: it holds when no such row exists.
pub async fn a_cursor_of_no_row_is_a_place(db: &dyn Disposable) {
    let store = db.store();
    let jobs = of_one_millisecond(10);
    store.enqueue(&jobs[..4]).await.unwrap();
    let beyond = Cursor { id: jobs[7].id.0, ordinal: 0 };
    let (ids, _) = page(&*store, Some(beyond), 2).await;
    assert_eq!(ids, [jobs[3].id, jobs[2].id]);
    let before_all = Cursor { id: Uuid::nil(), ordinal: 0 };
    assert_eq!(page(&*store, Some(before_all), 10).await, (vec![], None));
}

/// S3-21: what no list gave out is no cursor.
pub async fn a_text_that_is_no_cursor_is_refused(_db: &dyn Disposable) {
    let good = Cursor { id: JobId::new().0, ordinal: 0 }.to_string();
    let cut = &good[..good.len() - 1];
    for text in ["", "nonsense", "eyJpZCI6MX0=", cut, &good.to_uppercase().replace('0', "1")] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}

/// S0-20, S0-22: pages by offset know the number of all.
pub async fn pages_by_offset_have_totals(db: &dyn Disposable) {
    let store = db.store();
    let empty = Page::At { offset: 0, limit: 100 };
    let listing = store.list_jobs(&JobFilter::default(), &empty).await.unwrap();
    let meta = listing.meta.unwrap();
    assert_eq!((meta.count, meta.pagination.last), (0, 1));

    let jobs = of_one_millisecond(73);
    store.enqueue(&jobs).await.unwrap();
    enqueue(&*store, &NewJob { queue: "other".into(), ..job() }).await;
    let filter = JobFilter { queues_in: vec!["default".into()], ..JobFilter::default() };
    let listing = store.list_jobs(&filter, &Page::At { offset: 50, limit: 50 }).await.unwrap();
    let meta = listing.meta.unwrap();
    assert_eq!(meta.count, 73, "the filter counts, the page does not");
    assert_eq!(
        meta.pagination,
        Pagination { current: 2, previous: Some(1), next: None, first: 1, last: 2 }
    );
    assert_eq!(listing.items.len(), 23);
    assert_eq!(listing.items[0].id, jobs[22].id);
    for offset in [73, 500, u64::MAX] {
        let beyond = store.list_jobs(&filter, &Page::At { offset, limit: 50 }).await.unwrap();
        assert_eq!((beyond.items.len(), beyond.meta.unwrap().count), (0, 73));
    }
}
