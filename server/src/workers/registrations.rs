//! Makes the accounts of registrations that were handed in.

use std::time::Duration;

use services::portal::Portal;
use tokio::sync::watch;

/// Works until told to stop; an account under way is finished. `owner` names this worker in its leases, `poll` is the longest pause
/// between two looks.
pub async fn run(portal: Portal, owner: String, poll: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match portal.registrations().work(&owner).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(code = error.code(), error = %error, "registrations can't be read"),
        }
        tokio::select! {
            () = async { portal.registrations().wait_for_work(poll).await } => {}
            _ = stop.changed() => {}
        }
    }
}
