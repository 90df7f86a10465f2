//! Names of personal data: what is said of a person, and what of it hurts most in other hands.

use super::words;

/// Names, joined, by which a person is reached or called.
const CONTACT: &[&str] = &[
    "email",
    "emailaddress",
    "emailaddr",
    "phone",
    "phonenumber",
    "phoneno",
    "mobilephone",
    "mobilenumber",
    "cellphone",
    "telephone",
    "telephonenumber",
    "firstname",
    "lastname",
    "middlename",
    "surname",
    "givenname",
    "familyname",
    "maidenname",
    "homeaddress",
    "streetaddress",
    "mailingaddress",
    "postaladdress",
];

/// Names, joined, of numbers that stand for a person, of payment, and of what is nobody else's concern: GDPR, article 9, and
/// what identities are stolen with.
const SPECIAL: &[&str] = &[
    "ssn",
    "socialsecuritynumber",
    "nationalid",
    "nationalidnumber",
    "passportnumber",
    "passportno",
    "taxid",
    "taxidnumber",
    "taxpayerid",
    "driverlicense",
    "driverlicensenumber",
    "driverslicense",
    "driverslicensenumber",
    "iban",
    "bankaccountnumber",
    "creditcard",
    "creditcardnumber",
    "cardnumber",
    "cvv",
    "cvc",
    "cvv2",
    "dateofbirth",
    "birthdate",
    "birthday",
    "dob",
    "gender",
    "ethnicity",
    "religion",
    "maritalstatus",
    "sexualorientation",
    "diagnosis",
    "bloodtype",
    "medicalrecordnumber",
    "healthinsurancenumber",
    "salary",
];

/// Words of a name that are looked at from its end: `customerDateOfBirth`.
const WORDS_MAX: usize = 4;

/// Whether what has this name is said of a person: `email`, `customer_phone`, `dateOfBirth`.
pub(crate) fn is_personal_name(name: &str) -> bool {
    ends_in(name, CONTACT) || is_special_name(name)
}

/// Whether it is what hurts most in other hands: `ssn`, `iban`, `dateOfBirth`.
pub(crate) fn is_special_name(name: &str) -> bool {
    ends_in(name, SPECIAL)
}

fn ends_in(name: &str, known: &[&str]) -> bool {
    let words = words(name);
    let first = words.len().saturating_sub(WORDS_MAX);
    (first..words.len()).any(|from| words.get(from..).is_some_and(|tail| known.contains(&&*tail.concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_told_from_what_is_about_messages_and_machines() {
        for name in
            ["email", "customerEmail", "EMAIL_ADDRESS", "first-name", "work_phone", "iban", "userDateOfBirth"]
        {
            assert!(is_personal_name(name), "{name}");
        }
        for name in [
            "emailTemplate",
            "emails_sent",
            "phoneModel",
            "name",
            "address",
            "ipAddress",
            "cardType",
            "emailVerified",
        ] {
            assert!(!is_personal_name(name), "{name}");
        }
    }

    #[test]
    fn what_hurts_most_is_told_from_how_to_reach_somebody() {
        for name in ["ssn", "birth_date", "cvv2", "holderIban", "passportNumber"] {
            assert!(is_special_name(name), "{name}");
        }
        for name in ["email", "phone", "birthplace", "transgenderFlag"] {
            assert!(!is_special_name(name), "{name}");
        }
    }
}
