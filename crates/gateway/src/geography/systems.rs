//! Which autonomous system an address belongs to, by a MaxMind DB file of the user's.

use std::net::IpAddr;

use maxminddb::{MaxMindDbError, PathElement};

use super::database::{Database, Path};

/// Where databases say it: those of MaxMind and of ip-location-db.
const PATHS: [Path; 1] = [&[PathElement::Key("autonomous_system_number")]];

/// The autonomous systems of addresses (RFC 1930): the networks of one operator, as of a hoster or a provider.
#[derive(Debug)]
pub struct AutonomousSystems(Database);

impl AutonomousSystems {
    /// Reads a whole database.
    ///
    /// # Errors
    /// What is no database or is damaged, and one in which no address has an autonomous system.
    pub fn new(bytes: Vec<u8>) -> Result<AutonomousSystems, MaxMindDbError> {
        Database::new::<u32>(bytes, &PATHS, "no address has an autonomous system in it")
            .map(AutonomousSystems)
    }

    /// The number of the system that `address` belongs to, where one is known.
    pub fn number(&self, address: IpAddr) -> Option<u32> {
        // What is damaged was seen when it was read, and knows of nothing.
        self.0.look_up(address).ok().flatten()
    }
}
