//! What schemas accept, dialect by dialect.
