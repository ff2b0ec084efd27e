//! The demo: a folder with a database of its own, fixed people whose passwords are published, and an inbox for messages.
//!
//! `schoolgate demo` makes the folder anew and serves it. It holds an ordinary configuration file, so that
//! `schoolgate serve --demo --config …` can serve the same database again.

mod gosuslugi;
mod messages;
mod people;
mod roster;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::pages::inbox::InboxItem;
use clap::Args;
use services::hasher::PasswordHasher;
use services::portal::Portal;
use services::portal::PortalParts;
use services::store::meta;
use services::{Clock as _, KeyRing, OsRng, Sealer, SystemClock};

use crate::cli::{Exit, Failure};
use crate::config::{Config, Source};
use crate::open::{self, DemoRule, Opening};
use crate::run::{ServeError, ServeOptions, serve};

pub use people::DemoPerson;

/// The configuration file in the demo's folder.
const CONFIG: &str = "schoolgate.toml";
/// The list of people in the demo's folder.
const PEOPLE: &str = "people.json";
/// The folders of messages in the demo's folder.
const SMS: &str = "sms";
const MAIL: &str = "mail";

/// The arguments of `demo`.
#[derive(Args, Debug)]
pub struct Options {
    /// The demo's folder; what an earlier demo left in it is replaced.
    #[arg(long, default_value = "target/demo", value_name = "FOLDER")]
    dir: PathBuf,
    /// The port to listen on
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// A database of its own instead of the folder's SQLite file, empty
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Further parents beside the fixed people, for tests and load programs: N registered ones and N who can register
    #[arg(long, default_value_t = 0, value_name = "N")]
    crowd: u32,
    #[command(flatten)]
    esia: gosuslugi::StandInOptions,
    /// Make the demo's folder and database, and end
    #[arg(long)]
    prepare_only: bool,
}

/// Why the demo can't be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file or folder of the demo.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The list of people is not one.
    #[error("{path} is not whole: make the demo again", path = path.display())]
    People {
        /// Which file.
        path: PathBuf,
    },
    /// The portal refused a person of the demo.
    #[error("the demo's people can't be added: {0}")]
    Refused(String),
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(Exit::Server, error.to_string(), "remove the demo's folder and try again")
    }
}

/// A demo that is served.
#[derive(Clone, Debug)]
pub struct Demo {
    folder: PathBuf,
    people: Arc<Vec<DemoPerson>>,
}

impl Demo {
    /// The demo beside whose key ring the configuration points.
    ///
    /// # Errors
    /// When its list of people is missing or not whole.
    pub fn beside(config: &Config) -> Result<Self, DemoError> {
        let folder = config.keys.ring.parent().unwrap_or(Path::new(".")).to_owned();
        let path = folder.join(PEOPLE);
        let text = std::fs::read(&path).map_err(|source| DemoError::File { path: path.clone(), source })?;
        let people = serde_json::from_slice(&text).map_err(|_| DemoError::People { path })?;
        Ok(Self { folder, people: Arc::new(people) })
    }

    /// Everybody who can be tried.
    pub fn people(&self) -> &[DemoPerson] {
        &self.people
    }

    /// All messages, newest first.
    ///
    /// # Errors
    /// When a folder can't be read.
    pub fn messages(&self) -> Result<Vec<InboxItem>, DemoError> {
        messages::read(&self.folder.join(SMS), &self.folder.join(MAIL))
    }
}

/// Makes the demo and serves it.
///
/// # Errors
/// [`Failure`] as every command.
pub async fn run(options: Options) -> Result<(), Failure> {
    let config = prepare(&options).await?;
    if options.prepare_only {
        return Ok(());
    }
    announce(&options, &Demo::beside(&config)?);
    serve(config, ServeOptions { demo: true }).await.map_err(Failure::from)
}

async fn prepare(options: &Options) -> Result<Config, Failure> {
    clear(&options.dir)?;
    let folder = options.dir.canonicalize().map_err(|source| DemoError::File { path: options.dir.clone(), source })?;
    let file = folder.join(CONFIG);
    let esia = gosuslugi::prepare(&options.esia, &folder)?;
    write(&file, (configuration(options, &folder) + &esia).as_bytes())?;
    let config = Config::load(&Source::of_process(Some(file)))?;
    KeyRing::generate(&OsRng, SystemClock.now()).save(&config.keys.ring)?;
    let opened = open::open(&config, Opening { migrate: true, demo: DemoRule::Either }).await?;
    let mut tx = opened.db.begin().await?;
    meta::mark_demo(&mut tx).await?;
    tx.commit().await?;
    let hasher = PasswordHasher::new(config.hash_settings()).map_err(ServeError::from)?;
    let portal = Portal::new(PortalParts {
        db: opened.db.clone(),
        keys: Sealer::new(&opened.ring),
        clock: Arc::new(SystemClock),
        rng: Arc::new(OsRng),
        hasher,
        settings: config.settings(),
    });
    let people = people::add(&portal, options.crowd).await?;
    let list = serde_json::to_vec_pretty(&people).map_err(|error| DemoError::Refused(error.to_string()))?;
    write(&folder.join(PEOPLE), &list)?;
    opened.db.close().await;
    Ok(config)
}

