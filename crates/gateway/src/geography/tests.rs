//! Databases that are written here, those of the corpus, and what is none.

use std::path::Path;

use super::*;

/// A node of the tree of addresses: for each bit the number of another node, or of what is said of the network.
#[derive(Clone, Copy)]
enum Link {
    Nothing,
    Node(usize),
    Data(usize),
}

/// A database of IPv4 addresses in which these networks have these countries, under `country_code`.
pub(crate) fn database(networks: &[(&str, &str)]) -> Vec<u8> {
    written(networks, |data, country| {
        text(data, "country_code");
        text(data, country);
    })
}

/// One in which they are of these autonomous systems.
pub(crate) fn systems(networks: &[(&str, u32)]) -> Vec<u8> {
    written(networks, |data, number| {
        text(data, "autonomous_system_number");
        data.push(6 << 5 | 4);
        data.extend_from_slice(&number.to_be_bytes());
    })
}

/// One in which each of `networks` has one member, which `write` writes.
fn written<T>(networks: &[(&str, T)], write: impl Fn(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut nodes = vec![[Link::Nothing; 2]];
    let mut data = Vec::new();
    for (network, said) in networks {
        let (address, bits) = network.split_once('/').unwrap();
        let address: std::net::Ipv4Addr = address.parse().unwrap();
        let bits: usize = bits.parse().unwrap();
        let offset = data.len();
        map(&mut data, 1);
        write(&mut data, said);
        let mut at = 0;
        for bit in 0..bits {
            let side = usize::from(address.to_bits() << bit >> 31 == 1);
            if bit + 1 == bits {
                nodes[at][side] = Link::Data(offset);
                break;
            }
            at = match nodes[at][side] {
                Link::Node(next) => next,
                _ => {
                    nodes.push([Link::Nothing; 2]);
                    nodes[at][side] = Link::Node(nodes.len() - 1);
                    nodes.len() - 1
                }
            };
        }
    }
    let mut bytes = Vec::new();
    for link in nodes.iter().flatten() {
        let record = match link {
            Link::Nothing => nodes.len(),
            Link::Node(node) => *node,
            Link::Data(offset) => nodes.len() + 16 + offset,
        };
        bytes.extend_from_slice(&u32::try_from(record).unwrap().to_be_bytes()[1..]);
    }
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    metadata(&mut bytes, nodes.len());
    bytes
}

fn map(bytes: &mut Vec<u8>, members: u8) {
    bytes.push(7 << 5 | members);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(2 << 5 | u8::try_from(text.len()).unwrap());
    bytes.extend_from_slice(text.as_bytes());
}

fn metadata(bytes: &mut Vec<u8>, nodes: usize) {
    map(bytes, 9);
    text(bytes, "node_count");
    bytes.push(6 << 5 | 4);
    bytes.extend_from_slice(&u32::try_from(nodes).unwrap().to_be_bytes());
    for (name, number) in [
        ("record_size", 24),
        ("ip_version", 4),
        ("binary_format_major_version", 2),
        ("binary_format_minor_version", 0),
    ] {
        text(bytes, name);
        bytes.extend_from_slice(&[5 << 5 | 1, number]);
    }
    text(bytes, "database_type");
    text(bytes, "countries of the tests");
    text(bytes, "build_epoch");
    bytes.extend_from_slice(&[1, 2, 1]);
    text(bytes, "languages");
    bytes.extend_from_slice(&[0, 4]);
    text(bytes, "description");
    map(bytes, 0);
}

#[track_caller]
fn check(geography: &Geography, address: &str, expected: Option<&str>) {
    let country = geography.country(address.parse().unwrap()).unwrap();
    assert_eq!(country.map(|country| country.to_string()).as_deref(), expected, "{address}");
}

fn corpus(file: &str) -> Option<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/geo"));
    let read = std::fs::read(folder.join(file));
    if read.is_err() {
        println!("skipped: no `{file}` in `{}`", folder.display());
    }
    read.ok()
}

#[test]
fn a_country_is_two_capital_letters() {
    assert_eq!(Country::parse("DE").unwrap().to_string(), "DE");
    for text in ["", "D", "de", "DEU", "D1", "É"] {
        assert_eq!(Country::parse(text), None, "{text}");
    }
}

#[test]
fn an_address_has_the_country_of_its_network() {
    let geography = Geography::new(database(&[
        ("192.0.2.0/24", "DE"),
        ("198.51.100.128/25", "KP"),
        ("203.0.113.7/32", "??"),
    ]))
    .unwrap();
    check(&geography, "192.0.2.255", Some("DE"));
    check(&geography, "::ffff:192.0.2.1", Some("DE"));
    check(&geography, "192.0.3.0", None);
    check(&geography, "198.51.100.127", None);
    check(&geography, "198.51.100.128", Some("KP"));
    check(&geography, "203.0.113.7", None);
    check(&geography, "2001:db8::1", None);
}

#[test]
fn what_is_no_database_of_countries_is_refused() {
    let good = database(&[("192.0.2.0/24", "DE")]);
    for bytes in [Vec::new(), b"{}".to_vec(), good[..good.len() - 20].to_vec(), database(&[])] {
        assert!(Geography::new(bytes).is_err());
    }
    for file in [
        "MaxMind-DB-test-broken-pointers-24.mmdb",
        "MaxMind-DB-test-broken-search-tree-24.mmdb",
        "GeoIP2-City-Test-Invalid-Node-Count.mmdb",
        "GeoLite2-ASN-Test.mmdb",
    ] {
        if let Some(bytes) = corpus(file) {
            assert!(Geography::new(bytes).is_err(), "{file}");
        }
    }
}

#[test]
fn databases_of_others_are_read_as_they_were_made() {
    let Some(bytes) = corpus("GeoLite2-Country-Test.mmdb") else { return };
    let (geography, json) = (Geography::new(bytes).unwrap(), corpus("GeoLite2-Country-Test.json").unwrap());
    let networks: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    let mut seen = 0;
    for (network, entry) in networks.iter().flat_map(|entry| entry.as_object().unwrap()) {
        let address = network.split('/').next().unwrap();
        check(&geography, address, entry["country"]["iso_code"].as_str());
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn an_address_belongs_to_the_system_of_its_network() {
    let all = systems(&[("192.0.2.0/24", 64496), ("198.51.100.0/24", 4_200_000_000)]);
    assert!(Geography::new(all.clone()).is_err());
    let systems = AutonomousSystems::new(all).unwrap();
    for (address, expected) in [
        ("192.0.2.255", Some(64496)),
        ("::ffff:192.0.2.1", Some(64496)),
        ("198.51.100.1", Some(4_200_000_000)),
        ("203.0.113.1", None),
        ("2001:db8::1", None),
    ] {
        assert_eq!(systems.number(address.parse().unwrap()), expected, "{address}");
    }
    assert!(AutonomousSystems::new(database(&[("192.0.2.0/24", "DE")])).is_err());
}

#[test]
fn systems_of_others_are_read_as_they_were_made() {
    let Some(bytes) = corpus("GeoLite2-ASN-Test.mmdb") else { return };
    let (systems, json) = (AutonomousSystems::new(bytes).unwrap(), corpus("GeoLite2-ASN-Test.json").unwrap());
    let networks: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    let networks = networks.iter().flat_map(|entry| entry.as_object().unwrap());
    let mut seen = 0;
    for (network, entry) in networks {
        let address = network.split('/').next().unwrap();
        let number = systems.number(address.parse().unwrap()).map(u64::from);
        assert_eq!(number, entry["autonomous_system_number"].as_u64(), "{network}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}
