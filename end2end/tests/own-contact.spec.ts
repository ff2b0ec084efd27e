// The own mobile and e-mail, changed by a code to the new one; and who has tried to sign in.
import type { Page } from '@playwright/test';

import { endFreshProof } from '../support/database.ts';
import { answer, codeField, enter, isInside, passwordField, resend, sendPassword, signInByCode, summary } from '../support/flows.ts';
import { type Mail, wrongCode } from '../support/inbox.ts';
import { national } from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import { addressOf, join } from '../support/wizards.ts';
import { counted, en } from '../support/words.ts';

const CONTACT = '/me/contact';

const title = (page: Page) => page.getByRole('heading', { level: 1 });

/** Types a new mobile or e-mail and asks for its code. */
async function ask(page: Page, field: 'mobile' | 'email', value: string): Promise<void> {
  await page.locator(`#${field}`).fill(value);
  await page.locator(`form:has(#${field}) .btns button`).click();
}

function codeIn(mail: Mail): string {
  const code = /^\d{6}$/m.exec(mail.text)?.[0];
  if (code === undefined) throw new Error('a mail without a code on a line of its own');
  return code;
}

test('a new mobile counts once its code was answered; the old one is told, and codes go to the new one', async ({ page, context, another, portal }) => {
  const person = portal.somebody();
  const mobile = portal.freeMobile();
  await enter(context, portal, person);
  await page.goto('/me');
  await page.getByRole('link', { name: en('me', 'change_mobile') }).click();
  await page.waitForURL(`**${CONTACT}`);
  await ask(page, 'mobile', national(mobile));
  await expect(title(page)).toHaveText(en('me', 'contact_code_mobile'));
  expect(new URL(page.url()).search, 'nothing that was typed is in an address').toBe('');
  await answer(page, await portal.phone({ phone: mobile }).code());
  await page.waitForURL(`**${CONTACT}?saved=mobile`);
  await expect(page.getByText(en('me', 'contact_saved_mobile'))).toBeVisible();
  await expect.poll(() => portal.phone(person).notices('mobile_changed').length, { timeout: 30_000 }).toBe(1);
  const other = await another();
  await signInByCode(other.page, portal, { ...person, phone: mobile });
  await isInside(other.page);
});

test('a new e-mail is confirmed without JavaScript; the old one is told', async ({ another, portal }) => {
  const member = await join(portal);
  const { page, context } = await another({ javaScriptEnabled: false });
  const address = addressOf(portal, { key: `new-mail-${member.key}` });
  await enter(context, portal, member);
  await page.goto(CONTACT);
  await ask(page, 'email', address);
  await expect(title(page)).toHaveText(en('me', 'contact_code_email'));
  await answer(page, codeIn(await portal.mailbox(address).newest('email_code')));
  await expect(page.getByText(en('me', 'contact_saved_email'))).toBeVisible();
  await portal.mailbox(member.email).newest('email_changed');
});

test('a wrong code is told, and the fifth ends the change', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const mobile = portal.freeMobile();
  await enter(context, portal, portal.somebody());
  await page.goto(CONTACT);
  await ask(page, 'mobile', mobile);
  await codeField(page).waitFor();
  const wrong = wrongCode(await portal.phone({ phone: mobile }).code());
  for (let left = 4; left >= 1; left -= 1) {
    await answer(page, wrong);
    await expect(summary(page)).toContainText(en('sign_in', 'code_wrong', { left: counted('sign_in', 'tries_left', left) }));
    await expect(codeField(page), 'a refused code is typed anew').toHaveValue('');
  }
  await answer(page, wrong);
  await expect(summary(page)).toContainText(en('me', 'contact_dead'));
  await expect(page.locator('#mobile')).toBeVisible();
  await page.goto(CONTACT);
  await expect(codeField(page)).toHaveCount(0);
});

test('what is refused stays as it was typed', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await enter(context, portal, person);
  await page.goto(CONTACT);
  await ask(page, 'mobile', '02-6234567');
  await expect(page.locator('#mobile-e')).toContainText(en('register', 'mobile_landline'));
  await expect(page.locator('#mobile')).toHaveValue('02-6234567');
  await ask(page, 'mobile', national(person.phone));
  await expect(page.locator('#mobile-e')).toContainText(en('me', 'contact_same_mobile'));
  await ask(page, 'email', 'dana.primer@');
  await expect(page.locator('#email-e')).toContainText(en('register', 'email_domain'));
  await expect(page.locator('#email')).toHaveValue('dana.primer@');
});

