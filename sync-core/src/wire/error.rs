//! What can be wrong with a stream of frames.

/// What is wrong with a stream. Everything released before it stands; nothing is released after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The stream ends before its end frame.
    #[error("the stream was cut")]
    Truncated,
    /// A limit is passed.
    #[error("over the limit: {0}")]
    Oversized(&'static str),
    /// A frame's signature or digest does not fit the stream.
    #[error("frame {0} is not sealed by its sender")]
    WrongSeal(u32),
    /// Not a stream of this protocol, or of the other direction.
    #[error("not a doorstep stream")]
    NotDoorstep,
    /// Of a version, codec, dictionary or frame kind that this reader does not know.
    #[error("too new: {0}")]
    TooNew(&'static str),
    /// A payload does not inflate.
    #[error("frame {0} does not inflate")]
    BadCompression(u32),
    /// A sealed payload is not what its kind says.
    #[error("frame {0} does not decode")]
    Malformed(u32),
    /// Bytes follow the end frame.
    #[error("bytes after the end")]
    TrailingBytes,
    /// The first frame is not a hello.
    #[error("the stream does not begin with a hello")]
    NoHello,
    /// Frames were asked for before the hello's device was authenticated.
    #[error("the device is not authenticated yet")]
    NotAuthenticated,
    /// The phone's key store did not sign.
    #[error("the key store did not sign")]
    NotSigned,
}

impl WireError {
    /// One of each kind, to look words up by code.
    pub(crate) const KINDS: &'static [Self] = &[
        Self::Truncated,
        Self::Oversized(""),
        Self::WrongSeal(0),
        Self::NotDoorstep,
        Self::TooNew(""),
        Self::BadCompression(0),
        Self::Malformed(0),
        Self::TrailingBytes,
        Self::NoHello,
        Self::NotAuthenticated,
        Self::NotSigned,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated => "wire_truncated",
            Self::Oversized(_) => "wire_oversized",
            Self::WrongSeal(_) => "wire_wrong_seal",
            Self::NotDoorstep => "wire_not_doorstep",
            Self::TooNew(_) => "wire_too_new",
            Self::BadCompression(_) => "wire_bad_compression",
            Self::Malformed(_) => "wire_malformed",
            Self::TrailingBytes => "wire_trailing_bytes",
            Self::NoHello => "wire_no_hello",
            Self::NotAuthenticated => "wire_not_authenticated",
            Self::NotSigned => "wire_not_signed",
        }
    }

    /// What to tell a person, in Chinese.
    #[must_use]
    pub const fn zh(&self) -> &'static str {
        match self {
            Self::Truncated => "连接中断,已收到的部分有效,其余将在下次同步时补传。",
            Self::Oversized(_) => "数据超出大小限制。",
            Self::WrongSeal(_) => "数据校验不符,可能在传输中损坏或被改动。",
            Self::NotDoorstep => "对方返回的不是同步数据,可能需要先登录网络。",
            Self::TooNew(_) => "对方版本较新,请升级后再同步。",
            Self::BadCompression(_) => "数据无法解压。",
            Self::Malformed(_) => "数据格式有误。",
            Self::TrailingBytes => "数据末尾有多余内容。",
            Self::NoHello => "同步数据缺少开头。",
            Self::NotAuthenticated => "设备尚未通过验证。",
            Self::NotSigned => "设备密钥无法签名,请解锁手机后重试。",
        }
    }

    /// What to tell a person, in English.
    #[must_use]
    pub const fn en(&self) -> &'static str {
        match self {
            Self::Truncated => "The link was cut. What arrived counts; the rest follows with the next sync.",
            Self::Oversized(_) => "The data is over a size limit.",
            Self::WrongSeal(_) => "The data does not match its seal: it was damaged or changed on the way.",
            Self::NotDoorstep => "The answer is not sync data; the network may want you to sign in first.",
            Self::TooNew(_) => "The other side is newer. Upgrade, then sync again.",
            Self::BadCompression(_) => "The data does not inflate.",
            Self::Malformed(_) => "The data is not well formed.",
            Self::TrailingBytes => "There is something behind the end of the data.",
            Self::NoHello => "The data lacks its beginning.",
            Self::NotAuthenticated => "The device is not authenticated yet.",
            Self::NotSigned => "The device key did not sign. Unlock the phone and try again.",
        }
    }
}
