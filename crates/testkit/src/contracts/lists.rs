//! Which cases each suite has: macros that make a test of every one.

/// Runs every case of [`users`](super::users); takes the name of an async function in the parent module that makes a
/// [`Store`](super::Store).
#[macro_export]
macro_rules! users_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            users, $store,
            a_user_is_found_whatever_the_case_of_the_id,
            an_absent_user_is_not_found_and_nothing_is_asked_about_them,
            each_field_changes_alone,
            all_fields_change_at_once,
            a_change_is_written_with_its_entry,
            a_refused_change_writes_nothing,
            who_may_not_act_any_more_changes_nothing,
            a_decision_for_no_change_writes_nothing,
            the_decision_sees_the_user_as_they_stand,
            the_only_active_super_admin_is_known_as_such,
            an_address_that_is_taken_is_a_conflict_and_writes_nothing,
            ones_own_address_is_no_conflict,
            values_of_earlier_versions_are_read,
            one_mailbox_is_one_address_however_it_was_stored,
            deactivation_ends_every_session_for_good,
            other_changes_leave_sessions_alone,
            an_entry_that_cannot_be_written_undoes_the_change,
            parallel_updates_of_different_fields_lose_nothing,
            decisions_about_one_user_are_made_one_after_another,
            super_admins_who_depose_each_other_leave_one,
            super_admins_who_depose_each_other_do_so_one_after_the_other,
            an_address_that_many_want_goes_to_one,
            of_changes_to_one_version_at_once_one_is_made,
            a_deleted_user_is_gone_with_their_sessions,
            a_deletion_is_written_with_its_entry,
            a_refused_deletion_writes_nothing,
            the_id_and_address_of_a_deleted_user_are_free,
            parallel_deletions_delete_once,
            an_empty_store_lists_nothing,
            pages_by_cursor_make_one_sorted_list,
            pages_by_number_make_the_same_list,
            a_page_beyond_the_last_is_empty,
            a_cursor_goes_on_though_the_list_has_changed,
            a_forged_position_is_no_failure,
            filters_hold_on_every_page_and_in_the_total,
            the_total_follows_every_change,
            spans_hold_on_every_page_and_in_the_total,
            a_sign_in_is_seen_at_once_by_filters,
            whoever_is_locked_out_is_listed_as_of_now,
            the_total_of_a_filter_is_exact_up_to_the_cap,
            a_search_finds_exactly_what_holds_the_term_in_any_case,
            a_search_goes_with_filters_and_cursors,
            a_search_sees_every_change_at_once,
            a_search_finds_what_a_reader_takes_for_the_same,
            a_search_finds_what_the_domain_says_it_does,
            the_total_of_a_search_is_exact_up_to_the_cap,
            a_page_of_many_matches_sees_every_change_at_once,
            an_empty_store_has_no_numbers,
            the_numbers_follow_every_change,
            registrations_of_thirty_days_are_recent_to_the_microsecond,
            the_numbers_are_exact_after_parallel_changes,
        }
    };
}

/// Runs every case of [`accounts`](super::accounts); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! accounts_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            accounts, $store,
            a_created_user_is_as_they_were_asked_for,
            a_user_is_created_with_the_entry,
            an_id_that_is_taken_in_any_case_is_a_conflict,
            an_address_that_is_taken_is_a_conflict,
            where_both_are_taken_the_id_is_named,
            a_conflict_writes_nothing,
            an_entry_that_cannot_be_written_undoes_the_creation,
            a_hundred_at_once_create_an_id_once,
            a_hundred_at_once_create_an_address_once,
            the_first_users_are_created_with_their_entries,
            the_first_users_are_created_only_where_there_is_none,
            the_first_users_are_created_all_or_none,
            the_first_users_are_created_once_by_many_at_once,
            credentials_are_found_whatever_the_case_of_the_id,
            the_highest_cost_is_that_of_the_stored_hashes,
            a_rehash_replaces_the_hash_and_nothing_else,
            a_rehash_of_a_hash_that_has_changed_does_nothing,
            a_reset_sets_the_password_and_asks_for_another,
            a_reset_is_written_with_its_entry,
            a_reset_ends_every_session,
            a_refused_reset_writes_nothing,
            a_reset_for_nobody_is_not_found,
            a_changed_password_replaces_the_hash_and_asks_for_no_other,
            a_changed_password_ends_every_other_session_of_the_user,
            a_password_is_changed_with_its_entry,
            whose_session_is_over_changes_no_password,
            a_password_that_is_another_by_now_is_not_changed,
            of_many_changes_at_once_one_is_made,
            an_entry_that_cannot_be_written_undoes_the_change_of_password,
        }
    };
}

