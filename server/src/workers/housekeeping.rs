//! Clears away, now and then, what has expired.

use std::time::Duration;

use services::portal::Portal;
use tokio::sync::watch;

/// Sweeps every `pause` until told to stop.
pub async fn run(portal: Portal, pause: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = portal.housekeeping().run().await {
            tracing::error!(code = error.code(), error = %error, "expired rows could not be cleared away");
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}
