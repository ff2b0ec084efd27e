// The class editor on a server of the tests' own: it is killed while a class is edited, and contacts are changed that somebody
// signs in with.
import type { Page } from '@playwright/test';

import { expireProof } from '../support/database.ts';
import { COLUMN, MOTHER, type Row, becomes, cell, changeBy, editorPath, isSaved, onFile, openEditor, row, status, value, write } from '../support/editor.ts';
import { summary } from '../support/flows.ts';
import { Server, run } from '../support/server.ts';
import { asStaff, sessionOf, staffAsks } from '../support/staff.ts';
import { Portal, expect, test as base } from '../support/test.ts';
import { counted, en, pattern } from '../support/words.ts';

interface Own {
  server: Server;
  own: Portal;
}

const test = base.extend<Own>({
  server: async ({ portal, context, guard }, use) => {
    const server = await new Server(portal.database, 'editor').prepare().start();
    guard.allowsOrigin(server.origin);
    await use(server);
    // A page that is open would listen to a server that is gone.
    for (const page of context.pages()) await page.close();
    expect(await server.stop(), 'stops in order').toBe(0);
  },
  own: async ({ server }, use) => use(new Portal(server.database, server.role)),
});

// There is one such server for each database.
test.describe.configure({ mode: 'default' });

test('what the page calls saved outlives kill -9 in that moment, and the open page goes on by itself', async ({ server, own, page, context, guard }) => {
  test.setTimeout(240_000);
  guard.allows(/net::ERR_/);
  await asStaff(context, own, 'admin-5');
  await openEditor(page, own, '5А');
  const opened = (): Promise<number> => page.evaluate(() => performance.timeOrigin);
  const since = await opened();
  const email = async (at: number): Promise<string | undefined> => (await row(own, '5А', at)).student.fields.email;

  for (const at of [0, 5, 10]) {
    const [last, meanwhile, theirs, next] = ['last', 'meanwhile', 'theirs', 'next'].map((when) => `${when}-${at}@primer.example`) as [string, string, string, string];
    own.note(last, meanwhile, theirs, next);
    const saved = becomes(page, at, COLUMN.email, 'saved');
    await write(page, at, COLUMN.email, last);
    await saved;
    await server.kill();
    expect(JSON.parse(run(['audit', 'verify', '--json', '--config', server.config])), 'the audit log is whole').toMatchObject({ ok: true });

    // Nobody answers: what is typed now waits, and is not said to be saved.
    await write(page, at + 1, COLUMN.email, meanwhile);
    await expect(cell(page, at + 1, COLUMN.email)).toHaveClass(/\bqueued\b/);
    await expect(status(page)).toContainText(counted('editor', 'waiting', 1));
    await expect(status(page)).not.toContainText(pattern('en', 'editor', 'saved'));

    const answers = (path: string): Promise<unknown> => page.waitForResponse((response) => response.url().endsWith(path) && response.ok(), { timeout: 60_000 });
    const listening = Promise.all([answers('/events'), answers('/people')]);
    // What fails before it is waited for is the failure to be told of.
    listening.catch(() => undefined);
    await server.start();
    expect(await email(at), 'what was said to be saved').toBe(last);
    await isSaved(page, at + 1, COLUMN.email);
    expect(await email(at + 1)).toBe(meanwhile);

    // The page listens again, and has read what it may have missed: what others do is told by name.
    await listening;
    await changeBy(own, 'deputy-5', (await row(own, '5А', at + 2)).student, { email: theirs });
    await expect(value(page, at + 2, COLUMN.email)).toHaveText(theirs);
    await expect(cell(page, at + 2, COLUMN.email)).toContainText('Соколова');
    await write(page, at + 3, COLUMN.email, next);
    await isSaved(page, at + 3, COLUMN.email);
    expect(await email(at + 3)).toBe(next);
    await expect(status(page)).toContainText(pattern('en', 'editor', 'saved'));
  }
  expect(await opened(), 'it is the same page all the time').toBe(since);
});

/** The child of the parent who has an account, and the row in which it stands. */
async function family(own: Portal): Promise<{ at: number; entry: Row; mother: Row['student'] }> {
  const rows = await onFile(own, 'ה1', 'system');
  const at = rows.findIndex(({ parents }) => parents[0]?.person.signs_in);
  const entry = rows[at];
  const mother = entry?.parents[0];
  if (!entry || mother?.relation !== 'mother') throw new Error('no mother in ה1 has an account');
  return { at, entry, mother: mother.person };
}

