//! The server as processes: one node or two, and what the system says of them.

use std::path::Path;

use doorstep_tests::scratch::Scratch;
use doorstep_tests::server::{Office, Server};

use crate::Result;
use crate::line::Nodes;

/// An installation that runs.
pub(crate) struct Running {
    pub(crate) office: Office,
    servers: Vec<Server>,
    pub(crate) nodes: Nodes,
}

/// An empty place for an installation of this sort.
pub(crate) fn office(on: &str) -> Result<Office> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scratch = if on == "sqlite" { Scratch::on_sqlite() } else { runtime.block_on(Scratch::on_postgres()) };
    Ok(Office::on(scratch))
}

impl Running {
    pub(crate) fn start(office: Office, nodes: usize) -> Self {
        let start = |_| {
            let mut command = office.command(&["serve"]);
            command.env("DOORSTEP_PROXIES", "127.0.0.1").env("DOORSTEP_LOG_LEVEL", "warn");
            office.serve_as(command)
        };
        let servers: Vec<Server> = (0..nodes).map(start).collect();
        let nodes = Nodes::at(servers.iter().map(|server| server.address).collect());
        Self { office, servers, nodes }
    }

    /// User and system time of the nodes, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<u64> {
        self.servers.iter().map(|server| cpu_ms(&Path::new("/proc").join(server.process().to_string()))).sum()
    }

    /// What the node with the most holds in memory: `VmRSS` now, `VmHWM` at most so far; in KiB.
    pub(crate) fn memory_kib(&self, what: &str) -> Result<u64> {
        let each = self.servers.iter().map(|server| status_kib(server.process(), what));
        Ok(each.collect::<Result<Vec<u64>>>()?.into_iter().max().unwrap_or(0))
    }

    /// Stops the nodes; the office stays.
    pub(crate) fn stop(self) -> Result<Office> {
        for server in self.servers {
            if !server.stop().success() {
                return Err("a node did not stop well".into());
            }
        }
        Ok(self.office)
    }
}

/// Fields 14 and 15 of `stat`, counted behind the name, in ticks of 10 ms.
pub(crate) fn cpu_ms(process: &Path) -> Result<u64> {
    let stat = std::fs::read_to_string(process.join("stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let ticks: Vec<u64> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() * 10)
}

fn status_kib(process: u32, what: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(what)).ok_or("the system does not say")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// What everything that this process has started has spent, in milliseconds: nodes, and the engine.
pub(crate) fn children_cpu_ms() -> Result<u64> {
    let mut parents = std::collections::BTreeMap::new();
    for found in std::fs::read_dir("/proc")? {
        let path = found?.path();
        let Some(Ok(pid)) = path.file_name().and_then(|name| name.to_str()).map(str::parse::<u32>) else { continue };
        // It may have ended meanwhile.
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else { continue };
        let parent = stat.rsplit_once(") ").and_then(|(_, fields)| fields.split(' ').nth(1)?.parse::<u32>().ok());
        parents.insert(pid, (parent.unwrap_or(0), path));
    }
    let is_ours = |pid: &u32| {
        let ancestors = std::iter::successors(Some(*pid), |pid| parents.get(pid).map(|(parent, _)| *parent));
        ancestors.take(32).any(|pid| pid == std::process::id())
    };
    let children = parents.iter().filter(|(pid, _)| **pid != std::process::id() && is_ours(pid));
    Ok(children.filter_map(|(_, (_, path))| cpu_ms(path).ok()).sum())
}
