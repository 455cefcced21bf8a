pub(super) mod users;
