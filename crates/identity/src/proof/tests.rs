//! The proofs of RFC 9449, and every fault that a proof can have, by proofs made under a key of our own.

use serde_json::json;

use super::*;
use crate::issue::SigningKey;

/// RFC 9449 sections 4.1 and 7.1: what the examples are proofs for.
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUk\
                      lDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUw\
                      Q2R2R1JEQSIsImNydiI6IlAtMjU2In19";
const FOR_RESOURCE: &str = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFt\
                            cGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF\
                            c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6p\
                            xHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const FOR_TOKEN_ENDPOINT: &str = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyL\
                                  mV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8ig\
                                  iMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn proofs(rules: ProofRules) -> Proofs {
    Proofs::new(rules, 0, &[7; 32])
}

fn example(method: &'static str, host: &'static str, path: &'static str) -> Request<'static> {
    let key = Thumbprint::parse(KEY).unwrap();
    Request { method, scheme: "https", host, path, token: TOKEN.as_bytes(), key }
}

#[test]
fn the_proof_of_the_standard_is_good_once_and_for_its_request_only() {
    let (proofs, now) = (proofs(ProofRules::default()), Timestamp::from_secs(1_562_262_620));
    let proof = format!("{HEADER}.{FOR_RESOURCE}");
    let verify = |request: &Request<'_>| proofs.verify(proof.as_bytes(), request, now);
    let own = example("GET", "resource.example.org", "/protectedresource");
    assert_eq!(verify(&Request { method: "POST", ..own }), Err(ProofError::WrongMethod));
    assert_eq!(verify(&Request { path: "/other", ..own }), Err(ProofError::WrongTarget));
    assert_eq!(verify(&Request { scheme: "http", ..own }), Err(ProofError::WrongTarget));
    assert_eq!(verify(&Request { token: b"other", ..own }), Err(ProofError::WrongToken));
    let key = Thumbprint::of_certificate(b"");
    assert_eq!(verify(&Request { key, ..own }), Err(ProofError::WrongKey));
    assert_eq!(verify(&own), Ok(None));
    assert_eq!(verify(&own), Err(ProofError::Replayed));
}

#[test]
fn a_proof_for_a_token_endpoint_names_no_token_and_is_not_good_here() {
    let proof = format!("{HEADER}.{FOR_TOKEN_ENDPOINT}");
    let own = example("POST", "server.example.com", "/token");
    let answer =
        proofs(ProofRules::default()).verify(proof.as_bytes(), &own, Timestamp::from_secs(1_562_262_616));
    assert_eq!(answer, Err(ProofError::BadClaim("ath")));
}

/// A key of our own and what it proves, changed by each test.
struct Client {
    key: SigningKey,
    header: Value,
    claims: Value,
}

impl Client {
    fn new() -> Client {
        Client::of(Algorithm::Es256)
    }

    fn of(algorithm: Algorithm) -> Client {
        let key = SigningKey::generate(algorithm, "unused").unwrap();
        let mut jwk = key.public_jwk();
        for member in ["kid", "alg", "use"] {
            jwk.as_object_mut().unwrap().remove(member);
        }
        let claims = json!({
            "jti": "1", "htm": "GET", "htu": "https://api.example/orders", "iat": NOW.as_secs(),
            "ath": base64url::encode(sha256(b"token")),
        });
        Client { key, header: json!({"typ": "dpop+jwt", "alg": algorithm.as_str(), "jwk": jwk}), claims }
    }

    fn proof(&self) -> String {
        self.key.sign_parts(&self.header.to_string(), &self.claims.to_string()).unwrap()
    }

    fn request(&self) -> Request<'static> {
        let key = Thumbprint::of_jwk(self.key.public_jwk().as_object().unwrap()).unwrap();
        Request { method: "GET", scheme: "https", host: "api.example", path: "/orders", token: b"token", key }
    }

    fn verify(&self, proofs: &Proofs, now: Timestamp) -> Result<Option<String>, ProofError> {
        proofs.verify(self.proof().as_bytes(), &self.request(), now)
    }

    #[track_caller]
    fn check(&self, expected: Result<(), ProofError>) {
        let answer = self.verify(&proofs(ProofRules::default()), NOW);
        assert_eq!(answer, expected.map(|()| None), "{} {}", self.header, self.claims);
    }

    #[track_caller]
    fn check_header(member: &str, value: Value, expected: ProofError) {
        let mut client = Client::new();
        client.header[member] = value;
        client.check(Err(expected));
    }

    #[track_caller]
    fn check_claim(claim: &str, value: Value, expected: ProofError) {
        let mut client = Client::new();
        client.claims[claim] = value;
        client.check(Err(expected));
    }
}

