use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use secrecy::{ExposeSecret, SecretSlice};
use steward_client::{AddressSigner, Client, Error};
use steward_contracts::services::{ClientAddressSigner, client_address};
use steward_domain::ports::{Clock, IdGenerator};
use steward_web::LogThrottle;

use crate::pages::Streams;
use crate::{assets, pages, request};

/// The settings and dependencies of the console.
#[derive(Clone)]
pub struct ConsoleSettings {
    /// The base URL of the API: `http://HOST:PORT`.
    pub api_url: String,
    /// Signs the address of the browser in each call of the API.
    pub address_signer: ClientAddressSigner,
    /// Keys of at least 32 bytes that encrypt cookies. The first encrypts; all decrypt.
    pub cookie_keys: Vec<SecretSlice<u8>>,
    /// Returns the current time.
    pub clock: Arc<dyn Clock>,
    /// Generates CSRF tokens and submission ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The console, shared by all workers.
pub struct Console {
    pub(crate) api: Client,
    pub(crate) address_signer: Arc<dyn AddressSigner>,
    pub(crate) keys: Arc<[Key]>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) submissions: request::Submissions,
    pub(crate) streams: Arc<Streams>,
    foreign_origin_log: LogThrottle,
}

impl Console {
    /// Creates a console from its settings.
    ///
    /// # Errors
    /// Returns an error if the API's URL is not valid.
    pub fn new(settings: ConsoleSettings) -> Result<Self, Error> {
        let ConsoleSettings { api_url, address_signer, cookie_keys, clock, ids } = settings;
        let api = Client::new(&api_url)?.with_deadline(DEADLINE);
        let keys = cookie_keys.iter().map(|key| Key::derive_from(key.expose_secret())).collect();
        let (submissions, streams) = (request::Submissions::default(), Arc::default());
        let foreign_origin_log = LogThrottle::default();
        let address_signer = Arc::new(ServiceKeySigner(address_signer));
        Ok(Self { api, address_signer, keys, clock, ids, submissions, streams, foreign_origin_log })
    }

    /// Returns the number of open event streams.
    pub fn open_streams(&self) -> usize {
        self.streams.open()
    }

    /// Logs a form that was refused because of its origin. Logs at most once a minute, so that a client cannot flood
    /// the log.
    pub(crate) fn log_foreign_origin(&self, origin: &str, own: &str) {
        if self.foreign_origin_log.is_due(self.clock.now().timestamp()) {
            tracing::warn!(
                origin,
                requested = own,
                "refused a form whose origin is not the requested address: a proxy must forward Host, or set \
                 X-Forwarded-Host and be listed in STEWARD_TRUSTED_PROXIES; it must not set Referrer-Policy: no-referrer"
            );
        }
    }

    /// Mounts every page.
    pub fn routes(self: Arc<Self>) -> impl FnOnce(&mut ServiceConfig) {
        move |config| {
            let all = web::scope("")
                .app_data(Data::from(self))
                .wrap(from_fn(request::layer))
                .configure(assets::routes)
                .configure(pages::routes)
                .default_service(web::to(pages::not_found));
            config.service(all);
        }
    }
}

/// The deadline of a call of the API, as the guide requires.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// Signs with the service key.
#[derive(Debug)]
struct ServiceKeySigner(ClientAddressSigner);

impl AddressSigner for ServiceKeySigner {
    fn sign(&self, address: IpAddr, method: &str, target: &str) -> (&'static str, String) {
        (client_address::HEADER, self.0.header(address, method, target))
    }
}
