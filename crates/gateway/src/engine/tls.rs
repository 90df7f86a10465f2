//! TLS towards callers and backends.

use std::fmt;
use std::sync::Arc;

use model::{Problem, Severity};
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use spec::{Document, Node};

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
    /// A listener without a certificate.
    #[error("no certificate")]
    NoCertificate,
}

/// Certificates of one listener: the one that covers the name asked for, else the first.
#[derive(Default)]
struct Certificates(Vec<Arc<CertifiedKey>>);

/// The TLS of a listener with these PEM chains and keys, offering HTTP/2 and HTTP/1.1.
///
/// # Errors
/// A chain or key that cannot be read or used.
pub(crate) fn server_config(pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Arc<ServerConfig>, TlsError> {
    let mut certificates = Certificates::default();
    for (chain, key) in pairs {
        certificates.0.push(Arc::new(certified_key(chain, key)?));
    }
    if certificates.0.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificates));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The TLS towards a backend: its authorities in PEM form, or the system's where none are given.
///
/// # Errors
/// Authorities that cannot be read.
pub(crate) fn client_config(authorities: Option<&[u8]>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in chain(pem)? {
                roots.add(certificate)?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What is wrong with a certificate, as a problem of the config at `place`.
pub(crate) fn tls_problem(document: &Document, place: Node<'_>, error: &TlsError) -> Problem {
    document
        .problem(Severity::Error, place, error.to_string())
        .help("give a PEM chain, leaf first, and the key of its leaf")
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.map_err(|source| TlsError::Pem { what: "certificate", source })
}

fn certified_key(pem_chain: &[u8], pem_key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(pem_key)
        .map_err(|source| TlsError::Pem { what: "private key", source })?;
    Ok(CertifiedKey::from_der(chain(pem_chain)?, key, &aws_lc_rs::default_provider())?)
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| self.0.iter().find(|certified| covers(certified, &name)));
        named.or_else(|| self.0.first()).cloned()
    }
}

/// Whether the leaf is valid for `name`, by the very rule that callers verify it with.
fn covers(certified: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let leaf = certified.end_entity_cert().and_then(ParsedCertificate::try_from);
    leaf.is_ok_and(|leaf| verify_server_name(&leaf, name).is_ok())
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("count", &self.0.len()).finish_non_exhaustive()
    }
}
