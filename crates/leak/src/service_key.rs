//! Keys of other services: language models, monitoring, content, data.

use super::text::{
    is_alnum, is_base64, is_dashed, is_dotted, is_hex, is_lower_or_digit, is_padded, is_underscored,
    is_upper_or_digit, is_url_safe,
};
use super::{Detector, Format, Group, Trigger};

pub(super) const DETECTOR: Detector = Detector {
    class: "service-key",
    group: Group::Credential,
    triggers: &[Trigger::Formats(FORMATS)],
    doc: DOC,
};

const FORMATS: &[Format] = &[
    Format::new("sk-ant-", is_url_safe, 80, 120),
    Format::new("sk-proj-", is_url_safe, 40, 220),
    Format::new("sk-svcacct-", is_url_safe, 40, 220),
    Format::new("sk-admin-", is_url_safe, 40, 220),
    Format::new("sk-or-v1-", is_hex, 64, 64),
    Format::new("sk-", is_alnum, 32, 64),
    Format::new("gsk_", is_alnum, 48, 56),
    Format::new("hf_", is_alnum, 34, 40),
    Format::new("api_org_", is_alnum, 34, 40),
    Format::new("r8_", is_alnum, 37, 40),
    Format::new("pplx-", is_alnum, 48, 56),
    Format::new("xai-", is_alnum, 70, 90),
    Format::new("jina_", is_alnum, 60, 64),
    Format::new("fc-", is_lower_or_digit, 32, 32),
    Format::new("nvapi-", is_url_safe, 60, 72),
    Format::new("tvly-", is_dashed, 32, 50),
    Format::new("lsv2_pt_", is_underscored, 40, 50),
    Format::new("lsv2_sk_", is_underscored, 40, 50),
    Format::new("dt0c01.", is_dotted, 80, 96),
    Format::new("dt0s01.", is_dotted, 80, 96),
    Format::new("NRAK-", is_upper_or_digit, 27, 27),
    Format::new("NRAA-", is_lower_or_digit, 27, 27),
    Format::new("NRRA-", is_lower_or_digit, 40, 42),
    Format::new("NRJS-", is_lower_or_digit, 19, 19),
    Format::new("NRIQ-", is_url_safe, 32, 32),
    Format::new("NRII-", is_url_safe, 32, 32),
    Format::new("NRSP-", is_lower_or_digit, 30, 32),
    Format::new("NRRL-", is_url_safe, 28, 40),
    Format::new("glc_", is_base64, 32, 500),
    Format::new("glsa_", is_underscored, 41, 41),
    Format::new("eyJrIjoi", is_base64, 60, 400),
    Format::new("sntrys_eyJ", is_padded, 80, 600),
    Format::new("sntryu_", is_hex, 64, 64),
    Format::new("hcaik_", is_alnum, 58, 58),
    Format::new("hcxik_", is_alnum, 58, 58),
    Format::new("ntn_", is_alnum, 43, 50),
    Format::new("secret_", is_alnum, 43, 43),
    Format::new("pk.eyJ", is_dotted, 60, 200),
    Format::new("sk.eyJ", is_dotted, 60, 200),
    Format::new("CFPAT-", is_url_safe, 43, 64),
    Format::new("pat", is_dotted, 79, 79),
    Format::new("EAAG", is_alnum, 60, 300),
    Format::new("patu", is_dotted, 79, 79),
    Format::new("sdk-", is_dashed, 36, 36),
    Format::new("api-", is_dashed, 36, 36),
    Format::new("mob-", is_dashed, 36, 36),
    Format::new("phc_", is_alnum, 43, 43),
    Format::new("phx_", is_alnum, 40, 60),
    Format::new("rdme_", is_lower_or_digit, 70, 70),
    Format::new("aio_", is_alnum, 28, 28),
    Format::new("oauth2:", is_url_safe, 30, 60),
    Format::new("MLY|", is_alnum, 30, 70),
    Format::new("00D", is_salesforce, 90, 130),
    Format::new("AGPA", is_upper_or_digit, 16, 16),
    Format::new("sm_aat_", is_alnum, 16, 16),
    Format::new("pdltp_", is_hex, 64, 64),
    Format::new("pdus+_", is_url_safe, 28, 60),
    Format::new("frp_", is_alnum, 43, 43),
    Format::new("fio-u-", is_padded, 60, 70),
    Format::new("1000.", is_hex_dotted, 65, 65),
    Format::new("Atina", is_alnum, 40, 60),
    Format::new("sess-", is_alnum, 40, 60),
    Format::new("lf_", is_alnum, 60, 80),
    Format::new("rpa_", is_alnum, 40, 50),
    Format::new("ubi_", is_alnum, 30, 50),
    Format::new("apify_api_", is_alnum, 36, 40),
    Format::new("apk_", is_alnum, 30, 60),
    Format::new("pscale_", is_padded, 40, 80),
    Format::new("pcsk_", is_underscored, 50, 80),
    Format::new("sbx_", is_alnum, 30, 60),
    Format::new("voyage-", is_url_safe, 40, 60),
    Format::new("mdb_sa_sk_", is_url_safe, 40, 40),
    Format::new("NF-", is_alnum, 32, 32),
    Format::new("VF.", is_dotted, 36, 60),
    Format::new("tkn.v1_", is_padded, 60, 90),
    Format::new("sonar_", is_alnum, 40, 40),
];

/// A session of Salesforce: the organisation, `!`, and the rest.
fn is_salesforce(byte: u8) -> bool {
    is_dotted(byte) || byte == b'!'
}

fn is_hex_dotted(byte: u8) -> bool {
    is_hex(byte) || byte == b'.'
}

const DOC: &str = r#"
Keys of OpenAI, Anthropic, Groq, Hugging Face, Replicate, New Relic, Dynatrace, Grafana, Sentry, Honeycomb, Notion, Mapbox,
Contentful, LaunchDarkly, Salesforce and others, by their prefix, alphabet and length.

~~~found
{"key":"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"}
~~~
~~~found
sk-proj-Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890Qw3rTyUi
~~~
~~~found
"license":"NRAK-QWERTYUIOPASDFGHJKLZXCVBNM1"
~~~
~~~clean
{"task":"sk-1234","path":"api-documentation-of-the-whole-service-here"}
~~~
"#;
