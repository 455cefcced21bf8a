use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{InvitationBody, InvitationRequest};
use steward_domain::{Email, Locale, Role};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsBody};
use steward_web::{Administrator, ApiError, CallerLocale, CallerOrigin, Fields, JsonBody, text};

use super::invite_problem;
use crate::http::{Service, to_context};

/// Invite a user
///
/// Mails a link with which the recipient creates the account, valid for 7 days. An admin invites only users; a
/// super_admin invites any role. An invitation that is not accepted is deleted 30 days after it expires.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    request_body = InvitationRequest,
    responses(
        Anywhere,
        (status = 201, description = "The invitation was sent", body = InvitationBody),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The address is registered (type `taken`) or invited (`invitation-pending`), or mail is off \
                (`mail-off`)"
        ),
        ReadsBody,
        NeedsAdministrator,
    )
)]
#[post("/api/admin/invitations")]
pub(in crate::http) async fn send_invitation(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    requested: CallerLocale,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (address, role, locale) = parse(body.fields()?)?;
    let locale = locale.or(requested.0);
    let token = administrator.token.clone();
    let context = to_context(administrator, origin);
    let invitation = service.send_invitation(&context, &token, &address, role, locale).await.map_err(invite_problem)?;
    Ok(HttpResponse::Created().json(InvitationBody::new(invitation, service.clock.now())))
}

fn parse(mut fields: Fields) -> Result<(Email, Role, Option<Locale>), ApiError> {
    let email = fields.required("email", text(Email::parse));
    let role = fields.optional("role", text(Role::parse));
    let locale = fields.optional("locale", text(Locale::parse));
    let (email, role, locale) = fields.finish((email, role, locale))?;
    Ok((email, role.unwrap_or(Role::User), locale))
}
