use std::path::{Path, PathBuf};
use std::process::Command;

use super::ServerError;

/// Files with a certificate for 127.0.0.1 and its key, both PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Creates a self-signed certificate in `folder`, by OpenSSL.
    pub fn self_signed(folder: &Path) -> Result<Self, ServerError> {
        let files = Self { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        // Without the system's configuration, which would make it the certificate of an authority.
        let configuration = folder.join("openssl.cnf");
        std::fs::write(
            &configuration,
            "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=extensions\n[name]\nCN=test\n[extensions]\n\
             basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n",
        )?;
        let output = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -config".split(' '))
            .arg(&configuration)
            .arg("-keyout")
            .arg(&files.key)
            .arg("-out")
            .arg(&files.certificate)
            .output()?;
        if output.status.success() {
            return Ok(files);
        }
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(ServerError::Failed { program: "openssl".to_owned(), message })
    }
}