test.describe('a contact that somebody signs in with', () => {
  const WRONG = 'not the password of anybody';
  const emails = async (own: Portal): Promise<(string | undefined)[]> => {
    const { entry, mother } = await family(own);
    return [entry.student.fields.email, mother.fields.email];
  };

  /** Whoever edits has not proved for some time who they are. */
  async function longAgo(own: Portal): Promise<void> {
    expireProof(own, await sessionOf(own, 'system'));
  }

  test('waits for the password, and says so; the rest is saved meanwhile; the old addresses are told', async ({ own, page, context, guard }) => {
    test.setTimeout(120_000);
    guard.expects(403, 422);
    await asStaff(context, own, 'system');
    const { at, mother } = await family(own);
    const [before, mobile] = [mother.fields.email ?? '', mother.fields.mobile ?? ''];
    own.note('changed@dugma.example', 'child@dugma.example', '+972525550199');
    await longAgo(own);
    await openEditor(page, own, 'ה1');
    const dialog = page.getByRole('dialog', { name: en('editor', 'proof_title') });
    const press = async (key: 'proof_confirm' | 'proof_later'): Promise<void> => dialog.getByRole('button', { name: en('editor', key), exact: true }).click();
    const contact = cell(page, at, MOTHER.email);

    await write(page, at, MOTHER.email, 'changed@dugma.example');
    await expect(dialog).toHaveAccessibleDescription(en('editor', 'proof_text'));
    await press('proof_later');
    await expect(dialog).toBeHidden();
    await expect(contact).toHaveClass(/\bproof\b/);
    await expect(contact).toContainText(en('editor', 'proof_why'));
    await expect(value(page, at, MOTHER.email)).toHaveText('changed@dugma.example');
    await expect(status(page)).toContainText(counted('editor', 'proof', 1));
    await expect(status(page)).not.toContainText(pattern('en', 'editor', 'saved'));
    // What nobody signs in with need not wait for it.
    await write(page, at, COLUMN.email, 'child@dugma.example');
    await isSaved(page, at, COLUMN.email);
    expect(await emails(own)).toEqual(['child@dugma.example', before]);
    await expect(dialog).toBeHidden();

    await contact.getByRole('button', { name: en('editor', 'prove'), exact: true }).click();
    const password = dialog.getByLabel(en('editor', 'proof_label'));
    await expect(password).toBeVisible();
    await press('proof_confirm');
    await expect(dialog.getByRole('alert')).toContainText(en('editor', 'proof_empty'));
    await password.fill(WRONG);
    await press('proof_confirm');
    await expect(dialog.getByRole('alert')).toContainText(en('editor', 'proof_wrong'));
    expect(await emails(own)).toEqual(['child@dugma.example', before]);
    await password.fill(own.fixed('system').password);
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
    await isSaved(page, at, MOTHER.email);
    expect(await emails(own)).toEqual(['child@dugma.example', 'changed@dugma.example']);
    await own.mailbox(before).newest('email_changed');

    // The proof holds for some minutes.
    await write(page, at, MOTHER.mobile, '052-555-0199');
    await isSaved(page, at, MOTHER.mobile);
    await expect(dialog).toBeHidden();
    await expect.poll(() => own.phone({ phone: mobile }).notices('mobile_changed').length, { timeout: 30_000 }).toBe(1);
    // Both changes are marked in the audit log, the child's is not.
    const raw = await staffAsks(own, 'system', '/api/v1/audit?event=person.changed&limit=3');
    const { items } = JSON.parse(raw.body.toString()) as { items: { detail: { fields: string[]; signs_in: boolean } }[] };
    expect(items.map(({ detail }) => detail)).toEqual([
      { fields: ['mobile'], signs_in: true },
      { fields: ['email'], signs_in: true },
      { fields: ['email'], signs_in: false },
    ]);
  });

  test('without script the form asks for the password, and keeps what was typed', async ({ own, another, guard }) => {
    guard.expects(422);
    const { entry } = await family(own);
    const [, before] = await emails(own);
    own.note('form@dugma.example', 'form-child@dugma.example');
    const { context, page } = await another({ javaScriptEnabled: false, baseURL: own.origin });
    await asStaff(context, own, 'system');
    await longAgo(own);
    const save = async (page: Page): Promise<void> => page.getByRole('button', { name: en('editor', 'save'), exact: true }).click();
    const mothers = page.locator('input[name="p1.email"]');
    const password = page.locator('input[name="password"]');
    await page.goto(`${editorPath('ה1')}?edit=${entry.student.id}`);
    await expect(password).toHaveCount(0);
    await mothers.fill('form@dugma.example');
    await page.locator('input[name="p0.email"]').fill('form-child@dugma.example');
    await save(page);
    await expect(summary(page)).toContainText(en('editor', 'proof_empty'));
    await expect(page.getByText(en('editor', 'partly')), 'what nobody signs in with is saved').toBeVisible();
    expect(await emails(own)).toEqual(['form-child@dugma.example', before]);
    await expect(mothers).toHaveValue('form@dugma.example');
    await password.fill(WRONG);
    await save(page);
    await expect(summary(page)).toContainText(en('editor', 'proof_wrong'));
    await expect(mothers).toHaveValue('form@dugma.example');
    await expect(password).toHaveValue('');
    await password.fill(own.fixed('system').password);
    await save(page);
    await expect(page).toHaveURL(new RegExp(`/esia\\?saved=${entry.student.id}$`));
    expect(await emails(own)).toEqual(['form-child@dugma.example', 'form@dugma.example']);
  });
});
