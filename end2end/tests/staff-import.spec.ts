// Rosters from files, on the administrators' page: the dry run, what it refuses, applying, and the same file again.
//
// On the server with short times: nobody changes its people, so that what is counted is what the file says.
import type { Locator } from '@playwright/test';

import { onFile } from '../support/editor.ts';
import { summary } from '../support/flows.ts';
import { type Count, KINDS, apply, applyButton, handIn, isChecked, shownCounts } from '../support/imports.ts';
import { snils } from '../support/people.ts';
import { png } from '../support/png.ts';
import { type Files, badRoster, both, classRoster, classesOf, ownId, roster } from '../support/roster.ts';
import { type StaffKey, asStaff, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { en, pattern } from '../support/words.ts';
import { zip } from '../support/zip.ts';

/** A school of its own with one class, two students and a mother of both. */
function small(): { name: string; files: Files } {
  const id = ownId();
  const name = `Школа № 7-${id}, Ханты-Мансийск`;
  const table = (...rows: string[]): string => `${rows.join('\n')}\n`;
  const files = {
    'academicSessions.csv': roster('demo')['academicSessions.csv'] ?? '',
    'orgs.csv': table('sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.country,metadata.locale', `${id},,,"${name}",school,,,ru,ru`),
    'classes.csv': table(
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
      `${id}-7a,,,7А,07,,,homeroom,,${id},year-2026,,,`,
    ),
    'users.csv': table(
      'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,metadata.il.idNumber,metadata.ru.snils',
      `${id}-1,,,true,,,Иван,Сёмин,Тестович,,${id}-1@primer.example,,,${id}-m,07,a password that is ignored,,`,
      `${id}-2,,,true,,,Нина,Сёмина,Тестовна,,,,,${id}-m,07,,,`,
      `${id}-m,,,true,,,Инна,Сёмина,,,${id}-m@primer.example,,,,,,,`,
    ),
    'roles.csv': table(
      'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
      `${id}-r1,,,${id}-1,primary,student,,,${id},`,
      `${id}-r2,,,${id}-2,primary,student,,,${id},`,
      `${id}-rm,,,${id}-m,primary,parent,,,${id},`,
    ),
    'enrollments.csv': table(
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
      `${id}-e1,,,${id}-7a,${id},${id}-1,student,,,`,
      `${id}-e2,,,${id}-7a,${id},${id}-2,student,,,`,
    ),
  };
  return { name, files };
}

const only = (some: Partial<Count>): Count => ({ new: 0, changed: 0, unchanged: 0, leaving: 0, bad: 0, ...some });

/** Why rows of the file of bad rows are refused, and how many for each reason. */
const REASONS: [string, number][] = [
  ...['date_future', 'characters', 'email', 'mobile_landline', 'no_such_day', 'required', 'snils_check'].map((code): [string, number] => [en('people', `fault_${code}`), 1]),
  ...['class_title', 'columns', 'duplicate', 'duplicate_snils', 'id_number', 'no_school', 'scientific', 'two_classes', 'unknown_class', 'unknown_school'].map(
    (code): [string, number] => [en('admin', `row_${code}`), 1],
  ),
  [en('admin', 'row_unknown_role'), 2],
  [en('admin', 'row_unknown_person'), 2],
];

/** Each refused row is named with its reason, and no other. */
async function areNamed(bad: Locator): Promise<void> {
  await expect(bad.locator('tbody tr')).toHaveCount(REASONS.reduce((sum, [, count]) => sum + count, 0));
  const said = await bad.locator('tbody tr td:nth-child(4)').allInnerTexts();
  for (const [words, count] of REASONS) expect(said.filter((text) => text.startsWith(words)).length, words).toBe(count);
}

async function imports(portal: Portal, key: StaffKey): Promise<string[]> {
  const raw = await staffAsks(portal, key, '/api/v1/imports');
  expect(raw.status).toBe(200);
  return (JSON.parse(raw.body.toString()) as { items: { file_name: string }[] }).items.map((item) => item.file_name);
}

test('a file of bad rows: each is named with file, line, column and reason, and nothing is changed', async ({ page, context, quick }) => {
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'bad-rows.zip', zip(roster('bad')));
  await isChecked(page, 'bad-rows.zip');
  const found = await shownCounts(page);
  expect([found.schools.new, found.classes.new, found.enrolments.new]).toEqual([1, 2, 5]);
  expect(found.students.new + found.parents.new + found.staff.new).toBe(6);
  for (const kind of KINDS) expect([found[kind].changed, found[kind].leaving], kind).toEqual([0, 0]);

  const bad = page.locator('section[aria-labelledby="bad"]');
  await expect(bad.getByRole('heading')).toHaveText('21 rows were refused');
  await areNamed(bad);
  const excel = bad.locator('tbody tr').filter({ hasText: '9.01E+10' });
  await expect(excel.locator('td').nth(0)).toHaveText('users.csv');
  await expect(excel.locator('td').nth(1)).toHaveText('6');
  await expect(excel.locator('td').nth(2)).toHaveText('sms');
  // What would not be applied is said beside the button.
  await expect(page.getByText(en('admin', 'apply_without_bad'))).toBeVisible();

  const schools = await staffAsks(quick, 'system', '/api/v1/schools');
  expect(schools.body.toString(), 'a dry run enters nothing').not.toContain('Школа № 9');
});

