//! How much of real samples is found, and how much that is harmless is taken for something.

use std::path::PathBuf;

use serde_json::Value;

use super::classes;

fn corpus(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sensitive").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    bytes
}

/// Of some samples, how many are there and how many are found.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    all: usize,
    found: usize,
}

impl Count {
    fn add(&mut self, found: bool) {
        self.all += 1;
        self.found += usize::from(found);
    }
}

#[test]
fn keys_and_tokens_of_real_samples_are_found() {
    let Some(bytes) = corpus("secret_cases.json.gz") else { return };
    let text = model::limit::read_capped(flate2::read::GzDecoder::new(&*bytes), 64 << 20).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let (mut secret, mut harmless) = (Count::default(), Count::default());
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        let found = !classes(text).iter().all(|class| {
            ["email", "phone", "internal-address", "file-path", "national-id", "stack-trace"].contains(class)
        });
        let is_secret = case["secret"].as_bool().unwrap();
        if is_secret { secret.add(found) } else { harmless.add(found) }
    }
    println!("secrets: {secret:?}, harmless: {harmless:?}");
    // Of what is said to be harmless most are keys of the right form all the same, which somebody made public on purpose.
    assert!(secret.found >= 957 && harmless.found <= 52, "{secret:?} {harmless:?}");
}

/// The kinds of the corpus that are personal data as the classes understand it, and the class of each.
const KINDS: &[(&str, &str)] = &[
    ("ABA_ROUTING_NUMBER", "national-id"),
    ("AU_ABN", "national-id"),
    ("AU_ACN", "national-id"),
    ("AU_MEDICARE", "national-id"),
    ("AU_TFN", "national-id"),
    ("CREDIT_CARD", "card"),
    ("DE_HEALTH_INSURANCE", "national-id"),
    ("DE_SOCIAL_SECURITY", "national-id"),
    ("DE_TAX_ID", "national-id"),
    ("EMAIL_ADDRESS", "email"),
    ("ES_NIE", "national-id"),
    ("ES_NIF", "national-id"),
    ("FI_PERSONAL_IDENTITY_CODE", "national-id"),
    ("IBAN_CODE", "iban"),
    ("IN_AADHAAR", "national-id"),
    ("IN_GSTIN", "national-id"),
    ("IN_PAN", "national-id"),
    ("IT_FISCAL_CODE", "national-id"),
    ("IT_VAT_CODE", "national-id"),
    ("KR_RRN", "national-id"),
    ("PHONE_NUMBER", "phone"),
    ("PL_PESEL", "national-id"),
    ("SE_ORGANISATIONSNUMMER", "national-id"),
    ("SE_PERSONNUMMER", "national-id"),
    ("SG_NRIC_FIN", "national-id"),
    ("SG_UEN", "national-id"),
    ("TR_NATIONAL_ID", "national-id"),
    ("UK_DRIVING_LICENCE", "national-id"),
    ("UK_NHS", "national-id"),
    ("UK_NINO", "national-id"),
    ("US_ITIN", "national-id"),
    ("US_MBI", "national-id"),
    ("US_SSN", "national-id"),
    ("ZA_ID_NUMBER", "national-id"),
];

#[test]
fn personal_data_of_real_samples_is_found() {
    let Some(bytes) = corpus("presidio_recognizer_cases.json") else { return };
    let cases: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let (mut personal, mut harmless) = (Count::default(), Count::default());
    for (kind, class) in KINDS {
        let (mut own, mut other) = (Count::default(), Count::default());
        for case in cases.iter().filter(|case| {
            case["entities"].as_array().is_some_and(|kinds| kinds.contains(&Value::from(*kind)))
        }) {
            let text = case["text"].as_str().unwrap();
            let found = classes(text).contains(class);
            let positions = case["positions"].as_array().map_or(0, Vec::len) as u64;
            let expected = case["expected_len"].as_u64().unwrap_or(positions) > 0;
            if expected { own.add(found) } else { other.add(found) }
        }
        println!("{kind}: {own:?}, harmless {other:?}");
        for (sum, part) in [(&mut personal, own), (&mut harmless, other)] {
            sum.all += part.all;
            sum.found += part.found;
        }
    }
    println!("personal: {personal:?}, harmless: {harmless:?}");
    assert!(personal.found >= 152 && harmless.found <= 11, "{personal:?} {harmless:?}");
}
