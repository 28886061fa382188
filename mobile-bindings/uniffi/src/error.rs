//! Errors: one enum for each area, each with a stable code and a sentence in Chinese and in English. None carries
//! anything that a person typed, so any of them may be logged.

use doorstep_mobile as phone;

/// What every call can meet, whatever it is about.
pub(crate) trait Common {
    /// The phone is paused, or was shut.
    const NOT_OPEN: Self;
    /// The library failed.
    const FAULT: Self;
}

/// Declares an error enum: what the phone says, and what only a host can meet.
macro_rules! errors {
    (
        $(#[$doc:meta])* $name:ident from $inner:ty { $($(#[$vdoc:meta])* $variant:ident,)* }
        and { $($(#[$odoc:meta])* $own:ident = $code:literal $zh:literal $en:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Error)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            $($(#[$odoc])* $own,)*
            /// The phone is paused, or was shut.
            NotOpen,
            /// The library failed. Nothing that was finished is lost; the call may be made again.
            Fault,
        }

        #[uniffi::export]
        impl $name {
            /// The stable code.
            #[must_use]
            pub fn code(&self) -> String {
                match self {
                    $(Self::$variant => <$inner>::$variant.code(),)*
                    $(Self::$own => $code,)*
                    Self::NotOpen => "not_open",
                    Self::Fault => "fault",
                }
                .to_owned()
            }

            /// What to tell the worker, in Chinese.
            #[must_use]
            pub fn zh(&self) -> String {
                match self {
                    $(Self::$variant => <$inner>::$variant.zh(),)*
                    $(Self::$own => $zh,)*
                    Self::NotOpen => "本机数据未打开,请重新进入应用",
                    Self::Fault => "应用内部出错,请重试;已完成的内容不会丢失",
                }
                .to_owned()
            }

            /// What to tell the worker, in English.
            #[must_use]
            pub fn en(&self) -> String {
                self.to_string()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => <$inner>::$variant.en(),)*
                    $(Self::$own => $en,)*
                    Self::NotOpen => "The data on this phone is not open; please enter the app again",
                    Self::Fault => "The app failed; please try again. Nothing that was finished is lost",
                })
            }
        }

        impl std::error::Error for $name {}

        impl From<$inner> for $name {
            fn from(error: $inner) -> Self {
                match error { $(<$inner>::$variant => Self::$variant,)* }
            }
        }

        impl Common for $name {
            const NOT_OPEN: Self = Self::NotOpen;
            const FAULT: Self = Self::Fault;
        }
    };
}

errors! {
    /// What can go wrong when a phone is opened, or its key is turned.
    OpenError from phone::StoreError {
        /// The key does not open this store.
        WrongKey,
        /// A newer release wrote this store.
        TooNew,
        /// A record was changed from outside, or the medium fails.
        Damaged,
        /// The file cannot be opened, read or written: no space, no permission, or locked.
        Unavailable,
    } and {
        /// A key has 32 bytes.
        KeyLength = "key_length" "密钥长度不对" "A key has 32 bytes",
    }
}

errors! {
    /// What can go wrong when a phone is enrolled.
    EnrolError from phone::EnrolError {
        /// It is enrolled already.
        Already,
        /// Nobody asked to enrol.
        NotRequested,
        /// The server did not accept the code.
        Refused,
        /// The answer is not one of a Doorstep server.
        BadAnswer,
        /// The store failed.
        Store,
    } and {
        /// The server cannot be reached.
        Offline = "offline" "无法连接服务器" "The server cannot be reached",
    }
}

errors! {
    /// What can go wrong with drafts, forms, files and sync.
    PhoneError from phone::PhoneError {
        /// The phone is not enrolled yet.
        NotEnrolled,
        /// There is no such draft.
        NoSuchDraft,
        /// There is no such caseload on this phone.
        NoSuchCaseload,
        /// There is no such file on this phone.
        NoSuchFile,
        /// There is no such submission on this phone.
        NoSuchSubmission,
        /// The events of these files have none with this id that still stands.
        NoSuchEvent,
        /// Only their author corrects or voids events.
        NotYours,
        /// The form is not complete; ask for its messages.
        Incomplete,
        /// The form would be larger than a submission may be.
        TooLarge,
        /// The phone has not spoken to the server for too long: its files are locked until it does.
        Locked,
        /// What is to be carried is not what a Doorstep phone hands over, or too much.
        BadRelay,
        /// The server's key is not usable: nothing can be sealed to it.
        NoSeal,
        /// A rule of the policy cannot be evaluated.
        Policy,
        /// The store failed.
        Store,
    } and {
        /// An id, a day or a hash that is none.
        BadId = "bad_id" "编号、日期或校验值格式不对" "This is not an id, a day or a hash",
    }
}

/// Why an exchange failed on the way; what a host's transport throws.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
pub enum TransportError {
    /// The server cannot be reached.
    Offline,
    /// The link was cut while the answer came.
    Cut {
        /// What had arrived of a body with status 200: every whole part of it counts.
        received: Vec<u8>,
    },
    /// The transport itself failed, in a way that it did not foresee.
    Failed,
}

impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Offline => "The server cannot be reached",
            Self::Cut { .. } => "The link was cut",
            Self::Failed => "The transport failed",
        })
    }
}

impl std::error::Error for TransportError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for TransportError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}
