// Every page in every state worth looking at, and how to get there.
import { type BrowserContext, type Page, type Response, expect } from '@playwright/test';

import { endResendWait } from './database.ts';
import { CLASS, onFile } from './editor.ts';
import { PERSONS, chooseThere, toGosuslugi } from './gosuslugi-walk.ts';
import { answer, askForCode, enter, idField, isAt, open, posts, resend, sendId, summary, typePassword } from './flows.ts';
import { linkIn, tokenOf } from './inbox.ts';
import { mistyped } from './people.ts';
import { roster } from './roster.ts';
import { type StaffKey, asStaff, staffAsks } from './staff.ts';
import { Portal } from './test.ts';
import { PASSWORD, Walk, addressOf, field, forgot, form, join, reaches, register, send, typeChoice, typeCode, typeWho } from './wizards.ts';
import { type Locale, pattern, words } from './words.ts';
import { zip } from './zip.ts';

export interface Look {
  name: string;
  /** Somebody is signed in. */
  inside?: boolean;
  /** Who of the staff is signed in. */
  staff?: StaffKey;
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

const OUTSIDE: Look[] = [
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
    name: 'code-not-sent',
    go: async (page, portal) => {
      const number = portal.nobodysNumber();
      // Three come at once, whoever asks.
      for (let times = 0; times < 4; times += 1) await askForCode(page, number);
    },
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
    name: 'code-too-soon',
    statuses: [429],
    go: async (page, portal) => {
      await askForCode(page, portal.nobodysNumber());
      await asksToWait(page, await posts(page, '/sign-in/code', { resend: '1' }), 'too_soon');
    },
  },
  {
    name: 'code-again',
    go: async (page, portal) => {
      // Goes on from the look before, and so do the next two.
      endResendWait(portal, await flowOf(page));
      await page.goto('/sign-in/code');
      await resend(page).waitFor();
    },
  },
  {
    name: 'code-sent-again',
    go: async (page) => {
      await resend(page).click();
      await isAt(page, '**/sign-in/code?sent=1');
    },
  },
  {
    name: 'code-too-many',
    statuses: [429],
    go: async (page, portal) => {
      const again = { resend: '1' };
      const asked = async (): Promise<number> => {
        endResendWait(portal, await flowOf(page));
        return (await page.request.post('/sign-in/code', { form: again, maxRedirects: 0 })).status();
      };
      await expect.poll(asked, { message: 'the hour’s codes are used up', intervals: [0] }).toBe(429);
      endResendWait(portal, await flowOf(page));
      await asksToWait(page, await posts(page, '/sign-in/code', again), 'too_many');
    },
  },
  {
    name: 'password-wait',
    statuses: [422, 429],
    go: async (page, portal) => {
      await open(page, '/sign-in/password');
      const wrong = { user_code: portal.nobodysUserCode(), password: 'not the password of anybody' };
      let reply: Response | undefined;
      // The first wait is short: on a slow machine it may be over before the next try.
      await expect.poll(async () => (reply = await posts(page, '/sign-in/password', wrong)).status(), { intervals: [0], timeout: 60_000 }).toBe(429);
      await asksToWait(page, reply, 'wait');
    },
  },
  {
    name: 'second-factor',
    go: async (page, portal) => {
      // Where one account gets enough codes for all languages, and no other test signs this one in.
      const quick = new Portal(portal.database, 'quick');
      const { user_code: userCode, password } = quick.fixed('admin-5');
      await open(page, `${quick.origin}/sign-in/password`);
      await typePassword(page, userCode, password);
      await isAt(page, `${quick.origin}/sign-in/code`);
    },
  },
  ...wizards(),
  {
    name: 'menu-open',
    go: async (page) => {
      await page.goto('/');
      await page.locator('header details.menu summary').first().click();
    },
  },
  at('esia', '/sign-in/esia'),
  at('esia-guide', '/sign-in/esia/guide'),
  at('esia-ended', '/sign-in/esia/callback?code=x&state=y', { statuses: [410] }),
  {
    name: 'esia-no-student',
    statuses: [403],
    go: async (page, portal) => {
      // Somebody whom the school does not know: nothing is noted of anybody.
      await toGosuslugi(page, portal);
      await chooseThere(page, PERSONS.nobodyHere);
      await page.waitForURL(`${portal.origin}/sign-in/esia/callback?*`);
    },
  },
  at('not-found', '/nothing-here', { statuses: [404] }),
  {
    name: 'too-large',
    statuses: [413],
    go: async (page) => {
      await page.goto('/sign-in');
      const reply = await posts(page, '/sign-in', { id_number: '1'.repeat(300 * 1024) });
      expect(reply.status()).toBe(413);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words(await localeOf(page), 'errors', 'too_large'));
    },
  },
  at('inbox', '/demo/inbox'),
  at('inbox-mail', '/demo/inbox?show=mail'),
  at('api-docs', '/api/docs'),
  at('me', '/me', { inside: true }),
  at('me-security', '/me/security', { inside: true }),
  at('me-contact', '/me/contact', { inside: true }),
  {
    name: 'me-contact-refused',
    inside: true,
    statuses: [422],
    go: async (page) => {
      // Goes on from the look before.
      await page.locator('#mobile').fill('02-6234567');
      await page.locator('form:has(#mobile) .btns button').click();
      await page.locator('#mobile-e').waitFor();
    },
  },
  at('sessions', '/me/sessions', { inside: true }),
  at('home-inside', '/', { inside: true }),
  {
    name: 'child',
    inside: true,
    go: async (page) => {
      await page.goto('/me');
      await page.locator('main a[href*="/me/children/"]').first().click();
      await page.waitForURL('**/me/children/*');
    },
  },
  {
    // The last of those inside: somebody else is signed in, since an account sends few codes in an hour.
    name: 'me-contact-code',
    inside: true,
    go: async (page, portal) => {
      await enter(page.context(), portal, portal.somebody());
      await page.goto('/me/contact');
      await page.locator('#mobile').fill(portal.freeMobile());
      await page.locator('form:has(#mobile) .btns button').click();
      await page.locator('#code').waitFor();
    },
  },
];

