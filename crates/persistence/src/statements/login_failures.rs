//! The failed sign-ins of an account.

/// Deletes all failures at an account and returns the number of rows. The caller must hold the lock on the user.
macro_rules! forget_failures {
    ($conn:expr, $account:expr) => {{
        use $crate::schema::login_failures;
        let rows = login_failures::table.filter(login_failures::account.eq($account));
        // The row of all sources is locked first: see the head of `login_attempts.rs`.
        diesel::update(rows.filter(login_failures::source.eq("")))
            .set(login_failures::failures.eq(0))
            .execute($conn)?;
        diesel::delete(rows).execute($conn)?
    }};
}
pub(crate) use forget_failures;
