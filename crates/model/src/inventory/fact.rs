//! What is to be known of an API: five facts of the inventory, and who may see it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Word;

/// What can be known of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Who answers for it.
    Owner,
    /// What it is there for.
    Purpose,
    /// Who is meant to call it.
    Visibility,
    /// Where it stands between a plan and its end.
    Lifecycle,
    /// How callers prove who they are.
    Authentication,
    /// What it tells of people, of money, and of itself.
    Data,
}

impl Word for Field {
    const WORDS: &'static [(Field, &'static str)] = &[
        (Field::Owner, "owner"),
        (Field::Purpose, "purpose"),
        (Field::Visibility, "visibility"),
        (Field::Lifecycle, "lifecycle"),
        (Field::Authentication, "authentication"),
        (Field::Data, "data"),
    ];
}

/// Who is meant to call an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Anybody.
    Public,
    /// Those with whom it was agreed.
    Partner,
    /// Nobody outside.
    Internal,
}

impl Word for Visibility {
    const WORDS: &'static [(Visibility, &'static str)] = &[
        (Visibility::Public, "public"),
        (Visibility::Partner, "partner"),
        (Visibility::Internal, "internal"),
    ];
}

/// Where an API stands between a plan and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// It is not there yet.
    Draft,
    /// It is there to be called.
    Active,
    /// Callers are asked to leave it.
    Deprecated,
    /// It is gone, or should be.
    Retired,
}

impl Word for Lifecycle {
    const WORDS: &'static [(Lifecycle, &'static str)] = &[
        (Lifecycle::Draft, "draft"),
        (Lifecycle::Active, "active"),
        (Lifecycle::Deprecated, "deprecated"),
        (Lifecycle::Retired, "retired"),
    ];
}

/// A way to say or prove who calls; a set of none means that anybody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// A key of the application, which names it and proves nothing.
    ApiKey,
    /// A password with each request.
    Basic,
    /// A cookie.
    Cookie,
    /// A token; of which kind is not known, or any.
    Bearer,
    /// A token that says by itself who calls.
    BearerJwt,
    /// A token that whoever gave it out must be asked about.
    BearerOpaque,
    /// A certificate of the client.
    Mtls,
    /// Something else, or something that is hidden.
    Other,
}

impl Word for Authentication {
    const WORDS: &'static [(Authentication, &'static str)] = &[
        (Authentication::ApiKey, "api-key"),
        (Authentication::Basic, "basic"),
        (Authentication::Cookie, "cookie"),
        (Authentication::Bearer, "bearer"),
        (Authentication::BearerJwt, "bearer-jwt"),
        (Authentication::BearerOpaque, "bearer-opaque"),
        (Authentication::Mtls, "mtls"),
        (Authentication::Other, "other"),
    ];
}

/// A class of data that should not be everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataClass {
    /// Of people.
    Personal,
    /// Of cards and accounts.
    Payment,
    /// Of the health of people.
    Health,
    /// What lets somebody in.
    Credential,
    /// Names that mean something inside alone.
    InternalId,
}

impl Word for DataClass {
    const WORDS: &'static [(DataClass, &'static str)] = &[
        (DataClass::Personal, "personal"),
        (DataClass::Payment, "payment"),
        (DataClass::Health, "health"),
        (DataClass::Credential, "credential"),
        (DataClass::InternalId, "internal-id"),
    ];
}

/// One line of text that somebody wrote: never empty, bounded, and without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

impl Text {
    /// The longest text, in bytes.
    pub const BYTES_MAX: usize = 1024;

    /// `text` in one line, with single spaces, cut where it is too long; none if nothing is left.
    pub fn of(text: &str) -> Option<Text> {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        let mut line = words.join(" ");
        line.truncate(line.floor_char_boundary(Text::BYTES_MAX));
        (!line.is_empty()).then_some(Text(line))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Text, &'static str> {
        Text::of(&text).ok_or("a text is empty")
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0
    }
}

/// One thing that is known of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "lowercase")]
pub enum Fact {
    /// Who answers for it: a team, a person, an address.
    Owner(Text),
    /// What it is there for.
    Purpose(Text),
    /// Who is meant to call it.
    Visibility(Visibility),
    /// Where it stands.
    Lifecycle(Lifecycle),
    /// How callers prove who they are; with none, anybody may call.
    Authentication(BTreeSet<Authentication>),
    /// Classes of data that it takes or gives; with none, nothing that matters.
    Data(BTreeSet<DataClass>),
}

/// Why a text is no fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactFault {
    /// What it was to be.
    pub field: Field,
}

impl fmt::Display for FactFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<W: Word>() -> String {
            W::WORDS.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
        }
        match self.field {
            Field::Owner | Field::Purpose => f.write_str("it is empty"),
            Field::Visibility => write!(f, "it is one of {}", list::<Visibility>()),
            Field::Lifecycle => write!(f, "it is one of {}", list::<Lifecycle>()),
            Field::Authentication => write!(f, "it is `none`, or some of {}", list::<Authentication>()),
            Field::Data => write!(f, "it is `none`, or some of {}", list::<DataClass>()),
        }
    }
}

impl Fact {
    /// What it is a fact of.
    pub fn field(&self) -> Field {
        match self {
            Fact::Owner(_) => Field::Owner,
            Fact::Purpose(_) => Field::Purpose,
            Fact::Visibility(_) => Field::Visibility,
            Fact::Lifecycle(_) => Field::Lifecycle,
            Fact::Authentication(_) => Field::Authentication,
            Fact::Data(_) => Field::Data,
        }
    }

    /// The fact that a person writes as `text`: one line, one word, or words with commas between them.
    ///
    /// # Errors
    /// Where the text is empty, or a word is none of the field's.
    pub fn parse(field: Field, text: &str) -> Result<Fact, FactFault> {
        let fault = FactFault { field };
        match field {
            Field::Owner => Text::of(text).map(Fact::Owner),
            Field::Purpose => Text::of(text).map(Fact::Purpose),
            Field::Visibility => Visibility::of(text).map(Fact::Visibility),
            Field::Lifecycle => Lifecycle::of(text).map(Fact::Lifecycle),
            Field::Authentication => set(text).map(Fact::Authentication),
            Field::Data => set(text).map(Fact::Data),
        }
        .ok_or(fault)
    }
}

impl fmt::Display for Fact {
    /// As [`Fact::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Owner(text) | Fact::Purpose(text) => f.write_str(text.as_str()),
            Fact::Visibility(visibility) => f.write_str(visibility.name()),
            Fact::Lifecycle(lifecycle) => f.write_str(lifecycle.name()),
            Fact::Authentication(ways) => f.write_str(&names(ways)),
            Fact::Data(classes) => f.write_str(&names(classes)),
        }
    }
}

/// The word for a set of none.
const NONE: &str = "none";

fn set<W: Word + Ord>(text: &str) -> Option<BTreeSet<W>> {
    if text.trim() == NONE {
        return Some(BTreeSet::new());
    }
    text.split(',').map(|word| W::of(word.trim())).collect()
}

fn names<W: Word>(set: &BTreeSet<W>) -> String {
    match set.is_empty() {
        true => NONE.to_owned(),
        false => set.iter().map(|word| word.name()).collect::<Vec<_>>().join(","),
    }
}
