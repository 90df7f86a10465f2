//! Who calls: tokens verified against the keys of their issuers, and API keys looked up by digest.
//!
//! Nothing here knows the gateway's policies. Verification is pure and takes the time as an argument; the only IO is
//! in [`fetch`] and [`feed`], which keep the issuers' key sets fresh, in [`introspection`], and in [`client_tokens`].

mod algorithm;
mod api_key;
mod base64url;
mod cache;
mod certificate;
mod claims;
mod client;
pub mod client_tokens;
mod error;
pub mod feed;
pub mod fetch;
pub mod internal;
pub mod introspection;
pub mod issue;
mod json;
mod jws;
mod key;
mod key_set;
pub mod proof;
pub mod revocation;
mod thumbprint;
mod verifier;

pub use algorithm::{Algorithm, Algorithms};
pub use api_key::{ApiClient, ApiKeyError, ApiKeys, KeyDigest};
pub use cache::{CacheLimits, TokenCache};
pub use certificate::ClientCertificate;
pub use claims::{Claims, Confirmation};
pub use error::TokenError;
pub use jws::{Header, Jws, TOKEN_BYTES_MAX};
pub use key::KeyError;
pub use key_set::{KeySet, KeySetError, Skipped};
pub use thumbprint::Thumbprint;
pub use verifier::{Issuer, IssuerError, TypeRule, Verified, Verifier};
