//! Applies rosters that were checked, and that an administrator told to apply.

use std::time::Duration;

use services::portal::Portal;
use tokio::sync::watch;

/// Works until told to stop; a school under way is finished. `poll` is the pause between two looks: an import waits for a person to press
/// a button and may wait a moment longer.
pub async fn run(portal: Portal, poll: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match portal.imports().work(|| *stop.borrow()).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(code = error.code(), error = %error, "imports can't be read"),
        }
        tokio::select! {
            () = tokio::time::sleep(poll) => {}
            _ = stop.changed() => {}
        }
    }
}
