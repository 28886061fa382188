//! The figures of a report: what each is called, and how it is counted.

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident $code:literal $zh:literal $en:literal by $formula_zh:literal $formula_en:literal;)*) => {
        /// A figure. **The list of figures.**
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Figure { $($(#[$doc])* $name,)* }

        impl Figure {
            /// All figures in the order of the report.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is called, in Chinese and English.
            #[must_use]
            pub const fn name(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($zh, $en),)* }
            }

            /// How it is counted, in Chinese and English.
            #[must_use]
            pub const fn formula(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($formula_zh, $formula_en),)* }
            }
        }
    };
}

figures! {
    /// Visits.
    Visits "visits" "探访次数" "visits" by
        "期内完成的探访;未遇不算" "completed visits in the period; not-met attempts do not count";
    /// Elders covered.
    EldersCovered "elders_covered" "覆盖长者" "elders covered" by
        "期内至少完成一次探访的应访长者,每人计一次" "distinct eligible elders with a completed visit in the period";
    /// Attempts that met nobody.
    NotMet "not_met" "未遇次数" "not met" by
        "期内上门或致电未遇的记录" "attempts in the period that met nobody";
    /// Looks round homes.
    HomeChecks "home_checks" "居家安全查看" "home safety checks" by
        "期内对住所的安全查看" "looks round dwellings in the period";
    /// First or routine visits to shops.
    Inspections "inspections" "商铺走访次数" "shop inspections" by
        "期内对商铺的走访,回访除外" "visits to shops in the period, other than revisits";
    /// Going back to look.
    Revisits "revisits" "商铺回访次数" "shop revisits" by
        "期内为查看整改情况的回访" "visits in the period to see whether findings were put right";
    /// Shops that were visited.
    Premises "premises" "走访商铺家数" "premises visited" by
        "期内走访或回访过的商铺,已关联的重复档案计为一家" "distinct premises visited in the period; linked duplicates are one";
    /// Notices left.
    Notices "notices" "温馨提示单" "notices left" by
        "期内留下的温馨提示单" "friendly reminders left in the period";
    /// Referrals opened.
    Referrals "referrals" "转办件数" "referrals" by
        "期内提交转办的件数,尚在拟稿的除外" "referrals opened in the period and submitted; drafts do not count";
    /// Referrals that wait for consent or a supervisor.
    Drafts "drafts" "待同意或待督导的转办" "referral drafts" by
        "期内拟稿、等待长者同意或督导的转办" "referrals opened in the period that wait for consent or a supervisor";
    /// Closed, answered in time.
    ClosedOnTime "closed_on_time" "按时办结" "closed on time" by
        "期内办结,部门在期限内答复" "closed in the period, answered by the department within its deadline";
    /// Closed, answered late.
    ClosedLate "closed_late" "逾期办结" "closed late" by
        "期内办结,部门答复晚于期限" "closed in the period, answered after the deadline";
    /// On their way.
    Open "open" "在办" "open" by
        "截至冻结时已提交而未了结的转办" "referrals submitted and not at an end when the report was frozen";
    /// Overdue.
    Overdue "overdue" "逾期未答复" "overdue" by
        "截至冻结时在部门手中且已过期限" "at a desk past its deadline when the report was frozen";
    /// Returned by a desk.
    Returns "returns" "退回次数" "returns" by
        "期内部门退回的次数" "returns by departments in the period";
    /// Held work that was accepted.
    QuarantineAccepted "quarantine_accepted" "隔离后采纳" "accepted from quarantine" by
        "期内经人核实后采纳的暂存提交" "held submissions that a person accepted in the period";
    /// Held work that was rejected.
    QuarantineRejected "quarantine_rejected" "隔离后不采纳" "rejected from quarantine" by
        "期内经人核实后不采纳的暂存提交" "held submissions that a person rejected in the period";
}
