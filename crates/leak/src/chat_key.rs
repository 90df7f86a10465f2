//! Keys and webhooks of chat providers.

use std::ops::Range;

use super::text::{is_alnum, is_dashed, is_dotted, is_hex, is_url_safe};
use super::{Detector, Format, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "chat-key",
    group: Group::Credential,
    triggers: &[
        Trigger::Formats(FORMATS),
        Trigger::Texts(
            &[
                "hooks.slack.com/services/",
                "hooks.slack.com/workflows/",
                "hooks.slack.com/triggers/",
                "discord.com/api/webhooks/",
                "discordapp.com/api/webhooks/",
                "webhook.office.com/webhookb2/",
                "outlook.office.com/webhook/",
                "chat.googleapis.com/v1/spaces/",
                "hooks.zapier.com/hooks/catch/",
                "tines.com/webhook/",
            ],
            webhook,
        ),
        Trigger::Texts(&[":AAA", ":AAB", ":AAC", ":AAD", ":AAE", ":AAF", ":AAG", ":AAH"], telegram),
        Trigger::Words(twilio),
    ],
    doc: DOC,
};

const FORMATS: &[Format] = &[
    Format::new("xoxb-", is_dashed, 24, 200),
    Format::new("xoxp-", is_dashed, 24, 300),
    Format::new("xoxa-", is_dashed, 10, 300),
    Format::new("xoxr-", is_dashed, 10, 300),
    Format::new("xoxs-", is_dashed, 10, 300),
    Format::new("xoxo-", is_dashed, 10, 300),
    Format::new("xoxe-", is_dashed, 40, 300),
    Format::new("xoxe.xox", is_dotted, 40, 400),
    Format::new("xapp-", is_dashed, 30, 300),
    Format::new("xwfp-", is_dashed, 30, 300),
    Format::new("EAACEdEose0cBA", is_alnum, 20, 300),
];

/// An address to which whoever knows it may post.
fn webhook(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| {
        is_dotted(byte) || matches!(byte, b'/' | b'@' | b'?' | b'=' | b'&' | b'%')
    });
    let secret = text.get(at..end)?.rsplit(|byte| matches!(byte, b'/' | b'=')).next()?;
    (secret.len() >= 16).then_some(at..end)
}

/// `4839574812:AAFD39…`: the number of a bot and its secret.
fn telegram(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = text::run_back(text, at, 12, text::is_digit);
    let end = text::run(text, at + 1, is_url_safe);
    ((8..=11).contains(&(at - start)) && text::starts_with(text, at, ":AA") && end - at == 36)
        .then_some(start..end)
}

/// `SK` and 32 hexadecimal digits.
fn twilio(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let found = text.get(word.clone())?;
    let is_key = found.len() == 34 && found.starts_with(b"SK");
    (is_key && found.iter().skip(2).all(|byte| is_hex(*byte))).then_some(word)
}

const DOC: &str = r#"
Tokens of Slack, Telegram and Twilio, and webhooks of Slack, Discord, Teams, Google Chat and Zapier, to which anybody who
knows them may post.

~~~found
{"token":"xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"}
~~~
~~~found
https://hooks.slack.com/services/T0AB1CD2E/B0AB1CD2E/AbCdEfGhIjKlMnOpQrStUvWx
~~~
~~~found
"bot":"4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qd0"
~~~
~~~clean
{"kind":"xoxb-","docs":"https://hooks.slack.com/services/","time":"12:AAFD"}
~~~
"#;
