//! What contracts hold, version by version.
