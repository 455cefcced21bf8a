//! The tables and columns that queries name, and SQL functions.

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::timestamp::UtcTs;

    users (id) {
        id -> BigInt,
        user_id -> Text,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        is_active -> Bool,
        must_change_password -> Bool,
        created_at -> UtcTs,
        updated_at -> UtcTs,
        last_login -> Nullable<UtcTs>,
        search_text -> Nullable<Text>,
        email_verified_at -> Nullable<UtcTs>,
        locale -> Nullable<Text>,
        purge_at -> Nullable<UtcTs>,
        is_restorable -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::timestamp::UtcTs;

    audit_logs (id) {
        id -> BigInt,
        timestamp -> UtcTs,
        admin_id -> Text,
        admin_name -> Text,
        action -> Text,
        target -> Nullable<Text>,
        details -> Nullable<Text>,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        actor_kind -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::timestamp::UtcTs;

    sessions (id) {
        id -> BigInt,
        sid -> Binary,
        user_id -> BigInt,
        created_at -> UtcTs,
        expires_at -> UtcTs,
        ended_at -> Nullable<UtcTs>,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        over_at -> UtcTs,
        ends_at -> Nullable<UtcTs>,
        last_seen_at -> Nullable<UtcTs>,
        address_key -> Nullable<Text>,
        device_key -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable};
    use crate::timestamp::UtcTs;

    refresh_tokens (token_hash) {
        token_hash -> Binary,
        session_id -> BigInt,
        created_at -> UtcTs,
        used_at -> Nullable<UtcTs>,
        successor_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{Bool, Integer, Nullable, Text};
    use crate::timestamp::UtcTs;

    login_failures (account, source) {
        account -> Text,
        source -> Text,
        failures -> Integer,
        last_failure -> UtcTs,
        locked_until -> Nullable<UtcTs>,
        turned_away -> Bool,
        over_at -> UtcTs,
        undecided -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::timestamp::UtcTs;

    sign_in_events (id) {
        id -> BigInt,
        at -> UtcTs,
        user_id -> Nullable<BigInt>,
        outcome -> Text,
        reason -> Nullable<Text>,
        session -> Nullable<Binary>,
        network -> Text,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        address_key -> Nullable<Text>,
        device_key -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, SmallInt, Text};

    user_counts (role, is_active, slot) {
        role -> Text,
        is_active -> Bool,
        slot -> SmallInt,
        count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, SmallInt};
    use crate::timestamp::UtcTs;

    user_registrations (hour, slot) {
        hour -> UtcTs,
        slot -> SmallInt,
        count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::timestamp::UtcTs;

    segments (id) {
        id -> BigInt,
        owner -> BigInt,
        name -> Text,
        name_key -> Text,
        query -> Text,
        created_at -> UtcTs,
        updated_at -> UtcTs,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, SmallInt};

    audit_counts (slot) {
        slot -> SmallInt,
        count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, SmallInt};
    use crate::timestamp::UtcTs;

    sign_in_counts (hour, slot) {
        hour -> UtcTs,
        slot -> SmallInt,
        successes -> BigInt,
        failures -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, SmallInt, Text};

    active_users (period, day, slot) {
        period -> Text,
        day -> Date,
        slot -> SmallInt,
        count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;

    // Exists on SQLite only.
    audit_logs_unfolded (id) {
        id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::timestamp::UtcTs;

    account_links (id) {
        id -> BigInt,
        link_id -> Binary,
        purpose -> Text,
        user_id -> Nullable<BigInt>,
        address -> Text,
        token_hash -> Binary,
        created_at -> UtcTs,
        expires_at -> UtcTs,
        used_at -> Nullable<UtcTs>,
        superseded_at -> Nullable<UtcTs>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
    use crate::timestamp::UtcTs;

    outbox (id) {
        id -> BigInt,
        kind -> Text,
        user_id -> Nullable<BigInt>,
        address -> Text,
        name -> Nullable<Text>,
        locale -> Nullable<Text>,
        content -> Nullable<Text>,
        link_id -> Nullable<Binary>,
        state -> Text,
        attempts -> Integer,
        last_error -> Nullable<Text>,
        created_at -> UtcTs,
        next_attempt_at -> Nullable<UtcTs>,
        sent_at -> Nullable<UtcTs>,
        over_at -> Nullable<UtcTs>,
        is_waiting -> Bool,
        is_recovery -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::timestamp::UtcTs;

    password_reset_requests (id) {
        id -> BigInt,
        user_id -> Nullable<Text>,
        email -> Nullable<Text>,
        locale -> Nullable<Text>,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        requested_at -> UtcTs,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable};
    use crate::timestamp::UtcTs;

    idempotency_keys (key_hash) {
        key_hash -> Binary,
        caller -> BigInt,
        fingerprint -> Binary,
        lease_expires_at -> UtcTs,
        answer -> Nullable<Binary>,
        expires_at -> UtcTs,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::timestamp::UtcTs;

    task_leases (name) {
        name -> Text,
        holder -> Text,
        expires_at -> UtcTs,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::timestamp::UtcTs;

    user_profiles (id) {
        id -> BigInt,
        user_id -> BigInt,
        phone -> Nullable<Text>,
        updated_at -> UtcTs,
        department -> Nullable<Text>,
        title -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        attributes -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::timestamp::UtcTs;

    user_avatars (user_id) {
        user_id -> BigInt,
        image -> Binary,
        content_type -> Text,
        hash -> Text,
        updated_at -> UtcTs,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::timestamp::UtcTs;

    invitations (id) {
        id -> BigInt,
        address -> Text,
        role -> Text,
        inviter_id -> Text,
        inviter_name -> Text,
        link_id -> Binary,
        created_at -> UtcTs,
        expires_at -> UtcTs,
        accepted_at -> Nullable<UtcTs>,
        revoked_at -> Nullable<UtcTs>,
        user_id -> Nullable<BigInt>,
        locale -> Nullable<Text>,
    }
}

diesel::joinable!(invitations -> users (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(sign_in_events -> users (user_id));
diesel::joinable!(user_profiles -> users (user_id));
diesel::joinable!(user_avatars -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, sessions);
diesel::allow_tables_to_appear_in_same_query!(users, sign_in_events);
diesel::allow_tables_to_appear_in_same_query!(users, login_failures);
diesel::allow_tables_to_appear_in_same_query!(users, account_links);
diesel::allow_tables_to_appear_in_same_query!(users, user_profiles, user_avatars);
diesel::allow_tables_to_appear_in_same_query!(users, invitations);
diesel::allow_tables_to_appear_in_same_query!(account_links, invitations);

diesel::define_sql_function! {
    /// The first instant, or the second if the first is null.
    #[sql_name = "coalesce"]
    fn instant_or(x: diesel::sql_types::Nullable<crate::timestamp::UtcTs>, y: crate::timestamp::UtcTs) -> crate::timestamp::UtcTs;
}

diesel::define_sql_function! {
    /// Converts ASCII letters to lower case. User ids contain no others.
    fn lower(x: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

diesel::define_sql_function! {
    #[sql_name = "lower"]
    /// [`lower`] of a nullable column.
    fn lower_nullable(x: diesel::sql_types::Nullable<diesel::sql_types::Text>) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}
