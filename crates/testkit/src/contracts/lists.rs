//! The cases of each suite, as macros that create a test for each case.

/// Runs every case of [`users`](super::users). The argument is the name of an async function in the parent module that
/// returns a [`Store`](super::Store).
#[macro_export]
macro_rules! users_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            users, $store,
            a_user_is_found_by_id_in_any_case,
            an_unknown_user_is_not_found_and_not_decided_on,
            each_field_changes_independently,
            all_fields_change_in_one_update,
            a_change_writes_its_audit_entry,
            a_rejected_change_writes_nothing,
            an_actor_without_a_valid_session_changes_nothing,
            a_decision_without_a_change_writes_nothing,
            a_decision_receives_the_stored_user,
            the_last_active_super_admin_is_marked,
            a_change_to_an_existing_address_is_a_conflict_and_writes_nothing,
            the_users_own_address_is_not_a_conflict,
            values_of_earlier_versions_are_read,
            all_spellings_of_one_mailbox_are_one_address,
            a_deactivation_ends_all_sessions_permanently,
            other_changes_keep_sessions,
            a_failed_audit_entry_rolls_back_the_change,
            concurrent_updates_of_different_fields_are_all_kept,
            decisions_about_one_user_are_serialized,
            of_super_admins_removing_each_other_one_remains,
            removals_between_super_admins_are_serialized,
            concurrent_changes_to_one_address_succeed_once,
            of_concurrent_changes_to_one_version_one_succeeds,
            deleting_a_user_deletes_their_sessions,
            a_deletion_writes_its_audit_entry,
            a_rejected_deletion_writes_nothing,
            the_id_and_address_of_a_deleted_user_can_be_reused,
            concurrent_deletions_delete_once,
            an_empty_store_lists_nothing,
            pages_by_cursor_return_the_sorted_list,
            pages_by_number_return_the_same_list,
            a_page_beyond_the_last_is_empty,
            a_cursor_remains_valid_after_changes,
            a_forged_cursor_is_not_an_error,
            filters_apply_to_every_page_and_the_total,
            the_total_follows_every_change,
            spans_apply_to_every_page_and_the_total,
            filters_see_a_sign_in_at_once,
            the_lock_out_filter_uses_the_current_time,
            the_total_of_a_filter_is_exact_up_to_the_cap,
            a_search_finds_exactly_the_matches_of_the_term_in_any_case,
            a_search_is_combined_with_filters_and_cursors,
            a_search_sees_every_change_at_once,
            a_search_ignores_accents_composition_and_word_order,
            a_search_matches_the_rule_of_the_domain,
            the_total_of_a_search_is_exact_up_to_the_cap,
            a_page_of_many_matches_sees_every_change_at_once,
            the_statistics_of_an_empty_store_are_zero,
            the_statistics_follow_every_change,
            registrations_of_thirty_days_are_recent_to_the_microsecond,
            the_statistics_are_exact_after_concurrent_changes,
        }
    };
}

/// Runs every case of [`accounts`](super::accounts). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! accounts_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            accounts, $store,
            a_created_user_has_every_requested_field,
            a_user_is_created_with_an_audit_entry,
            an_existing_id_in_any_case_is_a_conflict,
            an_existing_address_is_a_conflict,
            if_both_exist_the_conflict_names_the_id,
            a_conflict_writes_nothing,
            a_failed_audit_entry_rolls_back_the_creation,
            concurrent_creations_of_one_id_create_one_user,
            concurrent_creations_of_one_address_create_one_user,
            the_first_users_are_created_with_audit_entries,
            the_first_users_are_created_only_in_an_empty_store,
            the_first_users_are_created_together_or_not_at_all,
            concurrent_callers_create_the_first_users_once,
            credentials_are_found_by_id_in_any_case,
            the_highest_cost_is_that_of_the_stored_hashes,
            a_rehash_changes_only_the_hash,
            a_rehash_of_an_outdated_hash_changes_nothing,
            a_reset_sets_a_password_that_must_be_changed,
            a_reset_writes_its_audit_entry,
            a_reset_ends_all_sessions_of_the_user,
            a_rejected_reset_writes_nothing,
            a_reset_of_an_unknown_user_is_not_found,
            a_changed_password_need_not_be_changed_again,
            a_changed_password_ends_the_users_other_sessions,
            a_password_change_writes_its_audit_entry,
            an_ended_session_cannot_change_the_password,
            an_outdated_password_change_is_rejected,
            of_concurrent_password_changes_one_succeeds,
            a_failed_audit_entry_rolls_back_the_password_change,
        }
    };
}

