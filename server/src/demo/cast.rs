//! Who plays: phones with the people who hold them, desks with their officers, and everybody with a login.

use sync_core::author::Role;

use crate::lang::Lang;

/// The phones of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Phone {
    /// Lin's.
    A,
    /// Chen's, until it is lost.
    B,
    /// Zhou's.
    C,
    /// Chen's new one.
    D,
}

impl Phone {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }

    /// The login of whoever holds it.
    pub(super) const fn holder(self) -> &'static str {
        match self {
            Self::A => "lin",
            Self::B | Self::D => "chen",
            Self::C => "zhou",
        }
    }
}

/// The desks of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Desk {
    Fire,
    Urban,
    Gas,
}

impl Desk {
    pub(super) const ALL: [Self; 3] = [Self::Fire, Self::Urban, Self::Gas];

    pub(super) const fn dept(self) -> &'static str {
        match self {
            Self::Fire => "FIRE",
            Self::Urban => "URBAN",
            Self::Gas => "GASREG",
        }
    }

    pub(super) const fn login(self) -> &'static str {
        match self {
            Self::Fire => "zhao",
            Self::Urban => "tang",
            Self::Gas => "qiu",
        }
    }
}

/// Somebody with a login.
pub(super) struct Person {
    pub(super) login: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) role: Role,
    /// What they do, in Chinese and English.
    pub(super) does: (&'static str, &'static str),
}

const fn person(
    login: &'static str,
    zh: &'static str,
    en: &'static str,
    role: Role,
    does: (&'static str, &'static str),
) -> Person {
    Person { login, zh, en, role, does }
}

/// The cast.
#[rustfmt::skip]
pub(super) const PEOPLE: &[Person] = &[
    person("lin", "林晓", "Lin", Role::Worker, ("社工,手机 A", "social worker, phone A")),
    person("chen", "陈平", "Chen", Role::Worker, ("社工,手机 B;傍晚换成 D", "social worker, phone B; D by the evening")),
    person("zhou", "周末", "Zhou", Role::Worker, ("社工,手机 C,一直有信号", "social worker, phone C, always online")),
    person("mei", "梅督导", "Mei", Role::Supervisor, ("督导", "supervisor")),
    person("wen", "文管理", "Wen", Role::Steward, ("档案管理员", "steward of the files")),
    person("he", "何分拨", "He", Role::Dispatcher, ("街道分拨员", "dispatcher of the street office")),
    person("zhao", "赵消防", "Zhao", Role::Officer, ("消防经办", "fire officer")),
    person("tang", "唐城管", "Tang", Role::Officer, ("城管经办", "officer of urban management")),
    person("qiu", "丘燃气", "Qiu", Role::Officer, ("燃气主管部门经办", "officer of the gas regulator")),
    person("pu", "蒲采购", "Pu", Role::Purchaser, ("购买方", "purchaser of the service")),
    person("ping", "平评估", "Ping", Role::Evaluator, ("评估方", "evaluator")),
];

/// A sentence in both languages.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) zh: String,
    pub(super) en: String,
}

impl Said {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    pub(super) fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}
