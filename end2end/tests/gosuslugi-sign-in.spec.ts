// Sign-in through Gosuslugi that works: each way in which somebody is recognised, what staff see of it, and the way out.
import type { BrowserContext, Page } from '@playwright/test';

import { changeBy } from '../support/editor.ts';
import { isInside, meStatus } from '../support/flows.ts';
import { BUTTON, CLASS, PERSONS, chooseThere, expect, forgetLinks, linksOf, member, prove, test, through, toGosuslugi, whoIs } from '../support/gosuslugi.ts';
import { cookie } from '../support/http.ts';
import { SESSION, asStaff } from '../support/staff.ts';
import type { Portal } from '../support/test.ts';
import { en } from '../support/words.ts';

const tokenOf = async (context: BrowserContext): Promise<string | undefined> =>
  (await context.cookies()).find((one) => one.name === SESSION)?.value;

/** From the home page to the own area, and out again at both ends. */
async function inAndOut(page: Page, context: BrowserContext, portal: Portal): Promise<void> {
  await page.goto('/');
  await page.getByRole('link', { name: BUTTON }).click();
  await page.waitForURL('**/sign-in/esia');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('gosuslugi', 'title'));
  await expect(page.getByText(en('gosuslugi', 'keeps_text'))).toBeVisible();
  await page.getByRole('button', { name: BUTTON }).click();
  await page.waitForURL('**/login?*');
  await chooseThere(page, PERSONS.byEmail);
  await isInside(page);
  expect(new URL(page.url()).search, 'nothing of the road is left in the address').toBe('');
  expect((await context.cookies()).map((one) => one.name)).not.toContain('__Host-gosuslugi');
  await page.goto('/me/sessions');
  await expect(page.getByText(en('me', 'by_esia')).first()).toBeVisible();
  const token = (await tokenOf(context)) ?? '';
  portal.note(token);

  const left: string[] = [];
  page.on('request', (request) => left.push(new URL(request.url()).pathname));
  await page.locator('header details.menu').last().locator('summary').click();
  await page.locator('header form[action="/sign-out"] button').click();
  await page.waitForURL(`${portal.origin}/`);
  expect(left, 'signed out there, too').toContain('/idp/ext/Logout');
  expect(await tokenOf(context)).toBeUndefined();
  expect((await whoIs(portal, token)).status).toBe(401);
  expect(await meStatus(context.request, portal)).toBe(401);
}

test('a student under 14 signs in by e-mail and out again', async ({ page, context, portal }) => {
  const student = await member(portal, '5А', 'Джалилов', 'Резида');
  await forgetLinks(portal, student);
  await inAndOut(page, context, portal);
  const { links, tries } = await linksOf(portal, student);
  expect(links.map((link) => link.way)).toEqual(['email']);
  expect(tries[0]?.failure).toBeUndefined();
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });
  test('a student under 14 signs in by e-mail and out again', async ({ page, context, portal }) => {
    await forgetLinks(portal, await member(portal, '5А', 'Джалилов', 'Резида'));
    await inAndOut(page, context, portal);
  });
});

test('a student under 14 signs in by mobile', async ({ page, portal }) => {
  const student = await member(portal, '5А', 'Скрепкина', 'Юлия');
  await forgetLinks(portal, student);
  await toGosuslugi(page, portal);
  await chooseThere(page, PERSONS.byMobile);
  await isInside(page);
  expect((await linksOf(portal, student)).links.map((link) => link.way)).toEqual(['mobile']);
});

test('a student from 14 signs in by SNILS, with other contacts on file', async ({ page, portal }) => {
  const student = await member(portal, '11А', 'Азимутов', 'Роман');
  await forgetLinks(portal, student);
  await toGosuslugi(page, portal);
  await chooseThere(page, PERSONS.bySnils);
  await isInside(page);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Роман');
  expect((await linksOf(portal, student)).links.map((link) => link.way)).toEqual(['snils']);
});

test('the second time the link is enough, whatever has become of the contact', async ({ portal }) => {
  const student = await member(portal, '5А', 'Джалилов', 'Резида');
  await forgetLinks(portal, student);
  expect((await through(portal, PERSONS.byEmail)).status).toBe(303);
  await prove(portal);
  const without = await changeBy(portal, 'admin-5', await member(portal, '5А', 'Джалилов', 'Резида'), { email: null });
  try {
    const again = await through(portal, PERSONS.byEmail);
    expect([again.status, again.headers.location]).toEqual([303, '/me']);
    const { links } = await linksOf(portal, student);
    expect(links, 'one link, the first one').toHaveLength(1);
    expect(links[0]?.way).toBe('email');
  } finally {
    await changeBy(portal, 'admin-5', without, { email: 'primer123@mail.ru' });
  }
});

test('a parent signs in by their own SNILS, and is the parent', async ({ page, portal }) => {
  const parent = await member(portal, '5А', 'Тетрадкина', 'Ася');
  await forgetLinks(portal, parent);
  await toGosuslugi(page, portal);
  await chooseThere(page, PERSONS.parent);
  await isInside(page);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Ася');
  // The own child's card.
  await expect(page.getByRole('link', { name: /Тетрадкин/ }).first()).toBeVisible();
  expect((await linksOf(portal, parent)).links).toHaveLength(1);
  expect((await linksOf(portal, await member(portal, '5А', 'Тетрадкин', 'Лев'))).links, 'and nobody else').toEqual([]);
});

test('who is signed in already is led past the page with the button', async ({ page, portal }) => {
  await forgetLinks(portal, await member(portal, '11А', 'Азимутов', 'Роман'));
  await toGosuslugi(page, portal);
  await chooseThere(page, PERSONS.bySnils);
  await isInside(page);
  await page.goto('/sign-in/esia');
  await expect(page).toHaveURL(/\/me$/);
});

test('staff see the link on the record and take it away; the sessions that came from it end', async ({ page, context, portal }) => {
  const student = await member(portal, '5А', 'Скрепкина', 'Юлия');
  await forgetLinks(portal, student);
  const token = cookie(await through(portal, PERSONS.byMobile), SESSION) ?? '';
  expect((await whoIs(portal, token)).status).toBe(200);

  await prove(portal);
  await asStaff(context, portal, 'admin-5');
  await page.goto(`/people/pupils/${CLASS['5А']}/personal?person=${student.id}`);
  const part = page.locator('#gosuslugi');
  await expect(part).toContainText(en('people', 'by_mobile'));
  await expect(part).toContainText(en('gosuslugi', 'p_try_ok'));
  await expect(part).not.toContainText(PERSONS.byMobile);
  await part.getByText(en('gosuslugi', 'p_unlink'), { exact: true }).click();
  await part.getByRole('button', { name: en('gosuslugi', 'p_unlink_do') }).click();
  await page.waitForURL(/saved=unlinked$/);
  await expect(part).toContainText(en('gosuslugi', 'p_unlinked'));
  await expect(part).toContainText(en('gosuslugi', 'p_never'));
  expect((await whoIs(portal, token)).status).toBe(401);
  expect((await linksOf(portal, student)).links).toEqual([]);
});