test('of a file with bad rows the good ones are applied, school by school; the bad ones enter nothing, the first time and again', async ({ page, context, quick }) => {
  test.setTimeout(180_000);
  const id = ownId();
  const [spoilt, whole] = [`Школа № 8-${id}, Ханты-Мансийск`, `Школа № 3-${id}, Сургут`];
  const { files: good, students } = classRoster(`${id}w`, whole, '6В', 3);
  const files = zip(both(badRoster(id, spoilt, snils(300_000_000 + Math.floor(Math.random() * 600_000_000))), good));
  quick.note(...students.flatMap(({ email }) => email || []), 'good@primer.example', '+79030000001', '+79030000002');
  const bad = page.locator('section[aria-labelledby="bad"]');
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'bad-and-good.zip', files);
  await isChecked(page, 'bad-and-good.zip');
  const checked = await shownCounts(page);
  expect(checked).toEqual({
    schools: only({ new: 2 }),
    classes: only({ new: 3, bad: 2 }),
    students: only({ new: 8, bad: 12 }),
    parents: only({ new: 4, bad: 1 }),
    staff: only({ bad: 1 }),
    enrolments: only({ new: 8, bad: 4 }),
    groups: only({}),
  });
  await areNamed(bad);
  expect(await classesOf(quick, 'system', spoilt), 'a dry run enters nothing').toEqual({});
  expect(await classesOf(quick, 'system', whole)).toEqual({});

  await apply(page);
  // What was refused is told still.
  await areNamed(bad);
  const surnames = async (name: string | undefined): Promise<(string | undefined)[]> =>
    name === undefined ? ['no such class'] : (await onFile(quick, name, 'system')).map(({ student }) => student.fields.surname);
  const entered = await classesOf(quick, 'system', spoilt);
  expect(Object.keys(entered).toSorted()).toEqual(['5А', '5Б']);
  expect(await surnames(entered['5А'])).toEqual(['Двуклассов', 'Завтрашний', 'Календарев', 'Ссылкин', 'Хорошев']);
  expect(await surnames(entered['5Б']), 'who is in two classes stays in the first').toEqual([]);
  const rest = await onFile(quick, entered['5А'] ?? '', 'system');
  // Of a day that there is not nothing is entered; the student is.
  expect(rest.map(({ student }) => student.fields.birth_date)).toEqual([undefined, undefined, undefined, undefined, '2015-06-03']);
  expect(rest.map(({ parents }) => parents.length)).toEqual([0, 0, 0, 0, 1]);
  expect(await surnames((await classesOf(quick, 'system', whole))['6В'])).toEqual(students.map(({ surname }) => surname));

  await handIn(page, quick, 'bad-and-good-again.zip', files);
  await isChecked(page, 'bad-and-good-again.zip');
  const again = await shownCounts(page);
  for (const kind of KINDS) expect(again[kind], kind).toEqual(only({ unchanged: checked[kind].new, bad: checked[kind].bad }));
  await areNamed(bad);
  await expect(page.getByText(en('admin', 'nothing_to_change'))).toBeVisible();
  await expect(applyButton(page)).toHaveCount(0);
});

