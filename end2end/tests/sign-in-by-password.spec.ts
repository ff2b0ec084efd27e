// Signing in by user code and password: right, wrong, unknown, waits that grow, a class behind one address, staff.
import { request } from '@playwright/test';

import { CLASS } from '../support/editor.ts';
import { answer, isInside, meStatus, open, passwordField, sendPassword, signInByCode, summary, typePassword, userCodeField, withoutWasm } from '../support/flows.ts';
import { hydrated } from '../support/guard.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';

const WRONG = 'not the password of anybody';

/** A client without a page, somewhere in the world: the walled server believes the proxy that says so, and counts what comes from there. */
const from = (portal: Portal, address: string) =>
  request.newContext({ baseURL: portal.origin, extraHTTPHeaders: { 'accept-language': 'en', 'x-forwarded-for': address } });

test('the right password leads to the personal area, from either page', async ({ page, another, portal }) => {
  const person = portal.somebody();
  await page.goto('/sign-in');
  await typePassword(page, person.user_code, person.password);
  await isInside(page);
  const other = await another();
  await other.page.goto('/sign-in/password');
  // Small letters, spaces for the dash: as people type it.
  await typePassword(other.page, person.user_code.toLowerCase().replace('-', ' '), person.password);
  await isInside(other.page);
});

test('without JavaScript too', async ({ another, portal, guard }) => {
  guard.expects(422);
  const { page } = await another({ javaScriptEnabled: false });
  const person = portal.somebody();
  await page.goto('/sign-in/password');
  await typePassword(page, person.user_code, WRONG);
  await expect(summary(page)).toContainText(en('sign_in', 'wrong'));
  await expect(userCodeField(page)).toHaveValue(person.user_code);
  await expect(passwordField(page)).toHaveValue('');
  await typePassword(page, person.user_code, person.password);
  await page.waitForURL('**/me');
});

