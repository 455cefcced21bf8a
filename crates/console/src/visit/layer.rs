use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderValue, ORIGIN,
    SET_COOKIE,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::Visit;
use crate::Console;
use crate::failure::Failure;
use crate::pages;

/// Everything from here, nothing inline (CSP 3).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// No window that opened ours, and no page that embeds what is here, gets hold of it (OWASP ASVS 5.0, 3.4.8 and 3.5.8).
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Opens the visit, refuses what another site sent, makes a page of every failure, and sends the cookies that changed.
pub(crate) async fn layer(
    console: Data<Console>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let visit = Visit::begin(&console, &request);
    request.extensions_mut().insert(visit.clone());
    if request.method() != Method::GET && is_from_elsewhere(request.headers()) {
        let answer = pages::failed(&visit, &Failure::ForgedForm).await;
        return Ok(finish(&visit, request.into_response(answer).map_into_boxed_body()));
    }
    let response = next.call(request).await?;
    let failed = response.response().error().and_then(|error| error.as_error::<Failure>().cloned());
    // What the router refuses by itself, such as another method, has nothing to read.
    let is_bare = response.status().is_client_error() && response.response().body().size().is_eof();
    let failed = failed.or_else(|| is_bare.then_some(Failure::NotFound));
    let response = match failed {
        Some(failure) => {
            let answer: HttpResponse = pages::failed(&visit, &failure).await;
            response.into_response(answer).map_into_boxed_body()
        }
        None => response.map_into_boxed_body(),
    };
    Ok(finish(&visit, response))
}

fn finish(
    visit: &Visit,
    mut response: ServiceResponse<actix_web::body::BoxBody>,
) -> ServiceResponse<actix_web::body::BoxBody> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
    for cookie in visit.jar().changes() {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(SET_COOKIE, value);
        }
    }
    response
}

/// Whether a browser says that another site made it send this (Fetch Metadata; older ones send `Origin`).
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (header(ORIGIN.as_str()), header("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, authority)| authority != host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    #[test]
    fn what_another_site_sends_is_told_apart() {
        for (sent, elsewhere) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("origin", "http://console:8501"), ("host", "console:8501")], false),
            (&[("origin", "http://evil.example"), ("host", "console:8501")], true),
            (&[("origin", "null"), ("host", "console:8501")], true),
        ] {
            let headers = sent
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_from_elsewhere(&headers), elsewhere, "{sent:?}");
        }
    }
}
