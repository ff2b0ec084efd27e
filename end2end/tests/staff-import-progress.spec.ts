// How far an import has come: on its page, with script and without; in a terminal; in a log.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { type Counts, applyButton, onDisk } from '../support/imports.ts';
import { BINARY, ROOT } from '../support/places.ts';
import { classesOf, ownId } from '../support/roster.ts';
import { environment } from '../support/server.ts';
import { asStaff, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';

const SCHOOLS = 10;
const STUDENTS = 450;
/** Each student has a mother. */
const PEOPLE = SCHOOLS * STUDENTS * 2;
const LETTERS = 'абвгдежзиклмнопрстуф';

const nameOf = (id: string, school: number): string => `Школа № 2${school}-${id}, Когалым`;

/** A table of schools that take long enough to be looked at. Nobody has a contact: there is nothing but names in it. */
function large(id: string): Buffer {
  const lines = Array.from({ length: SCHOOLS * STUDENTS }, (_, at) => {
    const [school, student] = [Math.floor(at / STUDENTS), at % STUDENTS];
    const surname = `Ко${LETTERS[student % 20]}${LETTERS[Math.floor(student / 20)]}ров`;
    return `"${nameOf(id, school)}",${1 + (student % 9)}А,${surname},Иван,${surname}а,Анна`;
  });
  return Buffer.from(['Школа,Класс,Фамилия,Имя,Фамилия матери,Имя матери', ...lines].join('\n'));
}

interface State {
  state: string;
  done: number;
  total: number;
}

async function state(portal: Portal, id: string): Promise<State> {
  return JSON.parse((await staffAsks(portal, 'system', `/api/v1/imports/${id}`)).body.toString()) as State;
}

/** A bar of progress as it stands on a page: its value, and its words. */
interface Bar {
  value: number;
  words: string;
}

/** Asks for the page of an import until there is no bar on it: what its bar told, each value once. A browser is too slow to see all. */
async function watch(portal: Portal, at: string): Promise<Bar[]> {
  const seen: Bar[] = [];
  const look = async (): Promise<string> => {
    const raw = await staffAsks(portal, 'system', at);
    const [, value, words = ''] = /<progress id="progress" max="\d+" value="(\d+)"><\/progress><label for="progress">([^<]*)</.exec(raw.body.toString()) ?? [];
    if (value === undefined) return 'no bar';
    // Without script too it looks again by itself.
    expect(raw.headers.refresh).toBe('3');
    if (seen.at(-1)?.value !== Number(value)) seen.push({ value: Number(value), words });
    return value;
  };
  await expect.poll(look, { intervals: [10], timeout: 60_000 }).toBe('no bar');
  return seen;
}

test('how far an import is: its page says so, moves and ends by itself, without script too; a terminal shows it as well', async ({
  page,
  context,
  another,
  quick,
}) => {
  const id = ownId();
  const file = large(id);
  await asStaff(context, quick, 'system');
  const checked = await staffAsks(quick, 'system', '/api/v1/imports', { parts: { file: { name: 'ten-schools.csv', content: file } } });
  expect(checked.status, checked.body.toString().slice(0, 400)).toBe(201);
  const made = JSON.parse(checked.body.toString()) as { id: string; report: { counts: Counts; bad_total: number } };
  expect([made.report.bad_total, made.report.counts.schools.new, made.report.counts.students.new]).toEqual([0, SCHOOLS, SCHOOLS * STUDENTS]);

  const at = `/admin/import/${made.id}`;
  const plain = await another({ javaScriptEnabled: false });
  await asStaff(plain.context, quick, 'system');
  for (const one of [page, plain.page]) {
    await one.goto(quick.origin + at);
    await expect(applyButton(one)).toBeVisible();
    await expect(one.getByRole('progressbar')).toHaveCount(0);
  }
  await applyButton(page).click();
  const bar = page.getByRole('progressbar', { name: ` of ${PEOPLE} people done` });
  const first = bar.evaluate((bar: HTMLProgressElement) => ({ value: bar.value, max: bar.max, words: bar.labels[0]?.textContent }));
  const [{ value, max, words }, again, seen] = await Promise.all([first, plain.page.reload(), watch(quick, at)]);
  expect([max, words]).toEqual([PEOPLE, en('admin', 'done_of', { done: String(value), total: String(PEOPLE) })]);
  expect(again?.headers().refresh).toBe('3');
  const values = seen.map(({ value }) => value);
  expect(values, 'it only grows').toEqual(values.toSorted((a, b) => a - b));
  expect(values.filter((value) => value > 0 && value < PEOPLE).length, `it moves: ${values.join(', ')}`).toBeGreaterThan(1);
  expect(values.some((value) => value % (PEOPLE / SCHOOLS) > 0), `within schools too: ${values.join(', ')}`).toBe(true);
  for (const { value, words } of seen) expect(words.match(/\d+/g), 'in whatever language').toEqual(expect.arrayContaining([String(value), String(PEOPLE)]));

  // Nobody has touched these two since.
  for (const untouched of [page, plain.page]) {
    await expect(untouched.getByText(en('admin', 'applied_why'))).toBeVisible();
    await expect(untouched.getByRole('progressbar')).toHaveCount(0);
  }
  expect((await staffAsks(quick, 'system', at)).headers.refresh, 'there is nothing to wait for').toBeUndefined();
  expect(await state(quick, made.id)).toMatchObject({ state: 'applied', done: PEOPLE, total: PEOPLE });
  for (const school of [0, SCHOOLS - 1]) expect(Object.keys(await classesOf(quick, 'system', nameOf(id, school)))).toHaveLength(9);
  inTerminal(quick, onDisk('ten-schools.csv', file));
});

/** The same file by the command line: in a terminal one line that is written over, elsewhere one to begin with and one for each tenth. */
function inTerminal(portal: Portal, file: string): void {
  const words = ['import', file, '--dry-run', '--json', '--config', path.join(portal.folder, 'schoolgate.toml')];
  const logged = spawnSync(BINARY, words, { cwd: ROOT, env: environment(), encoding: 'utf8' });
  expect(logged.status, logged.stderr).toBe(0);
  // The answer is for programs: nothing of the progress is in it.
  expect(JSON.parse(logged.stdout)).toMatchObject({ applied: false, changes: 0 });
  const line = (share: number): string => `${String(share).padStart(3)} %  ${(PEOPLE * share) / 100} of ${PEOPLE} people compared\n`;
  expect(logged.stderr).toBe(Array.from({ length: SCHOOLS + 1 }, (_, at) => line((at * 100) / SCHOOLS)).join(''));

  const command = [BINARY, ...words].map((word) => `'${word}'`).join(' ');
  const shown = spawnSync('script', ['--quiet', '--return', '--command', `${command} >/dev/null`, '/dev/null'], { cwd: ROOT, env: environment(), encoding: 'utf8' });
  expect(shown.status, shown.stderr).toBe(0);
  expect(shown.stdout).toMatch(/^\r  0 % [^\n]*\r  5 % [^\n]*\r 10 % [^\n]*\r 20 % [^\n]*\r100 % [^\n]* people compared\r?\n$/);
}
