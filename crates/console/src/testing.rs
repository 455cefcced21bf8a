//! Errors of the API, for tests.

use steward_client::Error;
use steward_contracts::{Extensions, FieldError, Problem};

/// A problem with errors of these fields, which permits another attempt after 30 seconds.
pub(crate) fn api_error(status: u16, code: &str, fields: &[&str], extensions: Extensions) -> Error {
    let error = |field: &&str| FieldError { field: (*field).to_owned(), message: "must not".to_owned() };
    let problem = Problem {
        kind: format!("urn:steward:problem:{code}").into(),
        title: "Title".into(),
        status,
        detail: "No".into(),
        instance: "/".to_owned(),
        request_id: "r".to_owned(),
        errors: fields.iter().map(error).collect(),
        extensions,
    };
    Error::Problem { problem: Box::new(problem), retry_after: Some(30) }
}
