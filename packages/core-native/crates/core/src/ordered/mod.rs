//! Ordered maps and the order-preserving key encoding.
