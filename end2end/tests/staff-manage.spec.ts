// What staff keep by hand, in the browser: who is a parent and what parents may, groups of several classes, classes and schools, a student's
// way between classes, an ID number; and a teacher who is a parent, too.
import type { Locator, Page } from '@playwright/test';

import { CLASS, type ClassName, onFile, openEditor, row as rowOf, status } from '../support/editor.ts';
import { answer, enter, summary, typePassword, withoutWasm } from '../support/flows.ts';
import type { Raw } from '../support/http.ts';
import { asStaff, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { PASSWORD, field, invitationIn, reaches, send, typeChoice, typeCode } from '../support/wizards.ts';
import { en } from '../support/words.ts';

const SCHOOL = '01900000-0000-7000-8000-000000000005';

const tab = (name: ClassName, which: string): string => `/people/pupils/${CLASS[name]}/${which}`;
const said = (page: Page): Locator => page.locator('main .note[role="status"]');
const unique = (): string => Date.now().toString(36);

test('what a parent may: taken away on the child’s record, at once out of the parent’s area and of the letters', async ({ page, context, browser, portal }) => {
  const row = (await onFile(portal, 'ה1', 'system')).find((one) => one.parents.some((parent) => parent.person.signs_in));
  const child = row?.student;
  const parent = row?.parents.find((one) => one.person.signs_in)?.person;
  if (!child || !parent) throw new Error('the registered parent has a child in ה1');
  const at = `${tab('ה1', 'personal')}?person=${child.id}`;
  const set = async (right: string, on: boolean): Promise<void> => {
    await page.goto(at);
    const own = page.locator('fieldset').filter({ has: page.locator(`input[value="${parent.id}"]`) });
    await own.getByRole('checkbox', { name: en('people', right) }).setChecked(on);
    await page.locator('#rights').getByRole('button', { name: en('people', 'save') }).click();
    await expect(page.locator('#rights .note')).toHaveText(en('people', 'rights_saved'));
    await expect(page.locator('fieldset').filter({ has: page.locator(`input[value="${parent.id}"]`) }).getByRole('checkbox', { name: en('people', right) })).toBeChecked({ checked: on });
  };
  await asStaff(context, portal, 'system');
  const home = await browser.newContext({ baseURL: portal.origin, ignoreHTTPSErrors: true });
  try {
    const theirs = await home.newPage();
    await enter(home, portal, portal.fixed('parent-1'));
    const card = theirs.locator(`a[href="/me/children/${child.id}"]`);
    await theirs.goto('/me');
    await expect(card).toHaveCount(1);
    await set('may_see', false);
    await theirs.reload();
    await expect(card).toHaveCount(0);
    expect((await theirs.goto(`/me/children/${child.id}`))?.status()).toBe(404);
    await set('may_see', true);
    await theirs.goto('/me');
    await expect(card).toHaveCount(1);
  } finally {
    await home.close();
  }
  await set('may_contact', false);
  await page.goto(tab('ה1', 'list'));
  await expect(page.locator('li').filter({ hasText: en('people', 'not_contacted') }).first()).toBeVisible();
  await set('may_contact', true);
  // Who did it, and what it was before, is in the log.
  const log = await staffAsks(portal, 'system', '/api/v1/audit?event=guardian.changed&limit=200');
  const { items } = JSON.parse(log.body.toString()) as { items: { person?: { id: string }; detail: Record<string, unknown> }[] };
  expect(items.filter((item) => item.person?.id === child.id && item.detail['what'] === 'rights').length).toBeGreaterThanOrEqual(4);
});

test('a guardian: refused with what was typed, added on the child’s record, taken away after a question', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  await withoutWasm(page);
  const [at, path] = [4, '/api/v1/audit?event=guardian.changed&limit=200'];
  const email = `guardian-${unique()}@primer.example`;
  portal.note(email);
  const before = await rowOf(portal, '5Б', at);
  const child = before.student.id;
  await asStaff(context, portal, 'deputy-5');
  await page.goto(`${tab('5Б', 'personal')}?person=${child}`);
  const rights = page.locator('#rights');
  await rights.locator('summary', { hasText: en('people', 'parent_add') }).click();
  const offered = await rights.locator('#relation option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  expect(offered).toEqual(['guardian', ...['mother', 'father'].filter((relation) => !before.parents.some((parent) => parent.relation === relation))]);
  const add = rights.getByRole('button', { name: en('people', 'parent_add_do') });
  await page.locator('#f-surname').fill('Опекунова');
  await page.locator('#f-given_name').fill('Инна');
  await page.locator('#f-mobile').fill('8 900 12');
  await page.locator('#f-email').fill(email);
  await add.click();
  await expect(summary(page)).toContainText(en('people', 'fault_mobile_short'));
  for (const [field, typed] of Object.entries({ surname: 'Опекунова', given_name: 'Инна', mobile: '8 900 12', email })) {
    await expect(page.locator(`#f-${field}`)).toHaveValue(typed);
  }
  await page.locator('#f-mobile').fill('');
  await add.click();
  await expect(rights.locator('.note')).toHaveText(en('people', 'parent_added'));
  const added = (await rowOf(portal, '5Б', at)).parents.find((one) => !before.parents.some((other) => other.person.id === one.person.id));
  if (!added) throw new Error('nobody was added');
  expect(added).toMatchObject({ relation: 'guardian', person: { fields: { surname: 'Опекунова', given_name: 'Инна', email } } });
  await expect(page.locator(`nav.picks a[href$="person=${added.person.id}"]`)).toContainText(en('people', 'rel_guardian'));

  const sure = rights.locator('details.sure').filter({ has: page.locator(`input[value="${added.person.id}"]`) });
  const remove = sure.getByRole('button', { name: en('people', 'parent_remove_do') });
  await expect(remove).toBeHidden();
  await sure.locator('summary').click();
  await expect(sure).toContainText(en('people', 'parent_remove_sure'));
  await remove.click();
  await expect(rights.locator('.note')).toHaveText(en('people', 'parent_removed'));
  await expect(page.locator(`nav.picks a[href$="person=${added.person.id}"]`)).toHaveCount(0);
  expect((await rowOf(portal, '5Б', at)).parents).toEqual(before.parents);
  const again = await staffAsks(portal, 'deputy-5', `/api/v1/people/${child}/parents/${added.person.id}`, { method: 'DELETE' });
  expect(again.status).toBe(404);
  const log = await staffAsks(portal, 'admin-5', path);
  const { items } = JSON.parse(log.body.toString()) as { items: { person?: { id: string }; detail: Record<string, unknown> }[] };
  const own = items.filter((item) => item.person?.id === child && item.detail['guardian'] === added.person.id);
  expect(own.map((item) => item.detail['what'] ?? item.detail['relation'])).toEqual(['removed', 'guardian']);
});

test('a class teacher takes nobody away, and is not offered to', async ({ page, context, portal }) => {
  const row = (await onFile(portal, '5А')).find((one) => one.parents.length > 0);
  const [child, parent] = [row?.student.id, row?.parents[0]?.person.id];
  if (!child || !parent) throw new Error('nobody in 5А has a parent');
  await asStaff(context, portal, 'teacher-5a');
  await page.goto(`${tab('5А', 'personal')}?person=${child}`);
  await expect(page.locator('#h-record')).toBeVisible();
  await expect(page.locator('#rights')).toHaveCount(0);
  const form = await staffAsks(portal, 'teacher-5a', `${tab('5А', 'personal')}/parents/remove`, { form: { person: child, parent } });
  const route = await staffAsks(portal, 'teacher-5a', `/api/v1/people/${child}/parents/${parent}`, { method: 'DELETE' });
  expect([form.status, route.status]).toEqual([403, 403]);
  const now = (await onFile(portal, '5А')).find((one) => one.student.id === child);
  expect(now?.parents.map((one) => one.person.id)).toContain(parent);
});

test('an open class editor hears that a parent was taken away', async ({ page, context, portal }) => {
  const child = (await rowOf(portal, '5Б', 6)).student.id;
  const parents = `/api/v1/people/${child}/parents`;
  const raw = await staffAsks(portal, 'deputy-5', parents, { json: { relation: 'guardian', surname: 'Временнова', given_name: 'Алла' } });
  expect(raw.status).toBe(200);
  const { person } = JSON.parse(raw.body.toString()) as { person: { id: string } };
  await asStaff(context, portal, 'admin-5');
  await openEditor(page, portal, '5Б');
  await expect(page.locator('#grid')).toContainText('Временнова');
  expect((await staffAsks(portal, 'deputy-5', `${parents}/${person.id}`, { method: 'DELETE' })).status).toBe(204);
  await expect(status(page)).toContainText(en('editor', 'outdated'));
  await expect(page.locator('#grid')).not.toContainText('Временнова');
  await page.reload();
  await expect(page.locator('#grid')).not.toContainText('Временнова');
});

test('a group of two classes: made and changed on the page, and each class ticks its own students', async ({ page, context, portal, guard }) => {
  await withoutWasm(page);
  const title = `Хор ${unique()}`;
  await asStaff(context, portal, 'deputy-5');
  await page.goto(tab('11А', 'groups'));
  const create = page.locator('section').filter({ has: page.locator('#group-new') });
  await create.locator('#group-new').fill(title);
  await create.getByRole('checkbox', { name: '11Б' }).check();
  await create.getByRole('button', { name: en('people', 'group_create') }).click();
  await expect(said(page)).toHaveText(en('people', 'group_created'));
  await expect(page.locator('th').filter({ hasText: title })).toContainText('11А, 11Б');
  await page.goto(tab('11Б', 'groups'));
  await page.getByRole('checkbox', { name: new RegExp(`, group ${title}$`) }).first().check();
  await page.getByRole('button', { name: en('people', 'save'), exact: true }).click();
  await expect(said(page)).toHaveText('Saved: one change');
  // Back to one class: who is in the other one is in the group no longer.
  await page.goto(tab('11А', 'groups'));
  await page.locator('summary', { hasText: en('people', 'group_manage') }).click();
  const own = page.locator('ul.links > li').filter({ has: page.locator(`input[name="title"][value="${title}"]`) });
  await expect(own.getByRole('checkbox', { name: '11Б' })).toBeChecked();
  await own.getByRole('checkbox', { name: '11Б' }).uncheck();
  // Somebody else has renamed it since the page was opened: nothing is written over, and what was ticked is kept.
  guard.expects(409);
  const listed = await staffAsks(portal, 'admin-5', `/api/v1/classes/${CLASS['11А']}/groups`);
  const items = (JSON.parse(listed.body.toString()) as { items: { id: string; title: string; classes: string[]; version: string }[] }).items;
  const group = items.find((item) => item.title === title);
  const renamed = { title: `${title}+`, classes: group?.classes };
  const put = (version: string): Promise<Raw> =>
    staffAsks(portal, 'admin-5', `/api/v1/groups/${group?.id}`, { method: 'PUT', json: renamed, headers: { 'if-match': `"${version}"` } });
  expect((await put('0000')).status).toBe(412);
  expect((await put(group?.version ?? '')).status).toBe(204);
  await own.getByRole('button', { name: en('people', 'group_change') }).click();
  await expect(summary(page)).toContainText(en('people', 'group_stale'));
  await expect(own.getByRole('checkbox', { name: '11Б' })).not.toBeChecked();
  await own.getByRole('button', { name: en('people', 'group_change') }).click();
  await expect(said(page)).toHaveText(en('people', 'group_changed'));
  await page.goto(tab('11Б', 'groups'));
  await expect(page.getByText(title)).toHaveCount(0);
  await page.goto(tab('11А', 'groups'));
  await page.locator('summary', { hasText: en('people', 'group_manage') }).click();
  await own.locator('summary', { hasText: en('people', 'group_delete') }).click();
  await own.getByRole('button', { name: en('people', 'group_delete') }).click();
  await expect(said(page)).toHaveText(en('people', 'group_deleted'));
});

test('classes: added, renamed, closed, opened; a title that is none and one that is taken are refused with what was typed', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const letter = 'АБВГДЕЖЗ'[Date.now() % 8] ?? 'А';
  await asStaff(context, portal, 'admin-5');
  await page.goto('/admin/classes');
  const add = page.locator('section').filter({ has: page.locator('#new-title') });
  const next = await add.locator('#new-year option').last().getAttribute('value');
  await add.locator('#new-title').fill('class five');
  await add.locator('#new-year').selectOption(next ?? '');
  await page.keyboard.press('Enter');
  await expect(summary(page)).toContainText(en('admin', 'class_title_bad'));
  await expect(add.locator('#new-title')).toHaveValue('class five');
  await expect(add.locator('#new-year')).toHaveValue(next ?? '');
  await add.locator('#new-title').fill(`9${letter.toLowerCase()}`);
  await add.getByRole('button').click();
  await expect(said(page)).toHaveText(en('admin', 'class_added'));
  const line = (title: string): Locator => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: title, exact: false }) }).filter({ hasText: `${next}/` });
  await expect(line(`9${letter}`)).toHaveCount(1);
  await add.locator('#new-title').fill(`9${letter}`);
  await add.locator('#new-year').selectOption(next ?? '');
  await add.getByRole('button').click();
  await expect(summary(page)).toContainText(en('admin', 'class_taken'));
  await line(`9${letter}`).locator('summary').click();
  await line(`9${letter}`).locator('input[name="title"]').fill(`8${letter}`);
  await line(`9${letter}`).getByRole('button', { name: en('admin', 'class_rename') }).click();
  await expect(said(page)).toHaveText(en('admin', 'class_renamed'));
  await line(`8${letter}`).locator('summary').click();
  await line(`8${letter}`).getByRole('button', { name: en('admin', 'class_close') }).click();
  await expect(said(page)).toHaveText(en('admin', 'class_closed'));
  await expect(line(`8${letter}`)).toContainText(en('admin', 'class_is_over'));
  await line(`8${letter}`).locator('summary').click();
  await line(`8${letter}`).getByRole('button', { name: en('admin', 'class_open') }).click();
  await expect(said(page)).toHaveText(en('admin', 'class_opened'));
  // Others count the classes of the school.
  await line(`8${letter}`).locator('summary').click();
  await line(`8${letter}`).getByRole('button', { name: en('admin', 'class_close') }).click();
  await expect(said(page)).toHaveText(en('admin', 'class_closed'));
});

