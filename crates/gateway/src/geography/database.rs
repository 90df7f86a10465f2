//! One fact about each address, from a MaxMind DB file.

use std::fmt;
use std::net::IpAddr;

use maxminddb::{MaxMindDbError, PathElement, Reader};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Where a fact stands in what is said of a network.
pub(super) type Path = &'static [PathElement<'static>];

/// It is in memory as a whole, so that nobody who changes the file changes what was checked.
pub(super) struct Database {
    reader: Reader<Vec<u8>>,
    path: Path,
}

impl Database {
    /// Reads a whole database whose facts stand at one of `paths`, and checks each part of it that an address can lead to.
    ///
    /// # Errors
    /// What is no database or is damaged, and with `none` one that has the fact of no address.
    pub(super) fn new<T: DeserializeOwned>(
        bytes: Vec<u8>,
        paths: &[Path],
        none: &str,
    ) -> Result<Database, MaxMindDbError> {
        let reader = Reader::from_source(bytes)?;
        let mut path = None;
        for network in reader.networks(Default::default())? {
            let network = network?;
            path = match path {
                None => {
                    let is_there = |path: &&Path| matches!(network.decode_path::<T>(path), Ok(Some(_)));
                    paths.iter().find(is_there).copied()
                }
                Some(path) => network.decode_path::<T>(path).map(|_| Some(path))?,
            };
        }
        let path = path.ok_or_else(|| MaxMindDbError::invalid_database(none))?;
        Ok(Database { reader, path })
    }

    /// The fact about `address`; none where the database has none. An IPv4 address that is mapped into IPv6 is one of IPv4.
    ///
    /// # Errors
    /// A database that is damaged, which [`Database::new`] has seen not to be.
    pub(super) fn look_up<'d, T: Deserialize<'d>>(
        &'d self,
        address: IpAddr,
    ) -> Result<Option<T>, MaxMindDbError> {
        let address = address.to_canonical();
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(None);
        }
        self.reader.lookup(address)?.decode_path(self.path)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("metadata", self.reader.metadata()).finish()
    }
}
