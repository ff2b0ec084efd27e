// What staff do for the accounts of others: who may lift a wait, invite again, end sessions and send a link for a new password, and for whom.
// An account of somebody of 5А, who came through Gosuslugi, and that of a parent in Haifa.
import { PERSONS, expect, member, test, through, whoIs } from '../support/gosuslugi.ts';
import { type Raw, ask, cookie } from '../support/http.ts';
import { SESSION, type StaffKey, asStaff, staffAsks } from '../support/staff.ts';
import type { Portal } from '../support/test.ts';
import { en } from '../support/words.ts';

const PAGE = '/admin/accounts';
const ACTS = ['unlock', 'invite', 'end', 'reset', 'question'] as const;
/** Of the school of 5А: its class teacher, the deputy head, the administrator; and the administrator of everything. */
const IN_REACH: StaffKey[] = ['teacher-5a', 'deputy-5', 'admin-5', 'system'];
/** Another class teacher of the same school. */
const BESIDE: StaffKey = 'teacher-11a';

const act = (portal: Portal, key: StaffKey, what: string, account: string): Promise<Raw> =>
  staffAsks(portal, key, PAGE, { form: { do: what, account }, headers: { accept: 'text/html', 'accept-language': 'en' } });

/** The account that a search for a user code or a name finds. */
async function accountOf(portal: Portal, text: string): Promise<string> {
  const found = await staffAsks(portal, 'system', PAGE, { form: { do: 'search', q: text }, headers: { accept: 'text/html' } });
  expect(found.status).toBe(200);
  const ids = new Set([...found.body.toString().matchAll(/name="account"[^>]*value="([^"]+)"/g)].map((match) => match[1]));
  expect(ids.size, text).toBe(1);
  return [...ids][0] ?? '';
}

/** Signs the student in through Gosuslugi; the session's token. */
async function enters(portal: Portal): Promise<string> {
  const token = cookie(await through(portal, PERSONS.byEmail), SESSION);
  expect((await whoIs(portal, token ?? '')).status).toBe(200);
  return token ?? '';
}

const auditRows = async (portal: Portal, query: string): Promise<{ event: string; outcome: string }[]> => {
  const raw = await staffAsks(portal, 'system', `/api/v1/audit?${query}`);
  expect(raw.status, raw.body.toString()).toBe(200);
  return (JSON.parse(raw.body.toString()) as { items: { event: string; outcome: string }[] }).items;
};

test('sessions of a student are ended by those alone in whose reach the student is', async ({ portal }) => {
  const student = await member(portal, '5А', 'Джалилов', 'Резида');
  let token = await enters(portal);
  const account = await accountOf(portal, 'Джалилов Резида');
  expect((await act(portal, BESIDE, 'end', account)).status).toBe(403);
  expect((await whoIs(portal, token)).status, 'still signed in').toBe(200);
  for (const key of IN_REACH) {
    expect((await act(portal, key, 'end', account)).headers.location, key).toMatch(/^\/admin\/accounts\?done=ended&n=\d+$/);
    expect((await whoIs(portal, token)).status, key).toBe(401);
    token = await enters(portal);
  }
  const rows = await auditRows(portal, `person=${student.id}&event=session.ended`);
  expect(rows.filter((row) => row.outcome === 'success').length).toBeGreaterThanOrEqual(IN_REACH.length);
});

test('each role helps its own, and what it refuses changes nothing', async ({ portal }) => {
  const student = await member(portal, '5А', 'Джалилов', 'Резида');
  await enters(portal);
  const [own, other] = [await accountOf(portal, 'Джалилов Резида'), await accountOf(portal, portal.fixed('parent-1').user_code)];
  const letters = portal.mailbox(student.fields.email ?? '');
  const before = (await letters.of('first_password')).length;
  for (const key of IN_REACH) {
    expect((await act(portal, key, 'unlock', own)).headers.location, key).toBe('/admin/accounts?done=unlocked');
    expect((await act(portal, key, 'invite', own)).headers.location, key).toBe('/admin/accounts?done=invited');
    expect((await act(portal, key, 'question', own)).status, key).toBe(200);
  }
  await letters.newest('first_password', before + IN_REACH.length);

  const parent = portal.mailbox('dana@dugma.example');
  const links = (await parent.of('password_reset')).length;
  for (const key of [...IN_REACH.slice(0, -1), BESIDE]) {
    for (const what of ACTS) expect((await act(portal, key, what, other)).status, `${key}: ${what}`).toBe(403);
  }
  for (const what of ACTS) expect((await act(portal, BESIDE, what, own)).status, `${BESIDE}: ${what}`).toBe(403);
  expect((await act(portal, 'system', 'reset', other)).headers.location).toBe('/admin/accounts?done=reset');
  await parent.newest('password_reset', links + 1);
  expect((await parent.of('password_reset')).length, 'of all these one alone was sent').toBe(links + 1);

  const signedIn = await ask(`${portal.origin}/sign-in/password`, {
    form: { user_code: portal.fixed('parent-1').user_code, password: portal.fixed('parent-1').password },
  });
  const cookieOf = `${SESSION}=${cookie(signedIn, SESSION) ?? ''}`;
  for (const what of ACTS) {
    const refused = await ask(portal.origin + PAGE, { form: { do: what, account: own }, headers: { cookie: cookieOf, origin: portal.origin, accept: 'text/html' } });
    expect(refused.status, `a parent: ${what}`).toBe(403);
  }
  expect((await auditRows(portal, 'event=access.refused')).length, 'each refusal is on record').toBeGreaterThan(0);
});

test('the class teacher does it by the page', async ({ page, context, portal }) => {
  const token = await enters(portal);
  await asStaff(context, portal, 'teacher-5a');
  await page.goto(PAGE);
  await page.locator('#find').fill('Джалилов Резида');
  await page.getByRole('button', { name: en('admin', 'find'), exact: true }).click();
  const card = page.locator('ul.accounts > li');
  await expect(card).toHaveCount(1);
  await card.getByText(en('admin', 'end_sessions'), { exact: true }).click();
  await expect(card.getByText(en('admin', 'end_sessions_sure'))).toBeVisible();
  await card.getByRole('button', { name: en('admin', 'end_sessions_do'), exact: true }).click();
  await page.waitForURL('**/admin/accounts?done=ended&n=*');
  await expect(page.getByRole('status').first()).toBeVisible();
  expect((await whoIs(portal, token)).status).toBe(401);
});