test('a student: added by hand, moved, let go, taken back; each stay is on the record', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const surname = `Новичков${'абвгдежзик'[Date.now() % 10]}`;
  await asStaff(context, portal, 'admin-5');
  await page.goto(tab('11А', 'list'));
  await page.locator('summary', { hasText: en('people', 'student_add') }).click();
  await page.locator('#f-surname').fill(surname);
  await page.locator('#f-birth_date').fill('31.02.2010');
  await page.getByRole('button', { name: en('people', 'student_add_do') }).click();
  await expect(page.locator('#f-surname')).toHaveValue(surname);
  await expect(page.locator('#f-given_name-e')).toBeVisible();
  await expect(page.locator('#f-birth_date-e')).toBeVisible();
  await page.locator('#f-given_name').fill('Иван');
  await page.locator('#f-birth_date').fill('01.02.2099');
  await page.getByRole('button', { name: en('people', 'student_add_do') }).click();
  await expect(page.locator('#f-birth_date-e')).toContainText(en('people', 'fault_date_future'));
  await page.locator('#f-birth_date').fill('01.02.2010');
  await page.getByRole('button', { name: en('people', 'student_add_do') }).click();
  await expect(page.getByRole('heading', { level: 2, name: new RegExp(surname) })).toBeVisible();
  const move = async (to: string): Promise<void> => {
    await page.locator('summary', { hasText: en('people', 'move_title') }).click();
    await page.locator('#move-to').selectOption({ label: to });
    await page.getByRole('button', { name: en('people', 'move_do') }).click();
  };
  await move('11Б');
  await expect(said(page)).toHaveText(en('people', 'student_came'));
  await page.waitForURL(`**${tab('11Б', 'list')}?done=came`);
  const open = page.getByRole('link', { name: new RegExp(surname) });
  await open.click();
  await move(en('people', 'move_out'));
  await expect(said(page)).toContainText(en('people', 'student_left'));
  await expect(open).toHaveCount(0);
  await page.getByRole('button', { name: en('people', 'student_return') }).click();
  await expect(said(page)).toHaveText(en('people', 'student_came'));
  await open.click();
  await expect(page.getByRole('row').filter({ hasText: en('people', 'f_classes') }).locator('li')).toHaveCount(3);
  await move(en('people', 'move_out'));
  await expect(said(page)).toContainText(en('people', 'student_left'));
});

