//! The storage against real servers: the shared suite, and what is special here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/between.rs"]
mod between;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/labels.rs"]
mod labels;
#[path = "it/migrations.rs"]
mod migrations;
#[path = "it/pooled.rs"]
mod pooled;
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
#[path = "it/survivors.rs"]
mod survivors;
#[path = "it/transactions.rs"]
mod transactions;
#[path = "it/updates.rs"]
mod updates;
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
                calls_before_the_migration_say_what_to_do
                a_schema_of_the_next_version_is_worked_with
                an_unknown_schema_is_refused_and_left_alone
                a_schema_that_is_only_half_there_is_told_as_it_is
                a_migration_makes_the_weeks_that_are_missing
                a_store_takes_the_settings_of_a_pool
            }
            on_server! { @room crate::server::Fresh::on($server), statements:
                every_statement_can_be_prepared
                a_claim_walks_its_index_in_order
                a_finish_reads_neither_jobs_nor_ledger
                the_next_due_time_is_the_first_of_an_index
                siblings_are_found_by_their_index
                a_heartbeat_goes_by_the_key_of_the_leases
                leases_are_found_by_their_key_whatever_the_statistics_say
                a_look_up_by_id_visits_one_week
            }
            on_server! { @room crate::server::Fresh::on($server), transactions:
                a_rolled_back_enqueue_leaves_nothing
                a_committed_enqueue_is_seen_after_the_commit
                the_callers_search_path_does_not_matter
                two_open_transactions_do_not_wait_for_a_new_lane
                a_completion_commits_with_the_handlers_writes
                a_call_that_is_broken_off_by_a_deadlock_is_repeated
                dropped_calls_leave_no_open_transaction
            }
            on_server! { @room crate::server::Fresh::on($server), pooled:
                a_transaction_pooler_may_change_the_connection_at_any_time
                a_store_that_knows_of_no_pooler_depends_on_its_sessions
                a_hundred_jobs_cost_as_many_statements_as_ten
            }
            on_server! { @room crate::server::Fresh::on($server), labels:
                a_search_by_labels_goes_by_their_index
            }
            on_server! { @room crate::server::Fresh::on($server), updates:
                a_claim_that_began_before_an_update_does_not_take_its_job
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
                a_claim_whose_commit_fails_takes_nothing
                a_server_that_is_not_there_is_unavailable
                a_server_that_takes_no_writes_says_so
                a_heartbeat_does_not_wait_for_a_busy_pool
                an_enqueue_wakes_another_process
                a_process_does_not_wake_itself_twice
                a_check_up_finds_settings_that_lose_jobs
            }
            on_server! { @room crate::server::Fresh::on($server), weeks:
                jobs_of_this_week_have_a_partition_and_others_the_catch_all
                rows_move_out_of_the_catch_all_when_their_week_is_made
                two_nodes_prepare_weeks_at_once
                a_table_in_the_way_of_a_week_is_left_alone_and_named
            }
            on_server! { @room crate::server::Fresh::on($server), rotations:
                an_open_enqueue_of_an_old_id_is_not_lost
                the_servers_default_isolation_does_not_matter
                a_long_reader_keeps_the_week_and_nobody_else
                a_rotation_that_is_killed_at_any_instant_loses_nothing
                time_zones_move_no_week
                a_user_without_the_right_is_told_and_can_do_all_else
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

on_server!(postgres_15, "LONGSHORE_TEST_POSTGRES_15");
on_server!(postgres_18, "LONGSHORE_TEST_POSTGRES_18");

/// S3-24
mod measured {
    use longshore_conformance::{Decorated, KIND, smoke};

    smoke!(crate::server::Fresh::on("LONGSHORE_TEST_POSTGRES_15").await.map(|fresh| {
        Decorated::new(fresh, |store| longshore_metrics::metered(store, ["default"], [KIND]))
    }));
}
