//! The audit trail, for reading: whatever changes something adds to it by itself.

mod list;
