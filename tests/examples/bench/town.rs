//! An invented town: caseloads with shops and elders, desks, and workers with a code for a phone each.

use doorstep::admin::{Admin, NewCaseload};
use doorstep::app::{App, Surroundings};
use doorstep_tests::server::Office;
use sync_core::author::Role;
use sync_core::generator::{self, Roster};
use sync_core::id::CaseloadId;
use sync_core::time::Span;

use crate::{Asked, Result};

/// The town.
pub(crate) struct Town {
    pub(crate) districts: Vec<District>,
    /// Codes for phones, the districts in turn.
    pub(crate) codes: Vec<String>,
}

/// A caseload.
pub(crate) struct District {
    pub(crate) prefix: String,
    pub(crate) id: CaseloadId,
    pub(crate) shops: Roster,
}

impl Town {
    /// Founds it in an empty office.
    pub(crate) fn found(office: &Office, asked: &Asked) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let town = runtime.block_on(async {
            let app = App::open(office.config(), Surroundings::of_machine()).await?;
            let town = people(&app, asked).await;
            app.close().await;
            town
        })?;
        for (n, district) in (1..).zip(&town.districts) {
            let (seed, prefix) = (district.shops.seed.to_string(), &*district.prefix);
            for (kind, count) in [("premises", asked.shops), ("elders", asked.elders)] {
                let (file, count) = (format!("{prefix}-{kind}.csv"), count.to_string());
                office.ok(&["generate", "--seed", &seed, &format!("--{kind}"), &count, "--out", &file]);
                office.ok(&["import", kind, &file, "--caseload", prefix]);
            }
            eprint!("\r{n} of {} caseloads ", town.districts.len());
        }
        eprintln!();
        Ok(town)
    }
}

async fn people(app: &App, asked: &Asked) -> Result<Town> {
    let (admin, now) = (Admin::new(app), app.clock().now());
    for dept in ["FIRE", "GASREG", "SUBDIST", "SAMR"] {
        admin.add_desk(dept, dept).await?;
    }
    let mut districts = Vec::new();
    for (seed, letter) in (1..).zip('A'..='Z').take(asked.caseloads) {
        let prefix = format!("HG{letter}");
        let new = NewCaseload {
            prefix: prefix.clone(),
            name: format!("{prefix} 档案"),
            programme: "work-safety".to_owned(),
            community: "花果山".to_owned(),
            owner: "招商街道".to_owned(),
            operator: "邻里社工 0755-2600 0000".to_owned(),
            term: (now - Span::days(1), now + Span::days(365)),
        };
        let id = admin.add_caseload(new).await?;
        districts.push(District { prefix, id, shops: generator::roster(seed, asked.shops) });
    }
    let mut codes = Vec::new();
    for n in 0..asked.enrolled {
        let login = format!("w{n}");
        let person = admin.add_person(&login, &login, Role::Worker, None).await?;
        admin.assign(districts[n % districts.len()].id, person, None).await?;
        codes.push(admin.enrolment(person).await?.code.grouped());
    }
    Ok(Town { districts, codes })
}