/// Removes what an earlier demo made, and only that.
fn clear(folder: &Path) -> Result<(), DemoError> {
    let made = ["demo.sqlite", "demo.sqlite-wal", "demo.sqlite-shm", "keys.toml", PEOPLE, CONFIG];
    let made = made.into_iter().chain(gosuslugi::FILES);
    let failed = |path: PathBuf| move |source| DemoError::File { path, source };
    std::fs::create_dir_all(folder).map_err(failed(folder.to_owned()))?;
    for name in made {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(failed(path.clone()))?;
        }
    }
    for name in [SMS, MAIL] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(failed(path.clone()))?;
        }
        std::fs::create_dir_all(&path).map_err(failed(path.clone()))?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), DemoError> {
    std::fs::write(path, content).map_err(|source| DemoError::File { path: path.to_owned(), source })
}

fn configuration(options: &Options, folder: &Path) -> String {
    let listen = SocketAddr::from(([127, 0, 0, 1], options.port));
    let path = |name: &str| toml::Value::from(folder.join(name).to_string_lossy().into_owned());
    let database =
        options.database.clone().unwrap_or_else(|| format!("sqlite://{}", folder.join("demo.sqlite").display()));
    format!(
        "# The demo's configuration, made by `schoolgate demo`.\n\
         [server]\nlisten = \"{listen}\"\npublic_url = \"http://localhost:{port}\"\n\n\
         [database]\nurl = {database}\n\n\
         [keys]\nring = {ring}\n\n\
         # Everybody who tries the demo sits behind one address.\n\
         [throttle]\nschool_networks = [\"127.0.0.0/8\", \"::1/128\"]\n\n\
         [log]\nfilter = \"warn,schoolgate_server::run=info\"\n\n\
         [[sms.gateway]]\nname = \"demo-sms\"\nkind = \"folder\"\npath = {sms}\n\n\
         # Everybody's codes arrive in the inbox, where they cost nothing.\n\
         [registration]\ntyped_mobiles_in_all = 5000\n\n\
         [mail]\nfrom = \"portal@schoolgate.example\"\n\n\
         [[mail.gateway]]\nname = \"demo-mail\"\nkind = \"folder\"\npath = {mail}\n",
        port = options.port,
        database = toml::Value::from(database),
        ring = path("keys.toml"),
        sms = path(SMS),
        mail = path(MAIL),
    )
}

/// Whether somebody was added by `--crowd`.
fn is_one_of_many(key: &str) -> bool {
    key.starts_with("crowd-") || key.starts_with("newcomer-")
}

/// Says who can sign in and how.
fn announce(options: &Options, demo: &Demo) {
    use std::io::Write as _;

    let mut lines = vec![format!("The demo is at http://localhost:{}", options.port), String::new()];
    lines.push("Who can sign in (messages arrive at /demo/inbox):".to_owned());
    for person in demo.people().iter().filter(|person| !is_one_of_many(&person.key)) {
        lines.push(format!("  {:<16} {}", person.key, person.name));
        if let Some(oid) = &person.esia_oid {
            lines.push(format!("  {:<16}   {}", "", gosuslugi::words(&options.esia, oid, &person.key)));
        } else if let Some(number) = &person.id_number {
            lines.push(match (&person.user_code, &person.birth_date, &person.child_id) {
                (Some(_), _, _) => format!("  {:<16}   ID number {number}, then the code from the inbox", ""),
                (None, Some(birth_date), Some(child)) => {
                    format!("  {:<16}   can register: ID number {number}, born {birth_date}, child {child}", "")
                }
                _ => format!("  {:<16}   is on no roster: ID number {number}", ""),
            });
        }
        if let (Some(code), Some(password)) = (&person.user_code, &person.password) {
            lines.push(format!("  {:<16}   user code {code}, password «{password}»", ""));
        }
    }
    lines.push(String::new());
    // A closed terminal is no reason to stop serving.
    let _ = writeln!(std::io::stdout().lock(), "{}", lines.join("\n"));
}
