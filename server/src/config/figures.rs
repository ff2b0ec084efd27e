//! The table itself, part two: the figures of sign-in. Defaults and bounds follow NIST SP 800-63B-4 and OWASP ASVS 5.0.

use services::settings::Network;

use super::{
    field::{Secret, choice},
    keys::{Rule, section},
};

choice! {
    /// Which password policy holds.
    pub enum PolicyChoice {
        /// NIST SP 800-63B-4: length, no composition rules, no expiry, a list of common passwords.
        Nist = "nist",
        /// 8 to 16 Latin letters and digits, for places that must follow it.
        MoeLegacy = "moe-legacy",
    }
}

section! {
    /// Passwords: the policy, and what hashing them costs (Argon2id).
    pub struct PasswordConfig in "password" {
        /// `nist`, or `moe-legacy` (8 to 16 Latin letters and digits) for places that must follow it.
        policy: PolicyChoice = PolicyChoice::Nist, Rule::OneOf(PolicyChoice::WORDS);
        /// `nist`: characters at least where the password alone signs in.
        min_alone: usize = 15, Rule::Whole(15, 64);
        /// `nist`: characters at least where a second factor always follows (staff).
        min_with_second_factor: usize = 8, Rule::Whole(8, 64);
        /// `nist`: characters at most.
        max: usize = 256, Rule::Whole(64, 256);
        /// Memory of one hash in KiB. Passwords are hashed anew at the next sign-in when a cost changes.
        argon2_m_kib: u32 = 19_456, Rule::Whole(7_168, 1_048_576);
        /// Passes of one hash.
        argon2_t: u32 = 2, Rule::Whole(1, 16);
        /// Lanes of one hash.
        argon2_p: u32 = 1, Rule::Whole(1, 16);
        /// Hashes that are computed at once. 0: one per core.
        threads: usize = 0, Rule::Whole(0, 256);
        /// Hashes that may wait for their turn; more are answered with 503 and Retry-After. 0: 64 for each thread.
        queue: usize = 0, Rule::Whole(0, 10_000);
        /// Mixed into every hash; without it stolen hashes can't be tried at all. It can't be changed later
        /// without new passwords for everybody. At most 64 bytes; "" uses none.
        pepper: Secret = Secret::default(), Rule::Secret;
        /// Whether people can replace a forgotten password by themselves, through a link to the e-mail on file.
        reset: bool = true, Rule::Any;
        /// How many minutes such a link lives.
        reset_link_min: u32 = 30, Rule::Whole(5, 1_440);
        /// Links that can be asked for in an hour for one ID number.
        resets_per_hour: u32 = 5, Rule::Whole(1, 20);
        /// How many hours the first link of a new account lives, and the initial password beside it.
        first_link_h: u32 = 72, Rule::Whole(1, 168);
        /// How many minutes somebody may take to choose a password, from the moment they have said who they are.
        wizard_min: u32 = 30, Rule::Whole(10, 120);
        /// Whether the wizard's code goes by mail to those who have no mobile on file. Without it they need the help line.
        code_by_mail: bool = false, Rule::Any;
        /// Whether a security question is asked: one more question when a mobile is replaced through the help desk.
        security_question: bool = true, Rule::Any;
    }
}

section! {
    /// Registration by oneself.
    pub struct RegistrationConfig in "registration" {
        /// Whether people can register by themselves. Without it the school registers them.
        open: bool = true, Rule::Any;
        /// How many minutes the answers of an unfinished registration are kept.
        draft_min: u32 = 60, Rule::Whole(15, 1_440);
        /// Within how many days the school answers those whom the roster does not know. It is promised on the page.
        answer_days: u32 = 3, Rule::Whole(1, 30);
        /// Registrations that one address may begin in `throttle.address_window_min`. A school network may five times as many.
        starts_per_address: u32 = 60, Rule::Whole(5, 100_000);
        /// Codes to mobiles that were typed, in an hour, by one address. A school network may five times as many.
        typed_mobiles_per_address: u32 = 20, Rule::Whole(3, 10_000);
        /// The same by everybody together: what an attack can cost at most.
        typed_mobiles_in_all: u32 = 500, Rule::Whole(10, 1_000_000);
    }
}

