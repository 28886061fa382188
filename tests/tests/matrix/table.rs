//! **Who may do what**: a line a route, a column a role. To add a route, add a line here and its request in
//! `request.rs`; the test says so until both are there.
//!
//! The roles from `worker` to `evaluator` are members of the caseload in the path; `officer` and `transcriber` (a
//! dispatcher who writes down what a desk without a computer says) are members of the desk in the path, not of the
//! caseload. `stranger` is each of: the officer of another desk, the supervisor of another caseload, an administrator,
//! a supervisor who has left, one whose cover has not begun, one whose cover is over, and one of the organisation whose
//! term is over. `shut` is each of: nobody, somebody with an expired token, one whose session has
//! ended, a disabled person, the holders of a revoked and of a suspended device, and the systems with a credential of the
//! desk that was taken away, and that has run out. `system` is a department's own system with a credential of the desk in
//! the path (of any desk, when there is none in it), `other-system` one of another desk. `open` routes take no token;
//! what they give follows from the request alone.

/// The statuses. 404 is also said of what is there: see `nothing_tells_what_is_not_yours_from_what_is_not_there`.
pub(crate) const TABLE: &str = "
route                                                                 worker supervisor steward dispatcher purchaser evaluator officer transcriber stranger shut system other-system

GET  /healthz                                                         open
GET  /readyz                                                          open
POST /v1/login                                                        open
POST /v1/refresh                                                      open
POST /v1/enrol                                                        open
POST /v1/sync                                                         open

GET  /v1/me                                                           200    200        200     200        200       200       200     200         200      401  401    401
GET  /v1/caseloads                                                    200    200        200     200        200       200       200     200         200      401  401    401
GET  /v1/hints                                                        200    200        200     200        200       200       200     200         200      401  401    401
POST /v1/logout                                                       204    204        204     204        204       204       204     204         204      401  401    401

GET  /v1/caseloads/{caseload}/premises                                200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/premises/{premises}                     200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/notices/{notice}/sheet                  200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/elders                                  200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/elders/{elder}                          200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/dwellings/{dwelling}                    200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/weather                                 200    200        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/weather                                 403    200        403     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/weather/{alert}/end                     403    200        403     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/read-log                                403    200        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/link                                    403    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/duplicates                              200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/conflicts                               200    200        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/conflicts/settle                        403    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/flags                                   200    200        200     200        200       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/flags/{flag}/decide                     403    200        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/flags/{flag}/explain                    200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/alarms                                  403    200        200     200        200       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/alarms/{n}                              403    200        200     200        404       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/alarms/{n}/acknowledge                  403    200        200     200        404       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/held                                    403    200        403     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/held/{submission}/decide                403    200        403     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/deliveries                              403    200        403     200        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/deliveries/{delivery}/replay            403    200        403     200        403       403       404     404         404      401  401    401

GET  /v1/caseloads/{caseload}/referrals                               200    200        200     200        200       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/referrals/{referral}                    200    200        200     200        200       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/referrals/{referral}/dispatch           403    403        403     200        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/referrals/{referral}/close              403    403        403     200        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/referrals/{referral}/redo               403    403        403     200        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/referrals/{referral}/answer             200    200        403     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/referrals/{referral}/confirm-flag       403    200        403     403        403       403       404     404         404      401  401    401

GET  /v1/caseloads/{caseload}/reviews                                 403    200        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/reviews/{review}/decide                 403    403        200     403        403       403       404     404         404      401  401    401
POST /v1/caseloads/{caseload}/reviews/{review}/told                   200    200        200     403        403       403       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/report                                  403    200        200     403        200       200       404     404         404      401  401    401
GET  /v1/caseloads/{caseload}/evaluation/sample                       403    403        403     403        403       200       404     404         404      401  401    401

GET  /v1/desks/{desk}/deliveries                                      404    404        404     404        404       404       200     200         404      401  401    401
POST /v1/desks/{desk}/deliveries/{delivery}/replay                    404    404        404     404        404       404       200     200         404      401  401    401
GET  /v1/desks/{desk}/slips                                           404    404        404     404        404       404       200     200         404      401  200    404
GET  /v1/desks/{desk}/slips/{slip}                                    404    404        404     404        404       404       200     200         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/open                               404    404        404     404        404       404       200     200         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/ask                                404    404        404     404        404       404       200     403         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/transcribe                         404    404        404     404        404       404       403     200         404      401  401    401
POST /v1/desks/{desk}/slips/{slip}/accept                             404    404        404     404        404       404       200     403         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/checking                           404    404        404     404        404       404       200     403         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/reply                              404    404        404     404        404       404       200     403         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/return                             404    404        404     404        404       404       200     403         404      401  200    404
POST /v1/desks/{desk}/slips/{slip}/not-accepted                       404    404        404     404        404       404       200     403         404      401  200    404
";

/// What a phone may hold: whether its sync brings the log of the caseload, and why it brings nothing at all.
pub(crate) const SYNC: &[(&str, bool, Option<&str>)] = &[
    ("worker", true, None),
    ("supervisor", true, None),
    ("steward", true, None),
    ("dispatcher", false, None),
    ("purchaser", false, None),
    ("evaluator", false, None),
    ("officer", false, None),
    ("transcriber", false, None),
    ("other-officer", false, None),
    ("other-supervisor", false, None),
    ("admin", false, None),
    ("left", false, None),
    ("not-yet", false, None),
    ("no-more", false, None),
    ("former", false, None),
    ("disabled", false, Some("suspended")),
    ("revoked", false, Some("revoked")),
    ("suspended", false, Some("suspended")),
];

/// One line of the table.
pub(crate) struct Row {
    /// `METHOD /path`, with its parameters in braces.
    pub(crate) route: String,
    /// A status a role; none when the route takes no token.
    pub(crate) statuses: Option<Vec<(&'static str, u16)>>,
}

/// The table, read.
pub(crate) fn rows() -> Vec<Row> {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty());
    let roles: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
    lines.map(|line| row(&roles, line)).collect()
}

fn row(roles: &[&'static str], line: &'static str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (route, cells) = words.split_at(2);
    let statuses = (cells != ["open"]).then(|| {
        assert_eq!(cells.len(), roles.len(), "{line}");
        roles.iter().copied().zip(cells.iter().map(|cell| cell.parse().unwrap())).collect()
    });
    Row { route: route.join(" "), statuses }
}