/// Runs every case of [`sessions`](super::sessions). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
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

/// Runs every case of [`login_attempts`](super::login_attempts). The argument is the name of an async function in the
/// parent module that returns a [`Store`](super::Store).
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

/// Runs every case of [`sign_ins`](super::sign_ins). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
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

/// Runs every case of [`audit_log`](super::audit_log). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::Store).
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

/// Runs every case of [`activity`](super::activity). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
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
        }
    };
}

/// Runs every case of [`profiles`](super::profiles). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! profiles_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            profiles, $store,
            a_user_has_an_empty_profile_at_first,
            every_field_of_a_profile_survives_storage,
            a_change_of_the_language_changes_the_user,
            a_profile_change_writes_its_audit_entry,
            a_rejected_profile_change_writes_nothing,
            a_decision_receives_the_stored_profile,
            an_actor_without_a_valid_session_changes_no_profile,
            a_picture_is_replaced_and_removed,
            concurrent_changes_of_different_fields_are_kept,
            deleting_a_user_deletes_their_profile,
            a_failed_audit_entry_rolls_back_the_profile_change,
        }
    };
}

/// Runs every case of [`segments`](super::segments). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! segments_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            segments, $store,
            every_field_of_a_segment_survives_storage,
            saving_under_an_existing_name_replaces_the_segment,
            segments_are_sorted_by_name_in_any_case,
            segments_of_other_users_are_inaccessible,
            a_deleted_segment_is_not_found,
            a_segment_of_an_earlier_version_is_read_and_deleted,
            segments_are_limited_per_user,
            concurrent_saves_of_one_segment_create_one,
            deleting_a_user_deletes_their_segments,
            a_former_administrator_cannot_save_a_segment,
        }
    };
}

/// Runs every case of [`task_leases`](super::task_leases). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! task_leases_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            task_leases, $store,
            a_lease_has_one_holder_until_it_expires,
            a_holder_extends_and_shortens_a_lease,
            the_lease_of_a_killed_holder_is_taken_over_after_it_expired,
            a_released_lease_is_free,
            a_clock_that_is_behind_waits_longer_and_one_ahead_waits_less,
            of_concurrent_holders_one_acquires_a_lease,
        }
    };
}

/// Runs every case of [`invitations`](super::invitations). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! invitations_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            invitations, $store,
            every_field_of_an_invitation_survives_storage,
            invitations_are_listed_newest_first,
            invitations_are_listed_by_state,
            an_invitation_needs_a_valid_session,
            a_registered_address_is_not_invited,
            a_pending_invitation_prevents_another_one,
            concurrent_invitations_of_an_address_create_one,
            another_link_replaces_the_first,
            a_revoked_invitation_is_not_accepted,
            a_closed_invitation_is_neither_renewed_nor_revoked,
            a_decision_can_deny_a_change_of_an_invitation,
            an_accepted_invitation_creates_the_user,
            an_invitation_needs_the_rights_of_its_inviter,
            a_link_of_an_invitation_is_used_once,
            concurrent_acceptances_create_one_user,
            a_taken_value_does_not_use_the_link,
            a_deleted_user_takes_the_invitation_along,
        }
    };
}

