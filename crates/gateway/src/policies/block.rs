//! Refuses principals, client applications, addresses, networks and countries that were named, at once and until a time.

use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::blocks::{self, BlockFeed, Blocks};
use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::geography::Country;
use crate::network::Network;
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "block", stage: Stage::Shed, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `block`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// From which countries callers are let in.
    countries: Option<Countries>,
    /// From which networks callers are let in.
    networks: Option<Networks>,
}

/// From which networks callers are let in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Networks {
    /// The only ones from which they are.
    allow: Vec<Network>,
    /// Those from which they are not, even inside of one that is allowed.
    refuse: Vec<Network>,
}

/// From which countries callers are let in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Countries {
    /// The only ones from which they are.
    allow: Vec<Country>,
    /// Those from which they are not.
    refuse: Vec<Country>,
    /// What becomes of addresses of which no country is known. Default: `refuse` beside `allow`, `allow` otherwise.
    unknown: Option<Unknown>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unknown {
    /// They are let in.
    Allow,
    /// They are refused.
    Refuse,
}

#[derive(Debug)]
struct Block {
    feed: BlockFeed,
    countries: Option<Countries>,
    networks: Option<Networks>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { countries, networks, .. } = build.settings()?;
    let feed = build.feeds.blocks.clone();
    if let Some(Countries { allow, refuse, unknown }) = &countries {
        if feed.geography.is_none() {
            let help = "name one, as in `geography: { database: countries.mmdb }`";
            build.problem(Severity::Error, "no database says which country an address is of", help);
        }
        if !allow.is_empty() && !refuse.is_empty() {
            let help = "countries that are not in `allow` are refused already";
            build.problem(Severity::Error, "`countries` takes one of `allow` and `refuse`", help);
        }
        if allow.is_empty() && refuse.is_empty() && unknown.is_none() {
            build.problem(Severity::Error, "`countries` names none", "write some, as in `allow: [AT, DE]`");
        }
    }
    if networks.as_ref().is_some_and(|networks| networks.allow.is_empty() && networks.refuse.is_empty()) {
        build.problem(Severity::Error, "`networks` names none", "write some, as in `allow: [10.0.0.0/8]`");
    }
    // Even where nothing is blocked: what is blocked later counts from the next request on.
    Some(Box::new(Block { feed, countries, networks }))
}

impl Policy for Block {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        self.judge(|blocks| blocks.of_address(cx.client, cx.now))?;
        self.judge_network(cx)?;
        let is_asked = self.countries.is_some()
            || self.feed.configured.has_countries()
            || self.feed.live.load().has_countries();
        if is_asked { self.judge_country(cx) } else { Ok(()) }
    }

    fn identified(&self, cx: &Context<'_>) -> Verdict {
        self.judge(|blocks| of_caller(blocks, cx))
    }
}

impl Block {
    fn judge(&self, find: impl Fn(&Blocks) -> Option<&blocks::Block>) -> Verdict {
        let deny = |block: &blocks::Block| {
            // The words are those of whoever may set blocks, and hold nothing of the request.
            Err(Denial::new(Reason::Blocked, KIND.id, Redacted::vouched(block.to_string())))
        };
        if let Some(block) = find(&self.feed.configured) {
            return deny(block);
        }
        find(&self.feed.live.load()).map_or(Ok(()), deny)
    }

    fn judge_network(&self, cx: &Context<'_>) -> Verdict {
        let Some(Networks { allow, refuse }) = &self.networks else { return Ok(()) };
        let is_in = |networks: &[Network]| networks.iter().any(|network| network.contains(cx.client));
        if is_in(refuse) {
            return Err(Denial::fixed(Reason::Blocked, KIND.id, "a network that is refused"));
        }
        if !allow.is_empty() && !is_in(allow) {
            return Err(Denial::fixed(Reason::Blocked, KIND.id, "a network that is not let in"));
        }
        Ok(())
    }

    fn judge_country(&self, cx: &Context<'_>) -> Verdict {
        let refused = |why| Err(Denial::fixed(Reason::Blocked, KIND.id, why));
        let Some(geography) = &self.feed.geography else {
            return refused("a country is blocked, and no database says of which one the address is");
        };
        let Ok(country) = geography.country(cx.client) else {
            return refused("the database of countries is damaged");
        };
        if let Some(country) = country {
            self.judge(|blocks| blocks.of_country(country, cx.now))?;
        }
        let Some(Countries { allow, refuse, unknown }) = &self.countries else { return Ok(()) };
        match country {
            None if unknown.map_or(!allow.is_empty(), |unknown| unknown == Unknown::Refuse) => {
                refused("no country is known of the address")
            }
            Some(country) if refuse.contains(&country) => refused("a country that is refused"),
            Some(country) if !allow.is_empty() && !allow.contains(&country) => {
                refused("a country that is not let in")
            }
            _ => Ok(()),
        }
    }
}

