pub(super) mod activate;
pub(super) mod deactivate;
pub(super) mod delete;
pub(super) mod filter;
pub(super) mod get;
pub(super) mod list;
pub(super) mod reset_password;
pub(super) mod update;
