//! Element types and their byte layouts.
