//! What can go wrong, and under which code users see it.

use std::fmt;

/// The codes users branch on. `ts/errors.ts` maps each to its class; `docs/errors.md` tells cause and cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Nothing more specific applies.
    Error,
    /// The thing asked for does not exist.
    NotFound,
    /// The file is locked by another connection.
    Busy,
    /// What the caller gave cannot be used.
    InvalidArgument,
    /// The operating system refused.
    Io,
    /// The stored bytes are not what they should be.
    Corrupt,
    /// Used after it was closed.
    Closed,
    /// A write where only reading is possible.
    ReadOnly,
    /// A second copy of SQLite in the process.
    TwoSqlite,
}

impl ErrorCode {
    /// Every code the native side can raise, in the order of the enum.
    pub const ALL: [Self; 9] = [
        Self::Error,
        Self::NotFound,
        Self::Busy,
        Self::InvalidArgument,
        Self::Io,
        Self::Corrupt,
        Self::Closed,
        Self::ReadOnly,
        Self::TwoSqlite,
    ];

    /// The code as users see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "KV_ERROR",
            Self::NotFound => "KV_NOT_FOUND",
            Self::Busy => "KV_BUSY",
            Self::InvalidArgument => "KV_INVALID_ARGUMENT",
            Self::Io => "KV_IO",
            Self::Corrupt => "KV_CORRUPT",
            Self::Closed => "KV_CLOSED",
            Self::ReadOnly => "KV_READONLY",
            Self::TwoSqlite => "KV_TWO_SQLITE",
        }
    }
}

/// Why an algorithm of this crate could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreError {
    /// What the caller gave cannot be used: says what was given and what was expected.
    InvalidArgument(String),
    /// The bytes are not what they should be: says where and how.
    Corrupt(String),
}

impl CoreError {
    /// The code users see.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidArgument(_) => ErrorCode::InvalidArgument,
            Self::Corrupt(_) => ErrorCode::Corrupt,
        }
    }
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArgument(message) | Self::Corrupt(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for CoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_distinct_and_prefixed() {
        let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        for (position, code) in codes.iter().enumerate() {
            assert!(code.starts_with("KV_"), "{code}");
            assert!(!codes.iter().skip(position + 1).any(|other| other == code), "{code}");
        }
    }

    #[test]
    fn an_error_reads_as_its_message_and_knows_its_code() {
        let error = CoreError::Corrupt("chunk 3 is 7 bytes long, expected 8".into());
        assert_eq!(error.to_string(), "chunk 3 is 7 bytes long, expected 8");
        assert_eq!(error.code(), ErrorCode::Corrupt);
        assert_eq!(CoreError::InvalidArgument(String::new()).code(), ErrorCode::InvalidArgument);
    }
}
