//! Keys of mail and messaging providers.

use std::ops::Range;

use super::text::{is_alnum, is_dashed, is_dotted, is_hex, is_url_safe};
use super::{Detector, Format, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "mail-key",
    group: Group::Credential,
    triggers: &[
        Trigger::Formats(FORMATS),
        Trigger::Texts(&["-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"], mailchimp),
    ],
    doc: DOC,
};

const FORMATS: &[Format] = &[
    Format::new("SG.", is_dotted, 60, 72),
    Format::new("key-", is_hex_lower, 32, 32),
    Format::new("pubkey-", is_hex_lower, 32, 32),
    Format::new("xkeysib-", is_dashed, 80, 84),
    Format::new("xsmtpsib-", is_dashed, 80, 84),
    Format::new("md-", is_url_safe, 22, 22),
    Format::new("re_", is_underscored_key, 28, 40),
    Format::new("mlsn.", is_hex, 64, 64),
    Format::new("pat-na1-", is_dashed, 36, 36),
    Format::new("pat-eu1-", is_dashed, 36, 36),
    Format::new("NF_", is_alnum, 30, 40),
];

fn is_hex_lower(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_lowercase()
}

fn is_underscored_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// 32 hexadecimal digits and the name of a data centre.
fn mailchimp(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = text::run_back(text, at, 40, is_hex);
    let end = text::run(text, at + 3, text::is_digit);
    (at - start == 32 && end - at <= 5 && text::begins_word(text, start) && text::ends_word(text, end))
        .then_some(start..end)
}

const DOC: &str = r#"
Keys of SendGrid, Mailgun, Mailchimp, Mandrill, Brevo, MailerSend, Resend and HubSpot.

~~~found
{"key":"SG.Qw3rTyUiOpAsDfGhJkLzXc.VbNm1234567890Qw3rTyUiOpAsDfGhJkLzXcVbNm123"}
~~~
~~~found
0123456789abcdef0123456789abcdef-us12
~~~
~~~clean
{"region":"aws-us1","key":"key-value","sg":"SG.short","id":"0123456789abcdef0123456789abcdef-uk12"}
~~~
"#;
