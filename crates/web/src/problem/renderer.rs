use actix_web::{HttpResponse, HttpResponseBuilder};
use steward_contracts::Problem;

/// The form of the error responses of an endpoint: [`Endpoint::rendered_by`](crate::service::Endpoint::rendered_by).
///
/// Without it, an error response is `application/problem+json`. The builder already has the status of the problem and
/// the headers that belong to it.
///
/// ```
/// use actix_web::http::Method;
/// use steward_web::ProblemRenderer;
/// use steward_web::service::Endpoint;
///
/// let texts = ProblemRenderer(|problem, mut response| response.content_type("text/plain").body(problem.detail.clone()));
/// let endpoint = Endpoint::undocumented(Method::GET, "/text", || async { "text" }).rendered_by(texts);
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
