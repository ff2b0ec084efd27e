// Who may see and do what: every page of the staff and every route of the API, for each role, for a parent and for nobody.
// What is refused is refused by the server, whatever a page offers.
import { CLASS, type ClassName, type PersonRecord, onFile } from '../support/editor.ts';
import { type Ask, type Raw, ask, cookie } from '../support/http.ts';
import { SESSION, type StaffKey, sessionOf, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { leadsTo } from '../support/wizards.ts';

/** Class teacher, deputy head and administrator are of this school; the other one is in Haifa. */
const SCHOOL = '01900000-0000-7000-8000-000000000005';
const OTHER = '01900000-0000-7000-8000-000000000006';
const NOBODY = '01900000-0000-7000-8000-00000000ffff';
const [OWN, NEXT, ELSEWHERE] = [CLASS['5А'], CLASS['5Б'], CLASS['ה1']];

/** Their letters say in a row of the table who is allowed. */
const ACTORS = { T: 'teacher-5a', D: 'deputy-5', A: 'admin-5', S: 'system', P: 'parent-1' } as const;
type Letter = keyof typeof ACTORS;
const LETTERS = Object.keys(ACTORS) as Letter[];

interface Row extends Omit<Ask, 'headers'> {
  path: string;
  /** Who is allowed. */
  to: string;
  /** The answer to them; 200 without it. */
  status?: number;
  /** The answer to the others, where it is not 403. */
  refused?: Partial<Record<Letter, number>>;
  headers?: Record<string, string>;
}

const TABS = ['list', 'list?print=1', 'photos', 'groups', 'esia', 'personal'];
/** A student of the first of these classes, and one of the second. */
const [OWN_STUDENT, NEXT_STUDENT] = ['01900000-0000-7000-8000-000000002001', '01900000-0000-7000-8000-000000002003'];
const FILE = { name: 'roster.txt', content: Buffer.from('no roster') };

/** Pages, and forms that change nothing where they are allowed. */
const PAGES: Row[] = [
  { path: '/people/pupils?all=1', to: 'TDAS' },
  ...TABS.flatMap((tab): Row[] => [
    { path: `/people/pupils/${OWN}/${tab}`, to: 'TDAS' },
    { path: `/people/pupils/${NEXT}/${tab}`, to: 'DAS' },
    { path: `/people/pupils/${ELSEWHERE}/${tab}`, to: 'S' },
  ]),
  { path: `/people/pupils/${OWN}/list`, form: { q: 'нет' }, to: 'TDAS' },
  { path: `/people/pupils/${NEXT}/list`, form: { q: 'нет' }, to: 'DAS' },
  { path: `/people/pupils/${NEXT}/list/invitations`, form: {}, to: 'DAS' },
  { path: `/people/pupils/${ELSEWHERE}/list/invitations`, form: {}, to: 'S' },
  { path: `/people/pupils/${NEXT}/groups`, form: { do: 'create', title: '' }, to: 'DAS', status: 422 },
  { path: `/people/pupils/${ELSEWHERE}/groups`, form: { do: 'create', title: '' }, to: 'S', status: 422 },
  ...['teachers', 'specialists', 'administration'].flatMap((kind): Row[] => [
    { path: `/people/${kind}`, to: 'DAS' },
    { path: `/people/${kind}?school=${OTHER}`, to: 'S' },
  ]),
  // Nobody of this id has a post, so nothing ends.
  { path: `/people/teachers?school=${SCHOOL}`, form: { do: 'end', person: NOBODY }, to: 'AS', status: 303 },
  { path: `/people/pupils?school=${OTHER}`, to: 'S' },
  { path: `/people/pupils/${OWN}/list/student`, form: { surname: '' }, to: 'AS', status: 422 },
  { path: `/people/pupils/${ELSEWHERE}/list/student`, form: { surname: '' }, to: 'S', status: 422 },
  { path: `/people/pupils/${OWN}/personal/move`, form: { person: NOBODY, to: '' }, to: 'AS', status: 409 },
  { path: `/people/pupils/${OWN}/list/return`, form: { person: NOBODY }, to: 'AS', status: 409 },
  { path: '/admin', to: 'TDAS', status: 303 },
  { path: '/admin/review', to: 'TDAS' },
  { path: '/admin/accounts', to: 'TDAS' },
  { path: '/admin/accounts', form: { do: 'search', q: 'Никто Такой' }, to: 'TDAS' },
  { path: '/admin/readiness', to: 'TDAS' },
  { path: `/admin/readiness?school=${OTHER}`, to: 'S' },
  { path: '/admin/classes', to: 'DAS' },
  { path: `/admin/classes?school=${OTHER}`, to: 'S' },
  { path: `/admin/classes?school=${SCHOOL}`, form: { do: 'rename', class: OWN, title: '' }, to: 'AS', status: 422, refused: { T: 403 } },
  { path: '/admin/classes', form: { do: 'new-school', name: '', country: 'ru', locale: 'ru' }, to: 'S', status: 422 },
  { path: '/admin/import', to: 'DAS' },
  { path: '/admin/import', parts: { overwrite: '' }, to: 'AS', status: 422 },
  { path: `/admin/export?format=csv&school=${SCHOOL}`, to: 'AS' },
  { path: `/admin/export?format=csv&school=${OTHER}`, to: 'S' },
  { path: '/admin/deliveries', to: 'DAS' },
  { path: '/admin/audit', to: 'DAS' },
  { path: '/admin/audit', form: { do: 'export', event: 'keys.rotated' }, to: 'AS' },
  { path: '/admin/api-clients', to: 'S' },
  { path: '/admin/configuration', to: 'S' },
];

/** Routes of the API, in the same way. */
const ROUTES: Row[] = [
  { path: `/schools/${SCHOOL}/classes`, to: 'TDAS' },
  { path: `/schools/${OTHER}/classes`, to: 'S' },
  ...['people', 'readiness'].flatMap((what): Row[] => [
    { path: `/classes/${OWN}/${what}`, to: 'TDAS' },
    { path: `/classes/${NEXT}/${what}`, to: 'DAS' },
    { path: `/classes/${ELSEWHERE}/${what}`, to: 'S' },
  ]),
  { path: `/people/${OWN_STUDENT}/parents`, to: 'TDAS' },
  { path: `/people/${NEXT_STUDENT}/parents`, to: 'DAS' },
  { path: `/people/${OWN_STUDENT}/parents/${NOBODY}`, method: 'PATCH', json: { may_see: true }, to: 'DAS', status: 404 },
  { path: `/people/${OWN_STUDENT}/parents/${NOBODY}`, method: 'DELETE', to: 'DAS', status: 404 },
  { path: `/people/${NEXT_STUDENT}/parents/${NOBODY}`, method: 'DELETE', to: 'DAS', status: 404 },
  { path: `/classes/${NEXT}/groups`, to: 'DAS' },
  { path: '/groups', json: { title: '', classes: [OWN] }, to: 'TDAS', status: 422 },
  { path: '/groups', json: { title: '', classes: [OWN, NEXT] }, to: 'DAS', status: 422 },
  { path: `/people/${OWN_STUDENT}/gosuslugi-links`, to: 'TDAS' },
  { path: `/people/${NEXT_STUDENT}/gosuslugi-links`, to: 'DAS' },
  { path: `/schools/${SCHOOL}/readiness`, to: 'DAS' },
  { path: `/schools/${OTHER}/readiness`, to: 'S' },
  { path: '/imports', to: 'DAS' },
  { path: '/imports', parts: { file: FILE }, to: 'AS', status: 422 },
  { path: '/audit', to: 'DAS' },
  { path: '/deliveries', to: 'DAS' },
  { path: '/api-clients', to: 'S' },
  { path: '/api-clients', json: { name: '', scopes: [], days: 0 }, to: 'S', status: 422 },
  { path: `/api-clients/${NOBODY}`, method: 'DELETE', to: 'S', status: 404 },
].map((row) => ({ ...row, path: `/api/v1${row.path}` }));

/** Sends requests in the name of somebody, as a page of the portal would. */
async function inTheNameOf(portal: Portal, letter: Letter): Promise<(at: string, more?: Ask) => Promise<Raw>> {
  const token = letter === 'P' ? await parentsSession(portal) : await sessionOf(portal, ACTORS[letter]);
  return (at, more = {}) =>
    ask(portal.origin + at, { ...more, headers: { cookie: `${SESSION}=${token}`, origin: portal.origin, accept: 'text/html', ...more.headers } });
}

async function parentsSession(portal: Portal): Promise<string> {
  const parent = portal.fixed('parent-1');
  const raw = await ask(`${portal.origin}/sign-in/password`, { form: { user_code: parent.user_code, password: parent.password } });
  const token = cookie(raw, SESSION);
  if (!token) throw new Error('the parent got no session');
  portal.note(token);
  return token;
}

/** What the table says of somebody. */
const due = (row: Row, letter: Letter): number => (row.to.includes(letter) ? (row.status ?? 200) : (row.refused?.[letter] ?? 403));
const said = ({ method, path, form, json, parts }: Row): string => `${method ?? (form || json || parts ? 'POST' : 'GET')} ${path}`;

async function answers(portal: Portal, letter: Letter, rows: Row[]): Promise<void> {
  const send = await inTheNameOf(portal, letter);
  const found: [string, number][] = [];
  for (const row of rows) found.push([said(row), (await send(row.path, row)).status]);
  expect(found).toEqual(rows.map((row) => [said(row), due(row, letter)]));
}

for (const letter of LETTERS) {
  test(`${ACTORS[letter]}: every page and every route as the table of rights says`, async ({ portal }) => {
    test.setTimeout(240_000);
    await answers(portal, letter, PAGES);
    await answers(portal, letter, ROUTES);
  });
}

test('nobody: every page leads to the sign-in, every route answers 401', async ({ portal }) => {
  for (const row of PAGES) {
    const raw = await ask(portal.origin + row.path, { ...row, headers: { accept: 'text/html' } });
    expect([raw.status, leadsTo(raw)], said(row)).toEqual([303, '/sign-in']);
  }
  for (const row of [...ROUTES, { path: `/api/v1/classes/${OWN}/events`, to: '' }, { path: '/api/v1/schools', to: '' }]) {
    const raw = await ask(portal.origin + row.path, row);
    expect(raw.status, said(row)).toBe(401);
    expect(raw.headers['content-type'], said(row)).toContain('application/problem+json');
  }
});

/** The people whom a test asks about: the one before last of a class, whom no other test changes. */
async function student(portal: Portal, name: ClassName): Promise<PersonRecord> {
  const found = (await onFile(portal, name, 'system')).at(-2);
  if (!found) throw new Error(`nobody in ${name}`);
  return found.student;
}

test('people are changed by those alone whose classes they are in', async ({ portal }) => {
  const [own, next, elsewhere] = [await student(portal, '5А'), await student(portal, '5Б'), await student(portal, 'ה2')];
  for (const letter of LETTERS) {
    const send = await inTheNameOf(portal, letter);
    for (const [person, to] of [[own, 'TDAS'], [next, 'DAS'], [elsewhere, 'S']] as const) {
      const allowed = to.includes(letter);
      const path = `/api/v1/people/${person.id}`;
      const headers = { 'if-match': `"${person.version}"` };
      // The same name again: there is nothing to store, but it takes the right.
      const json = { given_name: person.fields.given_name };
      expect((await send(path, { method: 'PATCH', json, headers })).status, `${letter} ${path}`).toBe(allowed ? 200 : 403);
      // A birth date is personal data, which a class teacher reads only.
      const born = { birth_date: person.fields.birth_date ?? null };
      expect((await send(path, { method: 'PATCH', json: born, headers })).status, `${letter} ${path}: the birth date`).toBe(allowed && letter !== 'T' ? 200 : 403);
      // A parent without any field is none, but that is said only to those who may add one.
      const added = await send(`${path}/parents`, { json: { relation: 'guardian' } });
      expect(added.status, `${letter} ${path}/parents`).toBe(allowed ? 422 : 403);
      if (!allowed) {
        const refused = await send(path, { method: 'PATCH', json: { email: 'mine@primer.example' }, headers });
        expect(refused.status).toBe(403);
        expect((JSON.parse(refused.body.toString()) as { type: string }).type).toBe('urn:schoolgate:problem:forbidden');
      }
    }
  }
  for (const [name, before] of [['5А', own], ['5Б', next], ['ה2', elsewhere]] as const) expect(await student(portal, name)).toEqual(before);
});

test('the full record: read by the class teacher, changed from the deputy head upwards', async ({ portal }) => {
  const person = (await student(portal, '5А')).id;
  const at = `/people/pupils/${OWN}/personal`;
  const rows: Row[] = [
    { path: `${at}?person=${person}`, to: 'TDAS' },
    { path: `${at}?person=${person}&edit=1`, to: 'DAS' },
    { path: at, form: { person, version: '1' }, to: 'DAS', status: 303 },
    { path: `${at}/number`, form: { person }, to: 'DAS' },
    { path: `${at}/id-number`, form: { person, version: '1', do: 'set', id_type: 'il_id', id_number: '' }, to: 'DAS', status: 422 },
    { path: `${at}/id-number`, form: { person, version: '1', do: 'nonsense' }, to: '', refused: { D: 422, A: 422, S: 422 } },
    // Somebody of another class is not opened through this one.
    { path: `${at}?person=${(await student(portal, '5Б')).id}`, to: '', refused: { D: 404, A: 404, S: 404 } },
    { path: `${at}/rights`, form: { person }, to: 'DAS', status: 303 },
    { path: `${at}/parents`, form: { person }, to: 'DAS', status: 422 },
    { path: `${at}/parents`, form: { person, relation: 'guardian' }, to: 'DAS', status: 422 },
    { path: `${at}/parents/remove`, form: { person, parent: NOBODY }, to: 'DAS', status: 404 },
  ];
  for (const letter of LETTERS) await answers(portal, letter, rows);
});

test('members of staff: invited, and their contacts changed, by those who add staff there', async ({ portal }) => {
  const path = `/people/teachers?school=${SCHOOL}`;
  const list = await staffAsks(portal, 'admin-5', path, { headers: { accept: 'text/html' } });
  const person = /Бутрович[\s\S]*?name="person" value="([0-9a-f-]{36})"/.exec(list.body.toString())?.[1];
  if (person === undefined) throw new Error('the class teacher is not listed');
  const rows: Row[] = [
    // She has an account, but that is said only to those who may give one.
    { path, form: { do: 'invite', person }, to: 'AS', status: 422 },
    // Nothing was typed: nothing is stored, but it takes the right.
    { path, form: { do: 'contacts', person, version: '1' }, to: 'AS', status: 303 },
    { path, form: { do: 'add', surname: '', given_name: '' }, to: 'AS', status: 422 },
  ];
  for (const letter of LETTERS) await answers(portal, letter, rows);
});

test('the editor’s form of one row: for those whose class it is, and of nobody who is not in it', async ({ portal }) => {
  const [own, next, elsewhere] = [await student(portal, '5А'), await student(portal, '5Б'), await student(portal, 'ה1')];
  const esia = (name: string, person: PersonRecord): string => `/people/pupils/${name}/esia?edit=${person.id}`;
  const rows: Row[] = [
    ...([[OWN, own, 'TDAS'], [NEXT, next, 'DAS'], [ELSEWHERE, elsewhere, 'S']] as const).flatMap(([name, person, to]): Row[] => [
      { path: `/people/pupils/${name}/esia?show=not-ready`, to },
      { path: esia(name, person), to },
      // A form without any field changes nothing.
      { path: esia(name, person), form: {}, to, status: 303 },
    ]),
    ...[{}, { form: {} }].map((more): Row => ({ path: esia(OWN, next), ...more, to: '', refused: { D: 404, A: 404, S: 404 } })),
  ];
  for (const letter of LETTERS) {
    await answers(portal, letter, rows);
    const send = await inTheNameOf(portal, letter);
    for (const [name, person, to] of [[OWN, own, 'TDAS'], [NEXT, next, 'DAS'], [ELSEWHERE, elsewhere, 'S']] as const) {
      if (to.includes(letter)) continue;
      const form = { 'p0.person': person.id, 'p0.version': String(person.version), 'p0.email': 'mine@primer.example', 'p0.email.was': '' };
      expect((await send(esia(name, person), { form })).status, `${letter} ${name}`).toBe(403);
    }
  }
  for (const [name, before] of [['5А', own], ['5Б', next], ['ה1', elsewhere]] as const) expect(await student(portal, name)).toEqual(before);
});

test('photos: of one’s classes, and of one’s own children', async ({ portal }) => {
  const [next, elsewhere] = [(await student(portal, '5Б')).id, (await student(portal, 'ה1')).id];
  const file = { name: 'photo.png', content: Buffer.from('no picture') };
  const child = (await onFile(portal, 'ה1', 'system')).find((row) => row.parents.some((parent) => parent.person.signs_in))?.student.id;
  expect(child, 'the registered parent has a child in ה1').toBeDefined();
  const rows: Row[] = [
    // Nobody here has a photo: that there is none is said only to those who may see it.
    { path: `/people/pupils/photo/${next}`, to: 'DAS', status: 404 },
    { path: `/people/pupils/photo/${elsewhere}`, to: 'S', status: 404 },
    { path: `/people/pupils/photo/${child}`, to: 'SP', status: 404 },
    { path: `/people/pupils/${NEXT}/photos`, parts: { person: next, photo: file }, to: 'DAS', status: 422 },
    { path: `/people/pupils/${ELSEWHERE}/photos`, parts: { person: elsewhere, photo: file }, to: 'S', status: 422 },
    { path: `/people/pupils/${ELSEWHERE}/photos/remove`, form: { person: elsewhere }, to: 'S', status: 303 },
    { path: `/me/children/${child}`, to: 'P', refused: { T: 404, D: 404, A: 404, S: 404 } },
    { path: `/me/children/${elsewhere}`, to: '', refused: { T: 404, D: 404, A: 404, S: 404, P: 404 } },
  ];
  for (const letter of LETTERS) await answers(portal, letter, rows);
});

test('live changes of a class are told to those alone who may see it', async ({ portal }) => {
  const refused: [Letter, string][] = [['T', NEXT], ['D', ELSEWHERE], ['A', ELSEWHERE], ['P', ELSEWHERE], ['P', OWN]];
  for (const [letter, name] of refused) {
    const send = await inTheNameOf(portal, letter);
    expect((await send(`/api/v1/classes/${name}/events`)).status, `${letter} ${name}`).toBe(403);
  }
});

test('a list of schools holds those in reach; what does not exist is not there for anybody', async ({ portal }) => {
  const reached = async (letter: Letter): Promise<string[]> => {
    const raw = await (await inTheNameOf(portal, letter))('/api/v1/schools');
    expect(raw.status).toBe(200);
    return (JSON.parse(raw.body.toString()) as { items: { id: string }[] }).items.map((school) => school.id);
  };
  for (const letter of ['T', 'D', 'A'] as const) expect(await reached(letter)).toEqual([SCHOOL]);
  expect(await reached('S')).toEqual(expect.arrayContaining([SCHOOL, OTHER]));
  expect(await reached('P')).toEqual([]);
  for (const letter of LETTERS) {
    const send = await inTheNameOf(portal, letter);
    for (const path of [`/people/pupils/${NOBODY}/list`, `/api/v1/classes/${NOBODY}/people`]) expect((await send(path)).status, path).toBe(404);
  }
});

test('a refusal is a page in the reader’s language, a document for programs, and a row in the audit log', async ({ portal }) => {
  const send = await inTheNameOf(portal, 'T');
  const page = await send(`/people/pupils/${NEXT}/list`, { headers: { 'accept-language': 'en' } });
  const program = await send(`/api/v1/classes/${NEXT}/people`);
  expect(page.headers['content-type']).toContain('text/html');
  expect(program.headers['content-type']).toContain('application/problem+json');
  const raw = await staffAsks(portal, 'admin-5', '/api/v1/audit?event=access.refused&outcome=refused&limit=200');
  const { items } = JSON.parse(raw.body.toString()) as { items: { request_id: string; actor?: { name: string }; detail: Record<string, unknown> }[] };
  for (const refused of [page, program]) {
    const row = items.find((item) => item.request_id === refused.headers['x-request-id']);
    expect(row?.actor?.name).toContain('Бутрович');
    expect(row?.detail).toMatchObject({ permission: 'read_contacts', targets: [{ school: SCHOOL, class: NEXT }] });
  }
});

test('a change that another site asks for is refused, and nothing has changed', async ({ portal }) => {
  const key: StaffKey = 'admin-5';
  const before = await student(portal, '11А');
  const title = `Forged ${Date.now()}`;
  const forged: Record<string, string>[] = [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  const changes: { path: string; ask: { method?: string; json?: unknown; form?: Record<string, string> }; headers?: Record<string, string> }[] = [
    { path: `/api/v1/people/${before.id}`, ask: { method: 'PATCH', json: { email: 'forged@primer.example' } }, headers: { 'if-match': `"${before.version}"` } },
    { path: `/api/v1/people/${before.id}/parents`, ask: { json: { relation: 'guardian', surname: 'Подделкин', given_name: 'Иван' } } },
    { path: `/api/v1/people/${before.id}/parents/${NOBODY}`, ask: { method: 'DELETE' } },
    { path: `/people/pupils/${CLASS['11А']}/personal/parents/remove`, ask: { form: { person: before.id, parent: NOBODY } } },
    { path: '/api/v1/session/proof', ask: { json: { password: portal.fixed(key).password } } },
    { path: `/people/pupils/${CLASS['11А']}/groups`, ask: { form: { do: 'create', title } } },
    { path: `/people/pupils/${CLASS['11А']}/esia?edit=${before.id}`, ask: { form: { email: 'forged@primer.example' } } },
    { path: `/people/pupils/${CLASS['11А']}/personal`, ask: { form: { person: before.id, version: String(before.version), email: 'forged@primer.example' } } },
    { path: `/people/teachers?school=${SCHOOL}`, ask: { form: { do: 'add', surname: 'Подделкин', given_name: 'Иван', title } } },
    { path: '/admin/accounts', ask: { form: { do: 'search', q: 'Азимутов' } } },
    { path: '/admin/audit', ask: { form: { do: 'export' } } },
    { path: '/me/confirm', ask: { form: { password: portal.fixed(key).password } } },
  ];
  for (const { path, ask: change, headers } of changes) {
    for (const from of forged) {
      const raw = await staffAsks(portal, key, path, { ...change, headers: { ...headers, ...from } });
      expect(raw.status, `${path} with ${JSON.stringify(from)}`).toBe(403);
      expect(raw.headers['set-cookie'], path).toBeUndefined();
    }
  }
  expect(await student(portal, '11А')).toEqual(before);
  const groups = await staffAsks(portal, key, `/people/pupils/${CLASS['11А']}/groups`);
  expect(groups.body.toString()).not.toContain(title);
  const teachers = await staffAsks(portal, key, '/people/teachers');
  expect(teachers.body.toString()).not.toContain('Подделкин');
});
