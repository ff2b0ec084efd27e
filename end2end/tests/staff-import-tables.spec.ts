// What spreadsheets do to a class list, and files that are no roster at all, handed in as people do.
import type { Locator } from '@playwright/test';

import { onFile } from '../support/editor.ts';
import { zeroId, zeroSnils } from '../support/families.ts';
import { summary } from '../support/flows.ts';
import { apply, applyButton, badRows, counted, exported, handIn, isChecked, onDisk, operator, shownCounts } from '../support/imports.ts';
import { png } from '../support/png.ts';
import { classRoster, classesOf, ownId } from '../support/roster.ts';
import { type Cell, encoded, readCsv, xlsx } from '../support/sheet.ts';
import { asStaff, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';
import { packed, zip } from '../support/zip.ts';

const csv = (separator: string, ...rows: string[][]): string => rows.map((row) => `${row.join(separator)}\r\n`).join('');
const without = (zero: string): string => zero.replace(/^0/, '');

interface Entered {
  fields: object;
  mother: object | undefined;
  /** The line of the school's table, where the ID number stands too. */
  exported: Record<string, string>;
}

/** What a class list of one student became. */
async function entered(portal: Portal, school: string, title: string): Promise<Entered> {
  const [row, ...more] = await onFile(portal, (await classesOf(portal, 'system', school))[title] ?? '', 'system');
  expect(more).toEqual([]);
  const schools = JSON.parse((await staffAsks(portal, 'system', '/api/v1/schools')).body.toString()) as { items: { id: string; name: string }[] };
  const id = schools.items.find(({ name }) => name === school)?.id ?? '';
  const [line = {}] = readCsv((await exported(portal, 'csv', id)).toString());
  return { fields: row?.student.fields ?? {}, mother: row?.parents[0]?.person.fields, exported: line };
}

interface List {
  school: string;
  title: string;
  content: Buffer;
  fields: object;
  mother?: object;
  id?: string;
}

/** Class lists of one student each, by what is special about them. */
const LISTS: [string, (id: string, portal: Portal) => List][] = [
  [
    'Windows-1251, semicolons, spaces that do not break, a zero lost from the SNILS',
    (id, portal) => {
      const [school, snils] = [`Школа № 6-${id}, Югорск`, zeroSnils()];
      const [mobile, motherMobile] = [`+7958${snils.slice(2, 9)}`, `+7959${snils.slice(2, 9)}`];
      portal.note(snils, mobile, motherMobile);
      const spaced = `8\u00A0(${mobile.slice(2, 5)})\u00A0${mobile.slice(5, 8)}-${mobile.slice(8, 10)}-${mobile.slice(10)}`;
      const text = csv(
        ';',
        ['Школа', 'Класс', 'Фамилия', 'Имя', 'Дата рождения', 'СНИЛС', 'Телефон', 'Мать', 'Телефон матери'],
        [
          ...[`${school}\u00A0`, '8\u00A0Б', '\u00A0Щёголева\u00A0', 'Юлия', '09.02.2012', without(snils), spaced],
          ...['Щёголева\u00A0Алла\u00A0Ивановна', motherMobile.slice(2)],
        ],
      );
      return {
        school,
        title: '8Б',
        content: encoded(text, 'windows-1251'),
        fields: { surname: 'Щёголева', given_name: 'Юлия', birth_date: '2012-02-09', snils, mobile },
        mother: { surname: 'Щёголева', given_name: 'Алла', patronymic: 'Ивановна', mobile: motherMobile },
      };
    },
  ],
  [
    'Windows-1255, zeros lost from the ID number and the telephone',
    (id, portal) => {
      const [school, number, mobile] = [`אורנים ${id}, כרמיאל`, zeroId(), portal.freeMobile()];
      portal.note(number);
      const text = csv(
        ',',
        ['בית ספר', 'כיתה', 'שם משפחה', 'שם פרטי', 'תאריך לידה', 'תעודת זהות', 'טלפון נייד', 'שם משפחה של האם', 'שם פרטי של האם'],
        [`"${school}"`, "ז'2", 'בן־דוד', 'נועה', '1.9.2013', without(number), mobile.slice(4), 'בן־דוד', 'רות'],
      );
      return {
        school,
        title: 'ז2',
        content: encoded(text, 'windows-1255'),
        fields: { surname: 'בן־דוד', given_name: 'נועה', birth_date: '2013-09-01', mobile },
        mother: { surname: 'בן־דוד', given_name: 'רות' },
        id: number,
      };
    },
  ],
  [
    'UTF-8 with a mark at its beginning',
    (id, portal) => {
      const school = `North ${id}`;
      portal.note(`${id}-bom@dugma.example`);
      // The mark stands before the column without which nobody knows which school it is.
      const text = csv(',', ['School', 'Class', 'Surname', 'First name', 'E-mail'], [`"${school}"`, '9B', '"Smith"', '"Ann"', `${id}-bom@dugma.example`]);
      return { school, title: '9B', content: Buffer.from(`\uFEFF${text}`), fields: { surname: 'Smith', given_name: 'Ann', email: `${id}-bom@dugma.example` } };
    },
  ],
];

for (const [what, make] of LISTS) {
  test(`a class list in ${what}, is read as it was meant`, async ({ page, context, quick }) => {
    const { school, title, content, fields, mother, id } = make(ownId(), quick);
    await asStaff(context, quick, 'system');
    await handIn(page, quick, 'class-list.csv', content);
    await isChecked(page, 'class-list.csv');
    await expect(badRows(page)).toHaveCount(0);
    const parents = mother === undefined ? {} : { parents: { new: 1 } };
    expect(await shownCounts(page)).toEqual(counted({ schools: { new: 1 }, classes: { new: 1 }, students: { new: 1 }, ...parents, enrolments: { new: 1 } }));
    await apply(page);
    const now = await entered(quick, school, title);
    expect(now.fields).toEqual(fields);
    expect(now.mother).toEqual(mother);
    if (id !== undefined) expect(Object.values(now.exported), 'the zero is back').toContain(id);
  });
}

for (const [name, write] of [
  ['spoilt.csv', (rows: Cell[][]) => Buffer.from(csv(';', ...rows.map((row) => row.map((cell) => String(cell ?? '')))))],
  ['spoilt.xlsx', xlsx],
] as const) {
  test(`of a list ${name} the rows with 9.01E+10 are refused with the reason, and the others are entered`, async ({ page, context, quick }) => {
    const school = `Школа № 2-${ownId()}, Урай`;
    const rows: Cell[][] = [
      ['Школа', 'Класс', 'Фамилия', 'Имя', 'СНИЛС', 'Телефон', 'Мать', 'Телефон матери'],
      [school, '5В', 'Верная', 'Ольга', '', '', '', ''],
      // A line of nothing is a line.
      [],
      [school, '5В', 'Округлённая', 'Нина', '', '9.01E+10', '', ''],
      [school, '5В', 'Потерянная', 'Вера', '6,9967E+10', '', '', ''],
      [school, '5В', 'Материнская', 'Ева', '', '', 'Материнская Ада', '7.9E10'],
    ];
    await asStaff(context, quick, 'system');
    await handIn(page, quick, name, write(rows));
    await isChecked(page, name);
    await expect(badRows(page)).toHaveCount(3);
    const lines = (row: Locator): Promise<string[]> => row.locator('td').allInnerTexts();
    const told = (await Promise.all((await badRows(page).all()).map(lines))).map((cells) => cells.map((cell) => cell.trim().split(/\s*\n\s*/)));
    const reason = en('admin', 'row_scientific');
    expect(told).toEqual([
      [[name], ['4'], ['Телефон'], [reason, '9.01E+10']],
      [[name], ['5'], ['СНИЛС'], [reason, '6,9967E+10']],
      [[name], ['6'], ['Мать: Телефон'], [reason, '7.9E10']],
    ]);
    expect(await shownCounts(page)).toEqual(counted({ schools: { new: 1 }, classes: { new: 1 }, students: { new: 1, bad: 3 }, enrolments: { new: 1 } }));
    await expect(page.getByText(en('admin', 'apply_without_bad'))).toBeVisible();
    await apply(page);
    const students = await onFile(quick, (await classesOf(quick, 'system', school))['5В'] ?? '', 'system');
    expect(students.map(({ student }) => student.fields)).toEqual([{ surname: 'Верная', given_name: 'Ольга' }]);
  });
}

test('two students of one name and class, whom nothing tells apart, are refused in words when their list comes again', async ({ page, context, quick }) => {
  const school = `Школа № 11-${ownId()}, Лангепас`;
  const one = [`"${school}"`, '7Д', 'Двойникова', 'Ия'];
  const list = Buffer.from(csv(',', ['Школа', 'Класс', 'Фамилия', 'Имя'], one, one));
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'namesakes.csv', list);
  await isChecked(page, 'namesakes.csv');
  await apply(page);
  await handIn(page, quick, 'namesakes.csv', list);
  await isChecked(page, 'namesakes.csv');
  expect((await shownCounts(page)).students).toEqual({ new: 0, changed: 0, unchanged: 0, leaving: 0, bad: 2 });
  await expect(badRows(page)).toHaveCount(2);
  for (const reason of await badRows(page).locator('td:nth-child(4)').allInnerTexts()) expect(reason, 'no code').not.toMatch(/^[a-z_]+$/);
});