test('a roster is checked, then applied; the same file a second time changes nothing', async ({ page, context, quick }) => {
  test.setTimeout(180_000);
  const { name, files } = small();
  const emails = (files['users.csv'] ?? '').match(/[\w-]+@primer\.example/g) ?? [];
  expect(emails).toHaveLength(2);
  quick.note(...emails);
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'small.zip', zip(files));
  await isChecked(page, 'small.zip');
  expect(await shownCounts(page)).toEqual({
    schools: only({ new: 1 }),
    classes: only({ new: 1 }),
    students: only({ new: 2 }),
    parents: only({ new: 1 }),
    staff: only({}),
    enrolments: only({ new: 2 }),
    groups: only({}),
  });
  await expect(page.locator('section[aria-labelledby="bad"]')).toHaveCount(0);
  expect((await staffAsks(quick, 'system', '/api/v1/schools')).body.toString()).not.toContain(name);

  await apply(page);

  const schools = JSON.parse((await staffAsks(quick, 'system', '/api/v1/schools')).body.toString()) as { items: { id: string; name: string }[] };
  const school = schools.items.find((one) => one.name === name);
  expect(school, 'the school is there').toBeDefined();
  const classes = JSON.parse((await staffAsks(quick, 'system', `/api/v1/schools/${school?.id}/classes`)).body.toString()) as {
    items: { id: string; title: string; students: number }[];
  };
  expect(classes.items).toMatchObject([{ title: '7А', students: 2 }]);
  await page.goto(`${quick.origin}/people/pupils/${classes.items[0]?.id}/list`);
  await expect(page.locator('table.tbl tbody tr')).toHaveCount(2);
  await expect(page.locator('table.tbl tbody tr').first()).toContainText('Инна');

  // Each of them is in the audit log, with who ordered it and from where, though a worker did it.
  for (const { student, parents } of await onFile(quick, classes.items[0]?.id ?? '', 'system')) {
    for (const { id, fields } of [student, ...parents.map(({ person }) => person)]) {
      const log = await staffAsks(quick, 'system', `/api/v1/audit?event=person.created&person=${id}`);
      const { items } = JSON.parse(log.body.toString()) as { items: { actor?: { id: string }; address?: string; after?: { given_name?: string } }[] };
      expect(items.map(({ after }) => after?.given_name)).toEqual([fields.given_name]);
      expect(items.map(({ actor, address }) => [actor?.id !== undefined, address !== undefined])).toEqual([[true, true]]);
    }
  }

  await handIn(page, quick, 'small-again.zip', zip(files));
  await isChecked(page, 'small-again.zip');
  for (const [kind, count] of Object.entries(await shownCounts(page))) expect(count, kind).toEqual(only({ unchanged: count.unchanged }));
  await expect(page.getByText(en('admin', 'nothing_to_change'))).toBeVisible();
  await expect(applyButton(page), 'there is nothing to apply').toHaveCount(0);
});

test('the demo’s own roster again changes nothing', async ({ page, context, quick }) => {
  test.setTimeout(180_000);
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'demo.zip', zip(roster('demo')));
  await isChecked(page, 'demo.zip');
  const found = await shownCounts(page);
  expect([found.schools, found.students]).toEqual([only({ unchanged: 2 }), only({ unchanged: 150 })]);
  for (const kind of KINDS) expect(found[kind], kind).toEqual(only({ unchanged: found[kind].unchanged }));
  await expect(page.locator('section[aria-labelledby="bad"]')).toHaveCount(0);
  await expect(page.getByText(en('admin', 'nothing_to_change'))).toBeVisible();
  await expect(applyButton(page)).toHaveCount(0);
});

