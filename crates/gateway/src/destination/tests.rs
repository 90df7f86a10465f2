//! Spellings of URLs, and a slow reader of addresses that says where each would lead.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn rules(hosts: &[&str]) -> Rules {
    Rules {
        schemes: vec!["https".to_owned(), "http".to_owned()],
        ports: Vec::new(),
        hosts: hosts.iter().map(|text| Hosts::parse(text).unwrap()).collect(),
        internal: vec![Hosts::parse("desk.internal").unwrap()],
        refused: vec![Hosts::parse("*.nip.io").unwrap()],
        relative: false,
    }
}

#[track_caller]
fn check(text: &str, expected: Result<(), Fault>) {
    assert_eq!(rules(&[]).judge(text).map(drop), expected, "{text:?}");
}

#[test]
fn public_hosts_in_their_plain_spelling_are_let_through() {
    for text in [
        "https://example.com",
        "HTTPS://Example.COM:443/a/b?c=d#e",
        "http://example.com:80/@user",
        "https://example.com/a%20b?next=https://10.0.0.1/",
        "https://93.184.216.34/",
        "https://[2606:4700::1111]:443/",
        "https://8.8.8.8.example/",
        "https://under_score.example?a=b",
    ] {
        check(text, Ok(()));
    }
}

#[test]
fn what_two_readers_could_take_for_different_hosts_is_refused() {
    for (text, fault) in [
        ("", Fault::NotAbsolute),
        ("/path", Fault::NotAbsolute),
        ("//example.com/", Fault::NotAbsolute),
        ("https:example.com", Fault::NotAbsolute),
        ("https:/example.com", Fault::NotAbsolute),
        ("https:///example.com", Fault::Host),
        ("ftp://example.com", Fault::Scheme),
        ("javascript:alert(1)", Fault::Scheme),
        ("file:///etc/passwd", Fault::Scheme),
        ("http://good.example@169.254.169.254/", Fault::Credentials),
        ("https://user:secret@example.com/", Fault::Credentials),
        ("https://good.example#@127.0.0.1/", Fault::Credentials),
        ("https://good.example?@127.0.0.1/", Fault::Credentials),
        ("https://good.example\\@127.0.0.1/", Fault::Characters),
        ("https:\\\\127.0.0.1/", Fault::Characters),
        ("https://127.0.0.1\t/", Fault::Characters),
        ("https://127.0.\n0.1/", Fault::Characters),
        (" https://example.com", Fault::Characters),
        ("https://example.com\0", Fault::Characters),
        ("https://１２７.0.0.1/", Fault::Characters),
        ("https://127。0。0。1/", Fault::Characters),
        ("https://①②⑦.0.0.1/", Fault::Characters),
        ("https://example.com/%zz", Fault::Characters),
        ("https://%31%32%37.0.0.1/", Fault::Host),
        ("https://127.0.0.1%2f.example.com/", Fault::Host),
        ("https://example.com./", Fault::Host),
        ("https://127.0.0.1./", Fault::Host),
        ("https://a..example/", Fault::Host),
        ("https://-a.example/", Fault::Host),
        ("https://[fe80::1%25eth0]/", Fault::Host),
        ("https://[example.com]/", Fault::Host),
        ("https://[::1/", Fault::Host),
        ("https://[2606:4700::1111]x/", Fault::Host),
        ("https://::1/", Fault::Port),
        ("https://example.com:/", Fault::Port),
        ("https://example.com:0443/", Fault::Port),
        ("https://example.com:22/", Fault::Port),
        ("http://example.com:443/", Fault::Port),
        ("https://example.com:65979/", Fault::Port),
        ("https://127.0.0.1:11211:443/", Fault::Port),
    ] {
        check(text, Err(fault));
    }
}

#[test]
fn internal_names_and_addresses_are_refused() {
    for host in [
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "redis",
        "metadata.google.internal",
        "Metadata.Google.Internal",
        "metadata.goog",
        "printer.local",
    ] {
        check(&format!("http://{host}/"), Err(Fault::NameInternal));
    }
    check("https://notlocalhost.example/", Ok(()));
    check("https://10.0.0.1.nip.io/", Err(Fault::HostRefused));
    for host in [
        "0.0.0.0",
        "10.1.2.3",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.0.1",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2606:4700::5efe:7f00:1]",
        "[2606:4700::200:5efe:a9fe:a9fe]",
    ] {
        check(&format!("http://{host}/"), Err(Fault::AddressNotPublic));
    }
    for host in [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0x",
        "00",
        "127.0.0.01",
        "256.0.0.1",
        "1.2.3.4.5",
        "99999999999",
        "a.0x7f",
    ] {
        check(&format!("http://{host}/"), Err(Fault::AddressSpelling));
    }
}

