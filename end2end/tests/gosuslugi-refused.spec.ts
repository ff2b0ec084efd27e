// Sign-in through Gosuslugi that is refused: each reason has a page of its own, which says who can mend it and holds nobody's
// data; Gosuslugi slow, down or out of order keeps nobody else waiting; and without a configuration none of it is there.
import type { Page } from '@playwright/test';

import { codeField, isAt } from '../support/flows.ts';
import { CLASS, PERSONS, Trip, chooseThere, expect, linksOf, member, test, through, toGosuslugi } from '../support/gosuslugi.ts';
import { ask, cookie, type Raw } from '../support/http.ts';
import { SESSION, asStaff, staffAsks } from '../support/staff.ts';
import { type Endpoint } from '../support/standin.ts';
import { test as plain } from '../support/test.ts';
import { LOCALES, en, pattern, words } from '../support/words.ts';

const h1 = (page: Page) => page.getByRole('heading', { level: 1 });
/** The title of a page, without what is around it. */
const titleOf = (raw: Raw): string => (/<h1[^>]*>(.*?)<\/h1>/s.exec(raw.body.toString())?.[1] ?? '').replace(/<[^>]*>|<!--.*?-->/g, '').trim();

interface Refused {
  oid: string;
  title: string;
  /** What can be said of a page that holds nobody's data. */
  hidden: string[];
  /** The class teacher is named. */
  teacher?: RegExp;
}

const REFUSED: Record<string, Refused> = {
  'nobody of the school': { oid: PERSONS.nobodyHere, title: 'no_student', hidden: ['Незнайкин', '774-112'] },
  'another contact': { oid: PERSONS.contactDiffers, title: 'contact_differs', hidden: ['Булавкин', 'kuzma@', '9901'], teacher: /Указкина П. Д./ },
  'an unconfirmed contact': { oid: PERSONS.contactUnverified, title: 'contact_not_confirmed', hidden: ['Винтиков', 'anton@', '0502'] },
  'a contact of two students': { oid: PERSONS.sharesPhone, title: 'several_students', hidden: ['Гвоздиков', 'Дощечкин', '0503'] },
  'an unconfirmed account': { oid: PERSONS.unconfirmed, title: 'not_confirmed', hidden: ['Ершиков', 'efim@', '0504'] },
  'another SNILS': { oid: PERSONS.otherSnils, title: 'other_snils', hidden: ['Зажимов', '276-488', '006-996'], teacher: /Указкина П. Д./ },
  'another birth date': { oid: PERSONS.otherBirthDate, title: 'birth_date', hidden: ['Тетрадкин', '253-101', '2014'], teacher: /Бутрович В. И./ },
  'a contact that is still to be confirmed': { oid: PERSONS.pending, title: 'no_student', hidden: ['Подменин', 'primer123', 'Джалилов'] },
};

for (const [what, { oid, title, hidden, teacher }] of Object.entries(REFUSED)) {
  test(`refused, with a page of its own: ${what}`, async ({ page, context, portal, guard }) => {
    guard.expects(403);
    await toGosuslugi(page, portal);
    await chooseThere(page, oid);
    await expect(h1(page)).toHaveText(en('gosuslugi', title));
    const text = await page.locator('main').innerText();
    for (const theirs of [...hidden, oid]) expect(text).not.toContain(theirs);
    if (teacher) expect(text).toMatch(teacher);
    expect((await context.cookies()).map((one) => one.name)).not.toContain(SESSION);
    // There is a way on, and the page says which try it was.
    await expect(page.getByRole('link', { name: en('gosuslugi', 'other_way') })).toBeVisible();
    await expect(page.locator('main')).toContainText(pattern('en', 'gosuslugi', 'incident'));
    await page.getByRole('link', { name: en('gosuslugi', 'again') }).click();
    await page.waitForURL('**/sign-in/esia');
  });
}

test('a parent does not sign in by a phone, neither as the child nor as the parent', async ({ portal }) => {
  const raw = await through(portal, PERSONS.parentByPhone);
  expect(raw.status).toBe(403);
  expect(cookie(raw, SESSION)).toBeUndefined();
  for (const [surname, name] of [['Зонтикова', 'Ася'], ['Зонтикова', 'Карта']] as const) {
    expect((await linksOf(portal, await member(portal, '5А', surname, name))).links).toEqual([]);
  }
});

