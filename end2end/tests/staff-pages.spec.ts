// The staff's pages as people use them: classes and tabs, the register, letters, groups, photos, records; and the
// administration: the help desk, fresh proof, the logs, programs.
import type { BrowserContext, Locator, Page } from '@playwright/test';

import { expireProof } from '../support/database.ts';
import { CLASS, type ClassName, type Row, changeBy, onFile, row as rowOf } from '../support/editor.ts';
import { enter, summary, withoutWasm } from '../support/flows.ts';
import { hydrated } from '../support/guard.ts';
import { type Raw, ask } from '../support/http.ts';
import { png } from '../support/png.ts';
import { SESSION, asStaff, sessionOf, staffAsks } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { LOCALES, en, pattern } from '../support/words.ts';

const tab = (name: ClassName, which: string): string => `/people/pupils/${CLASS[name]}/${which}`;
const h1 = (page: Page): Locator => page.getByRole('heading', { level: 1 });
const picker = (page: Page): Locator => page.getByRole('navigation', { name: en('people', 'choose_class') });
const tabs = (page: Page, name: ClassName): Locator => page.getByRole('navigation', { name: en('people', 'class_named', { class: name }) });
/** What the page says of the post before it. */
const said = (page: Page): Locator => page.locator('main .note[role="status"]');

async function tokenOf(context: BrowserContext): Promise<string> {
  const token = (await context.cookies()).find((one) => one.name === SESSION)?.value;
  if (!token) throw new Error('nobody is signed in');
  return token;
}

test('on a screen 1280 wide the sections fit into the bar, whatever the language', async ({ page, context, portal }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await asStaff(context, portal, 'admin-5');
  for (const locale of LOCALES) {
    await page.goto(`/people/teachers?lang=${locale}`);
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
    const { wide, room } = await page.locator('.sections').evaluate((nav) => ({ wide: nav.scrollWidth, room: nav.clientWidth }));
    expect(wide, locale).toBeLessThanOrEqual(room);
  }
});

