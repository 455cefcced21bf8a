use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue, REFERRER_POLICY,
    SET_COOKIE,
};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse};

use super::form_data::{self, FormData};
use super::submissions::{self, Submission};
use super::{RequestContext, sender};
use crate::Console;
use crate::failure::Failure;
use crate::pages;

/// Allows resources of the console only, and nothing inline (CSP 3).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Isolates the console's windows and resources from other sites (OWASP ASVS 5.0, 3.4.8 and 3.5.8). Other sites do not
/// receive the referrer. The console's own pages must: with `no-referrer`, browsers send `Origin: null` with a form
/// (Fetch, 3.2).
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// For pages whose URL contains the token of a mail's link. `sender` accepts their forms without an origin.
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// Creates the context, rejects cross-site forms, runs repeated submissions once, renders failures, and sends changed
/// cookies.
pub(crate) async fn layer(
    console: Data<Console>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let context = RequestContext::begin(&console, &request);
    request.extensions_mut().insert(context.clone());
    let (body, form) = match receive(&mut request).await {
        Ok(received) => received.unzip(),
        Err(failure) => {
            let page = pages::failure_response(&context, &failure).await;
            return Ok(finish(&context, request.into_response(page).map_into_boxed_body()));
        }
    };
    let has_submission_id = form.as_ref().is_some_and(FormData::has_submission_id);
    context.0.form.replace(form);
    let token = if has_submission_id { context.cookies().token() } else { None };
    let (Some(body), Some(token)) = (body, token) else { return respond(context, request, next).await };
    let key = submissions::key(&token, context.target(), &body);
    match console.submissions.begin(key) {
        Submission::New(sender) => submissions::run(console, key, sender, respond(context, request, next)).await,
        Submission::Repeated(first) => Ok(request.into_response(submissions::repeat_response(first).await?)),
    }
}

/// Reads the body of a submitted form. Returns an error if another site sent the request.
async fn receive(request: &mut ServiceRequest) -> Result<Option<(Bytes, FormData)>, Failure> {
    if request.method() != Method::GET {
        sender::check(request)?;
    }
    if request.method() == Method::POST { form_data::read(request).await } else { Ok(None) }
}

/// Returns the response of the requested page, or the response to its failure.
async fn respond(
    context: RequestContext,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?;
    let failed = response.response().error().and_then(|error| error.as_error::<Failure>().cloned());
    // The router's own rejections, such as of a method, have no body.
    let is_bare = response.status().is_client_error() && response.response().body().size().is_eof();
    let failed = failed.or_else(|| is_bare.then_some(Failure::NotFound));
    let response = match failed {
        Some(failure) => {
            let page: HttpResponse = pages::failure_response(&context, &failure).await;
            response.into_response(page).map_into_boxed_body()
        }
        None => response.map_into_boxed_body(),
    };
    Ok(finish(&context, response))
}

fn finish(
    context: &RequestContext,
    mut response: ServiceResponse<actix_web::body::BoxBody>,
) -> ServiceResponse<actix_web::body::BoxBody> {
    let referrer_policy = if sender::is_link_page(response.request().path()) { NO_REFERRER } else { SAME_ORIGIN };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
    headers.insert(REFERRER_POLICY, referrer_policy);
    for cookie in context.cookies().changes() {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(SET_COOKIE, value);
        }
    }
    response
}
