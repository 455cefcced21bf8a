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

/// What the console needs.
#[derive(Clone)]
pub struct ConsoleSettings {
    /// Where the API is: `http://HOST:PORT`.
    pub api_url: String,
    /// Signs the addresses of the browsers that the console calls the API for.
    pub address_signer: ClientAddressSigner,
    /// What cookies are encrypted with, at least 32 bytes each: the first for new ones, all for reading.
    pub cookie_keys: Vec<SecretSlice<u8>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes tokens against forged forms.
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
    /// # Errors
    /// An address that is none of an API.
    pub fn new(settings: ConsoleSettings) -> Result<Self, Error> {
        let ConsoleSettings { api_url, address_signer, cookie_keys, clock, ids } = settings;
        let api = Client::new(&api_url)?.with_deadline(DEADLINE);
        let keys = cookie_keys.iter().map(|key| Key::derive_from(key.expose_secret())).collect();
        let (submissions, streams) = (request::Submissions::default(), Arc::default());
        let foreign_origin_log = LogThrottle::default();
        let address_signer = Arc::new(ServiceKeySigner(address_signer));
        Ok(Self { api, address_signer, keys, clock, ids, submissions, streams, foreign_origin_log })
    }

    /// Event streams that are open.
    pub fn open_streams(&self) -> usize {
        self.streams.open()
    }

    /// Logs that a form was refused because of its origin, at most once a minute: a client could fill the log with it.
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

/// How long a person waits for an answer of the API; the guide's five seconds.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// Signs with the key that the services share.
#[derive(Debug)]
struct ServiceKeySigner(ClientAddressSigner);

impl AddressSigner for ServiceKeySigner {
    fn sign(&self, address: IpAddr, method: &str, target: &str) -> (&'static str, String) {
        (client_address::HEADER, self.0.header(address, method, target))
    }
}
