//! What can go wrong, and under which code users see it.

use std::fmt;

/// The codes that users branch on and that Rust raises. `ts/errors/errors.ts` has the class of each, and
/// `docs/errors.md` cause and cure. Failures of SQLite get their code in `ts/errors/sqlite-errors.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Nothing more specific applies.
    Error,
    /// A statement is running that bars the call.
    Busy,
    /// What the caller gave cannot be used.
    InvalidArgument,
    /// The stored bytes are not what they should be.
    Corrupt,
    /// It was used after it was closed.
    Closed,
    /// It took longer than its time limit.
    Timeout,
}

impl ErrorCode {
    /// Every code, in the order of the enum.
    pub const ALL: [Self; 6] =
        [Self::Error, Self::Busy, Self::InvalidArgument, Self::Corrupt, Self::Closed, Self::Timeout];

    /// Returns the code as users see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "KV_ERROR",
            Self::Busy => "KV_BUSY",
            Self::InvalidArgument => "KV_INVALID_ARGUMENT",
            Self::Corrupt => "KV_CORRUPT",
            Self::Closed => "KV_CLOSED",
            Self::Timeout => "KV_TIMEOUT",
        }
    }
}

/// Why an algorithm of this crate failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreError {
    /// What the caller gave cannot be used. The message says what was given and what was expected.
    InvalidArgument(String),
    /// The bytes are not what they should be. The message says where and how.
    Corrupt(String),
}

impl CoreError {
    /// Returns the code that users see.
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
