//! The list of all cases, as a macro that makes a test of each.

/// Makes one `#[tokio::test]` of every case, in modules named after the roles, so that
/// `cargo test -p longshore-sqlite produce::` runs a part.
///
/// It takes an expression of type `Option<impl Disposable>`. The calling crate needs tokio with the
/// features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::conformance! { @role $fresh, produce:
            a_job_is_stored_with_every_default
            every_field_comes_back_as_it_was_asked_for
            a_payload_comes_back_byte_by_byte
            many_jobs_are_answered_in_order
            a_thousand_tenants_kinds_and_queues_fit
            another_process_sees_the_job
            a_held_job_is_in_no_line
            a_hint_arrives_after_an_enqueue
            a_job_due_in_a_while_waits_for_its_time
            a_due_time_is_kept_to_the_microsecond
            a_due_time_with_nanoseconds_is_cut
            a_due_time_in_the_past_or_far_ahead_is_fine
            ids_of_any_year_are_stored
            a_payload_over_the_limit_is_refused
            json_that_some_engine_could_not_store_is_refused
            the_deepest_payload_is_stored
            a_priority_outside_one_to_ten_does_not_exist
            names_that_are_no_names_are_refused
            keys_that_are_empty_too_long_or_hold_nul_are_refused
            times_outside_1970_to_2200_are_refused
            backoffs_beyond_a_hundred_years_are_refused
            an_id_without_its_time_is_refused
            no_tries_or_too_many_are_refused
            a_repeated_call_converges_to_the_same_jobs
            a_repeated_call_stores_what_is_new_in_it
            an_id_twice_in_one_call_is_one_job
            a_repeated_call_leaves_a_finished_job_alone
            a_repeated_id_takes_no_new_key
            a_taken_key_answers_with_the_job_that_has_it
            fifty_racing_enqueues_of_one_key_make_one_job
            racing_enqueues_of_many_keys_agree
            a_key_twice_in_one_call_stores_the_first
            keys_differ_by_case_spaces_accents_and_tenant
            a_key_until_terminal_is_free_again_when_its_job_is_over
            a_key_until_terminal_stays_taken_while_its_job_lives
            a_key_for_ever_stays_taken
            a_key_for_a_window_outlives_its_job_but_not_its_window
            the_holder_of_a_key_is_its_live_job
        }
        $crate::conformance! { @role $fresh, consume:
            a_claim_makes_a_job_running_under_a_lease
            a_claimed_job_has_every_field
            a_second_attempt_gets_the_same_job
            a_claim_takes_no_more_than_its_limit
            a_claim_of_nothing_takes_nothing
            kinds_without_a_handler_are_left_alone
            a_claim_takes_from_the_named_lanes_only
            a_cursor_takes_no_more_than_its_quota
            a_claim_serves_sixty_four_lanes
            lanes_name_every_line_and_the_paused_queues
            a_job_in_another_state_is_not_handed_out
            a_success_completes_a_job_with_its_result
            a_failure_waits_as_long_as_the_backoff_says
            a_failure_waits_as_long_as_its_handler_wishes
            a_failure_without_a_try_left_is_a_dead_letter
            a_discard_or_a_declined_retry_ends_a_job_with_tries_left
            a_snooze_does_not_count
            a_release_at_shutdown_does_not_count
            a_handler_can_call_its_job_off
            a_job_that_fails_twice_completes_at_the_third_try
            three_tries_leave_exactly_three_entries
            a_result_is_kept_byte_by_byte_for_completed_jobs_only
            any_error_text_can_be_stored
            an_error_keeps_its_kind_and_causes
            one_call_closes_attempts_in_every_way
            an_enormous_wait_is_cut
            a_result_that_some_engine_could_not_store_is_refused
            an_empty_report_is_fine
            leases_are_renewed_while_every_thread_of_the_caller_is_blocked
            a_heartbeat_renews_a_lease_from_now_on
            an_expired_lease_that_nobody_took_is_renewed
            a_heartbeat_tells_held_lost_and_cancelled_apart
            progress_is_seen_while_a_job_runs
            progress_with_an_old_fence_is_not_stored
            a_heartbeat_makes_its_worker_known
            a_worker_that_leaves_is_gone
            a_silent_worker_is_not_listed
            cursors_are_served_in_their_order
            a_lane_is_served_by_due_time_then_id
            what_is_not_due_is_passed_over
            a_claim_without_floors_finds_what_floors_passed_over
            a_floor_hides_nothing_behind_it
            a_job_that_comes_back_queues_up_again
            a_claim_goes_by_the_time_it_is_told
            sixteen_claimers_share_two_thousand_jobs
            producers_and_workers_at_once_lose_nothing
            a_report_with_another_attempt_is_stale
            a_second_report_of_an_attempt_is_stale
            a_report_after_a_rescue_is_stale
            a_report_from_before_a_retry_by_hand_is_stale
            a_report_about_an_unknown_job_is_stale
            a_fence_twice_in_one_call_counts_once
            stale_reports_leave_the_rest_of_their_call_alone
            one_of_many_racing_reports_counts
            a_failure_of_an_unwanted_job_is_not_tried_again
            a_snooze_of_an_unwanted_job_cancels_it
            a_release_of_an_unwanted_job_cancels_it
            a_wish_to_cancel_changes_no_end
            a_wish_to_cancel_is_heeded_for_its_own_job_only
        }
        $crate::conformance! { @role $fresh, inspect:
            jobs_are_found_by_id_in_the_order_asked
            settled_tells_how_far_every_job_is
            a_list_and_a_look_up_say_the_same
            a_due_job_is_explained_by_who_is_there
            a_worker_that_is_stopping_does_not_listen
            a_job_behind_others_is_told_how_many
            a_job_in_any_state_is_explained
            a_job_in_a_paused_queue_is_explained_by_the_pause
            a_running_job_is_explained_by_its_lease_and_a_wish_to_cancel
            a_job_of_a_silent_worker_is_explained_by_its_lease
            dead_letters_are_listed_newest_first
            dead_letters_are_filtered
            depths_tell_every_kind_of_waiting_apart
            a_fresh_sample_is_not_taken_again
            a_drained_queue_is_counted_as_empty
            queues_are_listed_by_name_with_their_depth
            an_empty_filter_keeps_everything_newest_first
            names_are_kept_and_dropped
            every_state_can_be_kept_and_dropped
            events_batches_and_correlations_are_kept
            a_created_window_is_strict
            attempts_are_kept_within_bounds
            jobs_are_kept_by_their_transitions
            a_walk_meets_each_job_once_while_others_arrive
            the_last_page_has_no_next
            a_page_holds_between_one_and_a_thousand_rows
            a_cursor_of_no_row_is_a_place
            a_text_that_is_no_cursor_is_refused
            pages_by_offset_have_totals
            a_history_tells_every_change_with_its_reason
            the_chain_of_states_is_contiguous_for_every_state
            a_scheduled_job_is_claimed_from_scheduled
            a_transition_is_found_by_its_id_before_and_after_the_attempt_closes
            an_open_claim_is_found_by_its_id
            a_walk_meets_each_transition_once
            transitions_are_filtered
            the_ledger_grows_by_two_transitions_an_attempt
        }
        $crate::conformance! { @role $fresh, operate:
            cancel_ends_what_waits_and_asks_what_runs
            a_cancelled_job_stays_cancelled
            a_running_job_hears_of_its_cancellation_and_may_still_complete
            a_cancel_that_races_with_claims_is_exact
            only_dead_letters_are_deleted
            a_deleted_letter_stays_discarded_with_its_ledger
            a_queue_is_paused_and_goes_on
            a_queue_without_jobs_can_be_paused
            release_lets_held_jobs_go_and_nothing_else
            a_released_job_can_be_claimed
            a_released_job_still_waits_for_its_time
            retry_revives_the_dead_and_hurries_what_waits
            a_revived_job_counts_on_with_a_new_budget
            a_hurried_job_keeps_its_tries
            a_dead_letter_whose_key_is_taken_again_is_refused
            two_dead_letters_of_one_key_do_not_both_revive
            a_dead_letter_that_has_its_key_for_ever_runs_again
            a_job_twice_in_one_call_is_retried_once
        }
        $crate::conformance! { @role $fresh, maintain:
            a_job_of_a_dead_worker_comes_back
            three_crashes_in_a_row_are_poison
            a_job_that_was_to_be_cancelled_does_not_come_back
            a_reported_attempt_ends_a_row_of_crashes
            a_crash_of_the_last_try_exhausts_a_job
            a_rescue_takes_no_more_than_its_limit
            a_rescue_leaves_finished_and_live_jobs_alone
            racing_rescuers_take_each_job_once
            a_second_migration_applies_nothing
            weeks_are_prepared_once
            a_check_up_says_what_it_looked_at
            a_closed_store_fails_and_others_go_on
        }
        $crate::conformance! { @role $fresh, agreement:
            random_histories_agree_with_the_model
        }
    };
    (@role $fresh:expr, $role:ident: $($case:ident)*) => {
        mod $role {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(database) = $fresh {
                        $crate::cases::$role::$case(&database).await;
                        $crate::Disposable::vanish(&database).await;
                    }
                }
            )*
        }
    };
}
