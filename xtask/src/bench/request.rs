//! Requests as they stand in logs: some operations that are asked often, with many values in their paths, and some noise.

use super::chance::Chance;

/// Beginning of the log, in seconds since the epoch: 2025-10-10 00:00 UTC.
const START_S: u64 = 1_760_054_400;
/// Between two requests.
const STEP_MS: u64 = 10;
/// Different addresses that requests come from.
pub(super) const CLIENTS: u64 = 20_000;

/// Templates of the operations: `#` is a number, `@` a UUID. The second half is asked three times as often as the first.
pub(super) const OPERATIONS: &[(&str, &str)] = &[
    ("GET", "/v1/orders"),
    ("GET", "/v1/orders/#"),
    ("POST", "/v1/orders"),
    ("GET", "/v1/customers/@"),
    ("GET", "/v1/customers/@/orders"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/#"),
    ("GET", "/v1/products/#/reviews"),
    ("GET", "/v1/search"),
    ("POST", "/v1/carts"),
    ("GET", "/v1/carts/@"),
    ("PUT", "/v1/carts/@/items/#"),
    ("DELETE", "/v1/carts/@/items/#"),
    ("GET", "/v1/stock/#"),
    ("GET", "/v1/prices/#"),
    ("POST", "/oauth/token"),
    ("GET", "/v1/sessions/@"),
    ("GET", "/v1/users/me"),
    ("GET", "/v1/users/#"),
    ("PATCH", "/v1/users/#"),
    ("GET", "/health"),
    ("GET", "/v1/invoices"),
    ("GET", "/v1/invoices/#"),
    ("GET", "/v1/invoices/#/lines/#"),
    ("POST", "/v1/invoices/#/payments"),
    ("GET", "/v1/payments/@"),
    ("POST", "/v1/payments/@/refunds"),
    ("GET", "/v1/shipments/@"),
    ("GET", "/v1/shipments/@/events"),
    ("GET", "/v1/warehouses"),
    ("GET", "/v1/warehouses/#/shelves/#"),
    ("PUT", "/v1/warehouses/#/shelves/#"),
    ("GET", "/v1/suppliers"),
    ("GET", "/v1/suppliers/#"),
    ("GET", "/v1/reports/daily"),
    ("GET", "/v1/reports/@"),
    ("GET", "/v1/files/@/content"),
    ("DELETE", "/v1/files/@"),
    ("POST", "/v1/webhooks"),
    ("GET", "/v1/webhooks/#"),
    ("GET", "/v1/audit/events"),
    ("GET", "/v2/orders/#/timeline"),
];

/// What is asked by those who look for holes.
const NOISE: &[&str] = &["/.env", "/wp-login.php", "/.git/config", "/actuator/env", "/phpinfo.php"];
/// Different values that stand at one place.
const IDS: u64 = 5_000;
const HOSTS: &[&str] = &["api.shop.example", "api.shop.example", "partner.shop.example"];
const WORDS: &[&str] = &["tea", "green+tea", "cups", "pot%20lid", "filter", "honey"];
const REFERERS: &[&str] =
    &["https://shop.example/", "https://shop.example/cart", "https://partner.example/list?page=3"];
const PROGRAMS: &[&str] = &[
    "curl/8.5.0",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "axios/1.7.2",
    "Go-http-client/2.0",
    "PostmanRuntime/7.39.0",
];
const SYSTEMS: &[&str] =
    &["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"];
/// So many of a hundred.
const STATUSES: &[(u64, u16)] = &[(84, 200), (6, 201), (3, 304), (2, 401), (3, 404), (1, 429), (1, 500)];

/// One request and its answer.
#[derive(Debug)]
pub(super) struct Request {
    /// Since the epoch, in milliseconds.
    time_ms: u64,
    pub(super) client: String,
    pub(super) method: &'static str,
    pub(super) host: &'static str,
    pub(super) path: String,
    /// Without `?`; empty where there is none.
    pub(super) query: String,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) duration_ms: u64,
    /// `-` where there is none.
    pub(super) referer: &'static str,
    pub(super) user_agent: String,
}

/// All requests, without end and the same each time.
#[derive(Debug)]
pub(super) struct Requests {
    chance: Chance,
    time_ms: u64,
}

impl Default for Requests {
    fn default() -> Self {
        Self { chance: Chance::of(7), time_ms: START_S * 1000 }
    }
}