#[test]
fn a_list_names_the_only_hosts_and_makes_no_address_public() {
    let rules = rules(&[
        "hooks.example",
        "*.partner.example",
        "billing.internal",
        "8.8.8.8",
        "10.0.0.1",
        "[2606:4700::1]",
    ]);
    for text in [
        "https://hooks.example/",
        "https://a.Partner.example/",
        "https://billing.internal/",
        "https://8.8.8.8/",
        "https://[2606:4700:0:0::1]/",
    ] {
        assert_eq!(rules.judge(text).map(drop), Ok(()), "{text}");
    }
    for (text, fault) in [
        ("https://a.hooks.example/", Fault::HostUnlisted),
        ("https://partner.example/", Fault::HostUnlisted),
        ("https://evilpartner.example/", Fault::HostUnlisted),
        ("https://hooks.example.evil.example/", Fault::HostUnlisted),
        ("https://8.8.4.4/", Fault::HostUnlisted),
        ("https://10.0.0.1/", Fault::AddressNotPublic),
    ] {
        assert_eq!(rules.judge(text), Err(fault), "{text}");
    }
    for text in ["*", "*.", "https://a.example", "a.example/", "a.example:1", "*.10.0.0.1", "", "a.example."]
    {
        assert_eq!(Hosts::parse(text), None, "{text}");
    }
}

#[test]
fn ports_schemes_and_paths_alone_are_allowed_by_name() {
    let rules = Rules { ports: vec![8443], relative: true, ..rules(&[]) };
    assert_eq!(rules.judge("https://example.com:8443/"), Ok(Some("example.com")));
    assert_eq!(rules.judge("https://example.com/"), Err(Fault::Port));
    assert_eq!(rules.judge("/after/login?a=b"), Ok(None));
    for text in ["//evil.example", "/\\evil.example", "next", "?a", "\t/a"] {
        assert!(rules.judge(text).is_err(), "{text:?}");
    }
}

#[test]
fn every_name_is_to_be_looked_up_but_those_of_the_inside() {
    for (text, name) in [
        ("https://Example.com/a", Some("Example.com")),
        ("https://93.184.216.34/", None),
        ("https://[2606:4700::1111]/", None),
        ("https://desk.internal/", None),
    ] {
        assert_eq!(rules(&[]).judge(text), Ok(name), "{text}");
    }
    let listed = rules(&["hooks.example", "*.partner.example", "localhost"]);
    for name in ["hooks.example", "a.partner.example", "localhost"] {
        assert_eq!(
            listed.judge(&format!("https://{name}/")),
            Ok(Some(name)),
            "a list says nothing of where it leads"
        );
    }
    assert_eq!(listed.judge("https://desk.internal/"), Ok(None));
}

#[test]
fn a_name_leads_nowhere_unless_all_of_its_addresses_are_public() {
    let leads = |addresses: &str| {
        let addresses: Vec<IpAddr> = addresses.split(' ').map(|address| address.parse().unwrap()).collect();
        judge_resolved(&Ok(addresses.into()))
    };
    assert_eq!(leads("93.184.216.34 2606:4700::1111"), Ok(()));
    for addresses in ["127.0.0.1", "93.184.216.34 10.0.0.1", "2606:4700::1111 ::1", "::ffff:93.184.216.34"] {
        assert_eq!(leads(addresses), Err(Fault::LeadsInside), "{addresses}");
    }
    assert_eq!(judge_resolved(&Err(Unresolved::Unknown)), Err(Fault::NotResolved));
    assert_eq!(judge_resolved(&Err(Unresolved::TimedOut)), Err(Fault::NotResolvedInTime));
}

/// What `inet_aton` makes of `text`: one to four numbers, each decimal, octal or hexadecimal, the last filling the rest.
fn twin(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = Vec::new();
    for part in text.split('.') {
        let number = if let Some(digits) = part.to_ascii_lowercase().strip_prefix("0x") {
            if digits.is_empty() { 0 } else { u64::from_str_radix(digits, 16).ok()? }
        } else if part.len() > 1 && part.starts_with('0') {
            u64::from_str_radix(part, 8).ok()?
        } else {
            part.parse().ok()?
        };
        numbers.push(number);
    }
    let last = numbers.pop()?;
    let room = 4_usize.checked_sub(numbers.len()).filter(|room| *room > 0)?;
    let mut address = 0_u64;
    for number in &numbers {
        address = address << 8 | Some(*number).filter(|number| *number < 256)?;
    }
    let bits = 8 * room;
    let last = Some(last).filter(|last| *last < 1 << bits)?;
    Some(Ipv4Addr::from(u32::try_from(address << bits | last).ok()?))
}

