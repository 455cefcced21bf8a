//! The OpenAPI 3.1 description, collected from the handlers.

use actix_web::App;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    Ref, RefOr, Required, ResponseBuilder, Schema, ServerBuilder,
};
use utoipa_actix_web::AppExt;

use crate::services::descriptions;

const DESCRIPTION: &str = "\
The user accounts of a product: sign-in, administration, audit, analytics.

Sign in at `POST /api/auth/login` and send the `access_token` as `Authorization: Bearer …` in later requests. Errors are
problems (RFC 9457, `application/problem+json`): `detail` describes the error, and `errors` lists each field that
is not valid. Every response carries `X-Request-ID`, which identifies the request in the log.

In development there are sample users: `admin` / `admin123` (super_admin), `manager` / `admin123` (admin),
`user123` / `password123` (user).";

/// The characters of a user's id.
const USER_ID: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

/// Patterns of the parameters with these names. Other texts are rejected or match nothing.
///
/// The patterns use code points, because not every regular expression engine supports Unicode categories.
const TEXTS: [(&str, &str); 9] = [
    ("user_id", USER_ID),
    ("admin_id", USER_ID),
    ("target", USER_ID),
    ("session_id", "^[0-9a-f]{32}$"),
    ("cursor", "^[A-Za-z0-9_-]*$"),
    ("search", r"^[^\x00-\x1F\x7F-\x9F]*$"),
    ("address", "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"),
    ("device", r"^[^\x00-\x1F\x7F-\x9F]*$"),
    ("name", r"^[^/\\\x00-\x1F\x7F-\x9F]*$"),
];

/// Returns the description of the whole API. It takes megabytes.
pub(crate) fn describe_api() -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(preamble()).configure(|config| {
        descriptions().flat_map(|service| &service.endpoints).for_each(|endpoint| endpoint.register_openapi(config));
    });
    let mut spec = app.split_for_parts().1;
    for (path, item) in &mut spec.paths.paths {
        if path.starts_with("/api/admin/")
            && let Some(operation) = &mut item.post
        {
            declare_idempotency_key(operation);
        }
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            declare_security(operation);
            declare_body(operation);
            declare_parameters(operation);
        }
    }
    spec
}

/// Declares explicitly that an operation needs no token: linters report a missing declaration.
fn declare_security(operation: &mut Operation) {
    operation.security.get_or_insert_default();
}

/// Describes an optional body without `null`: utoipa describes an `Option` as "or null", but no operation accepts
/// `null` as a body.
fn declare_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema {
            content.schema = choice.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        }
    }
}

/// Declares the header with which the request may be repeated, and its errors. A middleware reads it.
fn declare_idempotency_key(operation: &mut Operation) {
    const KEY: &str = "A key of 1 to 255 visible characters. A request with the same key, caller and content within 24 \
        hours has no further effect and gets the first answer, with `Idempotency-Replayed: true`";
    const IN_USE: &str = "A request with this `Idempotency-Key` is running (type `idempotency-key-in-use`)";
    const REUSED: &str = "The `Idempotency-Key` was used with another request (type `idempotency-key-reused`)";
    const INVALID: &str = "The `Idempotency-Key` is not valid (type `invalid-idempotency-key`)";
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(KEY))
        .schema(Some(schema));
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter.build()));
    for (status, description) in [("400", INVALID), ("409", IN_USE), ("422", REUSED)] {
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) {
            response.description = format!("{}. {description}", response.description.trim_end_matches('.'));
            continue;
        }
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(description).content("application/problem+json", problem);
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response.build()));
    }
}

/// Describes optional parameters without `null`, which headers and queries cannot carry, and adds the pattern of their
/// name to texts.
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
    let mut services: Vec<_> = descriptions().collect();
    // The sections of the gateway itself come last.
    services.sort_by_key(|service| service.is_edge);
    let tags = services.into_iter().flat_map(|service| service.tags);
    let tags = tags.map(|(name, description)| TagBuilder::new().name(*name).description(Some(*description)).build());
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/").description(Some("This server")).build()]))
        .tags(Some(tags))
        .components(Some(components))
        .build()
}