/// Runs every case of [`sessions`](super::sessions); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! sessions_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            sessions, $store,
            opening_a_session_sets_the_last_login_and_no_more,
            an_open_session_is_found_with_its_user,
            a_session_that_never_was_is_not_found,
            a_session_is_good_until_the_very_instant_it_expires,
            nobody_inactive_opens_a_session,
            nobody_absent_opens_a_session,
            an_ended_session_is_gone_and_others_stay,
            ending_twice_or_nothing_changes_nothing,
            a_session_shows_its_user_as_they_are_now,
            lookups_at_the_same_time_get_their_own_answers,
            a_lookup_sees_what_was_committed_before_it_amid_others,
            a_session_opened_during_a_deactivation_does_not_outlive_it,
            purging_removes_what_ended_or_expired_before,
            purging_removes_no_more_than_the_limit,
            a_refresh_token_is_exchanged_and_its_session_lives_on,
            no_refresh_moves_a_session_beyond_its_absolute_end,
            a_refresh_token_that_never_was_is_unknown,
            a_refreshed_session_shows_its_user_as_they_are_now,
            a_retry_within_the_grace_gets_the_same_successor,
            a_retry_under_another_key_gets_the_successor_that_was_given,
            a_second_use_after_the_grace_ends_the_session,
            a_second_use_after_that_of_its_successor_ends_the_session,
            a_second_use_for_another_successor_ends_the_session,
            what_is_over_is_refreshed_by_no_token,
            all_who_present_a_token_at_once_get_the_same_successor,
            thieves_who_race_end_the_session_once,
            a_session_refreshed_during_a_deactivation_does_not_outlive_it,
            a_purged_session_takes_its_refresh_tokens_along,
            a_store_without_sessions_lists_none,
            every_field_of_a_session_is_listed,
            only_good_sessions_are_listed,
            pages_of_sessions_make_one_list_newest_first,
            sessions_are_filtered_by_user,
            a_search_finds_part_of_a_user_or_a_whole_address,
            a_forged_position_among_sessions_is_no_failure,
            when_a_session_was_seen_only_moves_forward,
            any_number_of_sessions_is_seen_at_once,
            a_user_ends_their_own_sessions,
            sessions_are_revoked_with_an_entry,
            a_revocation_that_ends_nothing_writes_nothing,
            who_may_not_act_any_more_revokes_nothing,
            revoked_sessions_stay_so_though_their_user_changes,
        }
    };
}

/// Runs every case of [`login_attempts`](super::login_attempts); takes the name of an async function in the parent
/// module that makes a [`Store`](super::Store).
#[macro_export]
macro_rules! login_attempts_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            login_attempts, $store,
            the_failure_that_reaches_the_limit_locks_its_source_and_no_other,
            two_hundred_at_once_are_admitted_as_often_as_the_rule_says,
            many_sources_at_once_slow_the_account_down_together,
            a_known_source_is_admitted_while_the_account_is_slowed_down,
            a_refused_attempt_counts_nowhere,
            the_first_that_a_lock_turns_away_is_told_so,
            what_is_taken_back_counts_no_more,
            an_undecided_attempt_counts_until_it_lapses,
            an_attempt_that_was_wrong_counts_however_late_that_is_known,
            any_number_of_attempts_that_are_taken_back_leaves_nothing,
            success_leaves_what_is_undecided,
            a_clock_that_is_set_back_prolongs_no_lock,
            a_clock_that_is_set_forward_ends_locks,
            success_clears_its_own_source_and_nothing_else,
            an_attempt_counts_though_nobody_waits_for_it,
            failures_and_locks_are_shown_with_the_user_while_they_count,
            details_that_are_asked_for_together_are_each_ones_own,
            an_unlock_frees_every_source_with_its_entry,
            an_unlock_during_attempts_ends_in_no_circle,
            an_unlock_that_is_refused_or_forgets_nothing_writes_nothing,
            a_deleted_user_leaves_no_failures_to_the_next_of_that_id,
            purging_forgets_what_is_over_and_no_more_than_the_limit,
        }
    };
}

/// Runs every case of [`sign_ins`](super::sign_ins); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! sign_ins_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            sign_ins, $store,
            every_attempt_is_kept_with_where_it_came_from,
            a_session_that_is_not_opened_is_no_sign_in,
            an_attempt_at_an_account_that_was_removed_meanwhile_is_kept_as_nobodys,
            a_network_is_known_to_whom_it_let_in_and_for_a_while,
            everything_that_happened_is_told_newest_first,
            parts_of_a_timeline_make_one_list_though_much_happens_at_once,
            what_happened_to_others_is_not_told,
            a_place_that_names_nothing_is_no_failure,
            purging_removes_what_is_older_and_no_more_than_the_limit,
        }
    };
}

/// Runs every case of [`audit_log`](super::audit_log); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! audit_log_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            audit_log, $store,
            an_empty_trail_lists_nothing,
            every_field_of_an_entry_survives_storage,
            entries_are_listed_newest_first,
            pages_by_cursor_and_by_number_make_one_list,
            a_page_goes_on_though_entries_were_added,
            a_forged_position_is_no_failure,
            entries_are_filtered_by_who_in_any_case,
            entries_are_filtered_by_action,
            entries_are_filtered_by_whom_in_any_case,
            a_time_span_has_its_beginning_and_not_its_end,
            filters_go_together,
            a_search_finds_exactly_what_holds_the_term_in_any_case,
            a_search_finds_what_a_reader_takes_for_the_same,
            entries_outlive_the_users_they_name,
            a_total_is_exact_unfiltered_and_else_up_to_the_cap,
            entries_of_parallel_changes_are_all_there,
        }
    };
}

