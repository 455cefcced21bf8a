use actix_web::{HttpResponse, HttpResponseBuilder};
use steward_contracts::Problem;

/// The form of the error responses of a scope or resource. Add it to the app's data there.
///
/// Without it, an error response is `application/problem+json`. The builder already has the status of the problem and
/// the headers that belong to it.
///
/// ```
/// use actix_web::web;
/// use steward_web::ProblemRenderer;
///
/// let texts = ProblemRenderer(|problem, mut response| response.content_type("text/plain").body(problem.detail.clone()));
/// let scope = web::scope("/texts").app_data(texts);
/// ```
#[derive(Clone, Copy)]
pub struct ProblemRenderer(pub fn(&Problem, HttpResponseBuilder) -> HttpResponse);

impl Default for ProblemRenderer {
    fn default() -> Self {
        Self(|problem, mut response| {
            // A problem consists of texts and numbers, so it has a JSON form.
            response.content_type(Problem::MEDIA_TYPE).body(serde_json::to_vec(problem).unwrap_or_default())
        })
    }
}
