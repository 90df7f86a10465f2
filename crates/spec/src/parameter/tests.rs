//! What parameters accept, style by style.
