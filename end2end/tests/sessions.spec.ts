// Sessions: seen and ended by their owner, gone after sign-out, never taken over.
import { randomBytes } from 'node:crypto';

import { enter, isInside, meStatus, signInByCode, typePassword } from '../support/flows.ts';
import { ask } from '../support/http.ts';
import { expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';

const SESSION = '__Host-session';

test('a person sees the open sessions and ends one of them', async ({ page, context, another, portal }) => {
  const person = portal.somebody();
  const other = await another();
  await enter(context, portal, person);
  await enter(other.context, portal, person);
  await page.goto('/me/sessions');
  await expect(page.getByText(en('me', 'this_device'), { exact: true })).toHaveCount(1);
  await page.locator('form:has(input[name="end"]:not([value="others"])) button').click();
  await expect(page.getByText(en('me', 'ended_one'))).toBeVisible();
  await expect(page.getByText(en('me', 'only_this'))).toBeVisible();
  await other.page.goto('/me');
  await expect(other.page).toHaveURL(/\/sign-in\?next=/);
  expect(await meStatus(context.request, portal)).toBe(200);
});

test('all others are ended at once, after a question; this one stays', async ({ page, context, another, portal }) => {
  const person = portal.somebody();
  await enter(context, portal, person);
  const others = [await another(), await another({ javaScriptEnabled: false })];
  for (const other of others) await enter(other.context, portal, person);
  await page.goto('/me/sessions');
  const sure = page.getByRole('button', { name: en('me', 'end_others_do') });
  await expect(sure).toBeHidden();
  await page.getByText(en('me', 'end_others'), { exact: true }).click();
  await sure.click();
  await expect(page.getByText(en('me', 'ended_others'))).toBeVisible();
  for (const other of others) expect(await meStatus(other.context.request, portal)).toBe(401);
  expect(await meStatus(context.request, portal)).toBe(200);
});

test('the sessions of somebody else can be neither seen nor ended', async ({ context, another, portal }) => {
  const mine = portal.somebody();
  const other = await another();
  await enter(context, portal, mine);
  await enter(other.context, portal, portal.somebody());
  const list = (await (await other.context.request.get(`${portal.origin}/api/v1/me/sessions`)).json()) as { items: { id: string }[] };
  const id = list.items[0]?.id ?? '';
  expect(id).not.toBe('');
  expect((await context.request.get(`${portal.origin}/api/v1/me/sessions/${id}`)).status()).toBe(404);
  const byForm = await context.request.post(`${portal.origin}/me/sessions`, { form: { end: id }, maxRedirects: 0 });
  expect(byForm.status()).toBe(404);
  const byApi = await context.request.delete(`${portal.origin}/api/v1/me/sessions/${id}`);
  expect(byApi.status()).toBe(404);
  expect(await meStatus(other.context.request, portal)).toBe(200);
});

test('the API shows a session and ends the own one', async ({ context, portal }) => {
  await enter(context, portal, portal.somebody());
  const own = (await (await context.request.get(`${portal.origin}/api/v1/me/sessions`)).json()) as { items: { id: string; current: boolean }[] };
  expect(own.items.map((item) => item.current)).toEqual([true]);
  const one = await context.request.get(`${portal.origin}/api/v1/me/sessions/${own.items[0]?.id ?? ''}`);
  expect(one.status()).toBe(200);
  expect(await one.json()).toEqual(own.items[0]);
  expect((await context.request.delete(`${portal.origin}/api/v1/session`)).status()).toBe(204);
  expect(await meStatus(context.request, portal)).toBe(401);
});

test('after sign-out nothing is left: not in the browser, not on the server, not behind the back button', async ({ page, context, portal }) => {
  const person = portal.somebody();
  await page.goto('/sign-in/password');
  await typePassword(page, person.user_code, person.password);
  await isInside(page);
  const token = (await context.cookies()).find((cookie) => cookie.name === SESSION)?.value ?? '';
  expect(token.length).toBeGreaterThan(40);
  await page.locator('header details.menu').last().locator('summary').click();
  await page.locator('header form[action="/sign-out"] button').click();
  await page.waitForURL(`${portal.origin}/`);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain(SESSION);
  const replay = await ask(`${portal.origin}/api/v1/me`, { headers: { cookie: `${SESSION}=${token}` } });
  expect(replay.status).toBe(401);
  await page.goBack();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByText(person.user_code)).toHaveCount(0);
});

test('every sign-in gives a new token; a planted one is not taken over', async ({ page, context, portal }) => {
  const planted = randomBytes(32).toString('base64url');
  await context.addCookies([{ name: SESSION, value: planted, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' }]);
  const current = async () => (await context.cookies()).find((cookie) => cookie.name === SESSION)?.value;
  expect(await current()).toBe(planted);
  const person = portal.somebody();
  await signInByCode(page, portal, person);
  await isInside(page);
  const first = await current();
  expect(first).not.toBe(planted);
  expect((await ask(`${portal.origin}/api/v1/me`, { headers: { cookie: `${SESSION}=${planted}` } })).status).toBe(401);
  await enter(context, portal, person);
  expect(await current()).not.toBe(first);
});

test('who is signed in is led past the sign-in page', async ({ page, context, portal }) => {
  await enter(context, portal, portal.somebody());
  await page.goto('/sign-in');
  await expect(page).toHaveURL(/\/me$/);
  await page.goto('/sign-in?next=/me/sessions');
  await expect(page).toHaveURL(/\/me\/sessions$/);
});