test('a code waits in the browser that asked for it alone, and can be given up', async ({ page, context, another, portal, guard }) => {
  guard.expects(429);
  const person = portal.somebody();
  const other = await another();
  await enter(context, portal, person);
  await enter(other.context, portal, person);
  await page.goto(CONTACT);
  await ask(page, 'mobile', portal.freeMobile());
  await codeField(page).waitFor();
  await other.page.goto(CONTACT);
  await expect(other.page.locator('#mobile')).toBeVisible();
  await resend(page).click();
  await expect(summary(page)).toBeVisible();
  await page.getByRole('button', { name: en('me', 'contact_give_up') }).click();
  await expect(page.locator('#mobile')).toBeVisible();
});

test('after a while the password is asked for first, and what was typed waits for it', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await enter(context, portal, person);
  const session = (await context.cookies()).find((cookie) => cookie.name === '__Host-session')?.value ?? '';
  endFreshProof(portal, session);
  await page.goto(CONTACT);
  await page.waitForURL(/\/me\/confirm\?/);
  await passwordField(page).fill(person.password);
  await sendPassword(page).click();
  await page.locator('#mobile').waitFor();
  expect(new URL(page.url()).pathname).toBe(CONTACT);
  const mobile = portal.freeMobile();
  endFreshProof(portal, session);
  await ask(page, 'mobile', mobile);
  await passwordField(page).fill(person.password);
  await sendPassword(page).click();
  await expect(title(page)).toHaveText(en('me', 'contact_code_mobile'));
  await portal.phone({ phone: mobile }).code();
});

test('the security page shows the sign-in just made and a try that failed', async ({ page, context, portal }) => {
  const person = portal.somebody();
  const failed = await context.request.post(`${portal.origin}/sign-in/password`, {
    form: { user_code: person.user_code, password: 'not the password of anybody' },
    maxRedirects: 0,
  });
  expect(failed.status()).toBe(422);
  await enter(context, portal, person);
  await page.goto('/me');
  await page.getByRole('link', { name: en('me', 'see_history') }).click();
  await page.waitForURL('**/me/security');
  await expect(page.getByText(person.user_code)).toBeVisible();
  const tries = page.locator('section[aria-labelledby="h-history"] li');
  await expect(tries).toHaveCount(2);
  await expect(tries.nth(0)).toContainText(en('me', 'by_password'));
  await expect(tries.nth(0)).toContainText(en('me', 'history_in'));
  await expect(tries.nth(1)).toContainText(en('me', 'history_failed'));
  await page.locator('main a[href="/me/sessions"]').click();
  await page.waitForURL('**/me/sessions');
});

test('the API changes a contact by a code, in the session that asked', async ({ context, another, portal }) => {
  const person = portal.somebody();
  const mobile = portal.freeMobile();
  await enter(context, portal, person);
  const at = `${portal.origin}/api/v1/me/contact`;
  for (const data of [{}, { mobile, email: 'dana@dugma.example' }, { mobile: '02-6234567' }]) {
    expect((await context.request.patch(at, { data })).status()).toBe(422);
  }
  const begun = await context.request.patch(at, { data: { mobile } });
  expect(begun.status()).toBe(202);
  const { flow } = (await begun.json()) as { flow: string };
  const code = await portal.phone({ phone: mobile }).code();
  const other = await another();
  await enter(other.context, portal, person);
  expect((await other.context.request.post(`${at}/verify`, { data: { flow, code } })).status()).toBe(422);
  expect((await context.request.post(`${at}/verify`, { data: { flow, code: wrongCode(code) } })).status()).toBe(422);
  const verified = await context.request.post(`${at}/verify`, { data: { flow, code } });
  expect(verified.status()).toBe(200);
  expect((await verified.json()) as unknown).toMatchObject({ mobile: expect.stringMatching(new RegExp(`${mobile.slice(-2)}$`)) as unknown });
  expect((await context.request.post(`${at}/verify`, { data: { flow, code } })).status()).toBe(422);
});

test('a program that waited too long is told to prove who it is', async ({ context, portal }) => {
  await enter(context, portal, portal.somebody());
  endFreshProof(portal, (await context.cookies()).find((cookie) => cookie.name === '__Host-session')?.value ?? '');
  const refused = await context.request.patch(`${portal.origin}/api/v1/me/contact`, { data: { mobile: portal.freeMobile() } });
  expect(refused.status()).toBe(403);
  expect(((await refused.json()) as { type: string }).type).toContain('fresh-proof-needed');
});