test.describe('classes', () => {
  test('the picker and the tabs, by clicks: the tab stays when the class changes, the class is remembered', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'deputy-5');
    await page.goto('/people/pupils?all=1');
    await expect(page.locator('.class-cards > li')).toHaveCount(4);
    await page.locator('.class-cards').getByRole('link', { name: /^5Б/ }).click();
    await page.waitForURL(`**${tab('5Б', 'list')}`);
    await expect(h1(page)).toHaveText(en('people', 'list_title', { class: '5Б' }));
    for (const which of ['photos', 'groups', 'esia', 'personal'] as const) {
      await tabs(page, '5Б').getByRole('link', { name: en('people', `tab_${which}`), exact: true }).click();
      await page.waitForURL(`**${tab('5Б', which)}`);
      await expect(h1(page)).toContainText('5Б');
      await expect(tabs(page, '5Б').locator('[aria-current="page"]')).toHaveText(en('people', `tab_${which}`));
      await expect(picker(page).locator('[aria-current="page"]')).toHaveText(/^5Б/);
    }
    await picker(page).getByRole('link', { name: /^11А/ }).click();
    await page.waitForURL(`**${tab('11А', 'personal')}`);
    await expect(h1(page)).toHaveText(en('people', 'personal_title', { class: '11А' }));
    await page.goto('/people/pupils');
    await page.waitForURL(`**${tab('11А', 'list')}`);
    // By keyboard: each class is a link.
    await picker(page).getByRole('link', { name: /^11Б/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${tab('11Б', 'list')}`);
    await page.getByRole('link', { name: en('people', 'all_classes') }).click();
    await expect(page.locator('.class-cards > li')).toHaveCount(4);
  });

  test('a class teacher comes to the own class and is offered no other', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'teacher-5a');
    await page.goto('/people/pupils');
    await page.waitForURL(`**${tab('5А', 'list')}`);
    await expect(picker(page).getByRole('link')).toHaveCount(1);
    await expect(page.getByRole('link', { name: en('people', 'all_classes') })).toHaveCount(0);
    const header = page.locator('header.top');
    await expect(header).toContainText('Бутрович');
    await expect(header).toContainText(en('people', 'i_class_teacher'));
  });

  test('the register is searched without a trace in the address, filtered, and printed', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'deputy-5');
    await page.goto(tab('11Б', 'list'));
    const rows = page.locator('table.tbl tbody tr');
    await expect(rows).toHaveCount(25);
    await page.locator('#find').fill('линейкин');
    await page.keyboard.press('Enter');
    await expect(rows).not.toHaveCount(25);
    await expect(rows.first()).toContainText('Линейкин');
    await expect(page.locator('#find')).toHaveValue('линейкин');
    for (const text of await rows.allInnerTexts()) expect(text).toMatch(/линейкин/i);
    expect(new URL(page.url()).search).toBe('');
    await page.locator('#find').fill('Никтотакой');
    await page.getByRole('button', { name: en('people', 'search'), exact: true }).click();
    await expect(page.getByText(en('people', 'search_nobody'))).toBeVisible();
    await page.getByRole('link', { name: en('people', 'show_all') }).click();
    await expect(rows).toHaveCount(25);
    await page.getByRole('link', { name: en('people', 'print'), exact: true }).click();
    await page.waitForURL('**/list?print=1');
    await expect(rows).toHaveCount(25);
    await expect(page.locator('#find')).toHaveCount(0);
  });

  test('letters to parents: one each, in their language, with the way to register and no secret', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'system');
    await page.goto(tab('ה1', 'list'));
    const button = page.getByRole('button', { name: /^Letters to parents: \d+$/ });
    const offered = Number(/\d+/.exec(await button.innerText())?.[0]);
    await button.click();
    await page.waitForURL('**/list/invitations');
    const letters = page.locator('article.letter');
    const count = await letters.count();
    expect(count).toBeGreaterThan(0);
    // A parent of two children in the class gets one letter.
    expect(count).toBeLessThanOrEqual(offered);
    for (const letter of await letters.all()) {
      await expect(letter).toHaveAttribute('lang', /^(he|ar|ru|en)$/);
      await expect(letter).toContainText(`localhost:${new URL(portal.origin).port}/register`);
    }
    const text = await letters.allInnerTexts().then((all) => all.join('\n'));
    expect(text, 'whole numbers stand in no letter').not.toMatch(/\d{7,}|05\d-?\d{7}/);
    expect(text).toContain('•');
    for (const parent of (await onFile(portal, 'ה1', 'system')).flatMap((row) => row.parents)) {
      const mobile = parent.person.fields.mobile;
      if (mobile !== undefined) expect(text).not.toContain(mobile.slice(-7));
    }
  });

  test('groups without script: made, filled and saved with one button, renamed, deleted; each time the page says so', async ({ page, context, portal, guard }) => {
    await withoutWasm(page);
    guard.expects(422);
    const title = `English ${Date.now().toString(36)}`;
    const students = await onFile(portal, '11А', 'deputy-5');
    await asStaff(context, portal, 'deputy-5');
    await page.goto(tab('11А', 'groups'));
    await page.locator('#group-new').fill(title);
    await page.getByRole('button', { name: en('people', 'group_create') }).click();
    await expect(said(page)).toHaveText(en('people', 'group_created'));
    const boxes = page.getByRole('checkbox', { name: new RegExp(`, group ${title}$`) });
    await expect(boxes).toHaveCount(students.length);
    const save = page.getByRole('button', { name: en('people', 'save'), exact: true });
    await boxes.nth(1).check();
    await boxes.nth(4).check();
    await save.click();
    await expect(said(page)).toHaveText('Saved: 2 changes');
    await save.click();
    await expect(said(page)).toHaveText(en('people', 'groups_unchanged'));
    await page.reload();
    const ticked = async (): Promise<boolean[]> => Promise.all([0, 1, 4].map((at) => boxes.nth(at).isChecked()));
    expect(await ticked()).toEqual([false, true, true]);
    await boxes.nth(4).uncheck();
    await save.click();
    await expect(said(page)).toHaveText('Saved: one change');
    await page.goto(tab('11А', 'groups'));
    expect(await ticked()).toEqual([false, true, false]);

    const own = page.locator('ul.links > li').filter({ has: page.locator(`input[name="title"][value="${title}"]`) });
    const manage = page.locator('summary', { hasText: en('people', 'group_manage') });
    await manage.click();
    await own.locator('input[name="title"]').fill('');
    await page.keyboard.press('Enter');
    await expect(summary(page)).toContainText(en('people', 'group_title_bad'));
    await page.goto(tab('11А', 'groups'));
    await manage.click();
    await own.locator('input[name="title"]').fill(`${title} B`);
    await page.keyboard.press('Enter');
    await expect(said(page)).toHaveText(en('people', 'group_changed'));
    const renamed = page.locator('ul.links > li').filter({ has: page.locator(`input[name="title"][value="${title} B"]`) });
    await manage.click();
    await renamed.locator('summary', { hasText: en('people', 'group_delete') }).click();
    await renamed.getByRole('button', { name: en('people', 'group_delete') }).click();
    await expect(said(page)).toHaveText(en('people', 'group_deleted'));
    await expect(page.getByText(title)).toHaveCount(0);
  });

  test('groups: a tick saves itself, waits for the connection, and is taken back where it is refused', async ({ page, context, portal, guard }) => {
    guard.allows(/ERR_INTERNET_DISCONNECTED|net::ERR/);
    guard.expects(404);
    const title = `Самбо ${Date.now().toString(36)}`;
    const change = async (form: Record<string, string>): Promise<void> => {
      expect((await staffAsks(portal, 'deputy-5', tab('11А', 'groups'), { form })).status).toBe(303);
    };
    await change({ do: 'create', title });
    await asStaff(context, portal, 'deputy-5');
    await page.goto(tab('11А', 'groups'));
    await hydrated(page);
    const boxes = page.getByRole('checkbox', { name: new RegExp(`, group ${title}$`) });
    const ticked = async (): Promise<boolean[]> => Promise.all([0, 1, 4].map((at) => boxes.nth(at).isChecked()));
    const status = page.locator('#save');
    const saved = pattern('en', 'editor', 'saved');
    await expect(page.getByRole('button', { name: en('people', 'save'), exact: true })).toBeHidden();
    await boxes.nth(1).check();
    await boxes.nth(4).check();
    await expect(status).toContainText(saved);
    await page.reload();
    await hydrated(page);
    expect(await ticked()).toEqual([false, true, true]);
    await expect(status).toBeEmpty();

    await context.setOffline(true);
    await boxes.nth(4).uncheck();
    await expect(status).toContainText('1 change waits for the connection');
    await context.setOffline(false);
    await expect(status).toContainText(saved);
    await page.reload();
    await hydrated(page);
    expect(await ticked()).toEqual([false, true, false]);

    // Somebody deletes the group meanwhile.
    const [group] = (await boxes.first().inputValue()).split(':');
    await change({ do: 'delete', group: group ?? '' });
    await boxes.first().click();
    await expect(status).toContainText(en('editor', 'outdated'));
    await expect(boxes.first()).not.toBeChecked();
    await status.getByRole('link').click();
    await expect(page.getByText(title)).toHaveCount(0);
  });

  test('a photo is put in, seen by those alone who may, and removed', async ({ page, context, portal }) => {
    const student = (await rowOf(portal, '11Б', 19)).student;
    await asStaff(context, portal, 'deputy-5');
    await page.goto(tab('11Б', 'photos'));
    const card = page.locator('li.card').filter({ has: page.locator(`#photo-${student.id}`) });
    const image = (key: 'deputy-5' | 'teacher-5a'): Promise<Raw> => staffAsks(portal, key, `/people/pupils/photo/${student.id}`);
    expect((await image('deputy-5')).status).toBe(404);
    await card.locator('summary').click();
    await card.locator('input[type="file"]').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: png(256, 320) });
    await card.getByRole('button', { name: en('people', 'photo_upload') }).click();
    await page.waitForURL(`**/photos?saved=${student.id}`);
    await expect(said(page)).toContainText(student.fields.surname ?? '');
    const picture = card.locator('img.photo');
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(95);
    const size = await picture.evaluate((element: HTMLImageElement) => [element.naturalWidth, element.naturalHeight]);
    expect(size[0], 'cropped to a square').toBe(size[1]);

    const raw = await image('deputy-5');
    expect([raw.status, raw.headers['content-type']]).toEqual([200, 'image/webp']);
    expect(raw.headers['cache-control']).toContain('private');
    expect((await image('teacher-5a')).status, 'another class').toBe(403);
    expect((await ask(`${portal.origin}/people/pupils/photo/${student.id}`)).status, 'nobody is signed in').toBe(303);

    await card.locator('summary').click();
    await card.getByRole('button', { name: en('people', 'photo_remove') }).click();
    await page.waitForURL(`**/photos?removed=${student.id}`);
    await expect(card.locator('img.photo')).toHaveCount(0);
    expect((await image('deputy-5')).status).toBe(404);
  });

  test('what is no photo is refused with its reason, whatever its name', async ({ page, context, portal, guard }) => {
    guard.expects(422);
    // Not the class in which a photo comes and goes: a page of it may ask for one that has just gone.
    const student = (await rowOf(portal, '11А', 0)).student;
    await asStaff(context, portal, 'deputy-5');
    const card = page.locator('li.card').filter({ has: page.locator(`#photo-${student.id}`) });
    const files: [Buffer | undefined, string][] = [
      [Buffer.from('A text that was given the name of a picture.'), en('people', 'photo_kind')],
      [png(40, 200), en('people', 'photo_too_small')],
      [png(200, 200).subarray(0, 300), en('people', 'photo_broken')],
      [undefined, en('people', 'photo_missing')],
    ];
    for (const [buffer, words] of files) {
      await page.goto(tab('11А', 'photos'));
      await card.locator('summary').click();
      if (buffer) await card.locator('input[type="file"]').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer });
      await card.getByRole('button', { name: en('people', 'photo_upload') }).click();
      await expect(summary(page)).toContainText(words);
      await expect(card.locator('input[type="file"]'), 'the form is open').toBeVisible();
      await expect(card.locator('input[type="file"]')).toHaveAttribute('aria-invalid', 'true');
    }
    expect((await staffAsks(portal, 'deputy-5', `/people/pupils/photo/${student.id}`)).status).toBe(404);
  });

  test('a record is changed by its form; it shows who changed what, and keeps what it was', async ({ page, context, portal, guard }) => {
    guard.expects(422, 409);
    const before = (await rowOf(portal, '11А', 12)).student;
    const email = `changed-${Date.now().toString(36)}@primer.example`;
    portal.note(email);
    await asStaff(context, portal, 'deputy-5');
    await page.goto(tab('11А', 'personal'));
    await expect(page.getByText(en('people', 'personal_choose'))).toBeVisible();
    await page.locator(`nav.picks a[href$="person=${before.id}"]`).click();
    await page.getByRole('link', { name: en('people', 'edit'), exact: true }).click();
    await expect(page.locator('#f-surname')).toHaveValue(before.fields.surname ?? '');
    // What is wrong stays, with its reason, and nothing is stored.
    await page.locator('#f-snils').fill('112-233-445 96');
    await page.locator('#f-email').fill(email);
    await page.getByRole('button', { name: en('people', 'save'), exact: true }).click();
    await expect(summary(page)).toContainText(en('people', 'fault_snils_check'));
    await expect(page.locator('#f-snils')).toHaveValue('112-233-445 96');
    await expect(page.locator('#f-email')).toHaveValue(email);
    expect((await rowOf(portal, '11А', 12)).student).toEqual(before);
    // Meanwhile somebody else changes the same field: both values are shown.
    const theirs = `theirs-${email}`;
    await changeBy(portal, 'admin-5', before, { email: theirs });
    await page.locator('#f-snils').fill(await page.locator('input[name="was-snils"]').inputValue());
    await page.getByRole('button', { name: en('people', 'save'), exact: true }).click();
    await expect(summary(page)).toContainText(theirs);
    await expect(summary(page)).toContainText('Морозов');
    await expect(page.locator('#f-email')).toHaveValue(email);
    await page.getByRole('button', { name: en('people', 'save'), exact: true }).click();
    await expect(said(page)).toHaveText(en('people', 'person_saved'));

    const line = page.locator('.record table tbody tr').filter({ has: page.getByRole('rowheader', { name: en('people', 'f_email'), exact: true }) });
    await expect(line).toContainText(email);
    await expect(line).toContainText('Соколова');
    await expect(line).toContainText(en('people', 'source_staff'));
    await page.locator('.record summary', { hasText: en('people', 'history') }).click();
    const last = page.locator('.record ul.links > li');
    await expect(last.nth(0)).toContainText(email);
    await expect(last.nth(0)).toContainText('Соколова');
    await expect(last.nth(1)).toContainText(theirs);
    await expect(last.nth(1)).toContainText('Морозов');
  });

  test('a class teacher reads the record and is not offered to change it', async ({ page, context, portal }) => {
    const student = (await rowOf(portal, '5А', 20)).student;
    await asStaff(context, portal, 'teacher-5a');
    await page.goto(`${tab('5А', 'personal')}?person=${student.id}`);
    await expect(page.locator('#h-record')).toContainText(student.fields.surname ?? '');
    await expect(page.getByRole('link', { name: en('people', 'edit'), exact: true })).toHaveCount(0);
    await expect(page.getByRole('button', { name: en('people', 'reveal') })).toHaveCount(0);
  });

  test('the staff of a school: listed for the deputy head, changed by the administrator', async ({ page, context, another, portal }) => {
    await asStaff(context, portal, 'deputy-5');
    await page.goto('/people/teachers');
    await expect(h1(page)).toHaveText(en('people', 'teachers'));
    const teacher = page.locator('table.tbl tbody tr').filter({ hasText: 'Бутрович' });
    await expect(teacher).toContainText(en('people', 'role_class_teacher_of', { class: '5А' }));
    await expect(page.getByText(en('people', 'staff_add'), { exact: true })).toHaveCount(0);
    const admin = await another();
    await asStaff(admin.context, portal, 'admin-5');
    await admin.page.goto('/people/administration');
    await expect(admin.page.locator('table.tbl tbody')).toContainText('Соколова');
    await expect(admin.page.getByText(en('people', 'staff_add'), { exact: true }).first()).toBeVisible();
  });
});

