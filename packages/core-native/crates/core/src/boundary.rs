//! The numbers that Rust and TypeScript agree on.
//!
//! Each has its home here. `scripts/build-native.ts` writes them to `ts/native/constants.ts`, from what the example
//! `constants` prints.

/// A group of constants, which TypeScript gets as one object.
pub struct Group {
    /// The name in TypeScript.
    pub name: &'static str,
    /// The lines of its comment.
    pub docs: &'static [&'static str],
    /// The constants, in the order of this file.
    pub constants: &'static [Constant],
}

/// One constant of a group.
pub struct Constant {
    /// The name in Rust.
    pub name: &'static str,
    /// The lines of its comment.
    pub docs: &'static [&'static str],
    /// The value.
    pub value: i64,
}

impl Constant {
    /// Returns the name in TypeScript: `FOREIGN_KEY` is `foreignKey` there.
    #[must_use]
    pub fn typescript_name(&self) -> String {
        let mut words = self.name.split('_');
        let first = words.next().unwrap_or_default().to_lowercase();
        words.fold(first, |mut name, word| {
            let (initial, rest) = word.split_at_checked(1).unwrap_or_default();
            name.push_str(initial);
            name.push_str(&rest.to_lowercase());
            name
        })
    }
}

macro_rules! groups {
    ($($(#[doc = $docs:literal])+ mod $module:ident of $type:ty as $exported:literal {
        $($(#[doc = $constant_docs:literal])+ $name:ident = $value:expr;)+
    })+) => {
        $($(#[doc = $docs])+ pub mod $module {
            $($(#[doc = $constant_docs])+ pub const $name: $type = $value;)+
        })+

        /// All groups, in the order of this file.
        pub const GROUPS: &[Group] = &[$(Group {
            name: $exported,
            docs: &[$($docs),+],
            constants: &[$(Constant {
                name: stringify!($name),
                docs: &[$($constant_docs),+],
                value: $module::$name as i64,
            }),+],
        }),+];
    };
}

groups! {
    /// What stands for a value's length in `kvGetMany` and `kvPage` when the bytes are not there. No value is that
    /// long.
    mod mark of u32 as "Mark" {
        /// No row has the key.
        NONE = u32::MAX;
        /// The value does not fit and must be read alone, or it is not bytes at all.
        APART = u32::MAX - 1;
        /// The key is text or a number. No vault writes such a key, and none finds it.
        FOREIGN_KEY = u32::MAX - 2;
    }

    /// The flags of `kvPage`.
    mod page_flag of usize as "PageFlag" {
        /// The lower bound belongs to the range.
        LOWER_INCLUSIVE = 1;
        /// The upper bound belongs to the range.
        UPPER_INCLUSIVE = 2;
        /// The page goes from the upper bound downwards.
        REVERSE = 4;
        /// The rows have their values.
        VALUES = 8;
    }

    /// The result of `kvGet`, if it is not the length of the value that was copied.
    mod kv_get of isize as "KvGet" {
        /// No row has the key.
        MISSING = -1;
        /// The value must be read as a BLOB.
        APART = -2;
        /// The value does not fit. The result is this number minus the length.
        TOO_LONG = -3;
    }

    /// The result of `kvPendingLength`, if it is not the length of a pending value.
    mod pending_length of isize as "PendingLength" {
        /// Nothing is pending for the key.
        NONE = -1;
        /// The key is pending deletion.
        DELETED = -2;
    }

    /// A result that is a number and a bit: `unit` times the number, plus the bit. In `kvPend` the number is the
    /// pending bytes, and the bit says that nothing was pending for the key. In `kvPage` the number is the rows, and
    /// the bit says that no more rows follow.
    mod number_and_bit of usize as "NumberAndBit" {
        /// The bit.
        BIT = 1;
        /// The factor of the number.
        UNIT = 2;
    }

    /// The head of a record in `kvPage` and `kvWriteMany`: two lengths, each a little-endian u32. Key and value follow.
    mod record_head of usize as "RecordHead" {
        /// Where the length of the key begins.
        KEY_LENGTH = 0;
        /// Where the length of the value begins.
        VALUE_LENGTH = 4;
        /// The length of the head.
        BYTES = 8;
    }

    /// The head of the index that SQLite keeps of a WAL, as places of u32 numbers. What a commit writes is there twice.
    mod wal_index of usize as "WalIndex" {
        /// The counter of commits.
        COUNTER = 2;
        /// The page size, in the second half of the number.
        PAGE_SIZE = 3;
        /// The pages in the WAL.
        FRAMES = 4;
        /// The first of two numbers that are new in each WAL.
        WAL_NUMBER = 8;
        /// A check sum of what a commit writes.
        CHECK_SUM = 10;
        /// The second copy of what a commit writes.
        COPY = 12;
        /// The pages that have reached the file.
        CHECKPOINTED = 24;
        /// The first of the marks of readers: the pages that a reader sees.
        FIRST_MARK = 25;
        /// The number of marks.
        MARKS = 5;
        /// The length of the head in bytes.
        BYTES = 136;
    }

    /// How the core returns the rows of a query.
    mod query_form of usize as "QueryForm" {
        /// Only the first row, or undefined.
        FIRST = 1;
        /// Only the first column.
        PLUCK = 2;
        /// Integers as bigints.
        BIGINTS = 4;
    }

    /// The places of the board, which the core writes and JavaScript reads without a call.
    mod place of usize as "Place" {
        /// Changes with every statement that begins on the connection.
        STATEMENTS = 0;
        /// Changes when the file may differ from what memory holds of it.
        EPOCH = 1;
        /// What must be done before memory is used: bits of `Attention`.
        ATTENTION = 2;
        /// 1 while SQLite reports the open transaction to the core.
        JOINED = 3;
        /// Changes with every statement that may write and is not ours.
        FOREIGN = 4;
        /// Changes with every transaction that SQLite begins to report.
        TRANSACTIONS = 5;
        /// The number of places.
        COUNT = 6;
    }

    /// The bits of `Place.attention`.
    mod attention of u32 as "Attention" {
        /// Steps of transactions wait to be read.
        NEWS = 1;
        /// A statement that may write and is not ours has begun, and is not known to have ended.
        UNSETTLED = 2;
        /// JavaScript says so: one of our writes is running. A statement inside it belongs to a function that a trigger
        /// calls.
        WRITING = 4;
        /// JavaScript says so: the running write is one whose statements run statements of their own, as those of a
        /// virtual table do.
        NESTED = 8;
        /// Both bits.
        WRITING_NESTED = 4 | 8;
    }

    /// What happens on a connection: the bits of `activity`.
    mod activity of i32 as "Activity" {
        /// A statement that may write is running.
        WRITER = 1;
        /// A statement is running.
        STATEMENT = 2;
        /// A transaction is open that somebody began.
        TRANSACTION = 4;
        /// The connection holds a state of the file for reading.
        READING = 8;
        /// The connection holds the right to write.
        WRITING = 16;
    }

    /// The kinds of the steps that `takeSteps` returns.
    mod step_kind of i32 as "StepKind" {
        /// The core began to follow a transaction. All savepoints up to the step's are open.
        BEGIN = 0;
        /// A savepoint was opened.
        SAVEPOINT = 1;
        /// What was done since the savepoint belongs to the level around it.
        RELEASE = 2;
        /// What was done since the savepoint is undone. The savepoint stays open.
        ROLLBACK_TO = 3;
        /// The transaction was committed.
        COMMIT = 4;
        /// The transaction was rolled back.
        ROLLBACK = 5;
    }

    /// A step is `(savepoint + 1) << kindBits | kind`. Savepoint -1 is the transaction itself.
    mod step of i32 as "StepCode" {
        /// How many bits the kind has.
        KIND_BITS = 3;
        /// The bits of the kind.
        KIND_MASK = 7;
    }

    /// What a key at an end of a walk means.
    mod limit of usize as "LIMIT" {
        /// The walk has no end there.
        NONE = 0;
        /// The key belongs to the walk.
        INCLUDED = 1;
        /// The key does not belong to the walk.
        EXCLUDED = 2;
        /// The walk ends after all strings that begin with the key.
        PREFIX = 3;
    }

    /// The flags of a walk: `lower | upper << upperShift`, both of `LIMIT`, and the direction.
    mod walk_flag of usize as "WalkFlag" {
        /// By how many bits the meaning of the upper key is shifted.
        UPPER_SHIFT = 2;
        /// The walk goes backwards.
        REVERSE = 16;
    }

    /// The bounds of a tree's order: the largest number of keys in a node.
    mod tree_order of usize as "TreeOrder" {
        /// A node with fewer keys cannot be split.
        LEAST = 3;
        /// A node reserves room for its keys at once.
        GREATEST = 65_535;
    }

    /// What stands for an owner of watched rows.
    mod watch_owner of i64 as "WatchOwner" {
        /// Rows that our own writes have inserted in a table that is watched as a whole, and that may be gone.
        UNKNOWN = -1;
    }

    /// What stands for the number of bytes that were read of a value of a watched row.
    mod value_read of i32 as "ValueRead" {
        /// The value must be read through SQLite.
        UNKNOWN = -1;
        /// Commits must be tested first.
        UNTESTED = -2;
    }

    /// The codes of the metrics.
    mod metric of u32 as "MetricCode" {
        /// 1 minus the cosine of the angle.
        COSINE = 0;
        /// The Euclidean distance.
        L2 = 1;
        /// The sum of the absolute differences.
        L1 = 2;
        /// The number of different bits.
        HAMMING = 3;
        /// The negative of the product, so that a greater product is nearer.
        DOT = 4;
    }

    /// The codes of the element types of a vec0 table.
    mod vector_type of u32 as "VectorTypeCode" {
        /// 32-bit floats.
        F32 = 0;
        /// Signed bytes.
        INT8 = 1;
        /// Bits.
        BIT = 2;
    }

    /// The layout of search results. Each query has a head, which counts its neighbors, and then the neighbors.
    mod neighbor of usize as "NeighborLayout" {
        /// The length of the head: the count as a little-endian u64.
        HEAD_BYTES = 8;
        /// Where the id of the vector is, as an i64.
        ID = 0;
        /// Where the id of its value is, as an i64.
        VALUE_ID = 8;
        /// Where the distance is, as an f64.
        DISTANCE = 16;
        /// The length of one neighbor.
        BYTES = 24;
    }

    /// What `numberSummary` determines of a piece, as bits. It always counts.
    mod summary_flag of usize as "SummaryFlag" {
        /// The least and the greatest value.
        EXTREMES = 1;
        /// The sum.
        SUM = 2;
        /// The sum, the mean, and the sum of the squared distances from the mean.
        SPREAD = 4;
    }

    /// The places of a summary, each of eight bytes. Without values, only the count says something.
    mod summary_place of usize as "SummaryPlace" {
        /// The number of values.
        COUNT = 0;
        /// The least value: a double, or a 64-bit integer.
        LEAST = 1;
        /// The greatest value: a double, or a 64-bit integer.
        GREATEST = 2;
        /// The sum of floats, or the low half of that of integers.
        SUM = 3;
        /// The high half of the sum of integers.
        SUM_HIGH = 4;
        /// The mean.
        MEAN = 5;
        /// The sum of the squared distances from the mean.
        SQUARES = 6;
        /// The number of places.
        PLACES = 7;
    }

    /// How `numberCounts` goes through the bits of a key.
    mod key_step of u32 as "KeyStep" {
        /// The most bits that are counted at a time.
        BITS = 16;
    }

    /// The doubles that describe one bucket.
    mod bucket_place of usize as "BucketPlace" {
        /// The number of values.
        COUNT = 0;
        /// The sum of their indexes, counted from the first one of the bucket.
        INDEXES = 1;
        /// The sum of the values.
        SUM = 2;
        /// The least value.
        LEAST = 3;
        /// The index of the first such.
        LEAST_AT = 4;
        /// The greatest value.
        GREATEST = 5;
        /// The index of the first such.
        GREATEST_AT = 6;
        /// The number of places.
        PLACES = 7;
    }

    /// What the choice of points remembers from one piece to the next. The chosen points come behind it, as pairs of an
    /// index and a value, one for each bucket.
    mod choice_place of usize as "ChoicePlace" {
        /// The index of the point that was chosen last.
        BEFORE_AT = 0;
        /// Its value.
        BEFORE = 1;
        /// The bucket of which a point is looked for.
        BUCKET = 2;
        /// Twice the area of its largest triangle; negative if it has no point yet.
        AREA = 3;
        /// The index of the best point.
        BEST_AT = 4;
        /// Its value.
        BEST = 5;
        /// The number of places.
        PLACES = 6;
    }

    /// The codes of the element types of a packed vector: its first byte.
    mod element of u8 as "ElementCode" {
        /// A 32-bit float.
        F32 = 1;
        /// A 64-bit float.
        F64 = 2;
        /// A signed 32-bit integer.
        I32 = 3;
        /// A signed 64-bit integer.
        I64 = 4;
        /// An unsigned 8-bit integer.
        U8 = 5;
        /// An unsigned 16-bit integer.
        U16 = 6;
        /// An unsigned 32-bit integer.
        U32 = 7;
        /// An unsigned 64-bit integer.
        U64 = 8;
        /// A signed 8-bit integer.
        I8 = 9;
        /// A signed 16-bit integer.
        I16 = 10;
        /// A byte that is 0 for false, and usually 1 for true.
        BOOL = 11;
        /// A 16-bit float.
        F16 = 12;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_typescript() {
        let name_of = |name| Constant { name, docs: &[], value: 0 }.typescript_name();
        assert_eq!(name_of("FOREIGN_KEY"), "foreignKey");
        assert_eq!(name_of("ROLLBACK_TO"), "rollbackTo");
        assert_eq!(name_of("F32"), "f32");
    }
}
