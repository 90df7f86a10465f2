//! Which country an address is of, by a MaxMind DB file of the user's.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use maxminddb::{MaxMindDbError, PathElement, Reader};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[cfg(test)]
pub(crate) mod tests;

/// Where databases say the country: those of MaxMind and most others, and those of ip-location-db.
const PATHS: [&[PathElement<'_>]; 2] =
    [&[PathElement::Key("country"), PathElement::Key("iso_code")], &[PathElement::Key("country_code")]];

/// A country by its two letters (ISO 3166-1 alpha-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 2]);

/// The countries of addresses. It is in memory as a whole, so that nobody who changes the file changes what was checked.
pub struct Geography {
    reader: Reader<Vec<u8>>,
    path: &'static [PathElement<'static>],
}

impl Country {
    /// The country that `text` spells, in capital letters.
    pub fn parse(text: &str) -> Option<Country> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Country(letters))
    }
}

impl Geography {
    /// Reads a whole database, and checks each part of it that an address can lead to.
    ///
    /// # Errors
    /// What is no database or is damaged, and one in which no address has a country.
    pub fn new(bytes: Vec<u8>) -> Result<Geography, MaxMindDbError> {
        let reader = Reader::from_source(bytes)?;
        let mut path = None;
        for network in reader.networks(Default::default())? {
            let network = network?;
            path = match path {
                None => {
                    let is_there =
                        |path: &&&[PathElement<'_>]| matches!(network.decode_path::<&str>(path), Ok(Some(_)));
                    PATHS.iter().find(is_there).copied()
                }
                Some(path) => network.decode_path::<&str>(path).map(|_| Some(path))?,
            };
        }
        let none = "no address has a country in it";
        let path = path.ok_or_else(|| MaxMindDbError::invalid_database(none))?;
        Ok(Geography { reader, path })
    }

    /// The country of `address`; none where the database has none. An IPv4 address that is mapped into IPv6 is one of IPv4.
    ///
    /// # Errors
    /// A database that is damaged, which [`Geography::new`] has seen not to be.
    pub fn country(&self, address: IpAddr) -> Result<Option<Country>, MaxMindDbError> {
        let address = address.to_canonical();
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(None);
        }
        let country: Option<&str> = self.reader.lookup(address)?.decode_path(self.path)?;
        Ok(country.and_then(Country::parse))
    }
}

impl fmt::Debug for Geography {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Geography").field("metadata", self.reader.metadata()).finish()
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
