//! Chunk arithmetic of typed sequences.