test('a wrong password and an unknown user code are answered in the same words', async ({ page, another, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  const seen: string[] = [];
  const { page: fresh } = await another();
  for (const code of [person.user_code, portal.nobodysUserCode(), 'AAAA-AAAA', 'no such code']) {
    await fresh.goto('/sign-in/password');
    await typePassword(fresh, code, WRONG);
    await expect(summary(fresh)).toContainText(en('sign_in', 'wrong'));
    seen.push(await fresh.locator('main').innerText());
    await expect(fresh).toHaveTitle(/^Error: /);
  }
  expect(new Set(seen).size, 'one text for all').toBe(1);
  await page.goto('/sign-in/password');
  await typePassword(page, person.user_code, person.password);
  await isInside(page);
});

test('what was typed stays after a refusal, the password does not', async ({ another, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  const { page } = await another();
  await withoutWasm(page);
  await open(page, '/sign-in/password');
  await typePassword(page, person.user_code, WRONG);
  await expect(summary(page)).toBeFocused();
  await expect(userCodeField(page)).toHaveValue(person.user_code);
  await expect(passwordField(page)).toHaveValue('');
});

test('empty fields are both named', async ({ page, guard }) => {
  guard.expects(422);
  await page.goto('/sign-in/password');
  await sendPassword(page).click();
  await expect(summary(page)).toContainText(en('sign_in', 'user_code_empty'));
  await expect(summary(page)).toContainText(en('sign_in', 'password_empty'));
});

test('the password can be shown and hidden', async ({ page }) => {
  await page.goto('/sign-in/password');
  await hydrated(page);
  await passwordField(page).fill(WRONG);
  await page.getByRole('button', { name: en('sign_in', 'show_password') }).click();
  await expect(passwordField(page)).toHaveAttribute('type', 'text');
  await page.getByRole('button', { name: en('sign_in', 'hide_password') }).click();
  await expect(passwordField(page)).toHaveAttribute('type', 'password');
  await expect(passwordField(page)).toHaveValue(WRONG);
});

test('after five failures a wait begins and grows; it tells when, for unknown codes alike, and locks nobody for good', async ({ walled }) => {
  test.setTimeout(180_000);
  const person = walled.somebody();
  const unknown = walled.nobodysUserCode();
  const browser = await from(walled, '203.0.113.31');
  const attempt = (code: string, password: string) =>
    browser.post('/sign-in/password', { form: { user_code: code, password }, maxRedirects: 0 });
  const waits: number[] = [];
  for (const code of [person.user_code, unknown]) {
    for (let failure = 1; failure <= 5; failure += 1) expect((await attempt(code, WRONG)).status(), `failure ${failure}`).toBe(422);
    const refused = await attempt(code, WRONG);
    expect(refused.status()).toBe(429);
    waits.push(Number(refused.headers()['retry-after']));
    expect(await refused.text()).toMatch(/Try again in (one second|\d+ seconds)/);
  }
  for (const wait of waits) {
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(5);
  }
  // The right password does not help while the wait runs: otherwise it would tell a guesser that the guess was right.
  expect((await attempt(person.user_code, person.password)).status()).toBe(429);
  // One more failure after the wait: the next one is longer.
  await expect.poll(async () => (await attempt(person.user_code, WRONG)).status(), { timeout: 60_000 }).toBe(422);
  const longer = await attempt(person.user_code, WRONG);
  expect(longer.status()).toBe(429);
  expect(Number(longer.headers()['retry-after'])).toBeGreaterThan(5);
  // The owner is told.
  await expect.poll(() => walled.phone(person).messages().length, { timeout: 30_000 }).toBe(1);
  // A wait is no lock: the owner signs in when it is over.
  await expect.poll(async () => (await attempt(person.user_code, person.password)).status(), { timeout: 60_000 }).toBe(303);
  await browser.dispose();
});

test('the wait is shown on the page, and the other way stays open', async ({ page, portal, guard }) => {
  guard.expects(422, 429);
  const person = portal.somebody();
  for (let failure = 0; failure < 5; failure += 1) {
    await page.request.post(`${portal.origin}/sign-in/password`, { form: { user_code: person.user_code, password: WRONG }, maxRedirects: 0 });
  }
  await page.goto('/sign-in/password');
  await typePassword(page, person.user_code, WRONG);
  await expect(summary(page)).toContainText(/Try again in (one second|\d+ seconds)/);
  await signInByCode(page, portal, person, `${portal.origin}/sign-in`);
  await isInside(page);
});

test('a browser that has signed in before is not kept waiting by strangers', async ({ page, portal }) => {
  const person = portal.somebody();
  await page.goto('/sign-in/password');
  await typePassword(page, person.user_code, person.password);
  await isInside(page);
  const stranger = await request.newContext({ baseURL: portal.origin });
  const attempt = () => stranger.post('/sign-in/password', { form: { user_code: person.user_code, password: WRONG }, maxRedirects: 0 });
  for (let failure = 0; failure < 5; failure += 1) await attempt();
  expect((await attempt()).status()).toBe(429);
  const owner = await page.request.post(`${portal.origin}/sign-in/password`, {
    form: { user_code: person.user_code, password: person.password },
    maxRedirects: 0,
  });
  expect(owner.status()).toBe(303);
  await stranger.dispose();
});

test('thirty people behind one address, which nobody has listed, all get in at once', async ({ walled }) => {
  const people = Array.from({ length: 30 }, () => walled.somebody());
  const inside = await Promise.all(
    people.map(async (person, at) => {
      const browser = await from(walled, '203.0.113.30');
      try {
        const path = at % 2 === 0 ? '/sign-in/password' : '/api/v1/sign-in/password';
        const fields = { user_code: person.user_code, password: person.password };
        const reply = await browser.post(path, { ...(at % 2 === 0 ? { form: fields } : { data: fields }), maxRedirects: 0 });
        return [reply.status(), await meStatus(browser, walled)];
      } finally {
        await browser.dispose();
      }
    }),
  );
  expect(inside).toEqual(people.map((_, at) => [at % 2 === 0 ? 303 : 200, 200]));
});

test('staff sign in with two factors: the password alone opens nothing; then their work is open', async ({ page, quick, guard }) => {
  guard.expects(422);
  // Where no other test signs this teacher in: the newest code is the one that was asked for here.
  const teacher = quick.fixed('teacher-5a');
  const phone = quick.phone(teacher);
  const before = phone.withCode().length;
  await page.goto(`${quick.origin}/sign-in/password`);
  await typePassword(page, teacher.user_code, teacher.password);
  await page.waitForURL('**/sign-in/code');
  await expect(page.getByRole('heading', { level: 1, name: en('sign_in', 'second_title') })).toBeVisible();
  expect(await meStatus(page.request, quick)).toBe(401);
  const code = await phone.code(before + 1);
  await answer(page, String((Number(code) + 1) % 1_000_000).padStart(6, '0'));
  await expect(summary(page)).toContainText(/4 tries left/);
  await answer(page, code);
  // The only class of a class teacher is opened at once.
  await page.waitForURL(`**/people/pupils/${CLASS['5А']}/list`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('people', 'list_title', { class: '5А' }));
  await expect(page.locator('header.top')).toContainText('Бутрович');
  expect(await meStatus(page.request, quick)).toBe(200);
});
