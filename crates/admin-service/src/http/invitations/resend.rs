use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::InvitationBody;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin};

use super::{invite_problem, path_id};
use crate::http::{Service, to_context};

/// Resend an invitation
///
/// Mails another link, valid for 7 days. The earlier link no longer works. An expired invitation is pending again.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The number of the invitation", example = 7)),
    responses(
        Anywhere,
        (status = 202, description = "The mail will be sent", body = InvitationBody),
        (
            status = 404, description = "The invitation does not exist", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The invitation was accepted or revoked (type `invitation-closed`), the address is registered \
                (`taken`) or invited again (`invitation-pending`), or mail is off (`mail-off`)"
        ),
        NeedsAdministrator,
    )
)]
#[post("/api/admin/invitations/{id}/resend")]
pub(in crate::http) async fn resend_invitation(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&request)?;
    let token = administrator.token.clone();
    let context = to_context(administrator, origin);
    let invitation = service.resend_invitation(&context, &token, id).await.map_err(invite_problem)?;
    Ok(HttpResponse::Accepted().json(InvitationBody::new(invitation, service.clock.now())))
}
