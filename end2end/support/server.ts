// Servers of the built product: made with `schoolgate demo --prepare-only`, served with `serve --demo`, so that a test can
// set figures by environment and serve the same database again after a crash.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { BINARY, CROWD, type Database, type Role, ROOT, SITE, STANDIN, esiaPort, folder, origin, port } from './places.ts';
import { certificateOf, originOf } from './standin.ts';

/** Of Gosuslugi's answers: nobody waits longer. */
const SHORT_WAITS = { SCHOOLGATE__ESIA__TIMEOUT_MS: '5000' };

/** Figures that differ from the product's own; all within the configuration's bounds. */
const FIGURES: Record<Role, Record<string, string>> = {
  main: {},
  quick: {
    SCHOOLGATE__CODES__LIFETIME_S: '60',
    SCHOOLGATE__CODES__RESEND_AFTER_S: '5',
    SCHOOLGATE__CODES__SENDS_PER_HOUR: '20',
  },
  // Behind a proxy, so that a test can come from any address; none of them is a school's, as all are in the demo.
  walled: {
    SCHOOLGATE__SERVER__TRUSTED_PROXIES: '127.0.0.1/32, ::1/128',
    SCHOOLGATE__THROTTLE__SCHOOL_NETWORKS: '',
  },
  down: {},
  // A message that the dead process had taken is sent again when its lease runs out; shorter than the gateways' time-outs is refused.
  crash: { SCHOOLGATE__OUTBOX__LEASE_S: '21' },
  gosuslugi0: SHORT_WAITS,
  gosuslugi1: SHORT_WAITS,
  editor: {},
  // Full of requests, and of passwords to check, as soon as a test wants it: few places, and each is held for long.
  faulty: {
    SCHOOLGATE__SERVER__MAX_IN_FLIGHT: '8',
    SCHOOLGATE__SERVER__REQUEST_TIMEOUT_S: '600',
    SCHOOLGATE__PASSWORD__THREADS: '1',
    SCHOOLGATE__PASSWORD__QUEUE: '1',
    SCHOOLGATE__PASSWORD__ARGON2_M_KIB: '65536',
    SCHOOLGATE__PASSWORD__ARGON2_T: '16',
  },
};

/** Our own finest lines too: the rule that no personal data is logged holds at every level. */
const LOG = { SCHOOLGATE__LOG__FILTER: 'debug' };
const NAMED_SITE: Record<string, string> = process.env.E2E_SITE ? { SCHOOLGATE__SERVER__SITE: process.env.E2E_SITE } : {};

/** Browsers reach the stand-in by another host than the portal, as they reach Gosuslugi: another site, to which cookies are not sent. */
function esia(database: Database, role: Role): Record<string, string> {
  const at = esiaPort(database, role);
  if (at === 0) return {};
  const base = { SCHOOLGATE__ESIA__BASE_URL: originOf(at) };
  if (database === 'postgres') return base;
  // The demo's requests are signed by the stand-in's own program; here the other side checks somebody else's: OpenSSL's GOST engine.
  const key = path.join(folder(database, role), 'esia-client.key.pem');
  return { ...base, SCHOOLGATE__ESIA__SIGNER: `openssl,dgst,-engine,gost,-md_gost12_256,-sign,${key}` };
}

/** What a program of the product is started with. */
export function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  // Settings of the caller's own portal must not leak into the tests.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SCHOOLGATE_'));
  return { ...Object.fromEntries(own), ...more };
}

/** Runs a command of the product to its end and returns what it printed. */
export function run(words: string[], more: Record<string, string> = {}): string {
  return execFileSync(BINARY, words, { cwd: ROOT, env: environment(more), encoding: 'utf8', stdio: 'pipe' });
}

export function mustBeBuilt(): void {
  if (!existsSync(BINARY) || !existsSync(STANDIN) || !existsSync(path.join(SITE, 'pkg'))) {
    throw new Error('the product is not built: run scripts/build first');
  }
}

/** A PostgreSQL database of its own, empty. */
function freshPostgres(name: string): string {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url) {
    throw new Error('TEST_POSTGRES_URL is not set: run the browser tests as `scripts/with-postgres npm test --prefix end2end`');
  }
  for (const statement of [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `CREATE DATABASE ${name}`]) {
    execFileSync('psql', ['--no-psqlrc', '--quiet', '--dbname', url, '--command', statement], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
  return databaseUrl(name, url);
}

/** The address of another database on the same server. Not `new URL`: an address of a Unix socket has no host. */
export function databaseUrl(name: string, url = process.env.TEST_POSTGRES_URL ?? ''): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}

export function databaseName(role: Role): string {
  return `schoolgate_e2e_${role}`;
}

export class Server {
  readonly dir: string;
  readonly origin: string;
  readonly log: string;
  private child: ChildProcess | undefined;
  private exit: Promise<number | null> = Promise.resolve(0);

  constructor(
    readonly database: Database,
    readonly role: Role,
  ) {
    this.dir = folder(database, role);
    this.origin = origin(database, role);
    this.log = path.join(this.dir, 'server.log');
  }

  /** Makes folder, keys, database and people anew. */
  prepare(): this {
    rmSync(this.dir, { recursive: true, force: true });
    mkdirSync(this.dir, { recursive: true });
    const words = ['demo', '--prepare-only', '--dir', this.dir, '--port', String(port(this.database, this.role)), '--crowd', String(CROWD[this.role])];
    const at = esiaPort(this.database, this.role);
    if (at > 0) words.push('--esia-port', String(at), '--esia-certificate', certificateOf(this.database), '--esia-program', STANDIN);
    if (this.database === 'postgres') words.push('--database', freshPostgres(databaseName(this.role)));
    run(words);
    return this;
  }

  get config(): string {
    return path.join(this.dir, 'schoolgate.toml');
  }

  /** Serves, with figures that differ from its own, and returns once the portal says that it is ready. */
  async start(more: Record<string, string> = {}): Promise<this> {
    const log = openSync(this.log, 'a');
    const child = spawn(BINARY, ['serve', '--demo', '--config', this.config], {
      cwd: ROOT,
      env: environment({ ...LOG, ...NAMED_SITE, ...esia(this.database, this.role), ...FIGURES[this.role], ...more }),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    this.exit = new Promise((resolve) => child.once('exit', resolve));
    await this.untilReady();
    return this;
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (this.child?.exitCode !== null) throw new Error(`the server ended at its start: ${this.tail()}`);
      try {
        const answer = await fetch(`${this.origin}/readyz`);
        if (answer.ok) return;
      } catch {
        // Not listening yet.
      }
      if (Date.now() > deadline) throw new Error(`the server did not get ready: ${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** SIGKILL: nothing is flushed, nobody is told. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.exit;
  }

  /** SIGTERM; returns the exit code. */
  async stop(): Promise<number | null> {
    this.child?.kill('SIGTERM');
    return this.exit;
  }

  private tail(): string {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(-15).join('\n') : '(no log)';
  }
}