/** The beginning of a workbook of Excel 97, which is another format. */
const XLS = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(504)]);
/** Unpacks to more than is taken, though it is small. */
const bomb = (names: string[], more: Record<string, string> = {}): Buffer => {
  const zeros = packed(Buffer.alloc(16 * 1024 * 1024));
  return zip({ ...more, ...Object.fromEntries(names.map((name) => [name, zeros])) });
};
const parts = (folder: string): string[] => Array.from({ length: 17 }, (_, at) => `${folder}${at}`);
const inner = (): Buffer => zip(classRoster(ownId(), 'Школа внутри', '5А', 1).files);

/** Files that are no roster: what the page says, the API's status, and its code. */
const NO_ROSTERS: [string, string, () => Buffer, string, number, string][] = [
  ['a picture', 'photo.png', () => png(8, 8), en('admin', 'file_no_text', { file: 'photo.png' }), 422, 'ROSTER-07'],
  ['a picture that is called a workbook', 'photo.xlsx', () => png(8, 8), en('admin', 'file_no_text', { file: 'photo.xlsx' }), 422, 'ROSTER-07'],
  ['an old workbook', 'list.xls', () => XLS, en('admin', 'file_no_text', { file: 'list.xls' }), 422, 'ROSTER-07'],
  ['a roster in a zip in a zip', 'nested.zip', () => zip({ 'inner/roster.zip': zip({ 'roster.zip': inner() }) }), en('admin', 'file_not_recognised'), 422, 'ROSTER-01'],
  ['a zip that is cut off', 'half.zip', () => inner().subarray(0, 300), en('admin', 'file_damaged'), 422, 'ROSTER-02'],
  ['a workbook without sheets', 'hollow.xlsx', () => zip({ 'xl/workbook.xml': '<workbook/>' }), en('admin', 'file_damaged'), 422, 'ROSTER-02'],
  ['a zip that unpacks to 272 MB', 'users.zip', () => bomb(parts('more/'), { 'users.csv': 'sourcedId' }), en('admin', 'file_too_large'), 413, '413'],
  ['a workbook that unpacks to 272 MB', 'sheets.xlsx', () => bomb(parts('xl/worksheets/'), { 'xl/workbook.xml': '<workbook/>' }), en('admin', 'file_too_large'), 413, '413'],
  ['an empty line', 'blank.csv', () => Buffer.from('\uFEFF\r\n'), en('admin', 'file_no_header'), 422, 'ROSTER-05'],
];

