//! `doorstep admin term` and `doorstep admin planned`

use jiff::civil::Date;
use sync_core::id::PersonId;

use crate::admin::{Admin, NewTerm, Passing, When};
use crate::cli::table::table;
use crate::cli::{CliError, Session, when};
use crate::db::person::Person;
use crate::db::planned::Why;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The caseload: its prefix or id.
    caseload: String,
    /// The organisation that works on it for the term; slips name it as contact.
    #[arg(long)]
    operator: String,
    /// First day of the term.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    from: Date,
    /// Last day of the term.
    #[arg(long, value_name = "DATE", value_parser = when::date)]
    to: Date,
    /// The logins of its people, with commas between: they enter when the term begins, as what they are.
    #[arg(long, value_name = "LOGINS", value_delimiter = ',')]
    people: Vec<String>,
    /// Says what would be done and does nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Planned {
    /// The caseload: its prefix or id.
    caseload: String,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let Args { caseload, operator, from, to, people: logins, dry_run } = args;
    let place = admin.caseload(&caseload).await?;
    let mut people = Vec::new();
    for login in &logins {
        people.push(admin.person(login).await?.id);
    }
    let new = NewTerm { operator: operator.clone(), term: when::term(from, to), people };
    let passing = admin.term(place.id, new, dry_run).await?;
    let Passing { when, from: before, leaving, open } = passing;
    let name = place.name;
    let (zh, en) = match when {
        When::Already => (format!("{name} 的期限早已如此安排"), format!("{name}: so it was planned before")),
        When::Now => (
            format!("{name} 现由 {operator} 承接,到 {to} 为止"),
            format!("{name} is worked on by {operator} until {to}"),
        ),
        When::Planned => (
            format!("{name} 将从 {from} 起由 {operator} 承接,到 {to} 为止"),
            format!("{name} will be worked on by {operator} from {from} until {to}"),
        ),
    };
    session.out.say(zh, en)?;
    let all = admin.people().await?;
    if !leaving.is_empty() {
        let leaving = logins_of(&all, &leaving);
        session.out.say(
            format!("{before} 的人员离开:{leaving};其手机上的档案随下次同步清除,待审内容由新督导决定"),
            format!("The people of {before} leave: {leaving}; their phones drop the files with their next sync, and held work of theirs is decided by the new supervisor"),
        )?;
    }
    if !logins.is_empty() {
        let entering = logins.join(", ");
        session.out.say(format!("加入:{entering}"), format!("Enter: {entering}"))?;
    }
    super::handover::what_is_open(open, &mut session)?;
    Ok(super::dry(dry_run, &mut session)?)
}

fn logins_of(all: &[Person], ids: &[PersonId]) -> String {
    let logins = ids.iter().filter_map(|id| all.iter().find(|person| person.id == *id));
    logins.map(|person| person.login.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) async fn planned(args: Planned, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let place = admin.caseload(&args.caseload).await?;
    let (plans, terms) = admin.planned(place.id).await?;
    let all = admin.people().await?;
    let lang = session.out.lang();
    let headings = [("时间", "when"), ("谁", "who"), ("做什么", "what"), ("缘由", "why")];
    let mut rows: Vec<Vec<String>> = terms
        .into_iter()
        .map(|term| {
            let what = lang.pick("开始承接", "begins a term").to_owned();
            vec![term.begins_at.to_string(), term.operator, what, String::new()]
        })
        .collect();
    for plan in plans {
        let what = if plan.enters { lang.pick("加入", "enters") } else { lang.pick("离开", "leaves") };
        let why = match plan.why {
            Why::Cover => lang.pick("临时顶岗", "covers"),
            Why::Handover => lang.pick("交接", "handover"),
            Why::Term => lang.pick("期限更替", "new term"),
        };
        let other = plan.other.map(|other| logins_of(&all, &[other])).unwrap_or_default();
        let who = logins_of(&all, &[plan.person]);
        rows.push(vec![plan.at.to_string(), who, what.to_owned(), format!("{why} {other}").trim().to_owned()]);
    }
    rows.sort();
    Ok(session.out.line(table(lang, &headings, rows))?)
}
