//! The spellings that addresses are stored in. Earlier releases had other ones, which the unique index does not find.

use steward_domain::Email;

/// Returns every spelling in which an address may be stored.
pub(crate) fn spellings(address: &Email) -> Vec<String> {
    let mut spellings = address.earlier_spellings();
    spellings.push(address.to_string());
    spellings
}

/// Whether a user with another key than `$but` has the address, in any spelling. No user has the key 0.
///
/// Takes no lock: of concurrent changes, the unique index lets one succeed. New rows have no earlier spelling.
macro_rules! is_taken {
    ($conn:ident, $address:expr, $but:expr) => {{
        use $crate::schema::users;
        let spellings = $crate::statements::spellings($address);
        let same = users::table.filter(users::email.eq_any(spellings).and(users::id.ne($but)));
        diesel::select(diesel::dsl::exists(same)).get_result::<bool>($conn)?
    }};
}
pub(crate) use is_taken;
