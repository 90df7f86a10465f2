//! The log as a whole: written, read, torn, rotated, killed.

mod beside;
mod crash;
mod disk;
mod read;
mod sample;
mod torn;