/// What blocks the caller, under any of the names that are proven: whoever shows a token and the certificate of a blocked
/// service is refused for the certificate.
fn of_caller<'b>(blocks: &'b Blocks, cx: &Context<'_>) -> Option<&'b blocks::Block> {
    let principal = cx.caller.principal();
    let id = principal.id.as_deref();
    let key = cx.caller.client.as_ref().map(|client| client.name.as_str());
    id.and_then(|id| blocks.of_principal(id, principal.issuer.as_deref(), cx.now))
        .or_else(|| blocks.of_principal(cx.caller.service()?, None, cx.now))
        .or_else(|| blocks.of_client(principal.client.as_deref()?, cx.now))
        .or_else(|| blocks.of_client(key?, cx.now))
}

const DOC: &str = r#"
Refuses who and what was named, until a time or for good: for an incident, in which nobody wants to wait for an issuer or
a firewall. Addresses, networks and countries are refused before anything else looks at the request, principals and client
applications as soon as they are known. All of them are answered 403, and the answer does not say why; the reason, and who
set the block, stand in the record. A block counts from the next request on, over connections that are open as well;
requests that a backend is answering already are not cut off.

It reads nothing from the specification. Blocks stand in `blocks` of the config, or are set while the gateway runs:

~~~sh
curl -H 'Content-Type: application/json' http://127.0.0.1:9901/blocks \
  -d '{"principal": "mallory", "reason": "stolen laptop", "until": "2030-01-01T00:00:00Z", "by": "night shift"}'
curl http://127.0.0.1:9901/blocks
curl -X DELETE http://127.0.0.1:9901/blocks/1
~~~

What is set so is kept in the data folder, over reloads and restarts; up to 4096 blocks, of which those that are over make
room. The same subject set again replaces its block. The admin listener takes such requests from its own machine alone, and
never from a web page.

| key of a block | meaning |
|---|---|
| `principal` | the id that stands in records: the subject of a token, a client that acts for itself, the service of a certificate |
| `issuer` | with `principal`: the issuer that vouches for it, if not any |
| `client` | a client application, by API key or by `client_id` or `azp` of a token |
| `address` | an address, or a network as in `192.0.2.0/24` |
| `country` | a country by its two letters, as in `KP` |
| `reason` | why; must be given |
| `until` | from when on it counts no more; for good if absent |
| `by` | who set it |

Lists of networks of bad name, which others keep, are named under `block-lists` of the config, as in
`block-lists: [{ file: drop.txt, reason: hijacked networks }]`. A list that changes is loaded again; one that cannot be read
changes nothing, and is said.

Each block has one of `principal`, `client`, `address` and `country`.

Of which country an address is says the file that `geography: { database: … }` of the config names, in the format of
MaxMind DB; it is read anew when it changes. One API, or one operation, can say for itself from where it is called, and what
is said for it replaces what is said for all:

| setting | meaning | default |
|---|---|---|
| `networks.allow` | the only networks from which callers are let in, as for what administrators do | all |
| `networks.refuse` | networks from which they are not | none |
| `countries.allow` | the only countries from which callers are let in | all |
| `countries.refuse` | countries from which they are not | none |
| `countries.unknown` | `allow` or `refuse` addresses of which no country is known | `refuse` beside `allow`, else `allow` |

~~~yaml operation
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
/menu:
  get: { security: [{ key: [] }], responses: { '200': { description: ok } } }
~~~
~~~yaml settings
block: { countries: { refuse: [AT] }, networks: { refuse: ['2001:db8::/32'] } }
~~~

~~~http refused 403 blocked
GET /orders HTTP/1.1
Host: api.example
Client-Address: 2001:db8::7
~~~

In these examples `mallory`, the client `stolen`, `203.0.113.128/25` and the country `KP` are blocked; `198.51.100.1` is of
`AT`, and `198.51.100.200` of `KP`. `Client-Address` stands for where the connection comes from, and is no field that the
gateway reads.

~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 403 blocked
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token mallory}
~~~
~~~http refused 403 blocked
GET /menu HTTP/1.1
Host: api.example
X-Api-Key: {key stolen}
~~~
~~~http refused 403 blocked
GET /orders HTTP/1.1
Host: api.example
Client-Address: 203.0.113.200
~~~
~~~http refused 403 blocked
GET /orders HTTP/1.1
Host: api.example
Client-Address: 198.51.100.200
~~~
~~~http refused 403 blocked
GET /orders HTTP/1.1
Host: api.example
Client-Address: 198.51.100.1
~~~

When this is wrong: behind a proxy that is not named under `proxies`, every request has the address of the proxy, and to
block it is to block everybody. Addresses change hands; where one is, a database guesses, and whoever wants to seem elsewhere
can. Those of the inside are of no country. What must never come back belongs
at the issuer; a block is for the time until then.
"#;