/// Runs every case of [`links`](super::links). The argument is the name of an async function in the parent module that
/// returns a [`Store`](super::Store).
#[macro_export]
macro_rules! links_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            links, $store,
            a_reset_request_finds_its_account,
            a_resolved_request_writes_its_record,
            concurrent_tasks_resolve_each_request_once,
            a_request_for_a_link_counts_the_recent_ones,
            a_request_for_a_link_needs_a_valid_session,
            an_address_of_a_user_is_taken,
            expired_links_are_purged,
            a_link_of_a_registration_belongs_to_the_new_user,
            a_link_is_used_once_with_its_record,
            of_concurrent_uses_of_a_link_one_succeeds,
            an_unknown_token_or_another_purpose_is_rejected,
            an_expired_link_is_rejected,
            a_newer_link_supersedes_the_earlier_ones,
            a_new_password_supersedes_links_that_give_control,
            a_reset_by_an_administrator_can_mail_a_link,
            a_change_by_an_administrator_supersedes_every_link,
            a_link_of_an_inactive_account_is_superseded,
            a_reset_by_link_replaces_the_password,
            a_verification_confirms_the_address,
            a_confirmed_address_replaces_the_old_one,
            a_later_change_does_not_supersede_an_earlier_undo,
            an_address_that_an_undo_can_restore_is_not_registered,
            an_undo_restores_a_deleted_account,
            a_link_to_a_taken_address_is_a_conflict,
            a_link_of_a_sign_in_is_written_with_its_session,
            a_failed_audit_entry_rolls_back_the_use_of_a_link,
        }
    };
}

/// Runs every case of [`outbox`](super::outbox). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! outbox_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            outbox, $store,
            a_claimed_mail_has_the_queued_values,
            a_mail_is_due_at_the_time_of_its_change,
            due_mails_are_claimed_oldest_first_up_to_the_limit,
            retries_are_claimed_in_the_order_of_their_times,
            a_claim_ends_with_its_lease,
            a_recipient_gets_mails_in_order,
            many_mails_to_one_recipient_do_not_delay_others,
            concurrent_claims_never_share_a_mail,
            mails_of_the_last_hour_are_counted_by_recipient,
            each_outcome_has_its_state,
            the_error_is_that_of_the_last_attempt,
            the_late_outcome_of_a_lost_claim_changes_nothing,
            a_deferred_attempt_does_not_count,
            a_claimed_mail_has_its_link,
            a_new_link_supersedes_the_earlier_ones_of_its_purpose,
            a_new_invitation_supersedes_the_earlier_ones_to_its_address,
            a_mail_whose_link_was_deleted_is_cancelled,
            a_change_that_is_rolled_back_queues_no_mail,
            pages_of_mails_are_sorted_newest_first,
            mails_are_filtered_by_state,
            the_total_of_mails_is_exact_up_to_the_cap,
            queued_mails_are_counted_with_the_oldest,
            purging_removes_mails_that_left_the_queue_earlier_up_to_the_limit,
            a_failed_mail_is_queued_again,
            a_mail_that_is_queued_again_keeps_its_place,
            a_queued_or_failed_mail_is_cancelled,
            a_mail_in_another_state_is_not_changed,
            an_actor_without_a_valid_session_changes_no_mail,
            concurrent_changes_leave_no_mail_waiting,
        }
    };
}

/// Runs every case of [`account_exports`](super::account_exports). The argument is the name of an async function in the
/// parent module that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! account_exports_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            account_exports, $store,
            an_export_has_everything_of_the_user,
            long_lists_are_cut,
            an_export_has_no_entries_of_an_earlier_user_with_the_id,
            exports_are_limited_per_user,
            concurrent_exports_are_counted,
            an_export_without_a_valid_session_writes_nothing,
        }
    };
}

/// Runs every case of [`deletions`](super::deletions). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::Store).
#[macro_export]
macro_rules! deletions_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            deletions, $store,
            a_scheduled_deletion_deactivates_the_user_and_ends_all_sessions,
            another_hash_is_stale_and_changes_nothing,
            a_restoration_cancels_the_erasure,
            an_activation_cancels_the_erasure,
            a_rejected_decision_writes_nothing,
            due_accounts_are_listed_by_their_time,
            an_erasure_replaces_personal_data_in_the_audit_trail,
        }
    };
}

