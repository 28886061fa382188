//! Errors as the host sees them: one enum for each area, with a stable code and a sentence in Chinese and in English.
//! None carries a value that a person typed, so any of them may be logged.

/// Declares an error enum whose variants have a stable code and texts.
macro_rules! errors {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $zh:literal $en:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What to tell the worker, in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }

            /// What to tell the worker, in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.en())
            }
        }

        impl std::error::Error for $name {}
    };
}

errors! {
    /// What can go wrong with the store on the phone.
    StoreError {
        /// The key that the host gave does not open this store.
        WrongKey = "wrong_key"
            "密钥不对,无法打开本机数据" "The key does not open the data on this phone",
        /// A newer release wrote this store.
        TooNew = "store_too_new"
            "本机数据由更新的版本写入,请升级应用" "A newer version wrote the data on this phone; please update the app",
        /// A record was changed from outside, or the medium fails.
        Damaged = "store_damaged"
            "本机数据已损坏" "The data on this phone is damaged",
        /// The file cannot be opened, read or written: no space, no permission, or locked.
        Unavailable = "store_unavailable"
            "无法读写本机数据,请检查存储空间" "The data on this phone cannot be read or written; check the free space",
    }
}

errors! {
    /// What can go wrong when a phone is enrolled.
    EnrolError {
        /// It is enrolled already.
        Already = "already_enrolled"
            "本机已登记" "This phone is enrolled already",
        /// Nobody asked to enrol.
        NotRequested = "enrolment_not_requested"
            "尚未提交登记码" "No enrolment was asked for",
        /// The server did not accept the code.
        Refused = "enrolment_refused"
            "登记码无效或已过期" "The enrolment code is not valid, or has expired",
        /// The answer is not one of a Doorstep server.
        BadAnswer = "bad_enrolment_answer"
            "服务器的答复无法识别" "The server's answer cannot be understood",
        /// The store failed.
        Store = "store_failed"
            "无法读写本机数据" "The data on this phone cannot be read or written",
    }
}

errors! {
    /// What can go wrong with drafts, forms and files.
    PhoneError {
        /// The phone is not enrolled yet.
        NotEnrolled = "not_enrolled"
            "本机尚未登记" "This phone is not enrolled",
        /// There is no such draft.
        NoSuchDraft = "no_such_draft"
            "找不到这份草稿" "There is no such draft",
        /// There is no such caseload on this phone.
        NoSuchCaseload = "no_such_caseload"
            "本机没有这个工作范围" "This phone has no such caseload",
        /// There is no such file on this phone.
        NoSuchFile = "no_such_file"
            "本机没有这份档案" "This phone has no such file",
        /// There is no such submission on this phone.
        NoSuchSubmission = "no_such_submission"
            "本机没有这份提交" "This phone has no such submission",
        /// The events of these files have none with this id that still stands.
        NoSuchEvent = "no_such_event"
            "档案里没有这条记录,或者它已被更正、作废" "There is no such record in the file, or it was corrected or voided",
        /// Only their author corrects or voids events.
        NotYours = "not_yours"
            "这条记录是别人写的,请联系记录人或督导" "Somebody else wrote this; ask them or your supervisor",
        /// The form is not complete; ask for its messages.
        Incomplete = "form_incomplete"
            "表单还有问题,请先改正" "The form is not complete yet",
        /// The form would be larger than a submission may be.
        TooLarge = "form_too_large"
            "表单内容过多,请分成几份" "The form holds too much; please split it",
        /// The phone has not spoken to the server for too long: its files are locked until it does.
        Locked = "locked"
            "本机太久未同步,档案已锁定;联网同步后即可查看,填写和提交不受影响"
            "Not synced for too long: files are locked until the next sync; forms can still be filled in and sent",
        /// What is to be carried is not what a Doorstep phone hands over, or too much.
        BadRelay = "relay_not_understood"
            "无法识别要代传的内容,或内容过多" "What is to be carried cannot be understood, or is too much",
        /// The server's key is not usable: nothing can be sealed to it.
        NoSeal = "cannot_seal"
            "本机没有可用的服务器密钥,请重新登记" "This phone has no usable key of the server; please enrol it again",
        /// A rule of the policy cannot be evaluated.
        Policy = "policy_failed"
            "规则无法计算,请告知督导" "A rule cannot be evaluated; tell your supervisor",
        /// The store failed.
        Store = "store_failed"
            "无法读写本机数据" "The data on this phone cannot be read or written",
    }
}

impl From<StoreError> for PhoneError {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

impl From<StoreError> for EnrolError {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}
