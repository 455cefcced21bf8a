pub(super) mod get;
pub(super) mod name;
pub(super) mod update;
