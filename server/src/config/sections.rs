//! The table itself, part one: the process, the portal, storage, logs. Figures of sign-in are in `figures.rs`.

use std::{net::SocketAddr, path::PathBuf};

use domain::{IdKind, Locale};
use services::settings::Network;

use super::{
    field::{Secret, choice},
    keys::{Rule, section},
    types::{ID_KINDS, LOCALES, Localized, MailAddress, PublicUrl},
};

section! {
    /// The process: where it listens, how people reach it, how much it takes on at once.
    pub struct ServerConfig in "server" {
        /// Address and port to listen on. Behind a reverse proxy on the same machine leave it at loopback.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 3000)), Rule::Any;
        /// The address people type, without a path. https turns on HSTS and Secure `__Host-` cookies;
        /// http is taken for localhost only.
        public_url: PublicUrl = PublicUrl::localhost(3000), Rule::Any;
        /// Where `/metrics` is served on its own. "" serves it on the main address, to callers from loopback only.
        metrics_listen: Option<SocketAddr> = None, Rule::Any;
        /// The folder of the built site (style sheet, scripts, icons). "": `site` beside the program, else `target/site`.
        site: Option<PathBuf> = None, Rule::Any;
        /// Networks of reverse proxies whose `X-Forwarded-For` is believed. All others are taken as the caller itself.
        trusted_proxies: Vec<Network> = Vec::new(), Rule::Any;
        /// A request that takes longer, in seconds, is answered with 503.
        request_timeout_s: u64 = 30, Rule::Whole(1, 600);
        /// The largest body of a request, in KiB; more is answered with 413.
        body_limit_kib: usize = 256, Rule::Whole(1, 65_536);
        /// The largest file that is taken, in MiB: rosters and photos.
        upload_limit_mib: usize = 64, Rule::Whole(1, 64);
        /// How many requests are worked on at once; more are answered with 503 and Retry-After instead of queueing.
        max_in_flight: usize = 512, Rule::Whole(1, 100_000);
        /// Threads that answer requests. 0: one per core, at least 4.
        worker_threads: usize = 0, Rule::Whole(0, 512);
        /// Seconds that running requests get to finish when the server is told to stop.
        shutdown_grace_s: u64 = 20, Rule::Whole(0, 600);
    }
}

section! {
    /// What people see: names, languages, the help line.
    pub struct PortalConfig in "portal" {
        /// The portal's name by language. No password may contain it, in any of them.
        name: Localized = Localized::new(&[
            (Locale::He, "פורטל ההורים"),
            (Locale::Ar, "بوابة أولياء الأمور"),
            (Locale::Ru, "Портал школы"),
            (Locale::En, "School portal"),
        ]), Rule::Any;
        /// The name that text messages begin with. Short: a message must fit two parts in every language.
        short_name: String = "Schoolgate".to_owned(), Rule::Text(1, 20);
        /// The telephone number of the help line, as people dial it; "" shows none.
        help_line: String = "*6552".to_owned(), Rule::Text(0, 30);
        /// An address for reports on accessibility and privacy; "" shows the help line only.
        contact_email: Option<MailAddress> = None, Rule::Any;
        /// The time zone in which times are shown: a name of the IANA database.
        time_zone: String = "Asia/Jerusalem".to_owned(), Rule::Text(1, 64);
        /// Languages that are offered, in this order.
        locales: Vec<Locale> = vec![Locale::He, Locale::Ar, Locale::Ru, Locale::En], Rule::OneOf(LOCALES);
        /// The language of people whose browser asks for none of these.
        default_locale: Locale = Locale::He, Rule::OneOf(LOCALES);
        /// ID numbers people may sign in with, in the order the form shows them.
        id_kinds: Vec<IdKind> = vec![IdKind::IlId, IdKind::RuSnils], Rule::OneOf(ID_KINDS);
        /// Address of a guide to registration and sign-in; "" shows none.
        guide_url: String = String::new(), Rule::Text(0, 500);
        /// Address of such a guide on video; "" shows none.
        video_url: String = String::new(), Rule::Text(0, 500);
    }
    lists {
        /// An application that people go on to from here, shown at the end of registration. Needs `name` and `url`.
        application: ApplicationConfig;
    }
}

section! {
    /// An application that people go on to.
    pub struct ApplicationConfig in "portal.application" {
        /// Its name by language.
        name: Localized = Localized::new(&[
            (Locale::He, "יישום"),
            (Locale::Ar, "تطبيق"),
            (Locale::Ru, "Приложение"),
            (Locale::En, "Application"),
        ]), Rule::Any;
        /// Its address: https, or a path of this portal.
        url: String = "/".to_owned(), Rule::Text(1, 500);
    }
}

section! {
    /// Where everything is stored.
    pub struct DatabaseConfig in "database" {
        /// `sqlite://FILE` (embedded) or `postgres://user:password@host/name` (several replicas may share it).
        url: Secret = Secret::new("sqlite://schoolgate.sqlite"), Rule::Secret;
        /// Connections at most: to PostgreSQL, or readers of SQLite (which has one writer besides).
        max_connections: u32 = 10, Rule::Whole(1, 1_000);
        /// Whether `serve` brings the database up to date by itself. `serve --migrate` does it once.
        /// Turn it off where several replicas start at the same time and `schoolgate migrate` is a step of its own.
        auto_migrate: bool = true, Rule::Any;
    }
}

section! {
    /// The keys that seal personal data. They live outside the database: who has one must not have the other.
    pub struct KeysConfig in "keys" {
        /// The key ring, made by `schoolgate key generate`, readable by the owner only (mode 0600). Back it up:
        /// without it the sealed data is lost.
        ring: PathBuf = PathBuf::from("schoolgate-keys.toml"), Rule::Any;
    }
}

choice! {
    /// The form of log lines.
    pub enum LogFormat {
        /// For reading.
        Human = "human",
        /// One JSON object a line, for collecting.
        Json = "json",
    }
}

section! {
    /// What is written to standard error. Personal data is in none of it, at any level.
    pub struct LogConfig in "log" {
        /// `human` for reading, `json` for collecting.
        format: LogFormat = LogFormat::Human, Rule::OneOf(LogFormat::WORDS);
        /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`) or directives such as
        /// `info,services=debug`. Other people's crates never go below `info`: their finer lines can quote messages.
        filter: String = "info".to_owned(), Rule::Text(1, 500);
    }
}