test('what is no roster is refused by page, API and command line, each time with the reason, and is not kept', async ({ page, context, quick, guard }) => {
  guard.expects(413, 422);
  await asStaff(context, quick, 'system');
  for (const [what, name, make, words, status, code] of NO_ROSTERS) {
    const content = make();
    await handIn(page, quick, name, content);
    await expect(summary(page), what).toContainText(words);
    await expect(page.locator('#file-e'), what).toContainText(words);
    await expect(applyButton(page)).toHaveCount(0);

    const raw = await staffAsks(quick, 'system', '/api/v1/imports', { parts: { file: { name, content } } });
    expect([raw.status, raw.headers['content-type']], what).toEqual([status, 'application/problem+json']);
    const problem = JSON.parse(raw.body.toString()) as { type: string; title: string };
    expect(problem.type, what).toContain(code);
    expect(problem.title, what).toMatch(/\w{3}/);

    // An operator's own file may be as large as the disk takes.
    if (status === 413) continue;
    const refused = refusedBy(() => operator(quick, 'import', onDisk(name, content)));
    expect(refused.status, what).toBe(7);
    expect(refused.told, what).toContain(`(${code})`);
    expect(refused.told, 'how to mend it').toContain('look whether it is the right file');
  }
  const kept = JSON.parse((await staffAsks(quick, 'system', '/api/v1/imports')).body.toString()) as { items: { file_name: string }[] };
  const names = kept.items.map(({ file_name }) => file_name);
  for (const [, name] of NO_ROSTERS) expect(names).not.toContain(name);
});

test('an empty file is refused by page, API and command line', async ({ page, context, quick, guard }) => {
  guard.expects(422);
  await asStaff(context, quick, 'system');
  await handIn(page, quick, 'empty.csv', Buffer.alloc(0));
  // A file was chosen: to be asked for one would lead nowhere.
  await expect(page.locator('#file-e')).toHaveText(en('admin', 'file_no_header'));
  const raw = await staffAsks(quick, 'system', '/api/v1/imports', { parts: { file: { name: 'empty.csv', content: Buffer.alloc(0) } } });
  expect([raw.status, raw.headers['content-type']]).toEqual([422, 'application/problem+json']);
  expect(refusedBy(() => operator(quick, 'import', onDisk('empty.csv', Buffer.alloc(0)))).status).toBe(7);
});

/** How a command that can't do what is asked ends, and what it says. */
function refusedBy(command: () => string): { status: number; told: string } {
  try {
    command();
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { status, told: stderr };
  }
  throw new Error('the command was to be refused');
}
