//! No bytes make the readers of proofs and certificates panic, or pass for a proof that nobody signed.

#![no_main]

use std::sync::LazyLock;

use identity::proof::{ProofRules, Proofs, Request};
use identity::{ClientCertificate, Thumbprint};
use libfuzzer_sys::fuzz_target;
use model::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

static PROOFS: LazyLock<Proofs> = LazyLock::new(|| Proofs::new(ProofRules::default(), 0, &[7; 32]));

fuzz_target!(|bytes: &[u8]| {
    // The digest of nothing: no key has it.
    let key = Thumbprint::of_certificate(b"");
    let request = Request {
        method: "GET",
        scheme: "https",
        host: "api.example",
        path: "/orders",
        token: b"token",
        key,
    };
    PROOFS.verify(bytes, &request, NOW).expect_err("nothing is signed");
    if let Some(certificate) = ClientCertificate::read(bytes) {
        assert_eq!(certificate.thumbprint, Thumbprint::of_certificate(bytes));
    }
});
