//! Bounds the size and shape of request bodies, also where no schema does.

use http::header::CONTENT_LENGTH;
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{JsonLimits, parse_json};

use crate::build::Build;
use crate::config::Size;
use crate::content;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{Body, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "body-limits", stage: Stage::Validate, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `body-limits`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Bytes of a body. Default: 1 MiB.
    bytes: Option<Size>,
    /// Arrays and objects inside each other. Default: 32.
    depth: Option<u16>,
    /// Values and names in all. Default: 50,000.
    nodes: Option<u32>,
    /// Bytes of a string. Default: 256 KiB.
    string: Option<Size>,
    /// Items of an array. Default: 10,000.
    array: Option<u32>,
    /// Members of an object. Default: 1,000.
    object: Option<u32>,
}

#[derive(Debug)]
struct BodyLimits {
    bytes_max: usize,
    json: JsonLimits,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let ceiling = build.limits.body_bytes_max;
    let bytes = settings.bytes.unwrap_or(Size::kib(1 << 10));
    if settings.bytes.is_some() && bytes > ceiling {
        let message = format!("`bytes` is more than the {ceiling} that the gateway takes of any body");
        build.problem(Severity::Error, message, "raise `limits: { body-bytes-max: … }` first");
    }
    build.body_bytes_max = build.body_bytes_max.min(bytes.as_usize());
    build.json_limits = JsonLimits {
        depth_max: settings.depth.map_or(32, usize::from).min(JsonLimits::DEPTH_CEILING),
        nodes_max: settings.nodes.map_or(50_000, |nodes| nodes as usize),
        string_bytes_max: settings.string.map_or(256 << 10, Size::as_usize),
        number_bytes_max: 64,
        array_items_max: settings.array.map_or(10_000, |items| items as usize),
        object_members_max: settings.object.map_or(1_000, |members| members as usize),
    };
    Some(Box::new(BodyLimits { bytes_max: build.body_bytes_max, json: build.json_limits }))
}

impl Policy for BodyLimits {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let Some(length) = cx.headers.get(CONTENT_LENGTH) else { return Ok(()) };
        let length = length.to_str().ok().and_then(|text| text.parse::<usize>().ok());
        match length {
            Some(length) if length <= self.bytes_max => Ok(()),
            Some(_) => {
                Err(too_large(Redacted::vouched(format!("announced more than {} bytes", self.bytes_max))))
            }
            None => Err(too_large(Redacted::fixed("announced a length that is no length"))),
        }
    }

    fn body(&self, _cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        if body.bytes.len() > self.bytes_max {
            return Err(too_large(Redacted::vouched(format!("more than {} bytes", self.bytes_max))));
        }
        if body.bytes.is_empty() {
            return Ok(());
        }
        let own;
        // All read one and the same tree, unless this is in shadow, where the others are bound by other limits.
        let read = if *body.json_limits == self.json {
            body.json().map(|_| ())
        } else {
            own = parse_json(body.bytes, &self.json);
            own.as_ref().map(|_| ())
        };
        let Err(error) = read else { return Ok(()) };
        let detail = Redacted::vouched(format!("{} at byte {}", error.kind.as_str(), error.offset));
        match error.kind.is_limit() {
            true => Err(too_large(detail)),
            false => Err(Denial::new(Reason::BodyMalformed, KIND.id, detail)),
        }
    }

    fn limits(&self) -> Vec<String> {
        let json = &self.json;
        vec![
            format!("a body of {} bytes", self.bytes_max),
            format!(
                "json {} deep, of {} values, {} bytes a string, {} items an array, {} members an object",
                json.depth_max,
                json.nodes_max,
                json.string_bytes_max,
                json.array_items_max,
                json.object_members_max
            ),
        ]
    }

    /// The shape of JSON is bounded wherever JSON is sent, declared or not; of all else only bytes are counted.
    fn needs_body(&self, media_type: Option<&str>) -> bool {
        media_type.is_none_or(content::is_json)
    }
}

fn too_large(detail: Redacted) -> Denial {
    Denial::new(Reason::BodyTooLarge, KIND.id, detail)
}

const DOC: &str = r#"
Refuses bodies that are too large (413), and JSON that is malformed (400) or too deep, too long or too many (413), also
where no schema bounds it. JSON is read strictly: repeated names, lone surrogates and trailing data are malformed,
because two readers could see two documents.

It reads nothing from the specification. The media type of the request decides: JSON is read whole before the backend sees
a byte; of other bodies the bytes are counted while they stream, unless `request-schema` has to read them whole.

| setting | meaning | default |
|---|---|---|
| `bytes` | bytes of a body, unpacked | `1MiB` |
| `depth` | arrays and objects inside each other | 32 |
| `nodes` | values and names in all | 50,000 |
| `string` | bytes of a string | `256KiB` |
| `array` | items of an array | 10,000 |
| `object` | members of an object | 1,000 |

~~~yaml settings
body-limits: { bytes: 64, depth: 2 }
~~~
~~~yaml operation
/orders:
  post:
    security: []
    requestBody: { content: { application/json: {} } }
    responses: { '201': { description: created } }
~~~
~~~http allowed
POST /orders HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 16

{"items": [1,2]}
~~~
~~~http refused 413 body-too-large
POST /orders HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 18

{"items": [[1,2]]}
~~~
~~~http refused 413 body-too-large
POST /orders HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 65

~~~
~~~http refused 400 body-malformed
POST /orders HTTP/1.1
Host: api.example
Content-Type: application/json
Content-Length: 13

{"a":1,"a":2}
~~~

When this is wrong: an operation takes uploads. Raise `bytes` at that operation, not for the API.
"#;
