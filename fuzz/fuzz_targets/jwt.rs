//! No bytes make the token reader panic, pass without a signature, or mean two things.

#![no_main]

use std::sync::{Arc, LazyLock};

use identity::feed::KeyFeed;
use identity::issue::{SigningKey, key_set};
use identity::{Algorithm, Algorithms, CacheLimits, Issuer, KeySet, TokenCache, Verifier};
use libfuzzer_sys::fuzz_target;
use model::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

/// The key is made anew by each run and signs nothing, so no input can carry its signature.
static VERIFIER: LazyLock<Arc<Verifier>> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::Es256, "k1").expect("a key");
    let keys = KeySet::parse(key_set(&[&key]).to_string().as_bytes(), Algorithms::ALL).expect("a key set");
    let issuer = Issuer::new("https://issuer.example", vec!["orders".into()]);
    Arc::new(Verifier::new(vec![(issuer, Arc::new(KeyFeed::fixed(keys)))]).expect("a verifier"))
});

fuzz_target!(|token: &[u8]| {
    let refused = VERIFIER.verify(token, NOW).expect_err("nothing is signed");
    let mut cache = TokenCache::new(CacheLimits::default());
    for _ in 0..2 {
        assert_eq!(cache.verify(&VERIFIER, token, NOW).expect_err("nothing is signed"), refused);
    }
});
