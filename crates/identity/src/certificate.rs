//! What a client's certificate says of its holder: its digest, and the names that its authority vouches for.

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::thumbprint::Thumbprint;

/// The scheme of SPIFFE ids (SPIFFE-ID section 2).
const SPIFFE: &str = "spiffe://";

/// A client's certificate, once the connection has proven it: its chain, its time, and that the client holds its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// `x5t#S256` (RFC 8705 section 3.1).
    pub thumbprint: Thumbprint,
    /// The service that holds it: its SPIFFE id, else its first DNS name. Absent where it has neither, or two SPIFFE
    /// ids, of which X.509-SVID section 2 allows one.
    pub service: Option<String>,
    /// Its DNS names.
    pub names: Vec<String>,
}

impl ClientCertificate {
    /// Reads the leaf of a chain; nothing where it is no certificate. Whether it is to be trusted is not asked here.
    pub fn read(der: &[u8]) -> Option<ClientCertificate> {
        let leaf = CertificateDer::from(der);
        let certificate = EndEntityCert::try_from(&leaf).ok()?;
        let names: Vec<String> = certificate.valid_dns_names().map(str::to_owned).collect();
        let mut ids = certificate.valid_uri_names().filter(|uri| uri.starts_with(SPIFFE));
        let service = match (ids.next(), ids.next()) {
            (Some(id), None) => Some(id.to_owned()),
            (None, _) => names.first().cloned(),
            (Some(_), Some(_)) => None,
        };
        Some(ClientCertificate { thumbprint: Thumbprint::of_certificate(der), service, names })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    #[track_caller]
    fn check(uris: &[&str], names: &[&str], service: Option<&str>) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names.clone()).unwrap();
        params.subject_alt_names.extend(uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())));
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let read = ClientCertificate::read(made.der()).unwrap();
        assert_eq!(read.service.as_deref(), service);
        assert_eq!(read.names, names);
        assert_eq!(read.thumbprint, Thumbprint::of_certificate(made.der()));
    }

    #[test]
    fn a_service_is_its_spiffe_id_or_its_first_name() {
        check(&["spiffe://prod/billing"], &["billing.example"], Some("spiffe://prod/billing"));
        check(&["https://billing.example/"], &["billing.example", "b.example"], Some("billing.example"));
        check(&[], &[], None);
        check(&["spiffe://prod/a", "spiffe://prod/b"], &["a.example"], None);
    }

    #[test]
    fn what_is_no_certificate_is_nobody_s() {
        assert_eq!(ClientCertificate::read(b""), None);
        assert_eq!(ClientCertificate::read(b"\x30\x03\x02\x01\x00"), None);
    }
}