#[test]
fn every_kind_of_key_proves() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::Ed25519] {
        Client::of(algorithm).check(Ok(()));
    }
}

#[test]
fn the_header_says_that_it_is_a_proof_and_pins_its_key() {
    for kind in [json!("JWT"), json!("DPoP+JWT"), json!("at+jwt"), json!("")] {
        Client::check_header("typ", kind, ProofError::WrongType);
    }
    let mut untyped = Client::new();
    untyped.header.as_object_mut().unwrap().remove("typ");
    untyped.check(Err(ProofError::WrongType));
    for name in ["none", "HS256", "es256", ""] {
        Client::check_header("alg", json!(name), ProofError::UnsupportedAlgorithm);
    }
    Client::check_header("alg", json!("RS256"), ProofError::BadKey(KeyError::WrongAlgorithm));
    for member in REFUSED_MEMBERS {
        let refused = ProofError::Malformed(TokenError::HeaderRefused(member));
        Client::check_header(member, json!(null), refused);
    }
    for jwk in [json!(null), json!("x"), json!([])] {
        Client::check_header("jwk", jwk, ProofError::BadKey(KeyError::Malformed("jwk")));
    }
}

#[test]
fn its_key_is_public_and_the_one_that_the_token_is_bound_to() {
    let mut private = Client::new();
    private.header["jwk"]["d"] = json!("AA");
    private.check(Err(ProofError::BadKey(KeyError::Private)));
    let (mut own, other) = (Client::new(), Client::new());
    own.header["jwk"] = other.header["jwk"].clone();
    own.check(Err(ProofError::WrongKey));
    // The right key in the header, and a signature of another.
    let (mut forged, bound) = (Client::new(), Client::new());
    forged.header["jwk"] = bound.header["jwk"].clone();
    let answer =
        proofs(ProofRules::default()).verify(forged.proof().as_bytes(), &bound.request(), NOW).unwrap_err();
    assert_eq!(answer, ProofError::BadSignature);
    Client::check_header("jwk", json!({"kty": "oct", "k": "AA"}), ProofError::WrongKey);
}

#[test]
fn every_claim_must_be_there_and_of_its_kind() {
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        let mut client = Client::new();
        client.claims.as_object_mut().unwrap().remove(claim);
        client.check(Err(ProofError::BadClaim(claim)));
        Client::check_claim(claim, json!([]), ProofError::BadClaim(claim));
    }
    Client::check_claim("jti", json!(""), ProofError::BadClaim("jti"));
    Client::check_claim("jti", json!("x".repeat(257)), ProofError::BadClaim("jti"));
    Client::check_claim("iat", json!("1764000000"), ProofError::BadClaim("iat"));
    Client::check_claim("nonce", json!(7), ProofError::BadClaim("nonce"));
    Client::check_claim("htm", json!("get"), ProofError::WrongMethod);
    Client::check_claim("htu", json!("https://api.example/orders/"), ProofError::WrongTarget);
    Client::check_claim("ath", json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"), ProofError::WrongToken);
    let mut with_query = Client::new();
    with_query.claims["htu"] = json!("https://API.example:443/orders?limit=1#x");
    with_query.check(Ok(()));
}

