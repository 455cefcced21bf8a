pub(super) mod activity;
pub(super) mod overview;
pub(super) mod users;
