// The pages of faults in four languages, looked at like all others: no room, broken, asked too often, Gosuslugi silent. On a server
// of its own, which a test may fill up and break. Each says what happened, and when to come back if that helps.
import http from 'node:http';
import { readFileSync } from 'node:fs';

import { type BrowserContext, type Page, type Response } from '@playwright/test';

import { withoutTable } from '../../support/database.ts';
import { forget, open, posts, summary } from '../../support/flows.ts';
import { Trip } from '../../support/gosuslugi-walk.ts';
import { ask } from '../../support/http.ts';
import { Onlooker } from '../../support/onlooker.ts';
import { choose } from '../../support/pages.ts';
import { Server } from '../../support/server.ts';
import { asStaff, staffAsks } from '../../support/staff.ts';
import { Portal, expect, test } from '../../support/test.ts';
import { LOCALES, type Locale, pattern, words } from '../../support/words.ts';

/** More than may be asked for in an hour. */
const SEARCHES = 130;

interface Fault {
  name: string;
  status: number;
  /** Where the words of its page stand; else `says` looks for itself. */
  title?: ['errors' | 'gosuslugi', string];
  /** Brings it about; what remains of it afterwards is the page. */
  go: (page: Page, portal: Portal) => Promise<Response | null>;
  says?: (page: Page, locale: Locale, portal: Portal, reply: Response) => Promise<void>;
}

/** A cookie that the portal would have set. */
async function keep(context: BrowserContext, name: string, value: string): Promise<void> {
  await context.addCookies([{ name, value, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' }]);
}

/** A form that does not end takes a place each, until none is left, while something is done. */
async function whileFull<Result>(portal: Portal, act: () => Promise<Result>): Promise<Result> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '9' };
  const held: http.ClientRequest[] = [];
  const status = async (): Promise<number> => (await ask(`${portal.origin}/`)).status;
  const fills = async (): Promise<number> => {
    const now = await status();
    if (now === 200) {
      const request = http.request(`${portal.origin}/sign-in`, { method: 'POST', headers, agent: false });
      // That it is cut off in the end is no fault.
      request.on('error', () => undefined);
      request.flushHeaders();
      held.push(request);
    }
    return now;
  };
  try {
    await expect.poll(fills, { message: 'no place is left', intervals: [0] }).toBe(503);
    return await act();
  } finally {
    for (const request of held) request.destroy();
    await expect.poll(status, { message: 'there is room again' }).toBe(200);
  }
}

/** Passwords are being checked all the time, one after the other, and the next one waits, while something is done. */
async function whileHashing<Result>(portal: Portal, act: () => Promise<Result>): Promise<Result> {
  let over = false;
  const tries = async (): Promise<void> => {
    while (!over) await ask(`${portal.origin}/sign-in/password`, { form: wrong(portal) });
  };
  const crowd = [tries(), tries()];
  try {
    return await act();
  } finally {
    over = true;
    await Promise.all(crowd);
  }
}

/** A code that nobody has, and another one each time: whoever fails again and again has to wait. */
function wrong(portal: Portal): Record<string, string> {
  return { user_code: portal.nobodysUserCode(), password: 'not the password of anybody' };
}

const FAULTS: Fault[] = [
  {
    name: 'unavailable',
    status: 503,
    title: ['errors', 'unavailable'],
    go: async (page, portal) => whileFull(portal, () => page.goto(`${portal.origin}/`)),
  },
  {
    name: 'password-busy',
    status: 503,
    go: async (page, portal) => {
      await open(page, `${portal.origin}/sign-in/password`);
      return whileHashing(portal, async () => {
        let reply: Response | null = null;
        // Somebody else's password may be through just now.
        const status = async (): Promise<number> => (reply = await posts(page, '/sign-in/password', wrong(portal))).status();
        await expect.poll(status, { message: 'there is no room for one more password', intervals: [0], timeout: 60_000 }).toBe(503);
        return reply;
      });
    },
    says: async (page, locale) => {
      await expect(summary(page)).toContainText(pattern(locale, 'sign_in', 'busy'));
    },
  },
  {
    name: 'internal',
    status: 500,
    title: ['errors', 'internal'],
    go: async (page, portal) => {
      await keep(page.context(), '__Host-flow', 'A'.repeat(43));
      return withoutTable(portal, 'code_flows', () => page.goto(`${portal.origin}/sign-in/code`));
    },
    says: async (_, __, portal, reply) => {
      const id = reply.headers()['x-request-id'] ?? 'no id';
      const lines = readFileSync(`${portal.folder}/server.log`, 'utf8').split('\n');
      expect(lines.filter((line) => line.includes(id) && line.includes('ERROR')).join('\n'), 'the cause is found by the incident number').toContain('code_flows');
    },
  },
  {
    name: 'too-many',
    status: 429,
    title: ['errors', 'too_many'],
    go: async (page, portal) => {
      const form = { do: 'find-child', child_find: portal.nobodysNumber() };
      for (let searches = 0; searches < SEARCHES; searches += 1) {
        if ((await staffAsks(portal, 'admin-5', '/admin/review', { form })).status === 429) break;
      }
      await asStaff(page.context(), portal, 'admin-5');
      await page.goto(`${portal.origin}/admin/review`);
      return posts(page, '/admin/review', form);
    },
  },
  {
    name: 'esia-unavailable',
    status: 503,
    title: ['gosuslugi', 'unavailable'],
    go: async (page, portal) => {
      // Somebody comes back from there, but nobody answers the portal there.
      const trip = await Trip.begin(portal);
      await keep(page.context(), '__Host-gosuslugi', trip.browser);
      return page.goto(`${portal.origin}/sign-in/esia/callback?code=x&state=${trip.state}`);
    },
  },
];

test('axe finds nothing on the pages of faults, nothing sticks out, and each says when to come back', async ({ page, context, portal: main, guard }) => {
  test.setTimeout(480_000);
  guard.expects(422, ...FAULTS.map((fault) => fault.status));
  const server = await new Server(main.database, 'faulty').prepare().start();
  try {
    const portal = new Portal(main.database, 'faulty');
    guard.allowsOrigin(portal.origin);
    const onlooker = await Onlooker.begin(page);
    for (const locale of LOCALES) {
      await choose(context, portal, locale);
      for (const { name, status, title, go, says } of FAULTS) {
        const reply = await go(page, portal);
        if (reply === null) throw new Error(`${name}: no answer`);
        expect(reply.status(), name).toBe(status);
        if (status !== 500) expect.soft(Number(reply.headers()['retry-after']), `${name}: when to come back`).toBeGreaterThan(0);
        if (title) await expect.soft(page.getByRole('heading', { level: 1 })).toHaveText(words(locale, ...title));
        // The incident number, where there is one to give.
        if (title?.[0] === 'errors') await expect.soft(page.getByText(reply.headers()['x-request-id'] ?? 'no id')).toBeVisible();
        await says?.(page, locale, portal, reply);
        await onlooker.lookAt(name, locale);
        await forget(context, portal);
      }
    }
  } finally {
    // Soft: what went wrong before is not hidden by it.
    expect.soft(await server.stop(), 'stops in order').toBe(0);
  }
});
