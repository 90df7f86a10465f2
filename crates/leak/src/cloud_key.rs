//! Keys of cloud and infrastructure providers.

use std::ops::Range;

use super::text::{
    is_alnum, is_base64, is_dashed, is_dotted, is_hex, is_lower_or_digit, is_padded, is_upper_or_digit,
    is_url_safe,
};
use super::{Detector, Format, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "cloud-key",
    group: Group::Credential,
    triggers: &[Trigger::Formats(FORMATS), Trigger::Byte(b'~', azure)],
    doc: DOC,
};

const MANY: usize = 4096;

const FORMATS: &[Format] = &[
    Format::new("AKIA", is_upper_or_digit, 16, 16),
    Format::new("ASIA", is_upper_or_digit, 16, 16),
    Format::new("ABIA", is_upper_or_digit, 16, 16),
    Format::new("ACCA", is_upper_or_digit, 16, 16),
    Format::new("A3T0", is_upper_or_digit, 16, 16),
    Format::new("ABSK", is_base64, 100, 140),
    Format::new("da2-", is_lower_or_digit, 26, 26),
    Format::new("amzn.mws.", is_dashed, 36, 36),
    Format::new("AIza", is_url_safe, 35, 35),
    Format::new("ya29.", is_url_safe, 20, MANY),
    Format::new("GOCSPX-", is_url_safe, 28, 28),
    Format::new("1//0", is_url_safe, 39, 120),
    Format::new("LTAI", is_alnum, 12, 22),
    Format::new("AKID", is_alnum, 32, 32),
    Format::new("dop_v1_", is_hex, 64, 64),
    Format::new("doo_v1_", is_hex, 64, 64),
    Format::new("dor_v1_", is_hex, 64, 64),
    Format::new("HRKU-", is_dashed, 36, 70),
    Format::new("v1.0-", is_dashed, 100, 200),
    Format::new("dapi", is_lower_or_digit, 32, 32),
    Format::new("pul-", is_hex, 40, 40),
    Format::new("hvs.", is_url_safe, 24, 200),
    Format::new("hvb.", is_url_safe, 24, 300),
    Format::new("hvr.", is_url_safe, 24, 300),
    Format::new("dp.pt.", is_alnum, 40, 44),
    Format::new("dp.st.", is_dotted, 40, 90),
    Format::new("dp.ct.", is_alnum, 40, 44),
    Format::new("dp.sa.", is_alnum, 40, 44),
    Format::new("dp.scim.", is_alnum, 40, 44),
    Format::new("dp.audit.", is_alnum, 40, 44),
    Format::new("fo1_", is_url_safe, 43, 43),
    Format::new("fm1_", is_padded, 100, MANY),
    Format::new("fm2_", is_padded, 100, MANY),
    Format::new("fm1r_", is_padded, 100, MANY),
    Format::new("fm1a_", is_padded, 100, MANY),
    Format::new("tk-us-", is_url_safe, 48, 48),
    Format::new("pscale_tkn_", is_padded, 32, 64),
    Format::new("pscale_pw_", is_padded, 32, 64),
    Format::new("pscale_oauth_", is_padded, 32, 64),
    Format::new("sbp_", is_hex, 40, 40),
    Format::new("sb_secret_", is_url_safe, 20, 60),
    Format::new("nfp_", is_alnum, 36, 40),
    Format::new("AQVN", is_url_safe, 35, 38),
    Format::new("YCAJE", is_url_safe, 20, 24),
    Format::new("t1.9", is_dotted, 100, 400),
    Format::new("tskey-", is_dashed, 20, 80),
    Format::new("4b1d", is_alnum, 38, 38),
    Format::new("SCW", is_upper_or_digit, 17, 17),
    Format::new("scp_", is_url_safe, 30, 60),
    Format::new("rnd_", is_alnum, 28, 36),
    Format::new("bkua_", is_lower_or_digit, 40, 40),
    Format::new("pnu_", is_lower_or_digit, 36, 36),
    Format::new("ico-", is_alnum, 32, 32),
    Format::new("ops_eyJ", is_base64, 250, MANY),
    Format::new("A3-", is_dashed, 30, 40),
];

/// A client secret of Microsoft Entra: three characters, a digit, `Q~`, and thirty and some more.
fn azure(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part = |byte: u8| is_url_safe(byte) || matches!(byte, b'.' | b'~');
    let start = at.checked_sub(5)?;
    let head = text.get(start..at)?;
    let is_head =
        head.iter().all(|byte| is_part(*byte)) && matches!(head, [.., digit, b'Q'] if digit.is_ascii_digit());
    let end = text::run(text, at + 1, is_part);
    let opens = text::before(text, start).is_none_or(|byte| !is_part(byte)) || text::begins_word(text, start);
    (is_head && opens && (31..=36).contains(&(end - at - 1))).then_some(start..end)
}

const DOC: &str = r#"
Keys and tokens of Amazon, Google, Microsoft, Alibaba, Tencent, Yandex, DigitalOcean, Heroku, Databricks, Pulumi, Vault,
Doppler, Fly, PlanetScale, Supabase, Netlify, Tailscale and others, by their prefix, alphabet and length.

~~~found
{"key":"AKIAQWERTYUIOP234567"}
~~~
~~~found
AIzaSyD3xQm9Vb7-Kp2LtW8rYnZc4Hf6Jg0TuEo
~~~
~~~found
client_secret: aB38Q~QwertyUiopAsdfGhjkLzxcVbnm12345678
~~~
~~~clean
{"code":"AKIAQWERTY","name":"AIzaSy","id":"XAKIAQWERTYUIOP234567"}
~~~
~~~clean
"a~b 8Q~ c"
~~~
"#;
