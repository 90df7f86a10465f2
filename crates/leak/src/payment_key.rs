//! Keys of payment providers and shops.

use super::text::{is_alnum, is_dashed, is_hex, is_lower_or_digit, is_underscored, is_url_safe};
use super::{Detector, Format, Group, Trigger};

pub(super) const DETECTOR: Detector = Detector {
    class: "payment-key",
    group: Group::Credential,
    triggers: &[Trigger::Formats(FORMATS)],
    doc: DOC,
};

const FORMATS: &[Format] = &[
    Format::new("sk_live_", is_underscored, 16, 247),
    Format::new("sk_test_", is_underscored, 16, 247),
    Format::new("rk_live_", is_underscored, 16, 247),
    Format::new("rk_test_", is_underscored, 16, 247),
    Format::new("whsec_", is_alnum, 24, 64),
    Format::new("sq0atp-", is_url_safe, 22, 22),
    Format::new("sq0csp-", is_url_safe, 43, 43),
    Format::new("sq0idp-", is_url_safe, 22, 22),
    Format::new("EAAA", is_url_safe, 55, 70),
    Format::new("access_token$production$", is_dollar, 40, 60),
    Format::new("access_token$sandbox$", is_dollar, 40, 60),
    Format::new("access-production-", is_dashed, 36, 36),
    Format::new("access-sandbox-", is_dashed, 36, 36),
    Format::new("access-development-", is_dashed, 36, 36),
    Format::new("shpat_", is_hex, 32, 32),
    Format::new("shpca_", is_hex, 32, 32),
    Format::new("shppa_", is_hex, 32, 32),
    Format::new("shpss_", is_hex, 32, 32),
    Format::new("EZAK", is_alnum, 54, 54),
    Format::new("EZTK", is_alnum, 54, 54),
    Format::new("shippo_live_", is_hex, 40, 40),
    Format::new("shippo_test_", is_hex, 40, 40),
    Format::new("FLWSECK-", is_dashed, 20, 60),
    Format::new("FLWSECK_TEST-", is_dashed, 20, 60),
    Format::new("rzp_live_", is_alnum, 14, 14),
    Format::new("rzp_test_", is_alnum, 14, 14),
    Format::new("AQE", is_lower_or_digit, 60, 200),
    Format::new("duffel_live_", is_url_safe, 43, 43),
    Format::new("duffel_test_", is_url_safe, 43, 43),
    Format::new("live_", is_alnum, 30, 60),
    Format::new("test_", is_alnum, 30, 60),
    Format::new("APP_USR-", is_dashed, 50, 80),
    Format::new("coinbase_", is_alnum, 30, 80),
    Format::new("BBFF-", is_alnum, 30, 34),
];

fn is_dollar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'$'
}

const DOC: &str = r#"
Secret keys of Stripe, Square, PayPal, Plaid, Shopify, EasyPost, Shippo, Flutterwave, Razorpay, Adyen, Duffel and others.
Keys that are meant to be public are none.

~~~found
{"key":"sk_live_4eC39HqLyjWDarjtT1zdp7dc"}
~~~
~~~found
shpat_0123456789abcdef0123456789abcdef
~~~
~~~clean
{"key":"pk_live_4eC39HqLyjWDarjtT1zdp7dc","mode":"sk_live_"}
~~~
"#;
