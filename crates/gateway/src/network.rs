//! Networks of addresses, as people write them: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an address, or an address and the number of its leading bits that count; the others must be zero, since who
    /// writes `10.0.0.7/8` means something else than it says.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits)),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = width(address);
        let bits = match bits {
            None => width,
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|&bits| bits <= width)?
            }
            Some(_) => return None,
        };
        let network = Network { address, bits };
        (masked(address, bits) == number(address)).then_some(network.canonical())
    }

    /// The network of the addresses whose first `bits` bits are those of `address`; none where it has fewer.
    pub fn around(address: IpAddr, bits: u8) -> Option<Network> {
        if bits > width(address) {
            return None;
        }
        let masked = masked(address, bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(masked >> 96).ok()?)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(masked)),
        };
        Some(Network { address, bits })
    }

    /// Whether all its addresses are this machine's own.
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback() && self.bits >= if self.is_ipv4() { 8 } else { 128 }
    }

    /// Whether its addresses are of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }

    /// How many leading bits its addresses have in common.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The network of IPv4 where it is one that is mapped into IPv6: addresses are compared as what they stand for.
    fn canonical(self) -> Network {
        match (self.address.to_canonical(), self.bits.checked_sub(96)) {
            (address @ IpAddr::V4(_), Some(bits)) if self.address.is_ipv6() => Network { address, bits },
            _ => self,
        }
    }

    /// Whether `address` lies in it. An IPv4 address that is mapped into IPv6 is one of IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && masked(address, self.bits) == number(self.address)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address as a number whose leading bits are the address's.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn masked(address: IpAddr, bits: u8) -> u128 {
    let mask = u128::MAX.checked_shl(u32::from(128 - bits)).unwrap_or(0);
    number(address) & mask
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Network::parse(&text).ok_or_else(|| {
            de::Error::custom(
                "expected an address or a network, as in `10.0.0.0/8`, with no bits set after its prefix",
            )
        })
    }
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An address, or a network as in `10.0.0.0/8`.",
            "pattern": "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, inside: &[&str], outside: &[&str]) {
        let network = Network::parse(network).unwrap();
        for address in inside {
            assert!(network.contains(address.parse().unwrap()), "{address} in {network}");
        }
        for address in outside {
            assert!(!network.contains(address.parse().unwrap()), "{address} in {network}");
        }
    }

    #[test]
    fn an_address_lies_in_the_network_of_its_leading_bits() {
        check(
            "10.0.0.0/8",
            &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            &["11.0.0.0", "9.255.255.255", "a00::"],
        );
        check("192.0.2.7", &["192.0.2.7"], &["192.0.2.6", "192.0.2.8"]);
        check("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127"]);
        check("2001:db8::/32", &["2001:db8::1", "2001:db8:ffff::"], &["2001:db9::", "10.0.0.1"]);
        check("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::1"]);
        check("::ffff:10.0.0.0/104", &["10.1.2.3", "::ffff:10.1.2.3"], &["11.0.0.0", "::1"]);
        check("::ffff:192.0.2.7", &["192.0.2.7"], &["192.0.2.8"]);
        check("::/0", &["::1", "2001:db8::1"], &["127.0.0.1"]);
    }

    #[test]
    fn a_network_is_this_machine_s_where_all_of_it_is() {
        let is_loopback = |text: &str| Network::parse(text).unwrap().is_loopback();
        assert_eq!(["127.0.0.0/8", "127.0.0.1", "127.3.0.0/16", "::1"].map(is_loopback), [true; 4]);
        assert_eq!(
            ["126.0.0.0/7", "0.0.0.0/0", "10.0.0.1", "::/0", "2001:db8::1"].map(is_loopback),
            [false; 5]
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "a",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.7/8",
            "::1/64",
            "10.0.0.0/8/8",
            "10.0/8",
            "1.2.3.4:80",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
