use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use steward_client::Client;

use super::{RequestContext, Session};
use crate::failure::Failure;

/// Whoever is signed in. Others are asked to sign in first, and those who have to change their password to do that.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) context: RequestContext,
    pub(crate) session: Session,
    /// The API, called as them.
    pub(crate) api: Client,
}

/// An administrator who is signed in. Whether they may is the API's to say: this one spares others the question.
#[derive(Clone)]
pub(crate) struct Administrator(pub(crate) SignedIn);

/// Whoever is signed in, even those who have to change their password first: for the page where they do, and to sign
/// out.
#[derive(Clone)]
pub(crate) struct PendingPasswordChange(pub(crate) SignedIn);

/// Whom a page or a form may be for.
pub(crate) trait Caller: Sized + 'static {
    /// Whether it is for every visitor of this browser: their forms stay good when one signs in or out elsewhere.
    const IS_ANYBODY: bool = false;

    /// Whoever the context is of, if they are of this kind; else where they are led instead.
    fn find(context: RequestContext) -> impl Future<Output = Result<Self, Failure>>;
}

/// Anybody.
impl Caller for RequestContext {
    const IS_ANYBODY: bool = true;

    async fn find(context: RequestContext) -> Result<Self, Failure> {
        Ok(context)
    }
}

impl Caller for PendingPasswordChange {
    async fn find(context: RequestContext) -> Result<Self, Failure> {
        let session = context.cookies().session().ok_or(Failure::SignInNeeded)?;
        let now = context.now();
        let session = if session.needs_refresh(now) { refreshed(&context, session).await? } else { session };
        Ok(Self(SignedIn::with(context, session)))
    }
}

impl Caller for SignedIn {
    async fn find(context: RequestContext) -> Result<Self, Failure> {
        let PendingPasswordChange(who) = PendingPasswordChange::find(context).await?;
        if who.session.must_change_password { Err(Failure::PasswordChangeNeeded) } else { Ok(who) }
    }
}

impl Caller for Administrator {
    async fn find(context: RequestContext) -> Result<Self, Failure> {
        SignedIn::find(context).await?.administrator()
    }
}

impl SignedIn {
    /// Whoever is signed in, with the token as it is: for what goes on by itself, and must not keep a session open.
    pub(crate) fn without_refresh(context: RequestContext) -> Result<Self, Failure> {
        let session = context.cookies().session().ok_or(Failure::SignInNeeded)?;
        if session.must_change_password {
            return Err(Failure::PasswordChangeNeeded);
        }
        Ok(Self::with(context, session))
    }

    fn with(context: RequestContext, session: Session) -> Self {
        let api = context.api().with_token(session.access_token.clone());
        Self { context, session, api }
    }

    /// As an administrator, if they are one.
    pub(crate) fn administrator(self) -> Result<Administrator, Failure> {
        if self.session.is_administrator() { Ok(Administrator(self)) } else { Err(Failure::Forbidden) }
    }
}

/// Exchanges the refresh token. Requests that do so at the same time get the same one from the API.
async fn refreshed(context: &RequestContext, session: Session) -> Result<Session, Failure> {
    match context.api().refresh(&session.refresh_token).await {
        Ok(answer) => {
            let session = session.renewed(answer, context.now());
            context.cookies().keep_session(&session);
            Ok(session)
        }
        Err(error) if matches!(error.status(), Some(400 | 401 | 403 | 422)) => Err(Failure::SignInNeeded),
        Err(error) => Err(error.into()),
    }
}

/// Ends a session that another one replaces. One that cannot be ended now ends by itself.
pub(crate) async fn end(context: &RequestContext, session: Session) {
    let token = if session.needs_refresh(context.now()) {
        context.api().refresh(&session.refresh_token).await.map(|answer| answer.access_token)
    } else {
        Ok(session.access_token)
    };
    if let Ok(token) = token {
        let _ = context.api().with_token(token).logout().await;
    }
}

impl FromRequest for SignedIn {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::of(request);
        Box::pin(async move { Self::find(context?).await })
    }
}

impl FromRequest for PendingPasswordChange {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::of(request);
        Box::pin(async move { Self::find(context?).await })
    }
}

impl FromRequest for Administrator {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::of(request);
        Box::pin(async move { Self::find(context?).await })
    }
}
