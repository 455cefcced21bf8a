pub(super) mod get;
pub(super) mod remove;
pub(super) mod set;