test('an ID number: set on a student added by hand, a wrong one and somebody else’s refused, shown, in the history, removed', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const surname = `Номеров${'абвгдежзик'[Date.now() % 10]}`;
  const number = portal.nobodysNumber();
  const wrong = number.slice(0, -1) + String((Number(number.slice(-1)) + 1) % 10);
  const masked = `•••••••${number.slice(-2)}`;
  portal.note(number);
  await asStaff(context, portal, 'admin-5');
  await page.goto(tab('11А', 'list'));
  await page.locator('summary', { hasText: en('people', 'student_add') }).click();
  await page.locator('#f-surname').fill(surname);
  await page.locator('#f-given_name').fill('Иван');
  await page.getByRole('button', { name: en('people', 'student_add_do') }).click();
  await expect(page.getByRole('heading', { level: 2, name: new RegExp(surname) })).toBeVisible();
  const person = new URL(page.url()).searchParams.get('person') ?? '';
  const record = `${tab('11А', 'personal')}?person=${person}`;
  const section = page.locator('#id-number');
  const line = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: en('people', 'f_id_number') }) });
  const save = section.getByRole('button', { name: en('people', 'save'), exact: true });
  await expect(line).toContainText(en('people', 'none'));
  await expect(section.getByText(en('people', 'number_remove'), { exact: true })).toHaveCount(0);

  await section.locator('summary', { hasText: en('people', 'number_enter') }).click();
  for (const [typed, words] of [[wrong, 'number_check'], [portal.fixed('parent-1').id_number, 'number_taken'], ['', 'number_empty']] as const) {
    await section.locator('#f-id_number').fill(typed);
    await save.click();
    await expect(summary(page)).toContainText(en('people', words));
    await expect(section.locator('#f-id_number-e')).toContainText(en('people', words));
    await expect(section.locator('#f-id_number'), 'nothing typed is lost').toHaveValue(typed);
  }
  await page.goto(record);
  await expect(line, 'nothing was stored').toContainText(en('people', 'none'));

  await section.locator('summary', { hasText: en('people', 'number_enter') }).click();
  await section.locator('#f-id_number').fill(`${number.slice(0, 4)} ${number.slice(4)}`);
  await save.click();
  await expect(said(page)).toHaveText(en('people', 'number_saved'));
  await expect(line).toContainText(masked);
  await page.getByRole('button', { name: en('people', 'reveal') }).click();
  await expect(line).toContainText(number);
  await page.goto(record);
  const history = page.locator('.record details').filter({ has: page.locator('summary', { hasText: en('people', 'history') }) });
  await history.locator('summary').click();
  await expect(history.locator('li').first()).toContainText(en('people', 'f_id_number'));
  await expect(history.locator('li').first()).toContainText(masked);
  await expect(history.locator('li').first()).toContainText('Морозов');

  const form = { person, version: '2', do: 'set', id_type: 'fictitious', id_number: '123456789' };
  expect((await staffAsks(portal, 'teacher-5a', `${tab('11А', 'personal')}/id-number`, { form })).status).toBe(403);
  // Whoever posts from a page that is older than the last change is told, and nothing is stored.
  const late = await staffAsks(portal, 'admin-5', `${tab('11А', 'personal')}/id-number`, { form: { ...form, version: '1' } });
  expect(late.status).toBe(409);
  await page.reload();
  await expect(line).toContainText(masked);

  await section.locator('summary', { hasText: en('people', 'number_remove') }).click();
  await section.getByRole('button', { name: en('people', 'number_remove_do') }).click();
  await expect(said(page)).toHaveText(en('people', 'number_saved'));
  await expect(line).toContainText(en('people', 'none'));
  await page.locator('summary', { hasText: en('people', 'move_title') }).click();
  await page.locator('#move-to').selectOption({ label: en('people', 'move_out') });
  await page.getByRole('button', { name: en('people', 'move_do') }).click();
  await expect(said(page)).toContainText(en('people', 'student_left'));
});