section! {
    /// One-time codes by SMS.
    pub struct CodesConfig in "codes" {
        /// How long a code is valid, in seconds (NIST SP 800-63B-4: at most 10 minutes).
        lifetime_s: u32 = 300, Rule::Whole(60, 600);
        /// How long the page of the code stays open for asking again, in seconds.
        flow_lifetime_s: u32 = 1_800, Rule::Whole(600, 7_200);
        /// Wrong tries that kill a code.
        tries: u32 = 5, Rule::Whole(1, 10);
        /// Wrong tries of one account, over all its codes, before it must wait. Asking again does not reset them.
        wrong_before_wait: u32 = 10, Rule::Whole(5, 100);
        /// How many of the newest codes are accepted: 2 takes the one before the newest, too, for messages that overtake each other.
        accepted: u32 = 2, Rule::Whole(1, 2);
        /// Waits before a code can be sent again, in seconds; the last one repeats. After three that nobody answered they hold in every
        /// browser, but for codes that follow a password or a mailed link.
        resend_after_s: Vec<u32> = vec![30, 60, 120], Rule::WholeList(1, 10, 5, 900);
        /// Codes sent to one account in an hour.
        sends_per_hour: u32 = 5, Rule::Whole(1, 20);
    }
}

section! {
    /// Sessions.
    pub struct SessionsConfig in "sessions" {
        /// Minutes without a request after which a staff session ends.
        idle_staff_min: u32 = 30, Rule::Whole(5, 720);
        /// The same for parents and students.
        idle_min: u32 = 60, Rule::Whole(5, 720);
        /// Hours after which every session ends.
        absolute_h: u32 = 12, Rule::Whole(1, 24);
        /// Minutes that a sign-in counts as fresh proof for sensitive changes.
        fresh_min: u32 = 5, Rule::Whole(1, 5);
        /// Browsers that are remembered for one account; the one unused for longest goes first.
        devices: u32 = 20, Rule::Whole(1, 100);
        /// Days after which an unused browser is forgotten.
        device_lifetime_days: u32 = 180, Rule::Whole(1, 400);
    }
}

section! {
    /// Brakes against guessing. They are keyed by account, by browser, and by address and account together, so that
    /// a class behind one address can sign in at once; the limits of an address alone are high.
    pub struct ThrottleConfig in "throttle" {
        /// Wrong passwords of one account before it must wait.
        failures_before_wait: u32 = 5, Rule::Whole(3, 100);
        /// The first wait, in seconds; each further failure doubles it.
        first_wait_s: u32 = 5, Rule::Whole(1, 300);
        /// The longest wait, in seconds. It is never a lock for good.
        longest_wait_s: u32 = 900, Rule::Whole(30, 86_400);
        /// Minutes after the last failure until all are forgotten.
        forget_after_min: u32 = 1_440, Rule::Whole(15, 43_200);
        /// The span in which one address is counted, in minutes.
        address_window_min: u32 = 10, Rule::Whole(1, 60);
        /// Codes one address may ask for in that span.
        address_code_requests: u32 = 300, Rule::Whole(30, 100_000);
        /// Failed passwords and codes of one address in that span.
        address_failures: u32 = 300, Rule::Whole(30, 100_000);
        /// Networks of schools, for which the two limits of an address do not hold.
        school_networks: Vec<Network> = Vec::new(), Rule::Any;
    }
}

section! {
    /// The outbox: messages are stored with the change that caused them and sent by workers, at least once each.
    pub struct OutboxConfig in "outbox" {
        /// Workers that send at the same time.
        workers: usize = 1, Rule::Whole(1, 16);
        /// Messages a worker takes at once, and sends side by side.
        batch: u32 = 20, Rule::Whole(1, 500);
        /// Seconds after which a message of a worker that died goes to another. Longer than all time-outs of the
        /// gateways together: a message may be offered to each of them.
        lease_s: u32 = 120, Rule::Whole(10, 3_600);
        /// Milliseconds between two looks for messages that another replica stored or whose next attempt is due.
        poll_ms: u64 = 1_000, Rule::Whole(50, 60_000);
    }
}

section! {
    /// Clearing away what has expired. Nothing depends on it being punctual.
    pub struct RetentionConfig in "retention" {
        /// Minutes between two rounds.
        sweep_every_min: u32 = 10, Rule::Whole(1, 1_440);
    }
}
