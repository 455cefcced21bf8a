//! Many at once, killed, drained, without what the product stands on, and fed what no well-behaved client sends.

mod bad_input;
mod database_away;
mod draining;
mod edge;
mod killed;
mod many_at_once;
mod redis_away;
mod rights;
mod rotation;
mod services_away;
mod starting;
mod undecided_sign_ins;
