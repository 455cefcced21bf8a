//! The spellings that earlier releases stored addresses in.

/// Whether a user with another key has the address in a spelling of an earlier release, which the unique index does not
/// find. New rows have no such spelling, so no lock is needed.
macro_rules! has_earlier_spelling {
    ($conn:ident, $email:expr, $but:expr) => {{
        use $crate::schema::users;
        let spellings = $email.earlier_spellings();
        let same = users::table.filter(users::email.eq_any(&spellings).and(users::id.ne($but)));
        !spellings.is_empty() && diesel::select(diesel::dsl::exists(same)).get_result::<bool>($conn)?
    }};
}
pub(crate) use has_earlier_spelling;
