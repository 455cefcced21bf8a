use std::sync::Arc;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Resource, Responder, guard, web};
use utoipa::openapi::HttpMethod;
use utoipa_actix_web::{OpenApiFactory, service_config};

use crate::{BODY_LIMIT, ProblemRenderer};

/// An endpoint: one method on one path.
///
/// Each worker of each server mounts it. The process generates its OpenAPI description once, at the start.
#[derive(Clone)]
pub struct Endpoint {
    method: Method,
    path: String,
    rate_limit: RateLimit,
    renderer: Option<ProblemRenderer>,
    body_limit: usize,
    mount: Mount,
    register_openapi: Option<RegisterOpenApi>,
}

type Mount = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;
type RegisterOpenApi = Arc<dyn Fn(&mut service_config::ServiceConfig<'_>) + Send + Sync>;

/// The rate limits of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateLimit {
    /// The limits of all requests: by address and by token.
    #[default]
    Standard,
    /// These limits, and that of a class of expensive requests.
    Class(RateLimitClass),
    /// No limit. For cheap responses without any user's data, which operators, probes and browsers read.
    Unlimited,
}

/// A class of expensive requests, which share one limit by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitClass {
    /// Sign-ins.
    Login,
    /// Registrations.
    Register,
    /// Refreshes of tokens.
    Refresh,
    /// Changes, resets and strength checks of passwords, and users that administrators create.
    Password,
    /// Requests that send a mail.
    Mail,
}

impl RateLimitClass {
    /// All classes.
    pub const ALL: [Self; 5] = [Self::Login, Self::Register, Self::Refresh, Self::Password, Self::Mail];

    /// Returns the name in response headers, metrics and the limiter's keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
            Self::Refresh => "refresh",
            Self::Password => "password",
            Self::Mail => "mail",
        }
    }
}

impl Endpoint {
    /// Creates the endpoint of a handler with a route attribute and `#[utoipa::path]`: `Endpoint::new(|| me::me)`.
    pub fn new<E: HttpServiceFactory + OpenApiFactory + utoipa::Path + 'static>(handler: fn() -> E) -> Self {
        Self {
            // The route attribute of a handler names one method.
            method: E::methods().first().map_or(Method::GET, to_method),
            path: E::path(),
            rate_limit: RateLimit::Standard,
            renderer: None,
            body_limit: BODY_LIMIT,
            mount: Arc::new(move |config| {
                config.service(handler());
            }),
            register_openapi: Some(Arc::new(move |config| {
                config.service(handler());
            })),
        }
    }

    /// Creates an endpoint that the OpenAPI description omits.
    pub fn undocumented<H, A>(method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<A> + Send + Sync,
        A: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let guard = method.clone();
        Self {
            method,
            path: path.to_owned(),
            rate_limit: RateLimit::Standard,
            renderer: None,
            body_limit: BODY_LIMIT,
            mount: Arc::new(move |config| {
                config.service(resource(&guard, path).to(handler.clone()));
            }),
            register_openapi: None,
        }
    }

    /// Adds the limit of a class.
    #[must_use]
    pub fn limited(self, class: RateLimitClass) -> Self {
        Self { rate_limit: RateLimit::Class(class), ..self }
    }

    /// Removes all limits.
    #[must_use]
    pub fn unlimited(self) -> Self {
        Self { rate_limit: RateLimit::Unlimited, ..self }
    }

    /// Sets another maximum size of a body than [`BODY_LIMIT`], in bytes. A gateway in front of the service applies it.
    #[must_use]
    pub fn with_body_limit(self, body_limit: usize) -> Self {
        Self { body_limit, ..self }
    }

    /// Sets another form of error responses than problems.
    ///
    /// It applies to every error at the path of the endpoint: those of the handler and its extractors, 405 for another
    /// method, and those of a gateway in front of the service. The endpoints of one path share the form. If they set
    /// several, the first one applies.
    #[must_use]
    pub fn rendered_by(self, renderer: ProblemRenderer) -> Self {
        Self { renderer: Some(renderer), ..self }
    }

    /// Returns the method. An endpoint for GET also serves HEAD.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path, with parameters in braces.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the rate limits.
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit
    }

    /// Returns the maximum size of a body, in bytes.
    pub fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Returns the form of error responses, if it is not the default.
    pub fn renderer(&self) -> Option<ProblemRenderer> {
        self.renderer
    }

    /// Mounts the handler. The app's data must hold its service.
    pub fn mount(&self, config: &mut web::ServiceConfig) {
        (self.mount)(config);
    }

    /// Returns a resource of this method and path for another handler, such as a proxy.
    pub fn resource(&self) -> Resource {
        resource(&self.method, &self.path)
    }

    /// Adds the endpoint to an OpenAPI description.
    pub fn register_openapi(&self, config: &mut service_config::ServiceConfig<'_>) {
        if let Some(register_openapi) = &self.register_openapi {
            register_openapi(config);
        }
    }
}

/// The guard is the resource's, so that the router tries the next resource of the same path.
fn resource(method: &Method, path: &str) -> Resource {
    web::resource(path).guard(guard::Method(method.clone()))
}

fn to_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
