//! What kind of value stands at a place of a path.

/// The kind of values that a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Digits, perhaps after a minus.
    Integer,
    /// RFC 9562, in its usual writing.
    Uuid,
    /// 26 characters of Crockford's base 32.
    Ulid,
    /// 16 hexadecimal digits or more.
    Hash,
    /// A day, perhaps with a time.
    Date,
    /// A mail address.
    Mail,
    /// Letters and digits that no word is made of.
    Opaque,
    /// Words.
    Slug,
}

impl Kind {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Integer => "integer",
            Kind::Uuid => "uuid",
            Kind::Ulid => "ulid",
            Kind::Hash => "hash",
            Kind::Date => "date",
            Kind::Mail => "mail",
            Kind::Opaque => "opaque",
            Kind::Slug => "slug",
        }
    }

    /// The kind that is called `name`.
    pub fn of_name(name: &str) -> Option<Kind> {
        let all = [
            Kind::Integer,
            Kind::Uuid,
            Kind::Ulid,
            Kind::Hash,
            Kind::Date,
            Kind::Mail,
            Kind::Opaque,
            Kind::Slug,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of values that are of this or of that kind.
    #[must_use]
    pub fn or(self, other: Kind) -> Kind {
        match (self, other) {
            (this, other) if this == other => this,
            (Kind::Slug, _) | (_, Kind::Slug) => Kind::Slug,
            _ => Kind::Opaque,
        }
    }

    /// The kind of `text`, if it shows that it is a value and no name of a place. A word may be either.
    pub fn of(text: &str) -> Option<Kind> {
        let bytes = text.as_bytes();
        if is_integer(bytes) {
            return Some(Kind::Integer);
        }
        let letters = bytes.iter().fold(0, |letters, byte| letters | letter(*byte));
        if letters & (DIGIT | AT | PERCENT) == 0 {
            return None;
        }
        if letters & AT != 0 || (letters & PERCENT != 0 && text.contains("%40")) {
            return is_mail(text).then_some(Kind::Mail);
        }
        if letters & PERCENT != 0 {
            return Some(Kind::Opaque);
        }
        if is_uuid(bytes) {
            return Some(Kind::Uuid);
        }
        if is_date(bytes) {
            return Some(Kind::Date);
        }
        if bytes.len() >= 16 && bytes.iter().all(u8::is_ascii_hexdigit) {
            return Some(Kind::Hash);
        }
        let is_base32 = |byte: &u8| byte.is_ascii_alphanumeric() && !b"ILOUilou".contains(byte);
        if bytes.len() == 26 && matches!(bytes.first(), Some(b'0'..=b'7')) && bytes.iter().all(is_base32) {
            return Some(Kind::Ulid);
        }
        is_opaque(bytes).then_some(Kind::Opaque)
    }
}

/// What letters of a text are, together: it is looked through once, and most texts are words.
const DIGIT: u8 = 1;
const AT: u8 = 1 << 1;
const PERCENT: u8 = 1 << 2;

fn letter(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'@' => AT,
        b'%' => PERCENT,
        _ => 0,
    }
}

fn is_mail(text: &str) -> bool {
    let (name, host) = text.split_once('@').or_else(|| text.split_once("%40")).unwrap_or_default();
    !name.is_empty() && host.contains('.') && !host.contains('@')
}

fn is_integer(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2025-10-10`, perhaps with `T` and a time behind it.
fn is_date(bytes: &[u8]) -> bool {
    let Some((day, rest)) = bytes.split_at_checked(10) else { return false };
    let shaped = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shaped && matches!(rest.first(), None | Some(b'T'))
}

/// Letters and digits in turn, as no word or version has them: `cus_9s6XKzkNRiz8i3`, `ORD-2024-00123`.
fn is_opaque(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let changes = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    let cases = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && a.is_ascii_uppercase() != b.is_ascii_uppercase()))
        .count();
    let is_mixed = bytes.len() >= 16 && digits >= 1 && changes + cases >= 6;
    let is_token = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte));
    is_token && bytes.len() >= 8 && letters >= 1 && (digits >= 4 || (digits >= 3 && changes >= 4) || is_mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Kind::of(text).map_or("", Kind::name), expected, "{text}");
    }

    #[test]
    fn values_show_their_kind() {
        check("7", "integer");
        check("-12", "integer");
        check("0191e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d", "uuid");
        check("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ulid");
        check("507f1f77bcf86cd799439011", "hash");
        check("2025-10-10", "date");
        check("2025-10-10T10:00:00Z", "date");
        check("alice@example.com", "mail");
        check("alice%40example.com", "mail");
        check("cus_9s6XKzkNRiz8i3", "opaque");
        check("ORD-2024-00123", "opaque");
        check("xKzkNRizqTbwLfPaQ8ys", "opaque");
        check("John%20Doe", "opaque");
    }

    #[test]
    fn names_of_places_may_have_digits() {
        for name in [
            "",
            "users",
            "me",
            "v1",
            "v1beta2",
            "v1alpha1",
            "1.0",
            "3.1",
            "oauth2",
            "oauth2PermissionGrants",
            "windowsPhone8",
            "2fa-login",
            "h323",
            "authn-k8s",
            "get3dsAvailability",
            "retrieve3ds2Result",
            "quantmetrics-tier-2",
            "egm2008",
            "@me",
            "networking.k8s.io",
            "chat.postMessage",
        ] {
            check(name, "");
        }
    }

    #[test]
    fn two_kinds_make_a_wider_one() {
        assert_eq!(Kind::Uuid.or(Kind::Uuid), Kind::Uuid);
        assert_eq!(Kind::Integer.or(Kind::Hash), Kind::Opaque);
        assert_eq!(Kind::Integer.or(Kind::Slug), Kind::Slug);
    }
}
