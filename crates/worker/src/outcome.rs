use steward_web::service::TaskProgress;

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The run returned.
    Succeeded(TaskProgress),
    /// The run, or the database with the lease, returned an error.
    Failed,
    /// The run panicked.
    Panicked,
    /// Another worker took the lease during the run, or the lease could not be extended in time.
    LeaseLost,
    /// The run did not end within the drain time of a stop.
    Cut,
    /// Another worker runs the task, or ran it within the interval. Nothing was run here.
    Skipped,
}

impl Outcome {
    /// Whether the next run waits longer after each further outcome of this kind.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Panicked | Self::LeaseLost)
    }

    /// Returns the name in metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::LeaseLost => "lease_lost",
            Self::Cut => "cut",
            Self::Skipped => "skipped",
        }
    }
}
