// kill -9 in the middle of 200 sign-ins: what was acknowledged is there afterwards, the audit log is whole, and every
// message goes out once.
import { auditLog, sessionIds } from '../support/database.ts';
import { codeOf, texts } from '../support/inbox.ts';
import { type Person } from '../support/people.ts';
import { ask, cookie } from '../support/http.ts';
import { Seen } from '../support/seen.ts';
import { Server, run } from '../support/server.ts';
import { Portal, expect, test } from '../support/test.ts';
import { fixed } from '../support/people.ts';

const PEOPLE = 200;
/** The server dies when that many have got their session, while the others are anywhere on the road. */
const DIES_AFTER = 60;

/** How far one sign-in came, as far as the server has acknowledged it. */
interface Road {
  person: Person;
  flow?: string;
  session?: string;
}

function auditIsWhole(server: Server): void {
  const report = JSON.parse(run(['audit', 'verify', '--json', '--config', server.config])) as { ok: boolean };
  expect(report.ok, 'the audit log is whole').toBe(true);
}

/** What was acknowledged and is not in the audit log: a code that was asked for, a session with its own id. */
function notWrittenDown(portal: Portal, roads: Road[]): string[] {
  const log = auditLog(portal);
  const sessionOf = sessionIds(portal);
  return roads.flatMap(({ person, flow, session }) => {
    const userCode = person.user_code.replace('-', '');
    const rows = (event: string) => log.filter((row) => row.userCode === userCode && row.event === event && row.outcome === 'success');
    const missing: string[] = [];
    if (flow !== undefined && rows('code.requested').length !== 1) missing.push(`${person.key} asked for a code`);
    if (session !== undefined) {
      const id = sessionOf(session);
      const entered = rows('sign_in.code');
      if (id === undefined || entered.length !== 1 || entered[0]?.detail.session !== id) missing.push(`${person.key} signed in`);
    }
    return missing;
  });
}

test('a killed server loses nothing that it acknowledged', async ({ portal }) => {
  test.setTimeout(300_000);
  const server = new Server(portal.database, 'crash').prepare();
  await server.start();
  try {
    const roads: Road[] = Array.from({ length: PEOPLE }, (_, at) => ({ person: fixed(portal.database, 'crash', `crowd-${at + 1}`) }));
    auditIsWhole(server);
    let sessions = 0;
    let dead: Promise<void> | undefined;

    const request = async (road: Road): Promise<void> => {
      const asked = await ask(`${server.origin}/api/v1/sign-in/code`, { json: { id_number: road.person.id_number } });
      expect(asked.status, 'asked for a code').toBe(202);
      road.flow = (JSON.parse(asked.body.toString()) as { flow: string }).flow;
    };
    const verify = async (road: Road, code: string): Promise<void> => {
      const raw = await ask(`${server.origin}/api/v1/sign-in/code/verify`, { json: { flow: road.flow, code } });
      expect(raw.status, 'answered with the code').toBe(200);
      const token = cookie(raw, '__Host-session');
      if (token === undefined) throw new Error('200 without a session');
      road.session = token;
      sessions += 1;
      if (sessions >= DIES_AFTER) dead ??= server.kill();
    };
    /** The code on a person's phone, once it is there; none when the server died first. */
    const codeFor = async (road: Road): Promise<string | undefined> => {
      while (dead === undefined) {
        const sms = texts(portal.database, 'crash').find((one) => one.to === road.person.phone);
        if (sms) return codeOf(sms);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      return undefined;
    };
    const walks = roads.map(async (road, at) => {
      // Not all at the same step: some ask, some wait, some answer when the server dies.
      await new Promise((resolve) => setTimeout(resolve, at * 10));
      if (dead !== undefined) return;
      await request(road);
      const code = await codeFor(road);
      if (code !== undefined) await verify(road, code);
    });
    const outcomes = await Promise.allSettled(walks);
    expect(dead, 'the server was killed').toBeDefined();
    await dead;
    // Whoever failed, failed because nobody answered: an answer with an error is a fault.
    const faults = outcomes.filter((one) => one.status === 'rejected').map((one) => (one as PromiseRejectedResult).reason as NodeJS.ErrnoException);
    expect(faults.filter((fault) => !['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(fault.code ?? '')).map(String)).toEqual([]);
    const acknowledged = roads.filter((road) => road.session !== undefined);
    const waiting = roads.filter((road) => road.flow !== undefined && road.session === undefined);
    expect(acknowledged.length).toBeGreaterThanOrEqual(DIES_AFTER);
    expect(roads.length - acknowledged.length, 'somebody was still on the road').toBeGreaterThan(0);
    test.info().annotations.push({ type: 'killed', description: `${acknowledged.length} inside, ${waiting.length} waiting for or typing their code` });

    // Before anything else runs: what the dead process left is a whole chain, with a row of its own for all that was acknowledged.
    auditIsWhole(server);
    expect(notWrittenDown(new Portal(portal.database, 'crash'), roads), 'acknowledged, and not in the audit log').toEqual([]);

    await server.start();
    for (const road of acknowledged) {
      const raw = await ask(`${server.origin}/api/v1/me`, { headers: { cookie: `__Host-session=${road.session}` } });
      expect(raw.status, `${road.person.key} is still inside`).toBe(200);
      expect((JSON.parse(raw.body.toString()) as { user_code: string }).user_code).toBe(road.person.user_code);
    }

    // Every acknowledged request has its message in the end, also those that the dead process had taken and not sent.
    const phones = new Set(roads.filter((road) => road.flow !== undefined).map((road) => road.person.phone));
    await expect
      .poll(() => [...phones].filter((phone) => !texts(portal.database, 'crash').some((sms) => sms.to === phone)).length, {
        message: 'requests without a message',
        timeout: 90_000,
      })
      .toBe(0);
    const all = texts(portal.database, 'crash');
    expect(new Set(all.map((sms) => sms.key)).size, 'one message for each key').toBe(all.length);
    for (const phone of phones) expect(all.filter((sms) => sms.to === phone), phone).toHaveLength(1);

    // And those who were on the road go on where they were.
    for (const road of roads.filter((one) => one.session === undefined)) {
      if (road.flow === undefined) continue;
      const sms = all.find((one) => one.to === road.person.phone);
      const raw = await ask(`${server.origin}/api/v1/sign-in/code/verify`, { json: { flow: road.flow, code: sms ? codeOf(sms) : '' } });
      // An answer that was lost on the way had used the code up; everybody else signs in.
      expect([200, 422], road.person.key).toContain(raw.status);
      if (raw.status === 422) expect(raw.body.toString()).toContain('SIGN-');
    }
    auditIsWhole(server);
    new Seen(portal.database).note(...acknowledged.map((road) => road.session ?? ''));
  } finally {
    // Soft: what went wrong before is not hidden by it.
    expect.soft(await server.stop(), 'stops in order').toBe(0);
  }
});