#[test]
fn a_proof_is_good_for_a_while_and_hardly_before_it_was_made() {
    let now = NOW.as_secs();
    let check = |iat: Value, expected: Result<(), ProofError>| {
        let mut client = Client::new();
        client.claims["iat"] = iat;
        client.check(expected);
    };
    check(json!(now - 59), Ok(()));
    check(json!(now - 60), Err(ProofError::Stale));
    check(json!(0), Err(ProofError::Stale));
    check(json!(now + 10), Ok(()));
    check(json!(now + 11), Err(ProofError::NotYetValid));
    check(json!(now as f64 + 0.5), Ok(()));
    check(json!(1e300), Err(ProofError::NotYetValid));
    let longest = proofs(ProofRules { age_max: Duration::from_secs(3600), needs_nonce: false });
    let at = |secs| Client::new().verify(&longest, Timestamp::from_secs(now + secs));
    assert_eq!((at(599), at(600)), (Ok(None), Err(ProofError::Stale)));
}

#[test]
fn a_proof_is_good_once_as_long_as_it_would_be_good_at_all() {
    let (proofs, client) = (proofs(ProofRules::default()), Client::new());
    assert_eq!(client.verify(&proofs, NOW), Ok(None));
    for secs in [0, 1, 59] {
        let later = Timestamp::from_secs(NOW.as_secs() + secs);
        assert_eq!(client.verify(&proofs, later), Err(ProofError::Replayed), "{secs}");
    }
    assert_eq!(client.verify(&proofs, Timestamp::from_secs(NOW.as_secs() + 60)), Err(ProofError::Stale));
    let relaxed = proofs.with_rules(ProofRules { needs_nonce: true, ..ProofRules::default() });
    let strict = relaxed.with_rules(ProofRules::default());
    assert_eq!(client.verify(&strict, NOW), Err(ProofError::Replayed), "other rules forget nothing");
    let mut other = Client::new();
    assert_eq!(other.verify(&proofs, NOW), Ok(None), "another key may use the same `jti`");
    other.claims["jti"] = json!("2");
    assert_eq!(other.verify(&proofs, NOW), Ok(None));
}

#[test]
fn a_refused_proof_is_not_remembered() {
    let (proofs, client) = (proofs(ProofRules::default()), Client::new());
    let mut broken = client.proof();
    broken.replace_range(broken.len() - 4.., "AAAA");
    let answer = proofs.verify(broken.as_bytes(), &client.request(), NOW);
    assert!(matches!(answer, Err(ProofError::BadSignature | ProofError::Malformed(_))), "{answer:?}");
    assert_eq!(client.verify(&proofs, NOW), Ok(None));
}

#[test]
fn a_nonce_is_asked_for_and_renewed_where_the_rules_say_so() {
    let proofs = proofs(ProofRules { needs_nonce: true, ..ProofRules::default() });
    let mut client = Client::new();
    assert_eq!(client.verify(&proofs, NOW), Err(ProofError::NonceWanted));
    client.claims["nonce"] = json!("made-up");
    assert_eq!(client.verify(&proofs, NOW), Err(ProofError::NonceWanted));
    client.claims["nonce"] = json!(proofs.nonce(NOW));
    assert_eq!(client.verify(&proofs, NOW), Ok(None));
    let later = NOW.plus(Duration::from_secs(60));
    client.claims["iat"] = json!(later.as_secs());
    client.claims["jti"] = json!("2");
    assert_eq!(client.verify(&proofs, later), Ok(Some(proofs.nonce(later))));
    assert_ne!(proofs.nonce(later), proofs.nonce(NOW));
    let much_later = NOW.plus(Duration::from_secs(120));
    client.claims["iat"] = json!(much_later.as_secs());
    assert_eq!(client.verify(&proofs, much_later), Err(ProofError::NonceWanted));
}

#[test]
fn what_is_no_token_is_refused_without_a_word_of_it() {
    let (proofs, client) = (proofs(ProofRules::default()), Client::new());
    for proof in ["", "canary", "canary.canary.canary", "a.b.c.d.e", &"canary".repeat(2000)] {
        let error = proofs.verify(proof.as_bytes(), &client.request(), NOW).unwrap_err();
        assert!(matches!(error, ProofError::Malformed(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    Client::check_claim("htm", json!("canary"), ProofError::WrongMethod);
}
