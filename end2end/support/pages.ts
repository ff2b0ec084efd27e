// Every page in every state worth looking at, and how to get there.
import { type BrowserContext, type Page, expect } from '@playwright/test';

import { answer, askForCode, enter, idField, open, sendId, summary, typePassword } from './flows.ts';
import { mistyped } from './people.ts';
import type { Portal } from './test.ts';
import { LOCALES, type Locale } from './words.ts';

export interface Look {
  name: string;
  /** Somebody is signed in. */
  inside?: boolean;
  /** Statuses of error that belong to it. */
  statuses?: number[];
  go: (page: Page, portal: Portal) => Promise<void>;
}

const at = (name: string, path: string, more: Partial<Look> = {}): Look => ({
  name,
  go: async (page) => {
    await page.goto(path);
  },
  ...more,
});

const TOPICS = ['procedures', 'school-settings', 'enrichment', 'exams', 'safety', 'climate', 'transitions', 'parents'];

/** The looks in one language. The eight topics are one page with other words: each language has two of them. */
export function looksIn(locale: Locale): Look[] {
  const first = LOCALES.indexOf(locale) * 2;
  const mine = TOPICS.slice(first, first + 2).map((topic) => at(`topic-${topic}`, `/topics/${topic}`));
  return [...LOOKS.slice(0, 1), ...mine, ...LOOKS.slice(1)];
}

const LOOKS: Look[] = [
  at('home', '/'),
  at('about', '/about/registration'),
  at('accessibility', '/accessibility'),
  at('privacy', '/privacy'),
  at('sign-in', '/sign-in'),
  {
    name: 'sign-in-refused',
    statuses: [422],
    go: async (page, portal) => {
      await open(page, '/sign-in');
      await idField(page).fill(mistyped(portal.nobodysNumber()));
      await sendId(page).click();
      await summary(page).waitFor();
    },
  },
  at('password', '/sign-in/password'),
  {
    name: 'password-refused',
    statuses: [422],
    go: async (page, portal) => {
      await open(page, '/sign-in/password');
      await typePassword(page, portal.nobodysUserCode(), 'not the password of anybody');
      await summary(page).waitFor();
    },
  },
  {
    name: 'code',
    go: async (page, portal) => askForCode(page, portal.nobodysNumber()),
  },
  {
    name: 'code-refused',
    statuses: [422],
    go: async (page, portal) => {
      await askForCode(page, portal.nobodysNumber());
      await answer(page, '000000');
      await summary(page).waitFor();
    },
  },
  {
    name: 'menu-open',
    go: async (page) => {
      await page.goto('/');
      await page.locator('header details.menu summary').first().click();
    },
  },
  at('not-found', '/nothing-here', { statuses: [404] }),
  at('inbox', '/demo/inbox'),
  at('inbox-mail', '/demo/inbox?show=mail'),
  at('api-docs', '/api/docs'),
  at('me', '/me', { inside: true }),
  at('sessions', '/me/sessions', { inside: true }),
  at('home-inside', '/', { inside: true }),
];

/** Opens the portal in a language, as its menu does. */
export async function choose(context: BrowserContext, portal: Portal, locale: Locale): Promise<void> {
  await context.request.get(`${portal.origin}/?lang=${locale}`);
}

/** The looks in two groups, before and after somebody has signed in (with two sessions, so that one can be ended). */
export async function eachLook(
  looks: Look[],
  page: Page,
  portal: Portal,
  visit: (look: Look) => Promise<void>,
): Promise<void> {
  await fillInbox(page.context(), portal);
  for (const look of looks.filter((one) => !one.inside)) {
    await look.go(page, portal);
    await visit(look);
  }
  const inside = looks.filter((one) => one.inside);
  if (inside.length === 0) return;
  const parent = portal.fixed('parent-1');
  await enter(page.context(), portal, parent);
  await page.context().clearCookies({ name: '__Host-session' });
  await enter(page.context(), portal, parent);
  for (const look of inside) {
    await look.go(page, portal);
    await visit(look);
  }
}

/** Messages for the inbox: a code, and the mail that tells somebody of failed passwords. Staff whom no test signs in. */
async function fillInbox(context: BrowserContext, portal: Portal): Promise<void> {
  const messages = async (): Promise<{ channel: string; html?: string }[]> => (await context.request.get(`${portal.origin}/demo/inbox.json`)).json();
  const kinds = async (): Promise<Set<string>> => new Set((await messages()).map((message) => message.channel));
  if ((await kinds()).size === 2) return;
  await context.request.post(`${portal.origin}/api/v1/sign-in/code`, { data: { id_number: portal.fixed('parent-1').id_number } });
  const deputy = portal.fixed('deputy-5');
  for (let failure = 0; failure < 6; failure += 1) {
    await context.request.post(`${portal.origin}/api/v1/sign-in/password`, {
      data: { user_code: deputy.user_code, password: 'not the password of anybody' },
    });
  }
  await expect.poll(async () => (await kinds()).size, { timeout: 30_000 }).toBe(2);
  for (const { html } of await messages()) expect(html ?? '', 'a mail without script').not.toMatch(/<script|\son\w+=|javascript:/i);
}