/// Runs every case of [`activity`](super::activity); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! activity_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            activity, $store,
            an_empty_store_shows_every_bucket_with_nothing_in_it,
            what_happens_falls_into_its_day_to_the_microsecond,
            a_user_counts_once_in_each_day_week_and_month,
            who_goes_on_working_is_active_without_signing_in,
            a_refresh_is_activity_too,
            who_was_there_lately_is_counted_once,
            what_happened_stays_counted_when_attempts_and_users_go,
            spans_of_hours_and_days_end_at_the_very_instant,
            good_sessions_are_counted,
            what_is_not_opened_is_no_activity,
            numbers_are_exact_after_many_at_once,
        }
    };
}

/// Runs every case of [`segments`](super::segments); takes the name of an async function in the parent module that
/// makes a [`Store`](super::Store).
#[macro_export]
macro_rules! segments_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            segments, $store,
            every_field_of_a_segment_survives_storage,
            saving_under_a_name_again_replaces_what_was_there,
            segments_are_sorted_by_name_in_any_case,
            segments_of_others_are_out_of_reach,
            a_deleted_segment_is_gone,
            a_segment_of_an_earlier_version_is_read_and_deleted,
            no_more_segments_are_kept_than_may_be,
            many_who_save_one_segment_at_once_make_one,
            a_removed_user_takes_their_segments_along,
            who_is_no_administrator_any_more_saves_no_segment,
        }
    };
}

/// Runs every case of [`replay`](super::replay); takes the name of an async function in the parent module that makes an
/// `Arc<dyn ReplayGuard>`.
#[macro_export]
macro_rules! replay_contract {
    ($guard:ident) => {
        $crate::contract_tests! {
            replay, $guard,
            a_nonce_is_claimed_once,
            different_nonces_do_not_hinder_each_other,
            nonces_that_look_alike_are_different,
            a_hundred_at_once_claim_a_nonce_once,
            many_nonces_at_once_are_each_claimed_once,
            a_second_claim_does_not_shorten_the_first,
        }
    };
}

/// Runs every case of [`rate_limiter`](super::rate_limiter); takes the name of an async function in the parent module
/// that makes a [`Limiter`](super::Limiter).
#[macro_export]
macro_rules! rate_limiter_contract {
    ($limiter:ident) => {
        $crate::contract_tests! {
            rate_limiter, $limiter,
            a_burst_is_allowed_at_once_and_no_more,
            one_more_is_allowed_when_it_was_said_to_be,
            a_verdict_says_what_is_left,
            a_drained_key_is_as_good_as_new,
            a_clock_that_is_set_keeps_a_caller_out_no_longer_than_a_full_key_takes,
            none_is_charged_if_one_is_refused,
            pairs_that_look_alike_are_apart,
            a_pair_that_is_named_twice_counts_once,
            nothing_to_charge_is_nothing_to_refuse,
            a_hundred_at_once_get_one_burst,
            overlapping_calls_at_once_are_charged_all_or_none,
            a_clock_that_is_set_back_keeps_nobody_out_for_long,
            a_changed_quota_holds_at_once,
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let lists = include_str!("lists.rs");
        let suites = [
            include_str!("accounts.rs"),
            include_str!("accounts/password_change.rs"),
            include_str!("activity.rs"),
            include_str!("audit_log/mod.rs"),
            include_str!("audit_log/filtering.rs"),
            include_str!("login_attempts.rs"),
            include_str!("login_attempts/undecided.rs"),
            include_str!("rate_limiter.rs"),
            include_str!("replay.rs"),
            include_str!("segments.rs"),
            include_str!("sessions.rs"),
            include_str!("sessions/ending.rs"),
            include_str!("sessions/listing.rs"),
            include_str!("sessions/refreshing.rs"),
            include_str!("sign_ins.rs"),
            include_str!("users/changing.rs"),
            include_str!("users/deleting.rs"),
            include_str!("users/filtering.rs"),
            include_str!("users/folding.rs"),
            include_str!("users/listing.rs"),
            include_str!("users/racing.rs"),
            include_str!("users/searching.rs"),
            include_str!("users/statistics.rs"),
            include_str!("users/stored.rs"),
        ];
        let mut cases = 0;
        for line in suites.iter().flat_map(|suite| suite.lines()) {
            let Some(case) = line.strip_prefix("pub async fn ").and_then(|line| line.split('(').next()) else {
                continue;
            };
            assert!(lists.lines().any(|line| line.trim() == format!("{case},")), "{case} is in no list");
            cases += 1;
        }
        assert!(cases > 80, "{cases} cases");
    }
}
