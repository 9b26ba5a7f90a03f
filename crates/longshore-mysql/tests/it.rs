//! The storage against real servers: the shared suite, and what is special here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/between.rs"]
mod between;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/costs.rs"]
mod costs;
#[path = "it/guard.rs"]
mod guard;
#[path = "it/labels.rs"]
mod labels;
#[path = "it/migrations.rs"]
mod migrations;
#[path = "it/rescues.rs"]
mod rescues;
#[path = "it/roles.rs"]
mod roles;
#[path = "it/rotations.rs"]
mod rotations;
#[path = "it/server.rs"]
mod server;
#[path = "it/statements.rs"]
mod statements;
#[path = "it/strangers.rs"]
mod strangers;
#[path = "it/survivors.rs"]
mod survivors;
#[path = "it/transactions.rs"]
mod transactions;
#[path = "it/weeks.rs"]
mod weeks;

/// All tests on one server, in a module of its name.
macro_rules! on_server {
    ($name:ident, $server:literal) => {
        mod $name {
            mod shared {
                longshore_conformance::conformance!(crate::server::Fresh::on($server).await);
            }

            on_server! { @room crate::server::Fresh::bare($server), migrations:
                eight_processes_migrate_at_once
                what_a_dry_run_prints_makes_the_schema
                a_migration_goes_on_where_one_broke_off
                a_foreign_table_in_the_way_is_not_taken_for_ours
                calls_before_the_migration_say_what_to_do
                a_schema_of_the_next_version_is_worked_with
                an_unknown_schema_is_refused_and_left_alone
                a_schema_that_is_only_half_there_is_told_as_it_is
                a_migration_makes_the_weeks_that_are_missing
                two_prefixes_share_a_database
                a_store_takes_the_settings_of_a_pool
            }
            on_server! { @room crate::server::Fresh::on($server), statements:
                every_statement_can_be_prepared
                hot_statements_keep_to_their_indexes
                lists_of_any_length_keep_to_their_indexes
                a_claim_locks_only_what_it_takes
                a_look_up_by_id_visits_one_week
            }
            on_server! { @room crate::server::Fresh::on($server), transactions:
                a_rolled_back_enqueue_leaves_nothing
                a_job_without_a_place_in_the_queue_is_not_stored
                a_committed_enqueue_is_seen_after_the_commit
                the_callers_session_does_not_matter
                a_duplicate_in_an_open_transaction_holds_up_nobody
                a_key_is_taken_once_in_one_transaction
                two_open_transactions_do_not_wait_for_a_new_lane
                a_completion_commits_with_the_handlers_writes
                a_call_that_is_broken_off_by_a_deadlock_is_repeated
                dropped_calls_leave_no_open_transaction
            }
            on_server! { @room crate::server::Fresh::on($server), costs:
                a_hundred_jobs_cost_as_many_statements_as_ten
                plain_completions_cost_a_statement_less
            }
            on_server! { @room crate::server::Fresh::on($server), labels:
                a_search_by_labels_goes_by_their_index
            }
            on_server! { @room crate::server::Fresh::on($server), roles:
                the_worker_role_can_do_its_work_and_nothing_else
                the_other_roles_can_do_what_they_are_for
            }
            on_server! { @room crate::server::Fresh::on($server), rescues:
                a_stored_backoff_beyond_all_years_brings_its_job_back_all_the_same
                a_stored_policy_that_cannot_be_read_stops_neither_claims_nor_rescues
                a_job_that_cannot_be_rescued_stops_no_other
            }
            on_server! { @room crate::server::Fresh::on($server), connections:
                terminated_connections_heal
                a_server_that_is_not_there_is_unavailable
                a_server_that_takes_no_writes_says_so
                a_server_that_is_too_old_is_refused_by_name
                a_heartbeat_does_not_wait_for_a_busy_pool
                a_call_that_waits_for_a_row_is_repeated_as_a_whole
                an_enqueue_wakes_its_own_process
                a_user_without_rights_is_told_so
                a_check_up_finds_nothing_bad
                a_check_up_is_not_troubled_by_bytes_that_are_no_text
            }
            on_server! { @room crate::server::Fresh::on($server), weeks:
                a_new_schema_has_five_weeks_ahead
                jobs_of_this_week_have_a_partition_and_later_ones_the_catch_all
                rows_move_out_of_the_catch_all_when_their_week_is_made
                two_nodes_prepare_weeks_at_once
                jobs_come_in_while_weeks_are_made
            }
            on_server! { @room crate::server::Fresh::on($server), guard:
                nobody_comes_in_behind_a_rotations_back
                old_ids_come_in_while_their_week_is_dropped_again_and_again
                a_rotation_whose_guard_was_killed_stops_before_the_next_table
                whoever_waits_for_a_rotation_for_too_long_is_told_why
                a_transaction_that_looked_before_a_rotation_brings_old_ids_after_it
                ids_of_this_week_cost_no_look_at_the_guard
                no_week_is_dropped_without_the_guards_row
            }
            on_server! { @room crate::server::Fresh::on($server), rotations:
                an_open_enqueue_of_an_old_id_is_not_lost
                a_long_reader_keeps_the_week_and_nobody_else
                a_rotation_that_is_killed_at_any_instant_loses_nothing
                what_a_crash_left_aside_is_brought_back
                what_is_left_of_many_weeks_becomes_one
                time_zones_move_no_week
                a_user_without_the_right_is_told_and_can_do_all_else
                who_has_the_right_by_a_role_may_drop_weeks
            }
            on_server! { @room crate::server::Fresh::on($server), strangers:
                a_table_of_somebody_else_is_left_alone_and_named
                tables_with_longer_names_are_nobodys_leftovers
                strangers_rows_in_tables_of_ours_are_brought_back
            }
            on_server! { @room crate::server::Fresh::on($server), survivors:
                a_count_tells_whether_every_job_is_accounted_for
                survivors_are_found_in_one_pass
                the_statements_agree_with_the_rule
            }
        }
    };
    (@room $fresh:expr, $room:ident: $($case:ident)*) => {
        mod $room {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(fresh) = $fresh.await {
                        crate::$room::$case(&fresh).await;
                        longshore_conformance::Disposable::vanish(&fresh).await;
                    }
                }
            )*
        }
    };
}

on_server!(mariadb, "LONGSHORE_TEST_MARIADB");
on_server!(mysql, "LONGSHORE_TEST_MYSQL");

/// S3-24
mod measured {
    use longshore_conformance::{Decorated, KIND, smoke};

    smoke!(crate::server::Fresh::on("LONGSHORE_TEST_MARIADB").await.map(|fresh| {
        Decorated::new(fresh, |store| longshore_metrics::metered(store, ["default"], [KIND]))
    }));
}
