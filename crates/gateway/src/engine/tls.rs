//! TLS towards callers and backends.

use std::fmt;
use std::sync::Arc;

use model::{Problem, Severity};
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use spec::{Document, Node};

use crate::config::AskClients;

/// What is wrong with a certificate, a key or a set of authorities.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not PEM, or has no certificate or key in it.
    #[error("no {what} in PEM form: {source}")]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// Why it was not found.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate or key cannot be used, or they do not belong together.
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
    /// The authorities of clients, or their revocation lists, cannot be used.
    #[error("clients cannot be verified: {0}")]
    Clients(#[from] VerifierBuilderError),
    /// A listener without a certificate.
    #[error("no certificate")]
    NoCertificate,
}

/// The TLS of one listener: the certificate that covers the name asked for, else the first, and what is asked of the
/// clients who ask for it.
#[derive(Debug)]
pub struct ListenerTls {
    offers: Vec<Offer>,
    differs: bool,
}

/// One certificate, and what is asked of clients.
pub(crate) struct Offer {
    certified: Arc<CertifiedKey>,
    config: Arc<ServerConfig>,
    clients: Option<Arc<Clients>>,
}

/// Whom clients must be vouched for by.
#[derive(Debug)]
pub(crate) struct Clients {
    /// Whether a client without a certificate is refused.
    pub(crate) ask: AskClients,
    /// Verifies a chain up to the authorities, and that nothing of it is revoked.
    pub(crate) verifier: Arc<dyn ClientCertVerifier>,
}

impl ListenerTls {
    /// # Errors
    /// Where there is no certificate at all.
    pub(crate) fn new(offers: Vec<Offer>) -> Result<ListenerTls, TlsError> {
        let Some(first) = offers.first() else { return Err(TlsError::NoCertificate) };
        let same = |one: &Option<Arc<Clients>>, other: &Option<Arc<Clients>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let differs = offers.iter().any(|offer| !same(&offer.clients, &first.clients));
        Ok(ListenerTls { offers, differs })
    }

    /// Whether what is asked of clients depends on the name that they ask for.
    pub(crate) fn differs_by_name(&self) -> bool {
        self.differs
    }

    /// How to go on with a client who asks for `name`.
    pub(crate) fn config(&self, name: Option<&str>) -> Option<Arc<ServerConfig>> {
        self.offer(name).map(|offer| Arc::clone(&offer.config))
    }

    /// What is asked of clients who ask for `name`; nothing where they are not asked for a certificate.
    ///
    /// Asked for each request, so names are looked at only where it depends on them.
    pub(crate) fn clients(&self, name: Option<&str>) -> Option<&Clients> {
        let offer = if self.differs { self.offer(name) } else { self.offers.first() };
        offer?.clients.as_deref()
    }

    fn offer(&self, name: Option<&str>) -> Option<&Offer> {
        let name = name.and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| self.offers.iter().find(|offer| offer.covers(&name)));
        named.or_else(|| self.offers.first())
    }
}

impl Offer {
    /// A PEM chain, its key, and what is asked of clients; HTTP/2 and HTTP/1.1 are offered.
    ///
    /// Where clients are asked for certificates, no session is resumed: a resumed one brings the certificate of its first
    /// handshake along, unverified, and so could outlive its revocation.
    ///
    /// # Errors
    /// A chain or key that cannot be read or used.
    pub(crate) fn new(
        pem_chain: &[u8],
        pem_key: &[u8],
        clients: Option<Arc<Clients>>,
    ) -> Result<Offer, TlsError> {
        let certified = certified_key(pem_chain, pem_key)?;
        let single = SingleCertAndKey::from(certified.clone());
        let versions = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?;
        let mut config = match &clients {
            None => versions.with_no_client_auth(),
            Some(clients) => versions.with_client_cert_verifier(Arc::clone(&clients.verifier)),
        }
        .with_cert_resolver(Arc::new(single));
        if clients.is_some() {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Offer { certified: Arc::new(certified), config: Arc::new(config), clients })
    }

    /// Whether the leaf is valid for `name`, by the very rule that callers verify it with.
    fn covers(&self, name: &ServerName<'_>) -> bool {
        let leaf = self.certified.end_entity_cert().and_then(ParsedCertificate::try_from);
        leaf.is_ok_and(|leaf| verify_server_name(&leaf, name).is_ok())
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("clients", &self.clients).finish_non_exhaustive()
    }
}

impl Clients {
    /// Clients that `authorities` (PEM) vouch for. With any of `lists` (PEM or DER), each authority of a chain must have
    /// a list that has not expired, and nothing of the chain may be on one.
    ///
    /// # Errors
    /// Authorities or lists that cannot be read.
    pub(crate) fn new(authorities: &[u8], lists: &[Vec<u8>], ask: AskClients) -> Result<Clients, TlsError> {
        let mut revoked = Vec::new();
        for list in lists {
            revoked.extend(revocation_lists(list)?);
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authorities)?), provider)
                .with_crls(revoked)
                .enforce_revocation_expiration();
        if ask == AskClients::Optional {
            builder = builder.allow_unauthenticated();
        }
        Ok(Clients { ask, verifier: builder.build()? })
    }
}

/// The TLS towards a backend: its authorities in PEM form, or the system's where none are given, and the chain and key
/// that prove who calls, where it asks.
///
/// # Errors
/// Authorities, a chain or a key that cannot be read or used.
pub(crate) fn client_config(
    authorities: Option<&[u8]>,
    own: Option<(&[u8], &[u8])>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let roots = match authorities {
        Some(pem) => roots(pem)?,
        None => {
            let mut roots = RootCertStore::empty();
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            roots
        }
    };
    let verifying = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match own {
        None => verifying.with_no_client_auth(),
        Some((pem_chain, pem_key)) => {
            let certified = certified_key(pem_chain, pem_key)?;
            verifying.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
        }
    };
    Ok(Arc::new(config))
}

/// What is wrong with a certificate, as a problem of the config at `place`.
pub(crate) fn tls_problem(document: &Document, place: Node<'_>, error: &TlsError) -> Problem {
    let help = match error {
        TlsError::Clients(_) => {
            "give the authorities in PEM form, and revocation lists that they have signed"
        }
        _ => "give a PEM chain, leaf first, and the key of its leaf",
    };
    document.problem(Severity::Error, place, error.to_string()).help(help)
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.map_err(|source| TlsError::Pem { what: "certificate", source })
}

fn roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

/// The lists of a file: authorities publish one in DER, people keep several in PEM.
fn revocation_lists(bytes: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    /// The first byte of every list in DER, a SEQUENCE (X.690 8.9); no PEM file begins with it.
    const SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&SEQUENCE) {
        return Ok(vec![CertificateRevocationListDer::from(bytes.to_vec())]);
    }
    let wrong = |source| TlsError::Pem { what: "revocation list", source };
    let lists: Vec<_> =
        CertificateRevocationListDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(wrong)?;
    if lists.is_empty() { Err(wrong(rustls::pki_types::pem::Error::NoItemsFound)) } else { Ok(lists) }
}

fn certified_key(pem_chain: &[u8], pem_key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(pem_key)
        .map_err(|source| TlsError::Pem { what: "private key", source })?;
    Ok(CertifiedKey::from_der(chain(pem_chain)?, key, &aws_lc_rs::default_provider())?)
}