test('schools: added and changed by the system administrator, and not offered to others', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  await asStaff(context, portal, 'admin-5');
  await page.goto('/admin/classes');
  await expect(page.locator('summary', { hasText: en('admin', 'school_new') })).toHaveCount(0);
  await asStaff(context, portal, 'system');
  await page.goto(`/admin/classes?school=${SCHOOL}`);
  await page.locator('summary', { hasText: en('admin', 'school_change') }).click();
  const form = page.locator('form').filter({ has: page.locator('#name') });
  const before = await form.locator('#name').inputValue();
  await form.locator('#name').fill(' ');
  await form.getByRole('button').click();
  await expect(summary(page)).toContainText(en('admin', 'school_name_bad'));
  await form.locator('#name').fill(before);
  await form.getByRole('button').click();
  await expect(said(page)).toHaveText(en('admin', 'school_changed'));
  await expect(page.getByRole('heading', { level: 2, name: before })).toBeVisible();
});

test('two change one school: the later one is shown what it is now, keeps what was typed, and saves again', async ({ page, context, another, portal, guard }) => {
  guard.expects(409);
  const name = `Школа ${Date.now()}`;
  await asStaff(context, portal, 'system');
  await page.goto('/admin/classes');
  await page.locator('summary', { hasText: en('admin', 'school_new') }).click();
  await page.locator('#new-name').fill(name);
  await page.keyboard.press('Enter');
  await expect(said(page)).toHaveText(en('admin', 'school_added'));
  const { context: theirs, page: other } = await another();
  await asStaff(theirs, portal, 'system');
  const change = async (on: Page, to: string): Promise<void> => {
    await on.locator('#name').fill(to);
    await on.keyboard.press('Enter');
  };
  for (const on of [other, page]) {
    await on.goto(page.url());
    await on.locator('summary', { hasText: en('admin', 'school_change') }).click();
  }
  await change(other, `${name} А`);
  await expect(said(other)).toHaveText(en('admin', 'school_changed'));
  await change(page, `${name} Б`);
  await expect(summary(page)).toContainText(en('admin', 'class_stale'));
  const form = page.locator('form').filter({ has: page.locator('#name') });
  await expect(form.getByText(`${name} А`)).toBeVisible();
  await expect(page.locator('#name')).toHaveValue(`${name} Б`);
  await page.locator('#name').press('Enter');
  await expect(said(page)).toHaveText(en('admin', 'school_changed'));
  await expect(page.getByRole('heading', { level: 2, name: `${name} Б` })).toBeVisible();
});

