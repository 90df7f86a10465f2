//! Which country an address is of, by a MaxMind DB file of the user's.

mod database;
mod systems;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use maxminddb::{MaxMindDbError, PathElement};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use database::{Database, Path};
pub use systems::AutonomousSystems;

#[cfg(test)]
pub(crate) mod tests;

/// Where databases say the country: those of MaxMind and most others, and those of ip-location-db.
const PATHS: [Path; 2] =
    [&[PathElement::Key("country"), PathElement::Key("iso_code")], &[PathElement::Key("country_code")]];

/// A country by its two letters (ISO 3166-1 alpha-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 2]);

/// The countries of addresses.
#[derive(Debug)]
pub struct Geography(Database);

impl Country {
    /// The country that `text` spells, in capital letters.
    pub fn parse(text: &str) -> Option<Country> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Country(letters))
    }
}

impl Geography {
    /// Reads a whole database.
    ///
    /// # Errors
    /// What is no database or is damaged, and one in which no address has a country.
    pub fn new(bytes: Vec<u8>) -> Result<Geography, MaxMindDbError> {
        Database::new::<String>(bytes, &PATHS, "no address has a country in it").map(Geography)
    }

    /// The country of `address`; none where the database has none.
    ///
    /// # Errors
    /// A database that is damaged, which [`Geography::new`] has seen not to be.
    pub fn country(&self, address: IpAddr) -> Result<Option<Country>, MaxMindDbError> {
        let country: Option<&str> = self.0.look_up(address)?;
        Ok(country.and_then(Country::parse))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Country::parse(&text)
            .ok_or_else(|| de::Error::custom("expected the two capital letters of a country, as in `DE`"))
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A country by its two letters (ISO 3166-1), as in `DE`.",
            "pattern": "^[A-Z]{2}$"
        })
    }
}
