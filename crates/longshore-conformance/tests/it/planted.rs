//! A suite that cannot fail proves nothing: each planted fault is found by the case that is about it.

use std::thread;

use longshore_conformance::cases::{agreement, consume, inspect, maintain, produce};

use crate::faults::{Fault, Faulty};

/// Runs a case on a faulty store, on a thread of its own, and wants it to fail.
macro_rules! finds {
    ($test:ident: $role:ident::$case:ident finds $fault:ident) => {
        #[test]
        fn $test() {
            let run = || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async { $role::$case(&Faulty::with(Fault::$fault)).await });
            };
            assert!(thread::spawn(run).join().is_err(), "nobody noticed {:?}", Fault::$fault);
        }
    };
}

finds!(a_store_that_confirms_stale_reports_is_found:
    consume::a_second_report_of_an_attempt_is_stale finds ConfirmsStaleReports);
finds!(a_store_that_confirms_duplicated_fences_is_found:
    consume::a_fence_twice_in_one_call_counts_once finds ConfirmsStaleReports);
finds!(a_store_that_hands_out_twice_is_found:
    consume::sixteen_claimers_share_two_thousand_jobs finds HandsOutTwice);
finds!(a_store_that_forgets_kinds_is_found:
    consume::kinds_without_a_handler_are_left_alone finds ForgetsKinds);
finds!(a_store_that_rescues_twice_is_found:
    maintain::racing_rescuers_take_each_job_once finds RescuesTwice);
finds!(a_store_that_repeats_rows_is_found:
    inspect::a_walk_meets_each_job_once_while_others_arrive finds RepeatsRows);
finds!(a_store_that_forgets_ids_is_found:
    produce::a_repeated_call_converges_to_the_same_jobs finds ForgetsIds);
finds!(a_store_that_drops_progress_is_found:
    consume::progress_is_seen_while_a_job_runs finds DropsProgress);
finds!(a_store_that_stores_half_a_call_is_found:
    produce::a_payload_over_the_limit_is_refused finds StoresHalfACall);
finds!(a_store_that_reverses_lanes_is_found:
    consume::a_lane_is_served_by_due_time_then_id finds ReversesLanes);
finds!(a_store_that_swallows_hints_is_found:
    produce::a_hint_arrives_after_an_enqueue finds SwallowsHints);
finds!(a_store_that_lives_on_its_caller_is_found:
    consume::leases_are_renewed_while_every_thread_of_the_caller_is_blocked finds LivesOnItsCaller);
finds!(a_store_that_forgets_wishes_is_found:
    consume::a_release_of_an_unwanted_job_cancels_it finds ForgetsWishes);
finds!(a_store_that_drops_dead_letters_is_found:
    maintain::a_rotation_takes_what_is_over_and_nothing_else finds DropsDeadLetters);
finds!(a_store_that_forgets_siblings_is_found:
    consume::a_completion_closes_what_waits_for_the_same_thing finds ForgetsSiblings);
finds!(a_store_that_tells_the_next_time_of_other_kinds_is_found:
    consume::the_next_due_time_is_that_of_the_named_lanes_and_kinds finds ForgetsKinds);
finds!(random_histories_find_forgotten_siblings:
    agreement::random_histories_agree_with_the_model finds ForgetsSiblings);
finds!(random_histories_find_stale_reports:
    agreement::random_histories_agree_with_the_model finds ConfirmsStaleReports);
finds!(random_histories_find_forgotten_kinds:
    agreement::random_histories_agree_with_the_model finds ForgetsKinds);
finds!(random_histories_find_reversed_lanes:
    agreement::random_histories_agree_with_the_model finds ReversesLanes);
