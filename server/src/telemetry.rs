//! Logs: lines for people or JSON for collectors, on standard error. Never personal data, at any level.
//!
//! Our own code logs codes, ids and counts only. Other people's crates are not bound by that rule (an HTTP client may
//! quote an address, a mail client a recipient), so their lines below `info` are dropped whatever the filter says.

use std::{panic, sync::Once};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::filter_fn,
    fmt,
    layer::{Layer, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// The crates whose finer lines may be logged: those that keep the rule above.
const OURS: &[&str] = &["schoolgate", "server", "services", "app", "domain"];

/// Whether a filter can be used; the error says why not.
pub fn check_filter(filter: &str) -> Result<(), String> {
    EnvFilter::builder().parse(filter).map(|_| ()).map_err(|error| error.to_string())
}

/// Starts logging to standard error and logs panics. Only the first call of a process has an effect.
pub fn start(config: &LogConfig) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // A subscriber that somebody set before (a test) stays.
        let _ = tracing_subscriber::registry().with(layer(config, std::io::stderr)).try_init();
        log_panics();
    });
}

/// The layer that writes log lines to `writer`.
///
/// A filter that does not parse counts as `info`: the configuration refuses it before it gets here.
pub fn layer<S, W>(config: &LogConfig, writer: W) -> impl Layer<S> + Send + Sync + use<S, W>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    W: for<'writer> fmt::MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines: Box<dyn Layer<S> + Send + Sync> = match config.format {
        LogFormat::Human => fmt::layer().with_writer(writer).with_ansi(false).boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(writer)
            .boxed(),
    };
    lines.with_filter(filter).with_filter(filter_fn(keeps_the_rule))
}

fn keeps_the_rule(metadata: &Metadata<'_>) -> bool {
    let of = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO
        || OURS.iter().any(|ours| of == *ours || of.strip_prefix(ours).is_some_and(|rest| rest.starts_with('_')))
}

/// Logs where a panic happened. The message is logged only if it is a literal of the program: a formatted one may
/// hold what somebody typed.
fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let location =
            info.location().map_or_else(|| "unknown".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
        let message =
            info.payload().downcast_ref::<&'static str>().copied().unwrap_or("withheld, as it may hold personal data");
        let thread = std::thread::current();
        tracing::error!(location, message, thread = thread.name().unwrap_or("unnamed"), "panic");
    }));
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::ErrorKind::Other)?.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let config = LogConfig { format, filter: filter.to_owned() };
        let subscriber = tracing_subscriber::registry().with(layer(&config, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = captured.0.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn other_crates_never_log_below_info() {
        let text = logged(LogFormat::Human, "trace", || {
            tracing::debug!(target: "lettre::transport", "RCPT TO:<somebody>");
            tracing::trace!(target: "servers", "not ours either");
            tracing::info!(target: "hyper", "an ordinary line");
            tracing::debug!(target: "services::codes", "our finer line");
            tracing::debug!(target: "schoolgate_server::http", "another of ours");
        });
        assert!(!text.contains("RCPT") && !text.contains("not ours"), "{text}");
        assert!(text.contains("ordinary") && text.contains("our finer") && text.contains("another of ours"), "{text}");
    }

    #[test]
    fn the_filter_holds_for_our_own_lines() {
        let text = logged(LogFormat::Human, "warn,services=debug", || {
            tracing::info!(target: "schoolgate_server", "left out");
            tracing::debug!(target: "services", "wanted");
        });
        assert!(!text.contains("left out") && text.contains("wanted"), "{text}");
    }

    #[test]
    fn json_lines_are_json_with_the_fields_at_the_top() {
        let text = logged(LogFormat::Json, "info", || tracing::info!(code = "STORE-01", "the database is away"));
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap_or_default();
        assert_eq!(line.get("code").and_then(|code| code.as_str()), Some("STORE-01"), "{text}");
        assert_eq!(line.get("message").and_then(|message| message.as_str()), Some("the database is away"));
    }

    #[test]
    fn a_filter_that_is_none_is_told() {
        assert!(check_filter("info,services=debug").is_ok());
        assert!(check_filter("services=loud").is_err());
    }
}