test('a school administrator imports the own school only; a deputy head looks on', async ({ page, context, another, quick, guard }) => {
  guard.expects(422);
  const { name, files } = small();
  await asStaff(context, quick, 'admin-5');
  await handIn(page, quick, 'other-school.zip', zip(files));
  await expect(summary(page)).toContainText(name);
  await expect(page.locator('#file-e')).toHaveText(pattern('en', 'admin', 'file_other_school'));
  // The demo's file is about both schools, so all of it is refused.
  await handIn(page, quick, 'both-schools.zip', zip(roster('demo')));
  await expect(summary(page)).toContainText('ניצנים, חיפה');
  expect(await imports(quick, 'admin-5')).not.toEqual(expect.arrayContaining(['other-school.zip']));
  expect(await imports(quick, 'system')).not.toEqual(expect.arrayContaining(['both-schools.zip']));

  const deputy = await another();
  await asStaff(deputy.context, quick, 'deputy-5');
  await deputy.page.goto(`${quick.origin}/admin/import`);
  await expect(deputy.page.getByRole('heading', { level: 1, name: en('admin', 'import_title') })).toBeVisible();
  await expect(deputy.page.locator('#file')).toHaveCount(0);
});

test('an import is nobody else’s to look at or to apply', async ({ quick }) => {
  const { files } = small();
  const parts = { file: { name: 'private.zip', content: zip(files) } };
  const made = await staffAsks(quick, 'system', '/api/v1/imports', { parts });
  expect(made.status, made.body.toString()).toBe(201);
  const { id, state } = JSON.parse(made.body.toString()) as { id: string; state: string };
  expect(state).toBe('checked');
  for (const key of ['deputy-5', 'admin-5'] as const) {
    for (const at of [`/api/v1/imports/${id}`, `/admin/import/${id}`]) expect((await staffAsks(quick, key, at)).status, `${key} ${at}`).toBe(403);
    expect((await staffAsks(quick, key, `/api/v1/imports/${id}/apply`, { method: 'POST' })).status, key).toBe(403);
    expect((await staffAsks(quick, key, `/admin/import/${id}`, { form: { do: 'apply' } })).status, key).toBe(403);
  }
  const still = await staffAsks(quick, 'system', `/api/v1/imports/${id}`);
  expect(JSON.parse(still.body.toString())).toMatchObject({ state: 'checked' });
});

test('what is no roster is refused with its reason, and is not kept', async ({ page, context, quick, guard }) => {
  guard.expects(422);
  await asStaff(context, quick, 'system');
  const refused: [string, Buffer, string?][] = [
    ['no-roster.zip', zip({ 'readme.txt': 'no roster' }), en('admin', 'file_not_recognised')],
    ['letter.txt', Buffer.from('Dear school,\nthis is a letter and no roster.\n')],
    ['photo.csv', png(8, 8)],
    ['half.zip', zip(small().files).subarray(0, 200), en('admin', 'file_damaged')],
    ['no-users.zip', zip(Object.fromEntries(Object.entries(small().files).filter(([file]) => file !== 'users.csv')))],
  ];
  for (const [name, content, words] of refused) {
    await handIn(page, quick, name, content);
    await expect(summary(page), name).toBeVisible();
    await expect(page, name).toHaveTitle(/^Error: /);
    await expect(page.locator('#file-e'), name).toBeVisible();
    if (words !== undefined) await expect(summary(page), name).toContainText(words);
  }
  await page.goto(`${quick.origin}/admin/import`);
  await page.getByRole('button', { name: en('admin', 'check_file'), exact: true }).click();
  await expect(summary(page)).toContainText(en('admin', 'file_missing'));
  const kept = await imports(quick, 'system');
  for (const [name] of refused) expect(kept).not.toContain(name);
});
