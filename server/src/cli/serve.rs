//! `doorstep serve`

use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::admin::duty;
use super::error::{in_chinese, in_english};
use super::{CliError, Out, Session};
use crate::admin::Admin;
use crate::app::App;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Log, LogFormat};
use crate::deliver::keep_delivering;
use crate::metrics;
use crate::serve::{keep_time, serve};
use crate::tls::{Identity, TlsListener, keep_identity};

pub(super) async fn run(mut session: Session) -> Result<ExitCode, CliError> {
    start_log(&session.config.log)?;
    let config = &session.config;
    let address = config.listen;
    if config.is_in_the_clear() {
        return Err(CliError::new(
            format!(
                "在 {address} 上,其他机器将以明文访问。请设置 tls.certificate 和 tls.key;\
                 前面有提供 TLS 的代理时,请设置 proxies 或 tls.by_proxy = true"
            ),
            format!(
                "on {address} other machines would be answered in the clear: set tls.certificate and tls.key; \
                 with a proxy in front that speaks TLS, set proxies or tls.by_proxy = true"
            ),
        ));
    }
    let identity = Identity::of_config(&config.tls, SystemClock.now())?;
    let app = session.app().await?;
    let listener = TcpListener::bind(address).await.map_err(unheard(address, "DOORSTEP_LISTEN"))?;
    // With port 0 the system chooses one: what is printed is where it really listens.
    let url = app.config().public_url.clone().unwrap_or(app.config().url_of(listener.local_addr()?));
    greet(&app, &url, &mut session.out).await?;
    if let Some(address) = app.config().metrics_listen {
        let listener = TcpListener::bind(address).await.map_err(unheard(address, "DOORSTEP_METRICS_LISTEN"))?;
        tokio::spawn(metrics::serve(app.clone(), listener));
    }
    let time = tokio::spawn(keep_time(app.clone()));
    let deliveries = tokio::spawn(keep_delivering(app.clone()));
    match identity {
        None => serve(app.clone(), listener, stopped()).await?,
        Some(identity) => {
            let listener = TlsListener::new(listener, &identity)?;
            tokio::spawn(keep_identity(app.clone(), identity));
            serve(app.clone(), listener, stopped()).await?;
        }
    }
    // Each ends what it has begun. What does not end in time is cut off, and its transaction never happened.
    let ended = async {
        let _ended = tokio::join!(time, deliveries);
        app.close().await;
    };
    if tokio::time::timeout(app.config().stop.grace(), ended).await.is_err() {
        tracing::warn!("jobs that were still running are cut off");
    }
    session.out.say("已停止", "stopped")?;
    Ok(ExitCode::SUCCESS)
}

/// The address cannot be had; the setting of the environment that names another.
fn unheard(address: SocketAddr, setting: &'static str) -> impl FnOnce(std::io::Error) -> CliError {
    move |error| {
        CliError::new(
            format!("无法监听 {address}:{}。可用 {setting} 换一个地址", in_chinese(&error)),
            format!("cannot listen on {address}: {}; {setting} names another address", in_english(&error)),
        )
    }
}

async fn greet(app: &App, url: &str, out: &mut Out) -> Result<(), CliError> {
    out.say(format!("Doorstep 正在运行:{url}"), format!("Doorstep is running: {url}"))?;
    out.say(format!("接口文档:{url}/docs"), format!("API document: {url}/docs"))?;
    if app.config().public_url.is_none() && app.config().listen.ip().is_loopback() {
        out.say(
            "此地址只有本机可达;要让手机连接,请设置 listen 和 public_url(见 config.example.toml)",
            "Only this machine reaches that address; for phones set listen and public_url (config.example.toml)",
        )?;
    }
    let admin = Admin::new(app);
    if admin.devices().await?.is_empty() {
        let fresh = admin.caseloads().await?.is_empty();
        out.say("尚未登记任何手机。请在另一个终端执行:", "No phone is enrolled yet. In another terminal:")?;
        if fresh {
            out.line(
                "  doorstep admin caseload add HGS --name '花果山商铺' --owner '招商街道' --operator '邻里社工' \\",
            )?;
            out.line("      --from 2026-01-01 --to 2026-12-31")?;
            out.line("  doorstep admin person add lin --name '林' --role worker")?;
            out.line("  doorstep admin assign lin HGS")?;
        }
        out.line("  doorstep admin enrol lin")?;
    }
    duty::warn(&admin.unmanned().await?, out)?;
    let dead: u64 = admin.webhooks().await?.iter().map(|stands| stands.counts[2]).sum();
    if dead > 0 {
        out.say(
            format!("!! {dead} 件通知没有送达。请查看:doorstep admin delivery list"),
            format!("!! {dead} deliveries did not arrive. Look at: doorstep admin delivery list"),
        )?;
    }
    out.say("按 Ctrl-C 停止", "Ctrl-C stops it")?;
    Ok(())
}

/// Logs go to standard error: what a command prints stays readable.
fn start_log(log: &Log) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| {
        CliError::new(
            format!(
                "日志级别 {:?} 不对,应是 error、warn、info 或 debug(log.level,DOORSTEP_LOG_LEVEL):{error}",
                log.level
            ),
            format!(
                "the log level {:?} is none (log.level, DOORSTEP_LOG_LEVEL): say error, warn, info or debug ({error})",
                log.level
            ),
        )
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A line that cannot be written is lost. To complain about it where it could not be written ends the request.
    let builder = builder.log_internal_errors(false);
    let started = match log.format {
        LogFormat::Pretty => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| CliError::new(format!("无法记录日志:{error}"), format!("cannot log: {error}")))
}

/// Ready on Ctrl-C, or when the machine asks to stop.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
