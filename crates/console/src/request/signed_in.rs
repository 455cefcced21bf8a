use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use steward_client::Client;
use steward_contracts::bodies::ProfileBody;
use steward_web::{AcceptedRequirements, NoRequirement};

use super::{RequestContext, Session};
use crate::failure::Failure;
use crate::language::Language;

/// The signed-in user. Redirects to the sign-in without a session, and to the page that fulfils an outstanding
/// requirement of the session that `A` does not accept.
///
/// - `SignedIn`: a session without outstanding requirements, for most pages.
/// - `SignedIn<ChangePassword>`: for the page that fulfils this requirement.
/// - `SignedIn<AnyRequirement>`: for signing out.
pub(crate) struct SignedIn<A = NoRequirement> {
    pub(crate) context: RequestContext,
    pub(crate) session: Session,
    /// The API client with the user's token.
    pub(crate) api: Client,
    accepted: PhantomData<A>,
}

/// A signed-in administrator. The API checks permissions itself; this extractor only avoids calls that it would deny.
pub(crate) struct Administrator(pub(crate) SignedIn);

/// The sender of a request for a page or of a form.
pub(crate) trait Caller: Sized + 'static {
    /// Whether requests without a session are allowed. Such forms stay valid when a user signs in or out in another
    /// window.
    const ALLOWS_ANONYMOUS: bool = false;

    /// Resolves the sender of a request. Returns the failure to respond with if the request is not allowed.
    fn resolve(context: RequestContext) -> impl Future<Output = Result<Self, Failure>>;
}

/// Any sender, signed in or not.
impl Caller for RequestContext {
    const ALLOWS_ANONYMOUS: bool = true;

    async fn resolve(context: RequestContext) -> Result<Self, Failure> {
        Ok(context)
    }
}

impl<A: AcceptedRequirements> Caller for SignedIn<A> {
    async fn resolve(context: RequestContext) -> Result<Self, Failure> {
        let session = context.cookies().session().ok_or(Failure::SignInNeeded)?;
        let now = context.now();
        let session = if session.needs_refresh(now) { refresh(&context, session).await? } else { session };
        Self::authorize(context, session)
    }
}

impl Caller for Administrator {
    async fn resolve(context: RequestContext) -> Result<Self, Failure> {
        SignedIn::<NoRequirement>::resolve(context).await?.administrator()
    }
}

impl SignedIn {
    /// Keeps what every page shows of the user's profile.
    pub(crate) fn remember_profile(&mut self, profile: &ProfileBody) {
        if self.session.time_zone != profile.time_zone || self.session.avatar != profile.avatar {
            self.session.time_zone.clone_from(&profile.time_zone);
            self.session.avatar.clone_from(&profile.avatar);
            self.context.cookies().set_session(&self.session);
        }
    }

    /// Shows pages in the language of the user's profile from now on, if the console has it.
    pub(crate) fn use_language_of(&self, profile: &ProfileBody) {
        if let Some(language) = profile.locale.as_deref().and_then(Language::of_locale) {
            self.context.cookies().set_language(language);
        }
    }

    /// Keeps the hash of the user's picture.
    pub(crate) fn remember_avatar(&mut self, avatar: Option<String>) {
        self.session.avatar = avatar;
        self.context.cookies().set_session(&self.session);
    }

    /// Keeps the user's name.
    pub(crate) fn remember_name(&mut self, name: &str) {
        name.clone_into(&mut self.session.user_name);
        self.context.cookies().set_session(&self.session);
    }

    /// Returns the signed-in user without a refresh of the token. For background requests, which must not extend a
    /// session.
    pub(crate) fn without_refresh(context: RequestContext) -> Result<Self, Failure> {
        let session = context.cookies().session().ok_or(Failure::SignInNeeded)?;
        Self::authorize(context, session)
    }

    /// Returns the user as an administrator.
    ///
    /// # Errors
    /// Returns [`Failure::Forbidden`] if the user is not an administrator.
    pub(crate) fn administrator(self) -> Result<Administrator, Failure> {
        if self.session.is_administrator() { Ok(Administrator(self)) } else { Err(Failure::Forbidden) }
    }
}

impl<A: AcceptedRequirements> SignedIn<A> {
    /// Returns the user of a session with no other outstanding requirements than the accepted ones.
    fn authorize(context: RequestContext, session: Session) -> Result<Self, Failure> {
        if let Some(requirement) = session.requirements().first_except(A::ACCEPTED) {
            return Err(Failure::RequirementOutstanding(requirement));
        }
        let api = context.api().with_token(session.access_token.clone());
        Ok(Self { context, session, api, accepted: PhantomData })
    }
}

/// Refreshes the tokens. The API returns the same tokens to concurrent requests.
async fn refresh(context: &RequestContext, session: Session) -> Result<Session, Failure> {
    match context.api().refresh(&session.refresh_token).await {
        Ok(response) => {
            let session = session.renewed(response, context.now());
            context.cookies().set_session(&session);
            Ok(session)
        }
        Err(error) if matches!(error.status(), Some(400 | 401 | 403 | 422)) => Err(Failure::SignInNeeded),
        Err(error) => Err(error.into()),
    }
}

/// Ends a session that another one replaces. If that fails, the session expires later.
pub(crate) async fn end_session(context: &RequestContext, session: Session) {
    let token = if session.needs_refresh(context.now()) {
        context.api().refresh(&session.refresh_token).await.map(|response| response.access_token)
    } else {
        Ok(session.access_token)
    };
    if let Ok(token) = token {
        let _ = context.api().with_token(token).logout().await;
    }
}

impl<A: AcceptedRequirements> FromRequest for SignedIn<A> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::context_of(request);
        Box::pin(async move { Self::resolve(context?).await })
    }
}

impl FromRequest for Administrator {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::context_of(request);
        Box::pin(async move { Self::resolve(context?).await })
    }
}