test('a teacher who is a parent switches in the header, and the choice stays', async ({ page, context, portal }) => {
  await asStaff(context, portal, 'teacher-11a');
  await page.goto('/people/pupils');
  await page.waitForURL(`**${tab('11А', 'list')}`);
  const header = page.locator('header.top');
  const menu = header.locator('details.menu').last();
  await expect(menu.locator('summary')).toContainText(en('people', 'i_class_teacher'));
  await menu.locator('summary').click();
  await menu.getByRole('link', { name: en('people', 'i_parent') }).click();
  await expect(menu.locator('summary')).toContainText(en('people', 'i_parent'));
  await expect(page.locator('a[href^="/me/children/"]')).toHaveCount(1);
  await page.goto('/me/sessions');
  await expect(menu.locator('summary')).toContainText(en('people', 'i_parent'));
  await menu.locator('summary').click();
  await expect(menu.getByRole('link', { name: en('people', 'i_parent') })).toHaveAttribute('aria-current', 'true');
  await menu.getByRole('link', { name: en('people', 'i_class_teacher') }).click();
  await page.waitForURL(`**${tab('11А', 'list')}`);
  await page.goto('/me');
  await expect(menu.locator('summary')).toContainText(en('people', 'i_class_teacher'));
  // What somebody is not cannot be chosen.
  await page.goto('/me?as=system_administrator');
  await expect(menu.locator('summary')).toContainText(en('people', 'i_class_teacher'));
});