/// Not public, as the standard library and the registry say it, one range after the other.
fn is_special(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 198 && (b == 18 || b == 19)
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || (a, b, c, d) == (168, 63, 129, 16)
}

/// Half of them anything, half within or beside what is not public.
fn addresses() -> impl Strategy<Value = Ipv4Addr> {
    let edges = proptest::sample::select(vec![
        [0, 0, 0, 0],
        [10, 0, 0, 0],
        [100, 64, 0, 0],
        [127, 0, 0, 1],
        [168, 63, 129, 16],
        [169, 254, 169, 254],
        [172, 16, 0, 0],
        [192, 0, 0, 0],
        [192, 0, 2, 0],
        [192, 88, 99, 0],
        [192, 168, 0, 0],
        [198, 18, 0, 0],
        [198, 51, 100, 0],
        [203, 0, 113, 0],
        [224, 0, 0, 0],
        [240, 0, 0, 0],
    ]);
    let near = (edges, 0_u32..32, any::<bool>()).prop_map(|(edge, shift, below)| {
        let (start, step) = (u32::from_be_bytes(edge), 1_u32 << shift);
        Ipv4Addr::from(if below { start.wrapping_sub(step) } else { start ^ step })
    });
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from), near]
}

/// `address` in `parts` numbers, each in the base and with the zeros that its style says.
fn spelled(address: Ipv4Addr, parts: usize, styles: [(u8, usize); 4]) -> String {
    let mut rest = u32::from(address);
    let mut text = String::new();
    for (index, (base, zeros)) in styles.into_iter().take(parts).enumerate() {
        let bits = if index + 1 == parts { 8 * u32::try_from(5 - parts).unwrap() } else { 8 };
        let number = rest.checked_shr(32 - bits).unwrap();
        rest = rest.checked_shl(bits).unwrap_or(0);
        let dot = if index > 0 { "." } else { "" };
        let zeros = "0".repeat(zeros);
        match base {
            0 => write!(text, "{dot}{number}"),
            1 => write!(text, "{dot}0{zeros}{number:o}"),
            2 => write!(text, "{dot}0x{zeros}{number:x}"),
            _ => write!(text, "{dot}0X{zeros}{number:X}"),
        }
        .unwrap();
    }
    text
}

proptest! {
    #[test]
    fn no_spelling_leads_to_an_address_that_is_not_public(
        address in addresses(),
        parts in 1_usize..5,
        styles in proptest::array::uniform4((0_u8..4, 0_usize..3)),
    ) {
        let text = spelled(address, parts, styles);
        prop_assert_eq!(twin(&text), Some(address), "{}", &text);
        let judged = rules(&[]).judge(&format!("http://{text}/")).map(drop);
        if is_special(address) {
            prop_assert!(judged.is_err(), "{}", &text);
        }
        prop_assert_eq!(judged.is_ok(), !is_special(address) && text == address.to_string(), "{}", &text);
    }

    #[test]
    fn whatever_else_reads_as_an_address_is_judged_as_one(text in "[0-9xXa-f.]{1,12}") {
        if let Some(address) = twin(&text) {
            let judged = rules(&[]).judge(&format!("http://{text}/")).map(drop);
            prop_assert_eq!(judged.is_ok(), !is_special(address) && text == address.to_string(), "{}", &text);
        }
    }

    #[test]
    fn no_ipv6_address_hides_one_of_ipv4_that_is_not_public(address in addresses(), kind in 0_usize..7, mixed: bool) {
        let number = u128::from(u32::from(address));
        let six = Ipv6Addr::from(match kind {
            0 => 0xffff_u128 << 32 | number,
            1 => number,
            2 => 0x0064_ff9b_u128 << 96 | number,
            3 => 0x2002_u128 << 112 | number << 80 | 1,
            4 => 0x2606_4700_u128 << 96 | 0x5efe_u128 << 32 | number,
            5 => 0xffff_u128 << 48 | number,
            _ => 0x0064_ff9b_0001_u128 << 80 | number,
        });
        let text = if mixed {
            let [a, b, c, d, e, f, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{}", Ipv4Addr::from((u128::from(six) & 0xffff_ffff) as u32))
        } else {
            six.to_string()
        };
        let is_ok = rules(&[]).judge(&format!("http://[{text}]/")).is_ok();
        // Of all these only an address within a site of IPv6 leads to IPv4 as its owner says.
        prop_assert_eq!(is_ok, kind == 4 && !is_special(address), "{}", &text);
    }
}
