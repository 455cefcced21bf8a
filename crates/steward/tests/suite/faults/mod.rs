//! Faults: concurrency, crashes, shutdown, unreachable dependencies, malformed requests.

mod bad_input;
mod concurrency;
mod database_away;
mod draining;
mod edge;
mod equal_responses;
mod expiry;
mod killed;
mod mail_crashes;
mod mail_servers;
mod redis_away;
mod repeated_requests;
mod rights;
mod rotation;
mod services_away;
mod starting;
mod undecided_sign_ins;
mod workers;
