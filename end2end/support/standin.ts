// The stand-in for Gosuslugi (end2end/esia): a program of its own, which tests start, tell to fail, and ask what it saw.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { type Database, OUT, ROOT, type Role, STANDIN, esiaPort } from './places.ts';

const FOLDER = path.join(OUT, 'esia');

/** What its tokens are signed by: Gosuslugi has both, and each database's tests see one of them. */
const ALGORITHM: Record<Database, string> = { sqlite: 'GOST3410_2012_256', postgres: 'RS256' };

/** What it signs its tokens with, the same in the whole run; it makes it, and the key, at its first start. */
export function certificateOf(database: Database): string {
  return path.join(FOLDER, `${database}-token.cert.pem`);
}

function settingsOf(database: Database): string {
  const file = path.join(FOLDER, `${database}.toml`);
  const name = `${database}-token`;
  if (!existsSync(file)) {
    writeFileSync(file, `[token]\nalgorithm = "${ALGORITHM[database]}"\nkey = "${name}.key.pem"\ncertificate = "${name}.cert.pem"\n`);
  }
  return file;
}

/** By its number and not by a name: so it is another site than the portal. */
export function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export type Endpoint = 'ac' | 'login' | 'te' | 'rs' | 'prns' | 'ctts' | 'logout';

export class StandIn {
  readonly origin: string;
  private readonly log: string;
  private child: ChildProcess | undefined;
  private exit: Promise<number | null> = Promise.resolve(0);

  private readonly port: number;

  constructor(
    private readonly database: Database,
    role: Role,
  ) {
    this.port = esiaPort(database, role);
    this.origin = originOf(this.port);
    this.log = path.join(FOLDER, `${this.port}.log`);
  }

  async start(): Promise<this> {
    mkdirSync(FOLDER, { recursive: true });
    const words = ['--listen', `127.0.0.1:${this.port}`, '--config', settingsOf(this.database)];
    const log = openSync(this.log, 'a');
    const child = spawn(STANDIN, words, { cwd: ROOT, stdio: ['ignore', log, log] });
    closeSync(log);
    this.child = child;
    this.exit = new Promise((resolve) => child.once('exit', resolve));
    const deadline = Date.now() + 30_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the stand-in ended at its start: ${readFileSync(this.log, 'utf8').slice(-2_000)}`);
      try {
        if ((await fetch(`${this.origin}/_control/healthz`)).ok) return this;
      } catch {
        // Not listening yet.
      }
      if (Date.now() > deadline) throw new Error('the stand-in did not get ready');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    await this.exit;
  }

  /** What goes wrong from now on, so many times; `mode` is a name of the stand-in's or a code of ESIA. */
  async fail(endpoint: Endpoint, mode: string, more: { times?: number; seconds?: number } = {}): Promise<void> {
    await this.tell('fail', { endpoint, mode, times: 1, ...more });
  }

  /** Nothing goes wrong any more, but for persons with whom it always does. */
  async calm(): Promise<void> {
    await this.tell('fail', {}, 'DELETE');
  }

  /** Another key from now on. */
  async rotate(): Promise<void> {
    await this.tell('rotate');
  }

  /** The certificate of the present key. */
  async certificate(): Promise<string> {
    const answer = await fetch(`${this.origin}/_control/certificate.pem`);
    if (!answer.ok) throw new Error(`no certificate: ${answer.status}`);
    return answer.text();
  }

  private async tell(what: string, body: unknown = {}, method = 'POST'): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.origin}/_control/${what}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the stand-in refuses ${what}: ${answer.status} ${await answer.text()}`);
  }
}
