//! The description of the API (OpenAPI 3.1), taken from the handlers themselves.

use actix_web::App;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema, ServerBuilder,
};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cli::Service;

const DESCRIPTION: &str = "\
The user accounts of a product: sign-in, administration, audit, analytics.

Sign in at `POST /api/auth/login` and send the `access_token` as `Authorization: Bearer …` from then on. Errors are
problems (RFC 9457, `application/problem+json`): `detail` says what is wrong, and `errors` lists each field that does
not validate. Every answer carries `X-Request-ID`, under which the log tells more.

In development there are sample users: `admin` / `admin123` (super_admin), `manager` / `admin123` (admin),
`user123` / `password123` (user).";

const TAGS: [(&str, &str); 3] = [
    ("auth", "Signing in and out, and making an account"),
    ("admin", "Users, the audit trail and numbers, for administrators"),
    ("health", "How the service is, for operators"),
];

/// The characters of a user's id.
const USER_ID: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

/// Patterns of the texts that parameters of these names hold. Other texts are refused, or lead nowhere.
///
/// They name code points, since not every language's regular expressions know Unicode's categories.
const TEXTS: [(&str, &str); 7] = [
    ("user_id", USER_ID),
    ("admin_id", USER_ID),
    ("target", USER_ID),
    ("session_id", "^[0-9a-f]{32}$"),
    ("cursor", "^[A-Za-z0-9_-]*$"),
    ("search", r"^[^\x00-\x1F\x7F-\x9F]*$"),
    ("name", r"^[^/\\\x00-\x1F\x7F-\x9F]*$"),
];

/// What is offered at a service's address, where that is an API.
pub(super) fn of(service: Service) -> Option<OpenApi> {
    match service {
        Service::Gateway => Some(gateway()),
        Service::Auth => Some(alone(|config| steward_auth_service::http::register_openapi(config))),
        Service::Admin => Some(alone(|config| steward_admin_service::http::register_openapi(config))),
        Service::Console => None,
    }
}

/// The description of the whole API, as the gateway offers it.
pub(crate) fn gateway() -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(preamble()).configure(|config| {
        steward_auth_service::http::register_openapi(config);
        steward_admin_service::http::register_openapi(config);
        steward_gateway::health::register_openapi(config);
    });
    let mut spec = app.split_for_parts().1;
    for item in spec.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            declare_security(operation);
            declare_body(operation);
            declare_parameters(operation);
        }
    }
    spec
}

/// Says that an operation needs no token where it says nothing: linters take silence for an oversight.
fn declare_security(operation: &mut Operation) {
    operation.security.get_or_insert_default();
}

/// Describes a body that may be left out as it is where it is sent. utoipa describes an `Option` as "or null", which no
/// operation accepts for a body.
fn declare_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema {
            content.schema = choice.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        }
    }
}

/// Describes a parameter as it is where it is sent: no header and no query holds a JSON null, and a text has
/// the pattern of its name.
fn declare_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else { continue };
        if let SchemaType::Array(types) = &schema.schema_type
            && let Some(sent) = types.iter().find(|kind| **kind != Type::Null)
        {
            schema.schema_type = SchemaType::Type(sent.clone());
        }
        if let Some((_, pattern)) = TEXTS.iter().find(|(name, _)| *name == parameter.name) {
            schema.pattern = Some((*pattern).to_owned());
        }
    }
}

fn alone(endpoints: fn(&mut ServiceConfig<'_>)) -> OpenApi {
    let app = App::new().into_utoipa_app().configure(|config| {
        endpoints(config);
        steward_web::health::register_openapi(config);
    });
    app.split_for_parts().1
}

fn preamble() -> OpenApi {
    let mut components = Components::new();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access_token` of `POST /api/auth/login`"));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let info = InfoBuilder::new()
        .title("Steward")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("The Steward contributors")).build()));
    let tags = TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/").description(Some("Where this page comes from")).build()]))
        .tags(Some(tags))
        .components(Some(components))
        .build()
}
