//! The rows of 2023: which operations each looks at, of requests and of messages.

use crate::rule::Kind;
use crate::view::{Need, Operation, Payload, View};

/// A row: its name, whether there is something of it in an operation, and what is said where there is in none.
pub(super) type Row = (&'static str, for<'l> fn(&View<'l>, &Operation<'l>) -> bool, &'static str);

/// The rows as they are for documents of this kind.
pub(super) fn of(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::OpenApi => OF_REQUESTS,
        Kind::AsyncApi => OF_MESSAGES,
    }
}

const NO_OPERATION: &str = "there is no operation";

const OF_REQUESTS: &[Row] = &[
    ("API1:2023", |_view, one| one.is_called() && one.is_on_object(), "no path takes the id of an object"),
    ("API2:2023", |_view, one| one.is_called(), NO_OPERATION),
    ("API3:2023", |_view, one| one.is_called() && one.is_described(), "no body and no answer is described"),
    ("API4:2023", |_view, one| one.is_called(), NO_OPERATION),
    (
        "API5:2023",
        |view, one| one.is_called() && (one.security.is_open() || knows_scopes(view, one)),
        NO_SCOPES,
    ),
    (
        "API6:2023",
        |_view, one| one.is_called() && one.is_business_flow(),
        "no path is known to be of a flow of business",
    ),
    ("API7:2023", |_view, one| one.is_called() && one.is_given(), "no operation has parameters or a body"),
    ("API8:2023", |_view, one| one.is_called(), NO_OPERATION),
    ("API9:2023", |_view, one| one.is_called(), NO_OPERATION),
    (
        "API10:2023",
        |view, one| !one.is_called() || view.third_party_of(one).is_some(),
        "there are no callbacks, no webhooks and no servers of others",
    ),
];

const NO_SCOPES: &str = "nothing says what callers may do: no scheme knows scopes";

const NONE_RECEIVED: &str = "no operation receives messages";

const NO_SERVER: &str = "no server says how clients connect and who they are";

/// Whoever connects may send and listen, so most rows look at both.
const OF_MESSAGES: &[Row] = &[
    ("API1:2023", |_view, _one| false, "no rule looks at whose objects messages are about"),
    ("API2:2023", is_on_server, NO_SERVER),
    ("API3:2023", has_described_message, "no message is described"),
    ("API4:2023", |_view, one| one.is_called(), NONE_RECEIVED),
    (
        "API5:2023",
        |view, one| is_open_to_all(view, one) || knows_scopes(view, one),
        "nothing says who may send or receive what: no scheme knows scopes",
    ),
    ("API6:2023", |_view, _one| false, "no rule looks at flows of business in messages"),
    ("API7:2023", |_view, one| one.is_called(), NONE_RECEIVED),
    ("API8:2023", is_on_server, NO_SERVER),
    ("API9:2023", |_view, _one| true, NO_OPERATION),
    ("API10:2023", |_view, _one| false, "no rule looks at messages as what other APIs are trusted with"),
];

/// Whether it is known where the operation is: what nobody connects to is neither open nor safe.
fn is_on_server(view: &View<'_>, operation: &Operation<'_>) -> bool {
    view.servers_of_operation(operation).next().is_some()
}

/// Whether a scheme that is asked for says more than who calls.
fn knows_scopes<'l>(view: &View<'l>, operation: &Operation<'l>) -> bool {
    let is_with_scopes = |need: &Need<'l>| {
        let scheme = view.scheme_of(need);
        let is_of_tokens =
            scheme.is_some_and(|scheme| scheme.is_type("oauth2") || scheme.is_type("openIdConnect"));
        is_of_tokens || need.listed.is_some_and(|listed| !listed.node.is_empty())
    };
    view.needs_of(operation).any(is_with_scopes)
}

/// Whether anybody may connect to a server that the operation is on, and it asks for nothing itself.
fn is_open_to_all(view: &View<'_>, operation: &Operation<'_>) -> bool {
    let mut servers = view.servers_of_operation(operation);
    operation.security.is_open() && servers.any(|server| server.security.is_open())
}

/// Whether a message of its channel has a schema that says something.
fn has_described_message(view: &View<'_>, operation: &Operation<'_>) -> bool {
    view.messages_around(operation).any(|message| {
        let is_foreign = matches!(message.payload, Payload::Foreign(_));
        !is_foreign && message.schemas().any(|schema| !schema.node.is_empty())
    })
}