test.describe('administration', () => {
  const find = async (page: Page, text: string): Promise<void> => {
    await page.locator('#find').fill(text);
    await page.getByRole('button', { name: en('admin', 'find'), exact: true }).click();
  };
  const cards = (page: Page): Locator => page.locator('ul.accounts > li');

  test('the help desk finds people by the beginning of a surname, within one’s rights, with contacts masked', async ({ page, context, another, portal }) => {
    await asStaff(context, portal, 'deputy-5');
    await page.goto('/admin/accounts');
    await expect(page.getByText(en('admin', 'accounts_start'))).toBeVisible();
    await find(page, 'линейк');
    await expect(cards(page).first()).toBeVisible();
    for (const name of await cards(page).getByRole('heading').allInnerTexts()) expect(name).toMatch(/Линейкин/);
    expect(page.url(), 'no name in the address').toMatch(/\/admin\/accounts$/);
    await expect(cards(page).first()).toContainText(en('admin', 'account_none'));
    const text = await page.locator('ul.accounts').innerText();
    expect(text).toContain('•');
    expect(text, 'no whole number').not.toMatch(/\d{3}-\d\d-\d\d/);
    await find(page, 'לדוגמה');
    await expect(page.getByText(en('admin', 'accounts_nobody')), 'people of another school').toBeVisible();

    const system = await another();
    await asStaff(system.context, portal, 'system');
    await system.page.goto('/admin/accounts');
    await find(system.page, 'לדוגמה');
    const parent = cards(system.page).filter({ hasText: portal.fixed('parent-1').user_code });
    await expect(parent).toContainText('דנה');
    await expect(parent).not.toContainText('dana@dugma.example');
  });

  test('a wait after failed passwords is lifted', async ({ page, context, portal }) => {
    const person = portal.somebody();
    const attempt = async (password: string): Promise<number> =>
      (await ask(`${portal.origin}/sign-in/password`, { headers: { accept: 'text/html' }, form: { user_code: person.user_code, password } })).status;
    await expect.poll(() => attempt('not the password of anybody'), { timeout: 60_000, intervals: [10] }).toBe(429);
    expect(await attempt(person.password), 'the right one does not help').toBe(429);
    await asStaff(context, portal, 'system');
    await page.goto('/admin/accounts');
    await find(page, person.user_code);
    await expect(cards(page)).toHaveCount(1);
    await cards(page).getByRole('button', { name: en('admin', 'unlock') }).click();
    await expect(said(page)).toHaveText(en('admin', 'unlocked'));
    // Not only the wait is over: the failures before it are forgotten, so two more begin no new one.
    for (const again of [1, 2]) expect(await attempt('not the password of anybody'), `failure ${again}`).toBe(422);
    expect(await attempt(person.password)).toBe(303);
  });

  test('fresh proof: asked for by the password, and leads on only within the portal', async ({ page, context, portal, guard }) => {
    guard.expects(422);
    const person = portal.somebody();
    await enter(context, portal, person);
    // A sign-in is proof itself.
    await page.goto('/me/confirm?next=/me/sessions');
    await expect(page).toHaveURL(/\/me\/sessions$/);
    expireProof(portal, await tokenOf(context));
    await page.goto('/me/confirm?next=/me/sessions');
    await expect(h1(page)).toHaveText(en('admin', 'confirm_title'));
    const confirm = page.getByRole('button', { name: en('admin', 'confirm_do'), exact: true });
    await confirm.click();
    await expect(summary(page)).toContainText(en('admin', 'confirm_empty'));
    await page.locator('#password').fill('not the password of anybody');
    await confirm.click();
    await expect(summary(page)).toContainText(en('admin', 'confirm_wrong'));
    await expect(page.locator('#password')).toHaveValue('');
    await page.locator('#password').fill(person.password);
    await confirm.click();
    await page.waitForURL('**/me/sessions');
    await page.goto('/me/confirm?next=//evil.example/');
    await expect(page).toHaveURL(/\/me$/);
  });

  test('the audit log shows the last change with what it was before and after', async ({ page, context, portal }) => {
    const student = (await rowOf(portal, '11А', 15)).student;
    const email = `audited-${Date.now().toString(36)}@primer.example`;
    portal.note(email);
    await changeBy(portal, 'admin-5', student, { email });
    await asStaff(context, portal, 'deputy-5');
    await page.goto(`/admin/audit?person=${student.id}`);
    const first = page.locator('table.tbl tbody tr').first();
    await expect(first).toContainText(en('admin', 'ev_person_changed'));
    await expect(first.locator('td').nth(2)).toContainText('Морозов');
    await expect(first.locator('td').nth(3)).toContainText(student.fields.surname ?? '');
    await expect(first).toContainText(en('admin', 'outcome_success'));
    await first.locator('summary').click();
    await expect(first.locator('dl.facts')).toContainText(email);
    await expect(first.locator('dl.facts')).toContainText(en('admin', 'before'));
    // The filter narrows, and keeps the person.
    await page.locator('#event').selectOption('person.deleted');
    await page.getByRole('button', { name: en('admin', 'filter'), exact: true }).click();
    await expect(page.getByText(en('admin', 'audit_none'))).toBeVisible();
    expect(new URL(page.url()).searchParams.get('person')).toBe(student.id);
    // Only an administrator takes the log away.
    await expect(page.getByRole('button', { name: en('admin', 'audit_export') })).toHaveCount(0);
    const form = { do: 'export', person: student.id, event: 'person.changed' };
    const csv = await staffAsks(portal, 'admin-5', '/admin/audit', { form });
    expect([csv.status, csv.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="audit-[\d-]+\.csv"$/);
    expect(csv.body.toString()).toContain(email);
  });

  test('the delivery log names what was sent, masks to whom, and never says what', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'system');
    await page.goto('/admin/deliveries');
    await page.locator('#channel').selectOption('sms');
    await page.getByRole('button', { name: en('admin', 'filter'), exact: true }).click();
    const rows = page.locator('table.tbl tbody tr');
    await expect(rows.first()).toBeVisible();
    for (const recipient of await rows.locator('td:nth-child(3)').allInnerTexts()) {
      expect(recipient).toContain('•');
      expect(recipient).not.toMatch(/\d{5}|\d{3}-\d{4}/);
    }
    expect(await page.locator('main table').innerText(), 'no code').not.toMatch(/\b\d{6}\b/);
    const all = JSON.parse((await staffAsks(portal, 'system', '/api/v1/deliveries?limit=200')).body.toString()) as { items: { recipient: string }[] };
    for (const { recipient } of all.items) expect(recipient).toContain('•');
  });

  test('a program is let in with fresh proof; its token is shown once, does what its scopes name, and can be taken back', async ({ page, context, portal, guard }) => {
    guard.expects(422);
    const name = `Timetable ${Date.now().toString(36)}`;
    await asStaff(context, portal, 'system');
    expireProof(portal, await sessionOf(portal, 'system'));
    await page.goto('/admin/api-clients');
    await page.locator('summary', { hasText: en('admin', 'client_new') }).click();
    await page.locator('#name').fill(name);
    await page.getByRole('button', { name: en('admin', 'client_create') }).click();
    await expect(summary(page), 'what it may do is to be chosen').toContainText(en('admin', 'bad_client_scope'));
    await expect(page.locator('#name')).toHaveValue(name);
    await page.locator('input[name="scope"][value="read:classes"]').check();
    await page.getByRole('button', { name: en('admin', 'client_create') }).click();
    await expect(h1(page)).toHaveText(en('admin', 'confirm_title'));
    await page.locator('#password').fill(portal.fixed('system').password);
    await page.getByRole('button', { name: en('admin', 'confirm_do'), exact: true }).click();
    // What was typed before is not lost.
    await expect(page.getByText(en('admin', 'client_made', { name }))).toBeVisible();
    const token = await page.locator('#token').inputValue();
    expect(token).toMatch(/^[\w-]{43}$/);
    portal.note(token);

    const asks = (path: string, more: Parameters<typeof ask>[1] = {}): Promise<Raw> =>
      ask(`${portal.origin}/api/v1${path}`, { ...more, headers: { authorization: `Bearer ${token}`, ...more.headers } });
    const schools = await asks('/schools');
    expect(schools.status).toBe(200);
    expect((JSON.parse(schools.body.toString()) as { items: unknown[] }).items.length).toBeGreaterThanOrEqual(2);
    const students = await asks(`/classes/${CLASS['ה2']}/people`);
    expect(students.status).toBe(200);
    const { students: rows } = JSON.parse(students.body.toString()) as { students: Row[] };
    const headers = { 'if-match': `"${rows[0]?.student.version}"` };
    for (const [path, more] of [
      ['/audit', {}],
      ['/deliveries', {}],
      ['/imports', {}],
      [`/classes/${CLASS['ה2']}/readiness`, {}],
      [`/people/${rows[0]?.student.id}`, { method: 'PATCH', json: { email: null }, headers }],
    ] as const) {
      const refused = await asks(path, more);
      expect(refused.status, path).toBe(403);
      expect(refused.body.toString(), path).toContain('scope-missing');
    }
    expect((await asks('/api-clients')).status, 'no program lets programs in').toBe(401);
    expect((await ask(`${portal.origin}/people/pupils?all=1`, { headers: { authorization: `Bearer ${token}` } })).status, 'pages are for people').toBe(303);

    await page.goto('/admin/api-clients');
    await expect(page.locator('#token'), 'it is not shown again').toHaveCount(0);
    const line = page.locator('table.tbl tbody tr').filter({ hasText: name });
    await expect(line).toContainText('read:classes');
    await line.locator('summary').click();
    await line.getByRole('button', { name: en('admin', 'revoke_do') }).click();
    await expect(said(page)).toHaveText(en('admin', 'client_revoked'));
    await expect(line.locator('summary')).toHaveCount(0);
    const late = await asks('/schools');
    expect(late.status).toBe(401);
    expect(late.body.toString()).toContain('token-refused');
  });

  test('readiness of a school: class by class, and the students of one by name', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'deputy-5');
    await page.goto('/admin/readiness');
    await expect(h1(page)).toHaveText(en('admin', 'readiness_title'));
    const link = page.locator('main table').getByRole('link', { name: /5Б/ }).first();
    await link.click();
    await expect(page.getByRole('heading', { name: en('admin', 'class_named', { class: '5Б' }) })).toBeVisible();
    const [first] = await onFile(portal, '5Б', 'deputy-5');
    if (!first) throw new Error('5Б is empty');
    for (const part of [first.student.fields.surname, first.student.fields.given_name]) await expect(page.locator('main')).toContainText(part ?? '–');
  });
});
