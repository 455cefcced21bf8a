use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;

use super::failure::{Failure, Step};

/// The step that an attempt has reached. A failure names it.
pub(super) struct Progress(Mutex<Step>);

impl Progress {
    /// The progress of an attempt that begins.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Step::Connect))
    }

    /// Begins a step.
    pub(super) fn begin(&self, step: Step) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    /// Returns the failure of the step by this error.
    pub(super) fn failure(&self, error: Error) -> Failure {
        Failure::Step { step: self.step(), error }
    }

    /// Returns the failure of the step by the time limit of the attempt.
    pub(super) fn timeout(&self, limit: Duration) -> Failure {
        Failure::Timeout { step: self.step(), limit }
    }

    fn step(&self) -> Step {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
