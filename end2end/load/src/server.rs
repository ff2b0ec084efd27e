//! The portal under test: its demo is made anew, served by a process of its own, and that process is killed at the end,
//! however the run ends.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::StatusCode;

use crate::client::Connection;
use crate::command::{self, Ended, Process};
use crate::error::LoadError;

/// Codes that one person may ask for in an hour: the most the portal's configuration takes.
pub const SENDS_PER_HOUR: u32 = 20;

/// How long the server may take to get ready.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// What is served, and where.
pub struct Setup {
    /// The portal's program.
    pub program: PathBuf,
    /// The demo's folder.
    pub folder: PathBuf,
    /// The port.
    pub port: u16,
    /// The database, when it is not the folder's SQLite file.
    pub database: Option<String>,
    /// Parents in the demo.
    pub crowd: usize,
    /// Threads that hash.
    pub threads: usize,
    /// Hashes that may wait.
    pub queue: usize,
}

/// A running portal; dropping it kills it.
pub struct Server {
    process: Process,
    address: SocketAddr,
}

impl Setup {
    /// Makes the demo and serves it.
    pub async fn start(&self) -> Result<Server, LoadError> {
        self.prepare()?;
        self.serve().await
    }

    /// Serves the demo that was made; returns when the portal says that it is ready.
    pub async fn serve(&self) -> Result<Server, LoadError> {
        let mut command = self.command()?;
        command.args(["serve", "--demo", "--config"]).arg(self.configuration()).envs(self.figures());
        let process = Process::start(&mut command)?;
        let mut server = Server { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)) };
        server.wait_until_ready(&self.log()).await?;
        Ok(server)
    }

    /// Runs another command of the portal's program on the demo, which may be served meanwhile.
    pub async fn run<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a OsStr>,
        input: &str,
    ) -> Result<Ended, LoadError> {
        let mut command = self.command()?;
        command.arg("--config").arg(self.configuration()).args(arguments);
        command::run(&mut command, input, &self.folder.join("output.txt")).await
    }

    /// What the portal's program writes beside its results.
    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("schoolgate.toml")
    }

    /// Makes the demo.
    pub fn prepare(&self) -> Result<(), LoadError> {
        fs::create_dir_all(&self.folder).map_err(LoadError::file(&self.folder))?;
        let log = self.log();
        // A new demo begins a new log.
        File::create(&log).map_err(LoadError::file(&log))?;
        let mut command = self.command()?;
        command.args(["demo", "--prepare-only", "--dir"]).arg(&self.folder);
        command.args(["--port", &self.port.to_string(), "--crowd", &self.crowd.to_string()]);
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        let ended = command.status().map_err(LoadError::file(&self.program))?;
        if ended.success() { Ok(()) } else { Err(LoadError::Prepare { log }) }
    }

    fn command(&self) -> Result<Command, LoadError> {
        let log = self.log();
        let open = || File::options().append(true).create(true).open(&log).map_err(LoadError::file(&log));
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::null()).stdout(open()?).stderr(open()?);
        Ok(command)
    }

    /// Everything comes from one address and a few people here, so what brakes that is set wide; nothing is switched off, and
    /// every request still pays for being counted.
    fn figures(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SCHOOLGATE__CODES__SENDS_PER_HOUR", SENDS_PER_HOUR.to_string()),
            ("SCHOOLGATE__REGISTRATION__STARTS_PER_ADDRESS", "100000".to_owned()),
            ("SCHOOLGATE__THROTTLE__ADDRESS_CODE_REQUESTS", "100000".to_owned()),
            ("SCHOOLGATE__THROTTLE__ADDRESS_FAILURES", "100000".to_owned()),
            ("SCHOOLGATE__PASSWORD__THREADS", self.threads.to_string()),
            ("SCHOOLGATE__PASSWORD__QUEUE", self.queue.to_string()),
        ]
    }
}

impl Server {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn wait_until_ready(&mut self, log: &Path) -> Result<(), LoadError> {
        let since = Instant::now();
        while since.elapsed() < READY_WITHIN && matches!(self.process.ended(), Ok(None)) {
            if let Ok(mut connection) = Connection::open(self.address).await
                && connection.get("/readyz", None).await.is_ok_and(|answer| answer.status == StatusCode::OK)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(LoadError::NotReady { seconds: since.elapsed().as_secs(), log: log.to_owned() })
    }
}