test('somebody of another class is refused through one’s own, and it is in the audit log', async ({ portal }) => {
  const stranger = (await rowOf(portal, '5Б', 3)).student.id;
  const asked: [string, number][] = [
    [`/people/pupils/${CLASS['5А']}/personal?person=${stranger}`, 403],
    [`/people/pupils/${CLASS['5А']}/esia?edit=${stranger}`, 403],
    [`/me/children/${stranger}`, 404],
  ];
  for (const [path, status] of asked) {
    const raw = await staffAsks(portal, 'teacher-5a', path);
    expect(raw.status, path).toBe(status);
    const log = await staffAsks(portal, 'admin-5', '/api/v1/audit?event=access.refused&outcome=refused&limit=200');
    const { items } = JSON.parse(log.body.toString()) as { items: { request_id: string }[] };
    expect(items.map((item) => item.request_id), path).toContain(raw.headers['x-request-id']);
  }
});

/** Makes a program with these scopes, in the name of the system administrator. */
async function program(portal: Portal, scopes: string[], key: string): Promise<{ id: string; token?: string; status: number }> {
  const proof = await staffAsks(portal, 'system', '/api/v1/session/proof', { json: { password: portal.fixed('system').password } });
  expect(proof.status).toBe(200);
  const raw = await staffAsks(portal, 'system', '/api/v1/api-clients', { json: { name: 'Расписание', scopes, days: 1 }, headers: { 'idempotency-key': key } });
  const made = JSON.parse(raw.body.toString()) as { id: string; token?: string };
  if (made.token) portal.note(made.token);
  return { ...made, status: raw.status };
}

