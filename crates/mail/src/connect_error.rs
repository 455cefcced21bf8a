/// Why the mailer cannot be created. The text contains no secret.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The folder cannot be created.
    #[error("the folder {folder} cannot be created: {error}")]
    Folder {
        /// The path.
        folder: String,
        /// The cause.
        error: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(String),
}
