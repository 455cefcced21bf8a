//! The cases of the suites about users and accounts.

/// Runs every case of [`users`](super::super::users). The argument is the name of an async function in the parent module that
/// returns a [`Store`](super::super::Store).
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

/// Runs every case of [`accounts`](super::super::accounts). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! accounts_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            accounts, $store,
            a_created_user_has_every_requested_field,
            a_user_is_created_with_an_audit_entry,
            a_creation_by_an_administrator_needs_a_valid_session,
            a_created_user_may_have_to_change_the_password,
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

/// Runs every case of [`profiles`](super::super::profiles). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
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

/// Runs every case of [`segments`](super::super::segments). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
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

/// Runs every case of [`account_exports`](super::super::account_exports). The argument is the name of an async function in the
/// parent module that returns a [`Store`](super::super::Store).
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

/// Runs every case of [`deletions`](super::super::deletions). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! deletions_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            deletions, $store,
            a_scheduled_deletion_deactivates_the_user_and_ends_all_sessions,
            another_hash_is_stale_and_changes_nothing,
            a_restoration_cancels_the_erasure,
            an_activation_cancels_the_erasure,
            a_deactivation_prevents_the_restoration,
            a_rejected_decision_writes_nothing,
            due_accounts_are_listed_by_their_time,
            an_erasure_replaces_personal_data_in_the_audit_trail,
        }
    };
}
