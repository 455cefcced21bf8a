//! The cases of the suites about the audit trail and its figures.

/// Runs every case of [`audit_log`](super::super::audit_log). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! audit_log_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            audit_log, $store,
            an_empty_trail_lists_nothing,
            every_field_of_an_entry_survives_storage,
            entries_are_listed_newest_first,
            pages_by_cursor_and_by_number_return_the_same_list,
            a_cursor_remains_valid_after_new_entries,
            a_forged_cursor_is_not_an_error,
            entries_are_filtered_by_actor_in_any_case,
            entries_are_filtered_by_action,
            entries_are_filtered_by_target_in_any_case,
            a_time_span_includes_its_start_and_excludes_its_end,
            filters_are_combined,
            a_search_finds_exactly_the_matches_of_the_term_in_any_case,
            a_search_ignores_accents_composition_and_word_order,
            entries_outlive_their_users,
            a_filtered_total_is_exact_up_to_the_cap,
            concurrent_changes_write_all_their_entries,
        }
    };
}

/// Runs every case of [`activity`](super::super::activity). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! activity_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            activity, $store,
            an_empty_store_returns_empty_buckets,
            events_count_in_their_day_to_the_microsecond,
            a_user_counts_once_in_each_day_week_and_month,
            continued_sessions_count_as_activity,
            a_refresh_counts_as_activity,
            recently_active_users_count_once,
            activity_outlives_purged_attempts_and_deleted_users,
            spans_end_exactly_at_the_given_instant,
            only_active_sessions_are_counted,
            a_rejected_session_is_not_activity,
            activity_is_exact_after_concurrent_changes,
            events_count_in_their_day_of_a_time_zone,
        }
    };
}
