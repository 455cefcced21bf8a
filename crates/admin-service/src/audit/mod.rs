//! Reads the audit trail. Every change of an account adds its entry in its own transaction.

mod list;
