use serde::{Deserialize, Serialize};

/// A short message about an action, with an optional link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Toast {
    pub(crate) failed: bool,
    pub(crate) text: String,
    /// A path in this console, and the link's text.
    pub(crate) link: Option<(String, String)>,
}

impl Toast {
    pub(crate) fn done(text: String) -> Self {
        Self { failed: false, text, link: None }
    }

    pub(crate) fn failed(text: String) -> Self {
        Self { failed: true, text, link: None }
    }

    #[must_use]
    pub(crate) fn with_link(self, to: String, text: String) -> Self {
        Self { link: Some((to, text)), ..self }
    }
}
