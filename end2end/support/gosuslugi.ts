// `test` with a portal of the worker's own and a stand-in for Gosuslugi beside it, so that a test can let it fail, and link
// and unlink whomever it likes. Both start with the first test that wants them.
import { expect } from '@playwright/test';

import { CLASS, type ClassName, type PersonRecord, onFile } from './editor.ts';
import { ask, type Raw } from './http.ts';
import { DATABASES, type Role } from './places.ts';
import { Server } from './server.ts';
import { staffAsks } from './staff.ts';
import { StandIn } from './standin.ts';
import { Portal, test as base } from './test.ts';

export { PERSONS, Trip, chooseThere, through, toGosuslugi, BUTTON } from './gosuslugi-walk.ts';
export { expect } from '@playwright/test';
export { CLASS };

interface Pair {
  portal: Portal;
  server: Server;
  standIn: StandIn;
}

interface Fixtures {
  /** The stand-in. */
  standIn: StandIn;
  /** The server of this worker. */
  server: Server;
}

const WORKERS: Role[] = ['gosuslugi0', 'gosuslugi1'];

export const test = base.extend<Fixtures, { pair: Pair }>({
  pair: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use, info) => {
      const database = DATABASES.find((name) => info.project.name.startsWith(name));
      const role = WORKERS[info.parallelIndex];
      if (!database || !role) throw new Error(`no server for worker ${info.parallelIndex} of ${info.project.name}`);
      const standIn = await new StandIn(database, role).start();
      try {
        const server = new Server(database, role);
        await server.prepare().start();
        await use({ portal: new Portal(database, role), server, standIn });
        expect(await server.stop(), 'stops in order').toBe(0);
      } finally {
        await standIn.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  portal: async ({ pair }, use) => use(pair.portal),
  server: async ({ pair }, use) => use(pair.server),
  standIn: async ({ pair }, use) => use(pair.standIn),
  baseURL: async ({ pair }, use) => use(pair.portal.origin),
  guard: async ({ guard, pair }, use) => {
    guard.allowsOrigin(pair.standIn.origin);
    await use(guard);
  },
});

export interface Links {
  links: { id: string; linked_at: string; last_seen_at: string; way: string }[];
  tries: { at: string; failure?: string }[];
}

/** Somebody of a class, a student or a parent, by surname and given name. */
export async function member(portal: Portal, name: ClassName, surname: string, givenName: string): Promise<PersonRecord> {
  const people = (await onFile(portal, name)).flatMap((row) => [row.student, ...row.parents.map((parent) => parent.person)]);
  const found = people.find(({ fields }) => fields.surname === surname && fields.given_name === givenName);
  if (!found) throw new Error(`${name} has no ${surname}`);
  return found;
}

/** What staff see of somebody's sign-in through Gosuslugi. */
export async function linksOf(portal: Portal, person: PersonRecord): Promise<Links> {
  const raw = await staffAsks(portal, 'admin-5', `/api/v1/people/${person.id}/gosuslugi-links`);
  expect(raw.status, raw.body.toString()).toBe(200);
  return JSON.parse(raw.body.toString()) as Links;
}

/** The administrator has just typed the password. */
export async function prove(portal: Portal): Promise<void> {
  const { password } = portal.fixed('admin-5');
  const raw = await staffAsks(portal, 'admin-5', '/api/v1/session/proof', { json: { password } });
  expect(raw.status, raw.body.toString()).toBe(200);
}

/** Takes away whatever an earlier test has linked, so that somebody is recognised anew. */
export async function forgetLinks(portal: Portal, person: PersonRecord): Promise<void> {
  const { links } = await linksOf(portal, person);
  if (links.length > 0) await prove(portal);
  for (const { id } of links) {
    const raw = await staffAsks(portal, 'admin-5', `/api/v1/people/${person.id}/gosuslugi-links/${id}`, { method: 'DELETE' });
    expect(raw.status, raw.body.toString()).toBe(204);
  }
}

/** Who is signed in by a session's token, as the API says. */
export async function whoIs(portal: Portal, token: string): Promise<Raw> {
  return ask(`${portal.origin}/api/v1/me`, { headers: { cookie: `__Host-session=${token}` } });
}