impl Iterator for Requests {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let chance = &mut self.chance;
        self.time_ms += STEP_MS;
        let is_noise = chance.percent(1);
        let rest = OPERATIONS.get(OPERATIONS.len() / 2..).unwrap_or_default();
        let among = if chance.percent(50) { rest } else { OPERATIONS };
        let (method, template) = chance.one_of(among);
        let path = if is_noise { chance.one_of(NOISE).to_owned() } else { path(template, chance) };
        let client = chance.below(CLIENTS);
        Some(Request {
            time_ms: self.time_ms,
            client: format!("198.{}.{}.{}", 18 + client % 2, client / 250, client % 250),
            method: if is_noise { "GET" } else { method },
            host: chance.one_of(HOSTS),
            path,
            query: query(chance),
            status: if is_noise { 404 } else { status(chance) },
            bytes: 40 + chance.below(4_000),
            duration_ms: 1 + chance.below(60),
            referer: if chance.percent(60) { "-" } else { chance.one_of(REFERERS) },
            user_agent: user_agent(chance),
        })
    }
}

fn path(template: &str, chance: &mut Chance) -> String {
    let mut path = String::new();
    for letter in template.chars() {
        match letter {
            '#' => path.push_str(&(1 + chance.below(IDS)).to_string()),
            '@' => path.push_str(&uuid(chance.below(IDS))),
            other => path.push(other),
        }
    }
    path
}

/// The UUID of this number.
fn uuid(number: u64) -> String {
    let mut chance = Chance::of(number);
    let (high, low) = (chance.next(), chance.next());
    let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
    format!(
        "{first:08x}-{second:04x}-4{third:03x}-{:04x}-{:012x}",
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}

fn query(chance: &mut Chance) -> String {
    match chance.below(10) {
        0 | 1 => format!("page={}", 1 + chance.below(40)),
        2 => format!("q={}&sort=price&page={}", chance.one_of(WORDS), 1 + chance.below(9)),
        _ => String::new(),
    }
}

fn status(chance: &mut Chance) -> u16 {
    let mut drawn = chance.below(100);
    let within = STATUSES.iter().find(|(share, _)| match drawn.checked_sub(*share) {
        Some(left) => {
            drawn = left;
            false
        }
        None => true,
    });
    within.map_or(200, |(_, status)| *status)
}

fn user_agent(chance: &mut Chance) -> String {
    if chance.percent(50) {
        return chance.one_of(PROGRAMS).to_owned();
    }
    let (system, version) = (chance.one_of(SYSTEMS), 120 + chance.below(6));
    format!(
        "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    )
}

impl Request {
    /// Path and query.
    pub(super) fn target(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.query)
    }

    /// The query, or `-`.
    pub(super) fn query_or_dash(&self) -> &str {
        if self.query.is_empty() { "-" } else { &self.query }
    }

    /// The user agent with `+` for spaces, as in formats that have spaces between columns.
    pub(super) fn user_agent_in_one_word(&self) -> String {
        self.user_agent.replace(' ', "+")
    }

    /// Day of the month, hour, minute, second and milliseconds; a log of more than three weeks goes on in the same month.
    pub(super) fn clock(&self) -> Clock {
        let since_ms = self.time_ms - START_S * 1000;
        let seconds = since_ms / 1000;
        Clock {
            day: 10 + seconds / 86_400 % 21,
            time: format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60),
            millis: since_ms % 1000,
        }
    }

    /// Seconds since the epoch, with milliseconds.
    pub(super) fn epoch(&self) -> String {
        format!("{}.{:03}", self.time_ms / 1000, self.time_ms % 1000)
    }
}

/// A time of October 2025, taken apart.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) day: u64,
    pub(super) time: String,
    pub(super) millis: u64,
}

#[test]
fn requests_are_the_same_each_time() {
    let all: Vec<_> = Requests::default().take(20_000).collect();
    let again: Vec<_> = Requests::default().take(20_000).map(|request| request.target()).collect();
    assert_eq!(all.iter().map(Request::target).collect::<Vec<_>>(), again);
    let share = |status| all.iter().filter(|request| request.status == status).count() * 100 / all.len();
    assert!((80..87).contains(&share(200)) && (2..6).contains(&share(404)));
    assert_eq!(uuid(1).len(), 36);
    let first = all.first().expect("one").clock();
    assert_eq!((first.day, first.time.as_str(), first.millis), (10, "00:00:00", 10));
}
