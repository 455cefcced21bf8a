//! Faults: concurrency, crashes, shutdown, unreachable dependencies, malformed requests.

mod bad_input;
mod concurrency;
mod database_away;
mod draining;
mod edge;
mod killed;
mod redis_away;
mod repeated_requests;
mod rights;
mod rotation;
mod services_away;
mod starting;
mod undecided_sign_ins;
mod workers;
