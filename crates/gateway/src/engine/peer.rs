//! Who is at the other end of a TLS connection, and whether that still holds when a request comes.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use identity::ClientCertificate;
use model::Timestamp;
use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::tls::Clients;
use crate::config::AskClients;
use crate::denial::{Denial, Reason};
use crate::normalize::Host;
use crate::snapshot::{ListenerKey, Snapshot};

/// How long a verified chain is believed on an open connection; a certificate that expires meanwhile is good so long.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// The other end of one TLS connection.
#[derive(Debug)]
pub(super) struct Peer {
    /// The listener's place in the config.
    listener: ListenerKey,
    /// The name that the client asked for.
    name: Option<Box<str>>,
    chain: Vec<CertificateDer<'static>>,
    certificate: Option<Arc<ClientCertificate>>,
    verified: Cell<Verified>,
}

/// When a chain was verified last, by which snapshot, and with what outcome.
#[derive(Debug, Clone, Copy, Default)]
struct Verified {
    generation: u64,
    at: Timestamp,
    is_good: bool,
}

impl Peer {
    /// The other end of `connection`, whose handshake is over. Its certificate is verified once more with the first
    /// request: a reload may lie between.
    pub(super) fn of(listener: ListenerKey, connection: &ServerConnection) -> Peer {
        let chain: Vec<_> = connection.peer_certificates().unwrap_or_default().to_vec();
        let certificate = chain.first().and_then(|leaf| ClientCertificate::read(leaf)).map(Arc::new);
        let name = connection.server_name().map(Into::into);
        Peer { listener, name, chain, certificate, verified: Cell::default() }
    }

    /// The certificate that the client proved to hold, if it is good by `snapshot` at `now`.
    ///
    /// # Errors
    /// `misdirected-request` where what is asked of clients depends on the name, and the request is for another host
    /// than the connection is. `certificate-required` where one is needed by now and is absent, or no longer good.
    pub(super) fn certificate(
        &self,
        snapshot: &Snapshot,
        host: Option<&Host<'_>>,
        now: Timestamp,
    ) -> Result<Option<&Arc<ClientCertificate>>, Denial> {
        // A listener that speaks no TLS any more asks nobody for anything; that is for the reader of the config to mean.
        let plan = snapshot.listener(self.listener);
        let Some(tls) = plan.and_then(|plan| plan.tls.as_ref()) else { return Ok(None) };
        if tls.differs_by_name() && !host.is_some_and(|host| self.is_for(host)) {
            let detail = "another host than the connection is for, of which other certificates are asked";
            return Err(Denial::protocol(Reason::MisdirectedRequest, detail));
        }
        let Some(clients) = tls.clients(self.name.as_deref()) else { return Ok(None) };
        let is_good = self.is_good(clients, snapshot.generation, now);
        if !is_good && clients.ask == AskClients::Required {
            let detail = "no certificate of the client, or one that is no longer good";
            return Err(Denial::protocol(Reason::CertificateRequired, detail));
        }
        Ok(self.certificate.as_ref().filter(|_| is_good))
    }

    fn is_for(&self, host: &Host<'_>) -> bool {
        self.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host.name()))
    }

    /// Whether the chain is good. Verifying takes some hundred microseconds, so an outcome is kept for a while, but never
    /// past a reload: what a new list revokes is refused with the next request, on connections that were open before.
    fn is_good(&self, clients: &Clients, generation: u64, now: Timestamp) -> bool {
        let Some((leaf, rest)) = self.chain.split_first() else { return false };
        let last = self.verified.get();
        let is_fresh = last.at <= now && now.since(last.at) < BELIEVED_FOR;
        if last.generation == generation && is_fresh {
            return last.is_good;
        }
        let time = UnixTime::since_unix_epoch(Duration::from_micros(now.as_micros()));
        let is_good = clients.verifier.verify_client_cert(leaf, rest, time).is_ok();
        self.verified.set(Verified { generation, at: now, is_good });
        is_good
    }
}
