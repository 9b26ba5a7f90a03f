//! Why a state changed: stable words of the ledger.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{State, UnknownCode};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal $word:literal),+ $(,)?) => {
        /// Why a job changed its state. Words and codes never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(i16)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name = $code,)+
        }

        impl Reason {
            /// All reasons, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word that stands everywhere but in the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }

        const WORDS: &str = concat!($($word, " "),+);
    };
}

reasons! {
    /// Arrived, due at once.
    Received = 0 "received",
    /// Arrived, or given back, with a later due time.
    Scheduled = 1 "scheduled",
    /// Arrived held: waits for a release.
    Held = 2 "held",
    /// Let go from being held.
    Released = 3 "released",
    /// Taken by a worker.
    Claimed = 4 "claimed",
    /// The handler succeeded.
    Ok = 5 "ok",
    /// Closed while it waited, because a job of the same correlation id completed.
    Correlated = 6 "correlated",
    /// The handler failed; tries are left.
    RetryScheduled = 7 "retry_scheduled",
    /// The handler gave the job back; the attempt does not count.
    Snoozed = 8 "snoozed",
    /// The worker went silent; the attempt counts.
    LeaseExpired = 9 "lease_expired",
    /// The worker stopped before the handler started; the attempt does not count.
    Shutdown = 10 "shutdown",
    /// Failed, and no try is left.
    Exhausted = 11 "exhausted",
    /// The handler said: never again.
    Discarded = 12 "discarded",
    /// The handler failed and declined a retry.
    Declined = 13 "declined",
    /// The handler ran longer than it may.
    Timeout = 14 "timeout",
    /// The handler panicked.
    Panic = 15 "panic",
    /// The payload is not what the handler takes.
    Undecodable = 16 "undecodable",
    /// The worker has no handler for this kind.
    NoHandler = 17 "no_handler",
    /// Crashed too many workers in a row.
    Poison = 18 "poison",
    /// A group handler said nothing about this job.
    Unreported = 19 "unreported",
    /// Called off by an operator or by the handler.
    Cancelled = 20 "cancelled",
    /// Called off with its batch.
    BatchAborted = 21 "batch_aborted",
    /// An operator let it run again.
    RetriedByHand = 22 "retried_by_hand",
    /// Its row was kept when its week was dropped.
    Carried = 23 "carried",
}

impl Reason {
    /// The reason of a job's arrival in this state.
    #[must_use]
    pub fn of_arrival(state: State) -> Self {
        match state {
            State::Held => Self::Held,
            State::Scheduled => Self::Scheduled,
            _ => Self::Received,
        }
    }

    /// The number that stands in the database.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }
}

impl TryFrom<i16> for Reason {
    type Error = UnknownCode;
    fn try_from(code: i16) -> Result<Self, UnknownCode> {
        let reason = Self::ALL.iter().copied().find(|reason| reason.code() == code);
        reason.ok_or_else(|| UnknownCode(code.to_string(), WORDS))
    }
}

impl FromStr for Reason {
    type Err = UnknownCode;
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        let reason = Self::ALL.iter().copied().find(|reason| reason.as_str() == word);
        reason.ok_or_else(|| UnknownCode(word.to_owned(), WORDS))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
