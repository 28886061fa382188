//! `doorstep admin enrol`

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::admin::Admin;
use crate::cli::{CliError, Session};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The person's login.
    login: String,
    /// Shows the code as text only.
    #[arg(long)]
    no_qr: bool,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<(), CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let person = admin.person(&args.login).await?;
    let given = admin.enrolment(person.id).await?;
    let (login, expires_at, code) = (args.login, given.expires_at, given.code.grouped());
    if !args.no_qr {
        session.out.line(qr(&given.url)?)?;
    }
    session.out.say(
        format!("{login} 的手机注册码(只能用一次,{expires_at} 前有效):{code}"),
        format!("code for a phone of {login} (once, until {expires_at}): {code}"),
    )?;
    session.out.say(format!("或在手机上打开:{}", given.url), format!("or open on the phone: {}", given.url))?;
    Ok(())
}

/// Light modules are drawn, dark ones are not: terminals are mostly dark, and a code needs a light margin.
fn qr(text: &str) -> Result<String, CliError> {
    let code = QrCode::new(text)
        .map_err(|error| CliError::new(format!("无法生成二维码:{error}"), format!("no QR code: {error}")))?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}
