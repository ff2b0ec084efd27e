//! The program: the server, and what goes with it: keys, signatures, an example of its settings.

use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use esia_standin::app::App;
use esia_standin::clock::Clock;
use esia_standin::crypto::certificate::Certificate;
use esia_standin::crypto::cms;
use esia_standin::crypto::keys::{KeyKind, PrivateKey};
use esia_standin::dice::SystemDice;
use esia_standin::http::serve;
use esia_standin::ring::{write, write_secret};
use esia_standin::settings::{EXAMPLE, Settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const LISTEN: &str = "127.0.0.1:3100";

/// A stand-in for ESIA, the sign-in of Gosuslugi, for demos and tests
#[derive(Parser)]
#[command(
    name = "esia-standin",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without a file: the client SCHOOLGATE and the persons of the demo. Exit codes: 0 done · 1 it failed · 2 the command \
                  line is not understood"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where to listen [default: the file's `listen`, or 127.0.0.1:3100]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Clients, persons and everything else; `print-config` shows an example
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the certificate that tokens are signed with to this file before listening
    #[arg(long, value_name = "FILE")]
    certificate_out: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Sign what comes in, as a client does: an external signer for tests
    Sign(Sign),
    /// Make a key and a certificate for a client
    Keys(Keys),
    /// Print an example of the settings
    PrintConfig,
}

#[derive(Args)]
struct Sign {
    /// The private key: GOST R 34.10-2012 of 256 bits or RSA, PEM, not encrypted
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write detached CMS instead of the bare signature
    #[arg(long, requires = "certificate")]
    cms: bool,
    /// The certificate that CMS names
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// CMS without signed attributes
    #[arg(long, requires = "cms")]
    no_attributes: bool,
}

#[derive(Args)]
struct Keys {
    /// What kind of key
    #[arg(long, value_enum, default_value = "gost")]
    kind: KeyKind,
    /// The name in the certificate
    #[arg(long, default_value = "Test client")]
    name: String,
    /// The file for the private key; it must not be there yet
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The file for the certificate
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        None => run(arguments.listen, arguments.config, arguments.certificate_out),
        Some(Command::Sign(sign)) => sign_input(&sign),
        Some(Command::Keys(keys)) => make_keys(&keys),
        Some(Command::PrintConfig) => print(EXAMPLE.as_bytes()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("esia-standin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn said(error: impl Display) -> String {
    error.to_string()
}

fn run(listen: Option<String>, config: Option<PathBuf>, certificate_out: Option<PathBuf>) -> Result<(), String> {
    let settings = match config {
        Some(path) => Settings::load(&path).map_err(said)?,
        None => Settings::demo().map_err(said)?,
    };
    let listen = listen.or_else(|| settings.listen.map(|at| at.to_string())).unwrap_or_else(|| LISTEN.to_owned());
    let app = App::new(settings, Clock::machine(), Box::new(SystemDice)).map_err(said)?;
    if let Some(path) = certificate_out {
        write(&path, &app.signing_key().certificate.to_pem()).map_err(said)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(said)?;
    runtime.block_on(listening(&listen, Arc::new(app)))
}

async fn listening(listen: &str, app: Arc<App>) -> Result<(), String> {
    let listener = TcpListener::bind(listen).await.map_err(|error| format!("{listen}: {error}"))?;
    let at = listener.local_addr().map_err(said)?;
    print(format!("esia-standin listens at http://{at}\n").as_bytes())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(said)?;
    tokio::select! {
        never = serve(listener, app) => match never {},
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(said),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn print(bytes: &[u8]) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(said)
}

fn sign_input(sign: &Sign) -> Result<(), String> {
    let key = PrivateKey::from_pem(&read(&sign.key)?).map_err(|error| format!("{}: {error}", sign.key.display()))?;
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text).map_err(said)?;
    let signature = match &sign.certificate {
        Some(path) if sign.cms => {
            let found = Certificate::from_pem(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
            let certificate = found
                .into_iter()
                .find(|certificate| key.public().as_ref() == Some(&certificate.key))
                .ok_or_else(|| format!("{}: it is not the certificate of the key", path.display()))?;
            cms::sign(&text, &key, &certificate, !sign.no_attributes, &SystemDice)
        }
        _ => key.sign(&text, &SystemDice),
    };
    print(&signature.ok_or("the key is too short to sign with")?)
}

fn make_keys(keys: &Keys) -> Result<(), String> {
    let key = PrivateKey::make(keys.kind, &SystemDice).ok_or("no key could be made")?;
    let now = Clock::machine().now();
    let certificate =
        Certificate::self_signed(&keys.name, &key, now, &SystemDice).ok_or("no certificate could be made")?;
    write_secret(&keys.key, &key.to_pem()).map_err(said)?;
    write(&keys.certificate, &certificate.to_pem()).map_err(said)?;
    print(format!("client_certificate_hash {}\n", certificate.thumbprint()).as_bytes())
}
