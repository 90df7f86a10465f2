//! Which class of data a field holds, from its name and from what was found in its values.

use std::fmt;

use leak::Group;
use model::inventory::DataClass;

use super::Shape;

/// What speaks for a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The name of the field.
    Name,
    /// So many of its values hold what is called so.
    Values(&'static str, u64),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Name => f.write_str("its name"),
            Evidence::Values(found, 1) => write!(f, "a value that holds what is called `{found}`"),
            Evidence::Values(found, count) => write!(f, "{count} values that hold what is called `{found}`"),
        }
    }
}

/// Words of names, and the class of what is called so. Several words stand for all of them in a row.
const NAMED: &[(DataClass, &[&str])] = &[
    (
        DataClass::Credential,
        &[
            "password",
            "passwd",
            "pwd",
            "passphrase",
            "secret",
            "pin code",
            "otp",
            "totp",
            "api key",
            "apikey",
            "access key",
            "access token",
            "refresh token",
            "id token",
            "auth token",
            "session token",
            "client secret",
            "private key",
            "credential",
            "credentials",
            "security answer",
            "recovery code",
        ],
    ),
    (
        DataClass::Health,
        &[
            "diagnosis",
            "diagnoses",
            "icd",
            "medication",
            "medications",
            "prescription",
            "allergy",
            "allergies",
            "blood type",
            "blood group",
            "symptom",
            "symptoms",
            "treatment",
            "medical record",
            "mrn",
            "patient",
            "disability",
            "vaccination",
            "immunization",
            "heart rate",
            "lab result",
            "health insurance",
        ],
    ),
    (
        DataClass::Payment,
        &[
            "card number",
            "credit card",
            "debit card",
            "pan",
            "cvv",
            "cvc",
            "card expiry",
            "iban",
            "bic",
            "swift",
            "account number",
            "routing number",
            "sort code",
            "bank account",
            "cardholder",
            "sepa",
            "payment method",
        ],
    ),
    (
        DataClass::Personal,
        &[
            "email",
            "e mail",
            "mail address",
            "phone",
            "telephone",
            "mobile",
            "cell",
            "first name",
            "last name",
            "given name",
            "family name",
            "full name",
            "middle name",
            "surname",
            "maiden name",
            "birth",
            "birthday",
            "birthdate",
            "dob",
            "date of birth",
            "ssn",
            "social security",
            "national id",
            "passport",
            "driver license",
            "drivers license",
            "tax id",
            "gender",
            "sex",
            "nationality",
            "ethnicity",
            "religion",
            "address",
            "street",
            "postal code",
            "postcode",
            "zip",
            "zip code",
            "latitude",
            "longitude",
            "ip address",
            "username",
            "user name",
            "marital status",
            "salary",
            "race",
        ],
    ),
];

/// Names with a word of these are of machines, whatever else they say: `mac_address`, `email_enabled`.
const OF_MACHINES: &[&str] =
    &["enabled", "verified", "count", "type", "status", "template", "id", "format", "max", "min"];

/// The classes of the field called `name` whose values are of `shape`, with what speaks for each.
pub fn classes(name: &str, shape: &Shape) -> Vec<(DataClass, Evidence)> {
    let mut found = Vec::new();
    if shape.strings.is_some() || shape.numbers.count > 0 {
        found.extend(classes_of_name(name).map(|class| (class, Evidence::Name)));
    }
    for (detector, count) in shape.strings.iter().flat_map(|strings| strings.found()) {
        let class = match detector.group {
            Group::Credential => DataClass::Credential,
            Group::Personal if matches!(detector.class, "card" | "iban") => DataClass::Payment,
            Group::Personal => DataClass::Personal,
            Group::Trace | Group::Internal => continue,
        };
        found.push((class, Evidence::Values(detector.class, count)));
    }
    let words = words(name);
    let is_id = words == "id" || words.ends_with(" id");
    let is_counted = shape.numbers.count > 0 && shape.numbers.fractions == 0 && !shape.numbers.has_negative;
    if is_id && is_counted {
        found.push((DataClass::InternalId, Evidence::Name));
    }
    found.sort_by_key(|(class, _)| *class);
    found
}

/// The classes that the name of a field speaks for, whatever its values are.
pub fn classes_of_name(name: &str) -> impl Iterator<Item = DataClass> {
    let words = words(name);
    let is_of_machines = words.split(' ').any(|word| OF_MACHINES.contains(&word));
    let padded = format!(" {words} ");
    let is_named = move |names: &[&str]| names.iter().any(|name| padded.contains(&format!(" {name} ")));
    NAMED.iter().filter(move |(_, names)| !is_of_machines && is_named(names)).map(|(class, _)| *class)
}

/// The words of a name in lowercase: of `firstName`, `first_name` and `FirstName` the same.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = letter.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase()));
        if (!letter.is_alphanumeric() || begins) && !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_however_they_are_joined() {
        for name in ["firstName", "first_name", "FirstName", "first-name", "first name", "FIRST_NAME"] {
            assert_eq!(words(name), "first name", "{name}");
        }
        assert_eq!((words("userID").as_str(), words("IPAddress").as_str()), ("user id", "ip address"));
    }
}