/** A name that nobody else has: letters alone. */
const lettered = (): string => String(Date.now()).replace(/\d/g, (digit) => 'абвгдежзик'[Number(digit)] ?? 'а');
const staffRow = (page: Page, text: string): Locator => page.locator('table.tbl tbody tr').filter({ hasText: text });

test('a teacher: added, the missing e-mail put in, invited, and in the class editor with password and code', async ({ page, context, another, portal, guard }) => {
  test.setTimeout(120_000);
  guard.expects(403);
  const surname = `Приглашённов${lettered()}`;
  const who = { phone: portal.freeMobile() };
  const email = `invited.${unique()}@shkola5.example`;
  portal.note(email, PASSWORD);
  await asStaff(context, portal, 'admin-5');
  const proof = await staffAsks(portal, 'admin-5', '/api/v1/session/proof', { json: { password: portal.fixed('admin-5').password } });
  expect(proof.status).toBeLessThan(300);
  await page.goto('/people/teachers');
  await page.locator('summary', { hasText: en('people', 'staff_add') }).click();
  await page.locator('#f-surname').fill(surname);
  await page.locator('#f-given_name').fill('Инна');
  await page.locator('#f-mobile').fill(who.phone);
  await page.locator('#post-title').fill('физика');
  await page.getByRole('button', { name: en('people', 'staff_add_do'), exact: true }).click();
  await expect(said(page)).toHaveText(en('people', 'staff_added'));

  // Without an e-mail nobody is invited: the row says so, and has the field.
  const row = staffRow(page, surname);
  const invite = row.getByRole('button', { name: new RegExp(`^${en('people', 'staff_invite')}`) });
  await expect(row).toContainText(en('people', 'staff_no_account'));
  await expect(row).toContainText(en('people', 'staff_no_email'));
  await expect(invite).toHaveCount(0);
  await row.locator('summary').first().click();
  await row.locator('input[name="email"]').fill(email);
  await row.getByRole('button', { name: en('people', 'staff_contacts_save') }).click();
  await expect(said(page)).toHaveText(en('people', 'person_saved'));
  await expect(row).not.toContainText(en('people', 'staff_no_email'));
  await invite.click();
  await expect(said(page)).toHaveText(en('people', 'staff_invited'));
  await expect(row).toContainText(en('people', 'staff_is_invited'));
  await expect(invite).toHaveCount(0);
  await row.locator('summary').first().click();
  await row.locator('select[name="role"]').selectOption('class_teacher');
  await row.locator('select[name="class"]').selectOption(CLASS['11Б']);
  await row.getByRole('button', { name: en('people', 'staff_grant') }).click();
  await expect(said(page)).toHaveText(en('people', 'staff_granted'));

  const letter = invitationIn(await portal.mailbox(email).newest('first_password'), portal);
  const own = await another();
  await own.page.goto(letter.link);
  await field(own.page, 'user_code').fill(letter.user_code);
  await send(own.page);
  await reaches(own.page, '/password/verify');
  await typeCode(own.page, await portal.phone(who).code(1));
  await reaches(own.page, '/password/choose');
  await typeChoice(own.page, PASSWORD);
  await send(own.page);
  await reaches(own.page, '/password/done');
  await own.page.goto('/sign-in/password');
  await typePassword(own.page, letter.user_code, PASSWORD);
  await reaches(own.page, '/sign-in/code');
  await answer(own.page, await portal.phone(who).code(2));
  await own.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  expect((await own.page.goto(tab('11Б', 'esia')))?.status()).toBe(200);
  expect((await own.page.goto(tab('11А', 'esia')))?.status(), 'one’s own class alone').toBe(403);
  await page.reload();
  await expect(row).toContainText(en('people', 'staff_can'));
});