/// Runs every case of [`replay`](super::replay). The argument is the name of an async function in the parent module
/// that returns an `Arc<dyn ReplayGuard>`.
#[macro_export]
macro_rules! replay_contract {
    ($guard:ident) => {
        $crate::contract_tests! {
            replay, $guard,
            a_nonce_is_claimed_once,
            different_nonces_are_independent,
            similar_nonces_are_distinct,
            concurrent_claims_of_a_nonce_succeed_once,
            concurrent_claims_of_many_nonces_succeed_once_each,
            a_second_claim_does_not_shorten_the_first,
        }
    };
}

/// Runs every case of `mailer` (with the feature `mail`). The argument is the name of an async function in the parent
/// module that returns a `MailerFixture`.
#[macro_export]
macro_rules! mailer_contract {
    ($mailer:ident) => {
        $crate::contract_tests! {
            mailer, $mailer,
            every_kind_of_mail_has_a_text_and_an_html_part,
            a_link_is_in_both_parts,
            each_attempt_has_the_same_message_id,
            a_mail_names_its_recipient,
            values_from_users_are_escaped,
            values_from_users_add_no_header,
            a_mail_is_in_the_recipients_language,
            an_invalid_address_is_a_permanent_error,
            concurrent_mails_are_all_sent,
        }
    };
}

/// Runs every case of [`rate_limiter`](super::rate_limiter). The argument is the name of an async function in the
/// parent module that returns a [`Limiter`](super::Limiter).
#[macro_export]
macro_rules! rate_limiter_contract {
    ($limiter:ident) => {
        $crate::contract_tests! {
            rate_limiter, $limiter,
            a_burst_is_allowed_and_the_next_call_is_rejected,
            a_call_is_allowed_after_retry_after,
            a_verdict_reports_the_remaining_calls,
            a_drained_key_has_its_full_burst_again,
            a_clock_change_rejects_calls_at_most_for_a_full_burst,
            a_rejected_call_charges_no_pair,
            similar_pairs_are_distinct,
            a_duplicate_pair_is_charged_once,
            an_empty_call_is_allowed,
            concurrent_calls_share_one_burst,
            overlapping_concurrent_calls_are_charged_atomically,
            setting_the_clock_back_does_not_block_callers,
            a_changed_quota_applies_at_once,
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let lists = include_str!("lists.rs");
        let suites = [
            include_str!("account_exports.rs"),
            include_str!("accounts.rs"),
            include_str!("accounts/password_change.rs"),
            include_str!("activity.rs"),
            include_str!("audit_log/mod.rs"),
            include_str!("audit_log/filtering.rs"),
            include_str!("deletions.rs"),
            include_str!("invitations.rs"),
            include_str!("invitations/accepting.rs"),
            include_str!("invitations/changing.rs"),
            include_str!("links.rs"),
            include_str!("links/using.rs"),
            include_str!("login_attempts.rs"),
            include_str!("login_attempts/undecided.rs"),
            include_str!("mailer.rs"),
            include_str!("outbox/claiming.rs"),
            include_str!("outbox/finishing.rs"),
            include_str!("outbox/linking.rs"),
            include_str!("outbox/listing.rs"),
            include_str!("outbox/managing.rs"),
            include_str!("profiles.rs"),
            include_str!("rate_limiter.rs"),
            include_str!("replay.rs"),
            include_str!("segments.rs"),
            include_str!("sessions.rs"),
            include_str!("sessions/ending.rs"),
            include_str!("sessions/listing.rs"),
            include_str!("sessions/refreshing.rs"),
            include_str!("sign_ins.rs"),
            include_str!("sign_ins/listing.rs"),
            include_str!("task_leases.rs"),
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
