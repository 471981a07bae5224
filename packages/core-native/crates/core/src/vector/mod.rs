//! Distances and top-k scans.
