//! What a disk that is full or failing does to the log.
