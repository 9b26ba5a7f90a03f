//! A part of the suite that calls every method of every role: for decorated storages, whose engine passes the
//! whole suite by itself and whose decorator passes it on another engine.

/// Makes one test of each of a few cases, as [`conformance!`](crate::conformance) does of all.
#[macro_export]
macro_rules! smoke {
    ($fresh:expr) => {
        $crate::conformance! { @role $fresh, produce:
            many_jobs_are_answered_in_order
            a_hint_arrives_after_an_enqueue
            a_payload_over_the_limit_is_refused
            a_repeated_call_converges_to_the_same_jobs
            the_holder_of_a_key_is_its_live_job
        }
        $crate::conformance! { @role $fresh, consume:
            a_claimed_job_has_every_field
            lanes_name_every_line_and_the_paused_queues
            one_call_closes_attempts_in_every_way
            a_heartbeat_tells_held_lost_and_cancelled_apart
            a_worker_that_leaves_is_gone
            the_next_due_time_is_that_of_the_named_lanes_and_kinds
            a_second_report_of_an_attempt_is_stale
        }
        $crate::conformance! { @role $fresh, inspect:
            settled_tells_how_far_every_job_is
            what_an_attempt_said_comes_back_exactly
            a_list_and_a_look_up_say_the_same
            a_job_in_any_state_is_explained
            dead_letters_are_listed_newest_first
            queues_are_listed_by_name_with_their_depth
            a_history_tells_every_change_with_its_reason
            a_transition_is_found_by_its_id_before_and_after_the_attempt_closes
        }
        $crate::conformance! { @role $fresh, operate:
            cancel_ends_what_waits_and_asks_what_runs
            only_dead_letters_are_deleted
            a_queue_is_paused_and_goes_on
            release_lets_held_jobs_go_and_nothing_else
            retry_revives_the_dead_and_hurries_what_waits
            an_update_changes_what_it_names_and_nothing_else
        }
        $crate::conformance! { @role $fresh, maintain:
            a_job_of_a_dead_worker_comes_back
            a_second_migration_applies_nothing
            weeks_are_prepared_once
            a_check_up_says_what_it_looked_at
            a_closed_store_fails_and_others_go_on
            a_rotation_takes_what_is_over_and_nothing_else
            weeks_tell_what_they_hold_and_what_is_next
        }
    };
}
