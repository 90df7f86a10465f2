//! `/blocks`: what is blocked, for everyone who may ask, and its changes, for programs of this machine.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use gateway::{Block, Blocked};
use serde_json::{Value, json};

use super::{Facts, Peer};
use crate::blocks::{BLOCKS_MAX, ChangeError, KeptBlocks, Numbered};
use crate::feeds::wall_clock;

/// Largest body, in bytes: a block with the longest of names, every byte of it escaped.
const BODY_BYTES_MAX: usize = 16 << 10;

/// Set by browsers on every request of a page, or by those of another site at least.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) fn router() -> Router<Facts> {
    Router::new()
        .route("/blocks", get(list).post(set))
        .route("/blocks/{id}", delete(lift))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(only_programs_of_this_machine_write))
}

async fn only_programs_of_this_machine_write(
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    match objection(peer, request.method(), request.headers()) {
        Some(why) => refused(StatusCode::FORBIDDEN, why),
        None => next.run(request).await,
    }
}

/// Why a request is not taken: changes that come from another machine, since the listener asks nobody who they are, and
/// changes by web pages.
///
/// A page under a foreign name fails for its `Host` already. One that calls by our own name is of another origin: its
/// browser sends `Origin`, and asks before it sends `DELETE` or JSON, which no answer here allows.
fn objection(peer: IpAddr, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    if method.is_safe() {
        None
    } else if !peer.is_loopback() {
        Some("blocks are set and lifted from this machine alone")
    } else if headers.contains_key(header::ORIGIN) || headers.contains_key(FETCH_SITE) {
        Some("blocks are not set or lifted by web pages")
    } else {
        None
    }
}

fn refused(status: StatusCode, why: impl std::fmt::Display) -> Response {
    (status, format!("{why}\n")).into_response()
}

async fn list(State(facts): State<Facts>) -> Json<Value> {
    let now = wall_clock();
    let configured = (facts.block_feed)().configured;
    let of_config = configured.all().iter().filter(|block| block.lasts(now));
    let of_config = of_config.map(|block| shown(block, "config", None));
    let kept = facts.blocks.list(now);
    let set = kept.iter().map(|Numbered { id, block }| shown(block, "admin", Some(*id)));
    let blocks: Vec<Value> = of_config.chain(set).collect();
    Json(json!({ "schema_version": model::SCHEMA_VERSION, "blocks": blocks }))
}

/// A block with where it stands and, if it can be lifted here, its number.
fn shown(block: &Block, source: &str, id: Option<u64>) -> Value {
    let mut shown = json!(block);
    if let Value::Object(members) = &mut shown {
        members.insert("source".to_owned(), source.into());
        members.extend(id.map(|id| ("id".to_owned(), id.into())));
    }
    shown
}

async fn set(State(facts): State<Facts>, headers: HeaderMap, body: Bytes) -> Response {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a block is sent as `application/json`");
    }
    let block: Block = match serde_json::from_slice(&body) {
        Ok(block) => block,
        Err(error) => return refused(StatusCode::BAD_REQUEST, format_args!("this is no block: {error}")),
    };
    if matches!(block.what, Blocked::Country { .. }) && (facts.block_feed)().geography.is_none() {
        let why =
            "no database says which addresses are of a country; name one under `geography` of the config";
        return refused(StatusCode::BAD_REQUEST, why);
    }
    let told = block.clone();
    match changed(&facts, move |blocks| blocks.set(block, wall_clock())).await {
        Ok(id) => {
            tracing::info!(id, %told, "a block was set");
            (StatusCode::CREATED, Json(shown(&told, "admin", Some(id)))).into_response()
        }
        Err(response) => response,
    }
}

async fn lift(State(facts): State<Facts>, Path(id): Path<u64>) -> Response {
    match changed(&facts, move |blocks| blocks.lift(id, wall_clock())).await {
        Ok(block) => {
            tracing::info!(id, %block, "a block was lifted");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(response) => response,
    }
}

/// Changes the blocks where a disk may take its time.
async fn changed<T: Send + 'static>(
    facts: &Facts,
    change: impl FnOnce(&KeptBlocks) -> Result<T, ChangeError> + Send + 'static,
) -> Result<T, Response> {
    let blocks = facts.blocks.clone();
    let changed = tokio::task::spawn_blocking(move || change(&blocks)).await;
    let changed = changed.unwrap_or_else(|error| Err(ChangeError::Unkept(std::io::Error::other(error))));
    changed.map_err(|error| match error {
        ChangeError::Over => refused(StatusCode::BAD_REQUEST, "`until` is over already"),
        ChangeError::Unknown => refused(StatusCode::NOT_FOUND, "no block that was set here has this number"),
        ChangeError::Full => refused(
            StatusCode::INSUFFICIENT_STORAGE,
            format_args!("{BLOCKS_MAX} blocks are set already; lift some, or block a network"),
        ),
        ChangeError::Unkept(error) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            format_args!("nothing was changed: the blocks cannot be kept: {error}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_reads_and_changes_nothing() {
        let objects = |peer: &str, method: Method| {
            objection(peer.parse().unwrap(), &method, &HeaderMap::new()).is_some()
        };
        for peer in ["192.0.2.7", "10.0.0.1", "2001:db8::1", "0.0.0.0"] {
            assert!(objects(peer, Method::POST) && objects(peer, Method::DELETE), "{peer}");
            assert!(!objects(peer, Method::GET), "{peer}");
        }
        for peer in ["127.0.0.1", "127.8.0.1", "::1"] {
            assert!(!objects(peer, Method::POST) && !objects(peer, Method::DELETE), "{peer}");
        }
    }
}
