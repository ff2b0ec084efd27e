// Sign-in through Gosuslugi by those who mean no good: an answer that is used again, overheard, slipped to somebody or late;
// tokens that are forged or meant for others; and a certificate that has changed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { expireGosuslugi } from '../support/database.ts';
import { PERSONS, Trip, expect, forgetLinks, member, test, through } from '../support/gosuslugi.ts';
import { cookie, type Raw } from '../support/http.ts';
import { SESSION } from '../support/staff.ts';
import { certificateOf } from '../support/standin.ts';
import { en } from '../support/words.ts';

function refused(raw: Raw, status: number, title: string): void {
  expect(raw.status).toBe(status);
  expect(raw.body.toString()).toContain(en('gosuslugi', title));
  expect(cookie(raw, SESSION), 'nobody is signed in').toBeUndefined();
}

test('an answer is good for one time', async ({ portal }) => {
  await forgetLinks(portal, await member(portal, '11А', 'Азимутов', 'Роман'));
  const trip = await Trip.begin(portal);
  const address = await trip.there(PERSONS.bySnils);
  expect((await trip.back(address)).status).toBe(303);
  refused(await trip.back(address), 410, 'ended');
});

test('an answer in another browser opens nothing, and is used up', async ({ portal }) => {
  const mine = await Trip.begin(portal);
  const address = await mine.there(PERSONS.bySnils);
  refused(await mine.back(address, ''), 410, 'ended');
  refused(await mine.back(address), 410, 'ended');
  // Somebody's own answer, slipped to another who is on the way, too: that one does not end up in a stranger's account.
  const attacker = await Trip.begin(portal);
  const planted = await attacker.there(PERSONS.bySnils);
  const victim = await Trip.begin(portal);
  refused(await victim.back(planted), 410, 'ended');
  expect((await victim.back(await victim.there(PERSONS.nobodyHere))).status, 'whose own way goes on').toBe(403);
});

test('an answer that comes too late opens nothing', async ({ portal }) => {
  const trip = await Trip.begin(portal);
  const address = await trip.there(PERSONS.bySnils);
  expireGosuslugi(portal, trip.browser);
  refused(await trip.back(address), 410, 'ended');
});

test('a code that was used, or belongs to another sign-in, opens nothing', async ({ portal }) => {
  await forgetLinks(portal, await member(portal, '11А', 'Азимутов', 'Роман'));
  const first = await Trip.begin(portal);
  const used = await first.there(PERSONS.bySnils);
  expect((await first.back(used)).status).toBe(303);
  const second = await Trip.begin(portal);
  const replayed = await second.there(PERSONS.nobodyHere);
  replayed.searchParams.set('code', used.searchParams.get('code') ?? '');
  refused(await second.back(replayed), 502, 'rejected');
});

test('an address that nobody was sent to is no answer', async ({ portal }) => {
  const trip = await Trip.begin(portal);
  const at = `${portal.origin}/sign-in/esia/callback`;
  for (const query of ['', '?code=x', '?state=x', `?code=&state=`, '?code=x&state=47e1f1e9-8b56-4666-ac02-d1408408e5f2', '?error=access_denied']) {
    refused(await trip.back(new URL(at + query)), 410, 'ended');
  }
  // The own state with a forged code: Gosuslugi does not know it.
  refused(await trip.back(new URL(`${at}?code=forged&state=${trip.state}`)), 502, 'rejected');
});

test('an answer twice at the same time signs in once', async ({ portal }) => {
  await forgetLinks(portal, await member(portal, '11А', 'Азимутов', 'Роман'));
  const trip = await Trip.begin(portal);
  const address = await trip.there(PERSONS.bySnils);
  const both = await Promise.all([trip.back(address), trip.back(address)]);
  expect(both.map((raw) => raw.status).sort()).toEqual([303, 410]);
});

const FORGED = {
  'a wrong signature': 'bad-signature',
  'the algorithm none': 'alg-none',
  'a key that nobody knows': 'foreign-key',
  'another audience': 'other-audience',
  'another issuer': 'other-issuer',
  'a time that is over': 'expired',
  'a time that has not come': 'not-yet',
  'another subject': 'other-subject',
  'the state of another answer': 'other-state',
  'no ID token': 'no-id-token',
};

for (const [what, mode] of Object.entries(FORGED)) {
  test(`a token with ${what} is not accepted`, async ({ portal, standIn }) => {
    const trip = await Trip.begin(portal);
    const address = await trip.there(PERSONS.bySnils);
    await standIn.fail('te', mode);
    refused(await trip.back(address), 502, 'rejected');
  });
}

test('when the certificate changes, nobody signs in until the new one is added, and then by either', async ({ portal, server, standIn }) => {
  const before = path.join(server.dir, 'token-before.pem');
  const after = path.join(server.dir, 'token-after.pem');
  writeFileSync(before, await standIn.certificate());
  expect((await through(portal, PERSONS.nobodyHere)).status).toBe(403);
  await standIn.rotate();
  try {
    refused(await through(portal, PERSONS.nobodyHere), 502, 'rejected');
    writeFileSync(after, await standIn.certificate());
    expect(await server.stop()).toBe(0);
    await server.start({ SCHOOLGATE__ESIA__CERTIFICATES: `${before},${after}` });
    expect((await through(portal, PERSONS.nobodyHere)).status, 'known again').toBe(403);
  } finally {
    // The first key is back after a restart, and it is still among the portal's.
    await standIn.stop();
    await standIn.start();
  }
  expect((await through(portal, PERSONS.nobodyHere)).status, 'and the first one, too').toBe(403);
  await server.stop();
  await server.start({ SCHOOLGATE__ESIA__CERTIFICATES: certificateOf(portal.database) });
});