test('the page speaks the reader’s language, and its language menu begins anew', async ({ page, context, portal, guard }) => {
  guard.expects(403);
  for (const locale of LOCALES) {
    await context.request.get(`${portal.origin}/?lang=${locale}`);
    await toGosuslugi(page, portal);
    await chooseThere(page, PERSONS.nobodyHere);
    await expect(h1(page)).toHaveText(words(locale, 'gosuslugi', 'no_student'));
    for (const link of await page.locator('header details.menu a[hreflang]').all()) {
      expect(await link.getAttribute('href')).toMatch(/^\/sign-in\/esia\?lang=\w\w$/);
    }
  }
});

test('who cancels at Gosuslugi is asked nothing, and can go another way', async ({ page, portal }) => {
  for (const cancels of [PERSONS.cancels, 'the button']) {
    await toGosuslugi(page, portal);
    if (cancels === 'the button') await page.locator('[name="cancel"]').click();
    else await chooseThere(page, cancels);
    await expect(h1(page)).toHaveText(en('gosuslugi', 'cancelled'));
  }
  await page.getByRole('link', { name: en('gosuslugi', 'other_way') }).click();
  await isAt(page, '**/sign-in');
});

test('staff see why the last try failed: in the class and on the record', async ({ page, context, portal }) => {
  expect((await through(portal, PERSONS.contactDiffers)).status).toBe(403);
  const student = await member(portal, '5Б', 'Булавкин', 'Кузьма');
  expect((await linksOf(portal, student)).tries[0]?.failure).toBe('contact_differs');
  const readiness = await staffAsks(portal, 'admin-5', `/api/v1/classes/${CLASS['5Б']}/readiness`);
  expect(readiness.body.toString()).toContain('contact_differs');
  await asStaff(context, portal, 'admin-5');
  await page.goto(`/people/pupils/${CLASS['5Б']}/personal?person=${student.id}`);
  await expect(page.locator('#gosuslugi')).toContainText(en('people', 'try_contact_differs'));
});

const OUT_OF_ORDER: [string, Endpoint, string, { seconds?: number }?][] = [
  ['the token request fails', 'te', '500'],
  ['the token request gets a page about maintenance', 'te', 'html'],
  ['the token request is cut off', 'te', 'down'],
  ['the token request takes too long', 'te', 'slow', { seconds: 9 }],
  ['Gosuslugi says that it is out of order', 'te', 'ESIA-007008'],
  ['the record fails', 'prns', '500'],
  ['the record is a page about maintenance', 'rs', 'html'],
  ['the record is cut off', 'rs', 'down'],
];

for (const [what, endpoint, mode, more] of OUT_OF_ORDER) {
  test(`Gosuslugi is unavailable: ${what}`, async ({ portal, standIn }) => {
    const trip = await Trip.begin(portal);
    const address = await trip.there(PERSONS.nobodyHere);
    await standIn.fail(endpoint, mode, { times: 5, ...more });
    const started = Date.now();
    const raw = await trip.back(address);
    expect([raw.status, titleOf(raw)]).toEqual([503, en('gosuslugi', 'unavailable')]);
    expect(raw.headers['retry-after']).toMatch(/^\d+$/);
    expect(Date.now() - started, 'nobody waits longer than the time-out').toBeLessThan(15_000);
    await standIn.calm();
    expect((await through(portal, PERSONS.nobodyHere)).status, 'and it works again').toBe(403);
  });
}

test('while Gosuslugi is slow, everybody else signs in', async ({ page, portal, standIn }) => {
  const trip = await Trip.begin(portal);
  const address = await trip.there(PERSONS.nobodyHere);
  await standIn.fail('te', 'slow', { seconds: 9, times: 1 });
  const waiting = trip.back(address);
  const person = portal.somebody();
  await page.goto('/sign-in');
  await page.locator('#id_number').fill(person.id_number);
  await page.locator('form:has(#id_number) .btns button').click();
  await codeField(page).waitFor();
  expect((await waiting).status).toBe(503);
  await standIn.calm();
});

plain('without a configuration there is no button, the addresses are not there, and the rest is as ever', async ({ page, walled, guard }) => {
  guard.allowsOrigin(walled.origin);
  for (const address of ['/sign-in/esia', '/sign-in/esia/guide', '/sign-in/esia/callback?code=c&state=s']) {
    expect((await ask(walled.origin + address, { headers: { accept: 'text/html' } })).status, address).toBe(404);
  }
  expect((await ask(`${walled.origin}/sign-in/esia`, { method: 'POST', headers: { origin: walled.origin } })).status).toBe(404);
  for (const address of ['/', '/sign-in', '/about/registration', '/privacy']) {
    await page.goto(walled.origin + address);
    await expect(page.getByText(/госуслуги/i)).toHaveCount(0);
    await expect(page.locator('a[href^="/sign-in/esia"]')).toHaveCount(0);
    await expect(h1(page)).toBeVisible();
  }
});