test('a parent who becomes a teacher is found, offered and chosen, and stays one person', async ({ page, context, portal, guard }) => {
  guard.expects(422);
  const parents = (await onFile(portal, '11Б', 'system')).flatMap((one) => one.parents);
  const parent = parents.find((one) => one.person.fields.surname && one.person.fields.given_name)?.person;
  if (!parent) throw new Error('no parent of 11Б has a whole name');
  const title = `кружок ${unique()}`;
  await asStaff(context, portal, 'admin-5');
  await page.goto('/people/specialists');
  await page.locator('summary', { hasText: en('people', 'staff_add') }).click();
  await page.locator('#f-surname').fill(parent.fields.surname ?? '');
  await page.locator('#f-given_name').fill(parent.fields.given_name ?? '');
  await page.locator('#post-title').fill(title);
  const add = page.getByRole('button', { name: en('people', 'staff_add_do'), exact: true });
  const choice = page.locator(`input[name="known"][value="${parent.id}"]`);
  for (const times of [1, 2]) {
    await add.click();
    await expect(choice, `asked ${times}`).toHaveCount(1);
    await expect(summary(page)).toContainText(en('people', 'staff_known_error'));
    await expect(page.locator('#post-title')).toHaveValue(title);
  }
  await choice.check();
  await add.click();
  await expect(said(page)).toHaveText(en('people', 'staff_added'));
  const row = staffRow(page, title);
  await expect(row).toHaveCount(1);
  await expect(row.locator('input[name="person"]').first()).toHaveValue(parent.id);
  await row.locator('summary').first().click();
  await row.locator('summary', { hasText: en('people', 'staff_end_post') }).click();
  await row.getByRole('button', { name: en('people', 'staff_end_do') }).click();
  await expect(said(page)).toHaveText(en('people', 'staff_ended'));
});

test('a program is made once under its key, its token is shown once, and what it lacks a scope for is in the audit log', async ({ portal }) => {
  const key = `program-${unique()}`;
  const first = await program(portal, ['read:classes'], key);
  const again = await program(portal, ['read:classes'], key);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.id).toBe(first.id);
  expect(first.token).toBeDefined();
  expect(again.token).toBeUndefined();
  const raw = await staffAsks(portal, 'system', '/api/v1/audit', { headers: { authorization: `Bearer ${first.token}`, cookie: '' } });
  expect(raw.status).toBe(403);
  const log = await staffAsks(portal, 'system', '/api/v1/audit?event=access.refused&limit=200');
  const { items } = JSON.parse(log.body.toString()) as { items: { request_id: string; detail: Record<string, unknown> }[] };
  const row = items.find((item) => item.request_id === raw.headers['x-request-id']);
  expect(row?.detail).toMatchObject({ client: first.id, scope: 'read:audit' });
  expect((await staffAsks(portal, 'system', `/api/v1/api-clients/${first.id}`, { method: 'DELETE' })).status).toBe(204);
});

test('lists come page by page', async ({ portal }) => {
  const all = await staffAsks(portal, 'system', '/api/v1/schools');
  const ids = (JSON.parse(all.body.toString()) as { items: { id: string }[] }).items.map((item) => item.id);
  const paged: string[] = [];
  let cursor = '';
  do {
    const raw = await staffAsks(portal, 'system', `/api/v1/schools?limit=1&cursor=${cursor}`);
    expect(raw.status).toBe(200);
    const { items, next } = JSON.parse(raw.body.toString()) as { items: { id: string }[]; next?: string };
    paged.push(...items.map((item) => item.id));
    cursor = next ?? '';
  } while (cursor);
  expect(paged).toEqual(ids);
  expect((await staffAsks(portal, 'system', '/api/v1/schools?cursor=nowhere')).status).toBe(422);
});
