//! The cases of the suites about sign-ins and sessions.

/// Runs every case of [`sessions`](super::super::sessions). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! sessions_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            sessions, $store,
            opening_a_session_changes_only_the_last_login,
            an_open_session_is_found_with_its_user,
            an_unknown_session_is_not_found,
            a_session_is_valid_until_the_instant_of_its_expiry,
            an_inactive_user_cannot_open_a_session,
            a_deleted_user_cannot_open_a_session,
            ending_a_session_keeps_the_others,
            ending_an_ended_or_unknown_session_changes_nothing,
            a_session_returns_the_current_user,
            concurrent_lookups_return_their_own_results,
            a_lookup_among_others_sees_earlier_commits,
            an_outdated_hash_cannot_open_a_session,
            a_session_opened_during_a_deactivation_is_ended,
            a_session_opened_during_a_password_reset_is_ended,
            a_session_opened_during_a_password_change_is_ended,
            a_session_opened_during_a_rehash_stays_active,
            purging_removes_sessions_that_ended_or_expired_earlier,
            purging_removes_at_most_the_limit,
            a_refresh_exchanges_the_token_and_extends_the_session,
            a_refresh_does_not_exceed_the_absolute_lifetime,
            an_unissued_refresh_token_is_unknown,
            a_refreshed_session_returns_the_current_user,
            a_retry_within_the_grace_period_returns_the_same_successor,
            a_retry_under_another_key_returns_the_issued_successor,
            a_reuse_after_the_grace_period_ends_the_session,
            a_reuse_after_use_of_the_successor_ends_the_session,
            a_reuse_with_another_successor_ends_the_session,
            an_ended_session_cannot_be_refreshed,
            concurrent_refreshes_return_the_same_successor,
            concurrent_reuses_end_the_session_once,
            a_session_refreshed_during_a_deactivation_is_ended,
            purging_a_session_deletes_its_refresh_tokens,
            an_empty_store_lists_no_sessions,
            every_field_of_a_session_is_listed,
            only_active_sessions_are_listed,
            pages_of_sessions_are_sorted_newest_first,
            sessions_are_filtered_by_user,
            a_search_matches_part_of_a_user_or_a_whole_address,
            sessions_are_filtered_by_address_or_network,
            sessions_are_filtered_by_device,
            a_forged_session_cursor_is_not_an_error,
            last_seen_only_moves_forward,
            last_seen_is_recorded_for_many_sessions_at_once,
            a_user_ends_their_own_sessions,
            a_revocation_writes_an_audit_entry,
            a_revocation_that_ends_nothing_writes_nothing,
            an_actor_without_a_valid_session_revokes_nothing,
            revoked_sessions_stay_revoked_after_changes_of_the_user,
        }
    };
}

/// Runs every case of [`login_attempts`](super::super::login_attempts). The argument is the name of an async function in the
/// parent module that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! login_attempts_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            login_attempts, $store,
            the_last_allowed_failure_locks_only_its_source,
            concurrent_attempts_are_admitted_up_to_the_limit,
            failures_of_many_sources_slow_the_account_down,
            a_known_source_is_exempt_from_the_slow_down,
            a_rejected_attempt_is_not_counted,
            the_first_rejection_by_a_lock_is_marked,
            a_rolled_back_attempt_is_not_counted,
            an_undecided_attempt_counts_until_it_lapses,
            a_late_failure_is_counted,
            rolled_back_attempts_leave_nothing,
            a_success_keeps_undecided_attempts,
            setting_the_clock_back_does_not_prolong_a_lock,
            setting_the_clock_forward_ends_locks,
            a_success_clears_only_its_own_source,
            a_dropped_attempt_is_counted,
            user_details_show_current_failures_and_locks,
            concurrent_lookups_of_details_return_their_own_results,
            an_unlock_clears_all_sources_and_writes_an_entry,
            an_unlock_during_attempts_does_not_deadlock,
            an_unlock_without_effect_writes_nothing,
            a_recreated_user_has_no_failures,
            purging_removes_expired_failures_up_to_the_limit,
        }
    };
}

/// Runs every case of [`sign_ins`](super::super::sign_ins). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! sign_ins_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            sign_ins, $store,
            every_attempt_is_stored_with_its_origin,
            an_attempt_is_stored_with_its_messages,
            a_rejected_session_is_not_a_sign_in,
            an_attempt_for_a_deleted_user_is_stored_without_a_user,
            a_network_is_known_to_its_user_for_a_limited_time,
            a_timeline_returns_all_events_newest_first,
            a_timeline_returns_the_mails_to_the_user,
            pages_of_a_timeline_keep_simultaneous_events,
            a_timeline_excludes_events_of_other_users,
            a_forged_timeline_cursor_is_not_an_error,
            purging_removes_older_attempts_up_to_the_limit,
            an_empty_store_lists_no_attempts,
            every_field_of_an_attempt_is_listed,
            pages_of_attempts_are_sorted_newest_first,
            a_cursor_is_stable_while_attempts_are_added,
            attempts_are_filtered_by_outcome_user_and_time,
            attempts_are_filtered_by_address_or_network,
            attempts_are_filtered_by_device,
            filters_of_attempts_combine,
            many_attempts_are_not_counted_beyond_the_cap,
            a_forged_cursor_of_attempts_is_not_an_error,
        }
    };
}
