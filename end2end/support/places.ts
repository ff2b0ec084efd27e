// Where things are: the checkout, the built product, the browser, and the two databases' servers.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** The built program and its site; another build, such as a debug one, can be named. */
// Where scripts/build puts the program: cargo's own variable moves it.
const BUILT = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
export const BINARY = process.env.E2E_BINARY ?? path.join(BUILT, 'release/schoolgate');
/** The stand-in for Gosuslugi, a program of its own. */
export const STANDIN = process.env.E2E_STANDIN ?? path.join(BUILT, 'release/esia-standin');
export const SITE = process.env.E2E_SITE ?? path.join(ROOT, 'target/site');
/** Everything the tests make: databases, messages, logs. */
export const OUT = path.join(ROOT, 'target/e2e');

/** The databases that every browser test runs on. */
export const DATABASES = ['sqlite', 'postgres'] as const;
export type Database = (typeof DATABASES)[number];

/** The servers of one database. `main` has the product's own figures; `quick` has the shortest times that the
 *  configuration takes, for what has to wait; `walled` holds every address to its limits, believes a proxy, and has no
 *  sign-in through Gosuslugi; `down` loses its gateways; `crash` is killed; `editor` is killed while a class is
 *  edited, and its people are anybody's to change; `faulty` has little room, and loses a table. Each worker has one of
 *  `gosuslugi0` and `gosuslugi1`, with a stand-in for Gosuslugi beside it; nobody stands in for it beside the others. */
export const ROLES = ['main', 'quick', 'walled', 'down', 'crash', 'editor', 'faulty', 'gosuslugi0', 'gosuslugi1'] as const;
export type Role = (typeof ROLES)[number];

export function folder(database: Database, role: Role): string {
  return path.join(OUT, role === 'main' ? database : `${database}-${role}`);
}

export function port(database: Database, role: Role): number {
  const first = database === 'sqlite' ? 3110 : 3120;
  return first + { main: 0, quick: 1, walled: 2, down: 3, crash: 20, editor: 21, faulty: 22, gosuslugi0: 40, gosuslugi1: 41 }[role];
}

/** Where the stand-in for Gosuslugi of a server listens, if anything does; 0 is none. */
export function esiaPort(database: Database, role: Role): number {
  if (role === 'walled') return 0;
  const first = database === 'sqlite' ? 3170 : 3180;
  return first + { main: 5, quick: 6, down: 7, crash: 8, editor: 9, faulty: 2, gosuslugi0: 0, gosuslugi1: 1 }[role];
}

export function origin(database: Database, role: Role): string {
  return `http://localhost:${port(database, role)}`;
}

/** How many people of the crowd a server has, and as many parents who have not registered yet. */
export const CROWD: Record<Role, number> = { main: 196, quick: 30, walled: 48, down: 12, crash: 200, editor: 1, faulty: 1, gosuslugi0: 2, gosuslugi1: 2 };

/** Chromium: the one that CHROMIUM names, else the system's; without windows, if there is such a one, since that is faster. */
export function chromium(): string {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of folders) {
      const program = path.join(folder, name);
      if (existsSync(program)) return program;
    }
  }
  throw new Error('Chromium is missing: run scripts/setup test, or set CHROMIUM to its path');
}