/** The page says when to come back, and so does the answer's header. */
async function asksToWait(page: Page, reply: Response | undefined, key: 'too_soon' | 'too_many' | 'wait'): Promise<void> {
  expect(reply?.status()).toBe(429);
  expect(Number(reply?.headers()['retry-after']), 'when to come back').toBeGreaterThan(0);
  await expect(summary(page)).toContainText(pattern(await localeOf(page), 'sign_in', key));
}

async function localeOf(page: Page): Promise<Locale> {
  return (await page.locator('html').getAttribute('lang')) as Locale;
}

/** What the browser that waits for a code is known by. */
async function flowOf(page: Page): Promise<string> {
  return (await page.context().cookies()).find((cookie) => cookie.name === '__Host-flow')?.value ?? '';
}

/** A class with everything that there is to see in one; its people are changed by few tests. */
const pupils = (tab: string): string => `/people/pupils/${CLASS['5Б']}/${tab}`;

/** Opens whatever opens below a question. */
async function openAll(page: Page): Promise<void> {
  for (const details of await page.locator('main details.more').all()) {
    if (!(await details.evaluate((one) => (one as HTMLDetailsElement).open))) await details.locator('> summary').click();
  }
}

/** Opens what asks whether somebody is sure, too. */
const everythingOpen = (page: Page): Promise<void> =>
  page.locator('main details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));

/** The staff's pages. */
const STAFF_LOOKS: Look[] = [
  at('staff-list', pupils('list'), { staff: 'deputy-5' }),
  at('staff-esia', pupils('esia'), { staff: 'deputy-5' }),
  {
    name: 'staff-personal',
    staff: 'admin-5',
    go: async (page, portal) => {
      const one = (await onFile(portal, '5Б', 'deputy-5')).find(({ parents }) => parents.length > 1);
      await page.goto(`${pupils('personal')}?person=${one?.student.id}`);
      await everythingOpen(page);
    },
  },
  {
    name: 'staff-new-student',
    staff: 'admin-5',
    statuses: [422],
    go: async (page) => {
      await page.goto(pupils('list'));
      await openAll(page);
      await page.locator('form[action$="/list/student"] button').click();
      await page.locator('.has-err').first().waitFor();
    },
  },
  {
    name: 'staff-school-classes',
    staff: 'system',
    go: async (page) => {
      await page.goto('/admin/classes');
      await openAll(page);
    },
  },
  {
    name: 'staff-roles',
    staff: 'teacher-11a',
    go: async (page) => {
      await page.goto('/me');
      await page.locator('header.top details.menu').last().locator('summary').click();
    },
  },
  at('staff-print', `${pupils('list')}?print=1`, { staff: 'deputy-5' }),
  {
    name: 'staff-letters',
    staff: 'deputy-5',
    go: async (page) => {
      await page.goto(pupils('list'));
      await page.locator('form[action$="/list/invitations"] button').click();
      await page.waitForURL('**/list/invitations');
    },
  },
  {
    name: 'staff-row-form',
    staff: 'deputy-5',
    go: async (page, portal) => {
      const [first] = await onFile(portal, '5Б', 'deputy-5');
      await page.goto(`${pupils('esia')}?edit=${first?.student.id}`);
    },
  },
  at('staff-classes', '/people/pupils?all=1', { staff: 'deputy-5' }),
  at('staff-forbidden', '/admin/api-clients', { staff: 'deputy-5', statuses: [403] }),
  at('staff-method', `${pupils('list')}/invitations`, { staff: 'deputy-5', statuses: [405] }),
  at('staff-teachers', '/people/teachers', { staff: 'admin-5' }),
  {
    name: 'staff-specialists',
    staff: 'admin-5',
    go: async (page) => {
      await page.goto('/people/specialists');
      await everythingOpen(page);
    },
  },
  {
    name: 'staff-known',
    staff: 'admin-5',
    statuses: [422],
    go: async (page, portal) => {
      const parents = (await onFile(portal, '11Б', 'system')).flatMap((one) => one.parents);
      const known = parents.find((one) => one.person.fields.surname && one.person.fields.given_name)?.person.fields;
      await page.goto('/people/specialists');
      await openAll(page);
      await page.locator('#f-surname').fill(known?.surname ?? '');
      await page.locator('#f-given_name').fill(known?.given_name ?? '');
      await page.keyboard.press('Enter');
      await page.locator('input[name="known"]').first().waitFor();
    },
  },
  {
    name: 'staff-number-refused',
    staff: 'admin-5',
    statuses: [422],
    go: async (page, portal) => {
      const [first] = await onFile(portal, '5Б', 'deputy-5');
      await page.goto(`${pupils('personal')}?person=${first?.student.id}`);
      await openAll(page);
      await page.locator('#f-id_number').fill('123456789');
      await page.keyboard.press('Enter');
      await page.locator('.has-err').first().waitFor();
    },
  },
  at('staff-administration', '/people/administration', { staff: 'admin-5' }),
  {
    name: 'staff-review',
    staff: 'admin-5',
    go: async (page, portal) => {
      const who = portal.stranger();
      await new Walk(portal).untilReview(who, { email: addressOf(portal, who) });
      await page.goto('/admin/review');
      await page.locator('main a[href*="id="]').first().click();
      await page.waitForURL(/[?&]id=/);
    },
  },
  at('staff-audit', '/admin/audit', { staff: 'admin-5' }),
  at('staff-photos', pupils('photos'), { staff: 'deputy-5' }),
  {
    name: 'staff-accounts',
    staff: 'deputy-5',
    go: async (page) => {
      await page.goto('/admin/accounts');
      await page.locator('#find').fill('Бут');
      await page.locator('form:has(#find) button').click();
      await page.locator('ul.accounts > li').first().waitFor();
    },
  },
  {
    name: 'staff-groups',
    staff: 'deputy-5',
    go: async (page, portal) => {
      // With columns to show; this class has no groups in any other test.
      const there = (await staffAsks(portal, 'deputy-5', pupils('groups'))).body.toString();
      for (const title of ['Английский 5Б-1', 'Подготовка к олимпиаде по математике'].filter((one) => !there.includes(one))) {
        const made = await staffAsks(portal, 'deputy-5', pupils('groups'), { form: { do: 'create', title, class: CLASS['5А'] } });
        expect(made.status).toBe(303);
      }
      await page.goto(pupils('groups'));
      await page.locator('details.card > summary').click();
    },
  },
  at('staff-deliveries', '/admin/deliveries', { staff: 'admin-5' }),
  {
    name: 'staff-import',
    staff: 'system',
    go: async (page) => {
      await page.goto('/admin/import');
      await page.locator('#file').setInputFiles({ name: 'roster-with-bad-rows.zip', mimeType: 'application/zip', buffer: zip(roster('bad')) });
      await page.locator('form:has(#file) .btns button').click();
      await page.waitForURL(/\/admin\/import\/[\w-]{36}$/);
    },
  },
  at('staff-readiness', `/admin/readiness?class=${CLASS['5Б']}`, { staff: 'deputy-5' }),
  {
    name: 'staff-api-clients',
    staff: 'system',
    go: async (page) => {
      await page.goto('/admin/api-clients');
      await page.locator('details.card > summary').click();
    },
  },
  at('staff-configuration', '/admin/configuration', { staff: 'system' }),
  {
    name: 'staff-confirm',
    staff: 'system',
    statuses: [422],
    go: async (page) => {
      // Whoever has just signed in is not asked; without a password the page is there all the same.
      await page.goto('/me');
      await posts(page, '/me/confirm');
      await summary(page).waitFor();
    },
  },
];

/** All of them; they are looked at in each language. */
export const LOOKS: Look[] = [
  ...OUTSIDE.slice(0, 1),
  ...TOPICS.map((topic) => at(`topic-${topic}`, `/topics/${topic}`)),
  ...OUTSIDE.slice(1),
  ...STAFF_LOOKS,
];

/** Every step of both wizards, and every way in which they end. Each is reached by plain forms, and then looked at. */
function wizards(): Look[] {
  /** A page of a wizard that somebody has walked to without a browser. */
  const walked = (name: string, path: string, walk: (portal: Portal) => Promise<Walk>): Look => ({
    name,
    go: async (page, portal) => {
      await (await walk(portal)).into(page.context());
      await page.goto(path);
      await reaches(page, path);
    },
  });
  const contactOf = async (portal: Portal): Promise<Walk> => new Walk(portal).untilContact(portal.newcomer());
  const finishOf = async (portal: Portal): Promise<{ walk: Walk; email: string }> => {
    const who = portal.newcomer();
    const email = addressOf(portal, who);
    return { walk: await new Walk(portal).untilFinish(who, { email }), email };
  };
  return [
    at('register', '/register'),
    {
      name: 'register-refused',
      statuses: [422],
      go: async (page) => {
        await open(page, '/register');
        await send(page);
        await summary(page).waitFor();
      },
    },
    at('register-ended', '/register?ended=1'),
    at('register-consent', '/register/consent'),
    {
      name: 'register-verify',
      go: async (page, portal) => {
        await open(page, '/register');
        await typeWho(page, portal.stranger());
        await send(page);
        await reaches(page, '/register/verify');
      },
    },
    {
      name: 'register-verify-refused',
      statuses: [422],
      go: async (page) => {
        // Goes on from the look before.
        await typeCode(page, '000000');
        await summary(page).waitFor();
        await field(page, 'mobile').fill('02-6234567');
        await send(page, 'mobile');
        await page.locator('#mobile-e').waitFor();
      },
    },
    walked('register-contact', '/register/contact', contactOf),
    {
      name: 'register-contact-refused',
      statuses: [422],
      go: async (page) => {
        await field(page, 'email').fill('dana.primer@');
        await send(page);
        await summary(page).waitFor();
      },
    },
    walked('register-new-mobile', '/register/verify', async (portal) => {
      const walk = await contactOf(portal);
      await walk.contact({ email: addressOf(portal, { key: `new-mobile-${portal.stranger().key}` }), mobile: portal.freeMobile() }, '/register/verify');
      return walk;
    }),
    walked('register-finish', '/register/finish', async (portal) => (await finishOf(portal)).walk),
    walked('register-done', '/register/finish', async (portal) => {
      const { walk, email } = await finishOf(portal);
      await walk.finish();
      await portal.mailbox(email).newest('first_password');
      return walk;
    }),
    walked('register-review', '/register/finish', async (portal) => {
      const who = portal.stranger();
      return new Walk(portal).untilReview(who, { email: addressOf(portal, who) });
    }),
    {
      name: 'register-resume',
      go: async (page, portal) => {
        const { email } = await finishOf(portal);
        const link = linkIn(await portal.mailbox(email).newest('registration_link'));
        portal.note(tokenOf(link));
        await page.goto(link);
      },
    },
    at('password-forgot', '/password/forgot'),
    at('password-forgot-ended', '/password/forgot?ended=1'),
    {
      name: 'password-forgot-refused',
      statuses: [422],
      go: async (page) => {
        await open(page, '/password/forgot');
        await send(page);
        await summary(page).waitFor();
      },
    },
    at('password-forgot-sent', '/password/forgot?sent=1'),
    {
      name: 'password-start',
      go: async (page, portal) => {
        await page.goto((await register(portal)).link);
      },
    },
    {
      name: 'password-start-refused',
      statuses: [422],
      go: async (page) => {
        await send(page);
        await summary(page).waitFor();
      },
    },
    {
      name: 'password-link-replaced',
      statuses: [410],
      go: async (page, portal) => {
        const member = await join(portal);
        const link = await forgot(portal, member);
        await forgot(portal, member);
        await page.goto(link);
      },
    },
    at('password-link-unknown', '/password/start?ticket=x', { statuses: [410] }),
    walked('password-verify', '/password/verify', async (portal) => {
      const registered = await register(portal);
      return new Walk(portal).untilPasswordCode(registered.link, registered);
    }),
    {
      name: 'password-verify-refused',
      statuses: [422],
      go: async (page) => {
        await field(page, 'code').fill('12345');
        await send(page);
        await summary(page).waitFor();
      },
    },
    walked('password-choose', '/password/choose', async (portal) => {
      const registered = await register(portal);
      return new Walk(portal).untilChoice(registered.link, registered);
    }),
    {
      name: 'password-choose-refused',
      statuses: [422],
      go: async (page) => {
        await typeChoice(page, 'walnut', 'ladder');
        await field(page, 'question').selectOption('own');
        await field(page, 'email').fill('dana.primer@');
        await send(page);
        await summary(page).waitFor();
        await form(page).waitFor();
      },
    },
    walked('password-done', '/password/done', async (portal) => {
      const registered = await register(portal);
      const walk = await new Walk(portal).untilChoice(registered.link, registered);
      await walk.choose(PASSWORD);
      return walk;
    }),
  ];
}

/** Opens the portal in a language, as its menu does. */
export async function choose(context: BrowserContext, portal: Portal, locale: Locale): Promise<void> {
  await context.request.get(`${portal.origin}/?lang=${locale}`);
}

/**
 * The looks in three groups: before somebody has signed in, afterwards (with two sessions, so that one can be ended), and as
 * members of the staff. The language stays the one that was chosen in the browser.
 */
export async function eachLook(
  looks: Look[],
  page: Page,
  portal: Portal,
  visit: (look: Look) => Promise<void>,
): Promise<void> {
  await fillInbox(page.context(), portal);
  for (const look of looks.filter((one) => !one.inside && !one.staff)) {
    await look.go(page, portal);
    await visit(look);
  }
  const inside = looks.filter((one) => one.inside);
  if (inside.length > 0) {
    const parent = portal.fixed('parent-1');
    await enter(page.context(), portal, parent);
    await page.context().clearCookies({ name: '__Host-session' });
    await enter(page.context(), portal, parent);
  }
  for (const look of inside) {
    await look.go(page, portal);
    await visit(look);
  }
  for (const look of looks) {
    if (!look.staff) continue;
    await asStaff(page.context(), portal, look.staff);
    await look.go(page, portal);
    await visit(look);
  }
}

/** Messages for the inbox: the code and the first mail of somebody who registers. */
async function fillInbox(context: BrowserContext, portal: Portal): Promise<void> {
  const messages = async (): Promise<{ channel: string; html?: string }[]> => (await context.request.get(`${portal.origin}/demo/inbox.json`)).json();
  const kinds = async (): Promise<Set<string>> => new Set((await messages()).map((message) => message.channel));
  if ((await kinds()).size === 2) return;
  await register(portal);
  await expect.poll(async () => (await kinds()).size, { timeout: 30_000 }).toBe(2);
  for (const { html } of await messages()) expect(html ?? '', 'a mail without script').not.toMatch(/<script|\son\w+=|javascript:/i);
}
