//! What changed in the inventory: when, who, why, and what was before.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Fact, Field, Sighting, Source, SourceId, SourceKind, Status};
use crate::{OperationKey, Timestamp};

/// One change, as it is remembered for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number, from one on.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who made it.
    pub who: String,
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// The event that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// A source was taken in.
    Read {
        /// Its number.
        source: SourceId,
        /// What it is.
        of: SourceKind,
        /// What it is called.
        name: String,
        /// How many operations it tells of.
        operations: u64,
        /// How many requests.
        requests: u64,
    },
    /// A source was taken back.
    Withdrawn {
        /// Its number.
        source: SourceId,
    },
    /// A source that was taken back counts again.
    Restored {
        /// Its number.
        source: SourceId,
    },
    /// Old sources were added together, so that they do not grow without end; they cannot be taken back any more.
    Merged {
        /// The one that stays.
        source: SourceId,
        /// How many were added to it.
        count: u64,
    },
    /// A person said something of an API, or took it back.
    Fact {
        /// The API.
        api: String,
        /// Of what.
        field: Field,
        /// What they had said before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Fact>,
        /// What holds now; absent where nobody says anything any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Fact>,
    },
    /// An operation came, went or became another thing, by what another event changed.
    Status {
        /// The operation.
        #[serde(deserialize_with = "owned")]
        operation: OperationKey<'static>,
        /// What it was; absent where it was not there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Status>,
        /// What it is; absent where nothing tells of it any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Status>,
        /// The event that it follows from.
        cause: u64,
    },
}

fn owned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OperationKey<'static>, D::Error> {
    OperationKey::deserialize(deserializer).map(OperationKey::into_owned)
}

impl What {
    /// Its stable name.
    pub fn name(&self) -> &'static str {
        match self {
            What::Read { .. } => "read",
            What::Withdrawn { .. } => "withdrawn",
            What::Restored { .. } => "restored",
            What::Merged { .. } => "merged",
            What::Fact { .. } => "fact",
            What::Status { .. } => "status",
        }
    }

    /// The API that it is about; absent where it may be about several.
    pub fn api(&self) -> Option<&str> {
        match self {
            What::Fact { api, .. } => Some(api),
            What::Status { operation, .. } => Some(&operation.api),
            What::Read { .. } | What::Withdrawn { .. } | What::Restored { .. } | What::Merged { .. } => None,
        }
    }
}

/// One step of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A source is new, or is other than it was.
    Source(Source),
    /// What a source tells of an operation is new, or other than it was.
    Sighting(Sighting),
    /// What a person says of an API.
    Fact {
        /// The API.
        api: String,
        /// Of what.
        field: Field,
        /// What; absent where nobody says anything.
        fact: Option<Fact>,
    },
    /// A source and all that it told is gone.
    Gone(SourceId),
    /// Something to be remembered.
    Event(Event),
}

/// Changes that are made together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// In their order.
    pub changes: Vec<Change>,
}
