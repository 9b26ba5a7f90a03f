//! Cases small enough to be worked out by hand.

use super::super::crowd::Crowd;
use super::super::model::Cost;
use super::*;

/// A job costs so much on the server in each of its calls, and nothing else does.
fn model(server: f64) -> Model {
    let cost = Cost { job: server, call: 0.0 };
    let call = Call { server: cost, ..Call::default() };
    let [enqueue, claim, finish] = [(); 3].map(|()| call.clone());
    let [producer_starts, worker_starts] = [Call::default(), Call::default()];
    Model { enqueue, claim, finish, producer_starts, worker_starts, run: 0.0 }
}

fn site(cores: f64) -> Site {
    let clients = Clients::Elsewhere { cores: 4.0 };
    Site { cores, clients, flush: 0.0, log_speed: f64::INFINITY, way: 0.0 }
}

fn assert_near(found: f64, wanted: f64, part: f64) {
    assert!((found / wanted - 1.0).abs() < part, "{found} is not {wanted}");
}

#[test]
fn a_lone_producer_is_as_fast_as_one_core() {
    let load = Load { producers: 1, workers: 0, jobs: 50_000 };
    let course = simulate(&model(10.0), site(4.0), load);
    assert_near(course.rate, 100_000.0, 0.001);
    assert_near(course.busy, 0.25, 0.001);
    assert_eq!(course.commits, 50);
}

#[test]
fn more_producers_than_cores_share_them() {
    let load = Load { producers: 8, workers: 0, jobs: 64_000 };
    assert_near(simulate(&model(10.0), site(2.0), load).rate, 200_000.0, 0.01);
}

#[test]
fn a_worker_claims_and_finishes_at_once() {
    let load = Load { producers: 0, workers: 1, jobs: 100_000 };
    let course = simulate(&model(10.0), site(2.0), load);
    // Two cores, 20 µs a job.
    assert_near(course.steady, 100_000.0, 0.05);
    assert_near(course.busy, 1.0, 0.05);
}

#[test]
fn calls_among_others_of_their_kind_are_dearer() {
    let mut model = model(10.0);
    model.enqueue.crowd = Crowd::of(&[(1, 1.0), (4, 2.0)]);
    let load = Load { producers: 4, workers: 0, jobs: 64_000 };
    assert_near(simulate(&model, site(4.0), load).rate, 200_000.0, 0.01);
}

#[test]
fn whoever_enqueues_or_claims_begins_first() {
    let at_once = model(10.0);
    let mut begins = model(10.0);
    begins.worker_starts.wait = Cost { job: 0.0, call: 50_000.0 };
    begins.producer_starts.wait = Cost { job: 0.0, call: 20_000.0 };
    for (producers, workers, takes) in [(0, 2, 0.05), (2, 0, 0.02)] {
        let load = Load { producers, workers, jobs: 2000 };
        let took = |model| 2000.0 / simulate(model, site(4.0), load).rate;
        assert_near(took(&begins) - took(&at_once), takes, 0.001);
    }
}

#[test]
fn one_flush_serves_all_who_wait() {
    let load = Load { producers: 8, workers: 0, jobs: 800_000 };
    let course = simulate(&model(0.0), Site { flush: 1000.0, ..site(8.0) }, load);
    // The first flush finds one commit, each later one those that came meanwhile.
    assert_near(course.steady, 4_000_000.0, 0.8);
    assert!(course.rate > 1_500_000.0, "one flush for each commit would be 1,000,000: {course:?}");
}

#[test]
fn a_log_that_is_slow_is_the_limit() {
    let mut model = model(0.1);
    model.enqueue.log = Cost { job: 1000.0, call: 0.0 };
    let load = Load { producers: 8, workers: 0, jobs: 800_000 };
    let course = simulate(&model, Site { log_speed: 100.0, ..site(8.0) }, load);
    assert_near(course.steady, 100_000.0, 0.02);
    assert_near(course.logging, 1.0, 0.02);
}

#[test]
fn producers_and_workers_together_come_to_a_balance() {
    let load = Load { producers: 4, workers: 4, jobs: 200_000 };
    let course = simulate(&model(10.0), site(4.0), load);
    // Three calls of 10 µs on four cores; what is enqueued and not run yet costs a little more.
    assert_near(course.steady, 133_333.0, 0.25);
}

#[test]
fn the_same_happens_each_time() {
    let load = Load { producers: 3, workers: 3, jobs: 50_000 };
    let site = Site { flush: 100.0, clients: Clients::Here, ..site(2.0) };
    assert_eq!(simulate(&model(7.0), site, load), simulate(&model(7.0), site, load));
}
