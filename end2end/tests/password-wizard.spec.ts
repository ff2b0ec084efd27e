// Choosing a password: by the first mail, by the initial password, by "forgot my password"; and what a link is worth afterwards.
import { randomBytes } from 'node:crypto';

import { comparable } from '../support/alike.ts';
import { expireInitialPassword, expireTicket } from '../support/database.ts';
import { enter, isInside, meStatus, summary, typePassword } from '../support/flows.ts';
import { ask, cookie, type Raw } from '../support/http.ts';
import { linkIn, tokenOf, userCodeIn } from '../support/inbox.ts';
import { expect, test } from '../support/test.ts';
import {
  NEXT_PASSWORD, PASSWORD, PASSWORD_FLOW, Walk, asksFor, field, forgot, join, leadsTo, reaches, register, send, shown, signIn, typeChoice, typeCode,
} from '../support/wizards.ts';
import { en } from '../support/words.ts';

const identification = (link: string, idNumber: string): Record<string, string> => ({ ticket: tokenOf(link), id_type: 'il_id', id_number: idNumber });

test('the initial password signs in once, and only to choose another', async ({ page, portal, guard }) => {
  guard.expects(422);
  const registered = await register(portal);
  await page.goto('/sign-in/password');
  // As people type it: small letters, spaces in place of the dashes.
  await typePassword(page, registered.user_code, registered.password.toLowerCase().replaceAll('-', ' '));
  await reaches(page, '/password/verify');
  expect((await page.context().cookies()).map((one) => one.name)).not.toContain('__Host-session');
  expect(await meStatus(page.request, portal)).toBe(401);
  await page.goto('/me');
  await reaches(page, '/sign-in');

  // A second time it is worth nothing, in this browser or another.
  const second = await signIn(portal, registered.user_code, registered.password);
  expect([second.raw.status, second.inside, second.walk.has(PASSWORD_FLOW)]).toEqual([422, false, false]);

  await page.goto('/password/choose');
  await reaches(page, '/password/verify');
  await typeCode(page, await portal.phone(registered).code(2));
  await reaches(page, '/password/choose');
  portal.note(PASSWORD);
  await typeChoice(page, PASSWORD);
  await send(page);
  await reaches(page, '/password/done');
  await expect(page.getByRole('main')).toContainText(registered.user_code);
  expect(await meStatus(page.request, portal), 'choosing is not signing in').toBe(401);
  await page.goto('/sign-in/password');
  await typePassword(page, registered.user_code, PASSWORD);
  await isInside(page);
  // The link of the same mail has done its work too.
  expect(shown(await new Walk(portal).get(registered.link.slice(portal.origin.length)))).toContain(en('password', 'used_title'));
});

test('the initial password opens nothing through the API, and nothing after its three days', async ({ portal }) => {
  const registered = await register(portal);
  const late = await register(portal);
  const byApi = await ask(`${portal.origin}/api/v1/sign-in/password`, { json: { user_code: registered.user_code, password: registered.password } });
  expect(cookie(byApi, '__Host-session')).toBeUndefined();
  expect((await ask(`${portal.origin}/api/v1/me`, { headers: { cookie: `__Host-session=${cookie(byApi, PASSWORD_FLOW) ?? ''}` } })).status).toBe(401);
  expireInitialPassword(portal, late.user_code);
  const { raw, inside, walk } = await signIn(portal, late.user_code, late.password);
  expect([raw.status, inside, walk.has(PASSWORD_FLOW)]).toEqual([422, false, false]);
  expect(shown(raw)).toContain(en('sign_in', 'wrong'));
});

test('a chosen password ends every session, and the one before it', async ({ another, portal }) => {
  const member = await join(portal);
  const sessions = [await another(), await another()];
  for (const { context } of sessions) await enter(context, portal, member);
  const walk = await new Walk(portal).untilChoice(await forgot(portal, member), member);
  for (const { context } of sessions) expect(await meStatus(context.request, portal), 'until the new one is chosen').toBe(200);
  await walk.choose(NEXT_PASSWORD);
  for (const { context } of sessions) expect(await meStatus(context.request, portal)).toBe(401);
  expect((await signIn(portal, member.user_code, PASSWORD)).raw.status).toBe(422);
  expect((await signIn(portal, member.user_code, NEXT_PASSWORD)).inside).toBe(true);
  const mail = await portal.mailbox(member.email).newest('password_chosen', 2);
  expect(userCodeIn(mail.text), 'the user code never changes').toBe(member.user_code);
});

test('“forgot my password” answers known and unknown numbers alike: status, headers, body', async ({ portal }) => {
  const member = await join(portal);
  // Six times: the sixth within an hour is one too many.
  const walkFor = async (number: string): Promise<unknown[]> => {
    const walk = new Walk(portal);
    const steps: Raw[] = [await walk.get('/password/forgot')];
    for (let times = 0; times < 6; times += 1) steps.push(await walk.post('/password/forgot', { id_type: 'il_id', id_number: number }), await walk.get('/password/forgot?sent=1'));
    expect(steps.map((raw) => raw.status).slice(0, 3)).toEqual([200, 303, 200]);
    for (const raw of steps) raw.body = Buffer.from(raw.body.toString().replaceAll(number, '<typed>'));
    return steps.map(comparable);
  };
  const known = await walkFor(member.id_number);
  const box = portal.mailbox(member.email);
  await box.newest('password_reset', 5);
  expect(await walkFor(portal.nobodysNumber()), 'nobody’s number').toEqual(known);
  expect(await walkFor(portal.somebody().id_number), 'an account without an address').toEqual(known);
  expect(await walkFor(portal.newcomer().id_number), 'a person without an account').toEqual(known);
  const links = (await box.of('password_reset')).map(linkIn);
  portal.note(...links.map(tokenOf));
  expect(links, 'not more than five an hour').toHaveLength(5);
});

test('a slip in the number is told on the page', async ({ page, portal, guard }) => {
  guard.expects(422);
  const member = portal.somebody();
  await page.goto('/password/forgot');
  await field(page, 'id_number').fill('123456789');
  await send(page);
  await expect(summary(page)).toContainText(en('sign_in', 'id_check'));
  await expect(field(page, 'id_number')).toHaveValue('123456789');
  await field(page, 'id_number').fill(member.id_number);
  await send(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('password', 'sent_title'));
  expect(page.url(), 'nothing that was typed is in the address').not.toContain(member.id_number);
});

test('opening a link uses nothing up, however often and by whom', async ({ page, portal }) => {
  const registered = await register(portal);
  const at = registered.link.slice(portal.origin.length);
  const scanner = new Walk(portal);
  for (const raw of [await scanner.get(at), await scanner.head(at), await scanner.get(at), await scanner.head(at)]) {
    expect(raw.status).toBe(200);
    expect(raw.headers['set-cookie']).toBeUndefined();
    expect(raw.headers['cache-control']).toBe('no-store');
    expect(raw.headers['referrer-policy'], 'the secret is told to no other site').toMatch(/^(same-origin|no-referrer|strict-origin)$/);
    for (const secret of [registered.id_number, registered.email, registered.user_code, registered.name]) expect(raw.body.toString()).not.toContain(secret);
  }
  expect(portal.phone(registered).withCode(), 'no code went out').toHaveLength(1);
  await page.goto(registered.link);
  await field(page, 'id_number').fill(registered.id_number);
  await send(page);
  await reaches(page, '/password/verify');
  expect(page.url()).not.toContain(tokenOf(registered.link));
  // And the link stays good until a password is chosen.
  await new Walk(portal).untilPasswordCode(registered.link, registered);
});

test('a link that is used, replaced, expired or invented says so and opens nothing', async ({ portal }) => {
  test.setTimeout(180_000);
  const member = await join(portal);
  const replaced = await forgot(portal, member);
  const expired = await forgot(portal, member);
  expireTicket(portal, tokenOf(expired));
  const used = await register(portal);
  await (await new Walk(portal).untilChoice(used.link, used)).choose(PASSWORD);
  const invented = `${portal.origin}/password/start?ticket=${randomBytes(32).toString('base64url')}`;
  const cut = member.user_code;
  const cases: [string, string, string][] = [
    [used.link, used.id_number, 'used_title'],
    [replaced, member.id_number, 'replaced_title'],
    [expired, member.id_number, 'expired_title'],
    [invented, member.id_number, 'unknown_title'],
    [`${portal.origin}/password/start?ticket=${cut}`, member.id_number, 'unknown_title'],
  ];
  for (const [link, idNumber, title] of cases) {
    const walk = new Walk(portal);
    const looked = await walk.get(link.slice(portal.origin.length));
    const posted = await walk.post('/password/start', identification(link, idNumber));
    for (const raw of [looked, posted]) {
      expect(raw.status, title).toBe(410);
      expect(shown(raw), title).toContain(en('password', title));
      expect(asksFor(raw, 'id_number'), title).toBe(false);
      expect(raw.body.toString(), title).not.toContain(member.email);
    }
    expect(walk.has(PASSWORD_FLOW), title).toBe(false);
  }
  expect((await signIn(portal, member.user_code, PASSWORD)).inside, 'nothing has changed').toBe(true);
});

test('a link that anybody may ask for does not stop whoever has answered the code', async ({ portal }) => {
  const member = await join(portal);
  const walk = await new Walk(portal).untilChoice(await forgot(portal, member), member);
  const newer = await forgot(portal, member);
  await walk.choose(NEXT_PASSWORD);
  expect((await signIn(portal, member.user_code, NEXT_PASSWORD)).inside).toBe(true);
  expect((await signIn(portal, member.user_code, PASSWORD)).raw.status).toBe(422);
  const raw = await new Walk(portal).get(newer.slice(portal.origin.length));
  expect([raw.status, shown(raw).includes(en('password', 'used_title'))], 'and is worth nothing afterwards').toEqual([410, true]);
});

test('somebody else’s link takes only its owner’s number; guessing has to wait', async ({ page, portal, guard }) => {
  guard.expects(422, 429);
  const owner = await register(portal);
  const thief = await join(portal);
  await page.goto(owner.link);
  await field(page, 'id_number').fill(thief.id_number);
  await send(page);
  await expect(summary(page)).toContainText(en('password', 'other_number'));
  await expect(field(page, 'id_number')).toHaveValue(thief.id_number);
  expect((await page.context().cookies()).map((one) => one.name)).not.toContain(PASSWORD_FLOW);
  const walk = new Walk(portal);
  const statuses: number[] = [];
  for (let tries = 0; tries < 12 && statuses.at(-1) !== 429; tries += 1) {
    statuses.push((await walk.post('/password/start', identification(owner.link, portal.nobodysNumber()))).status);
  }
  expect(statuses.at(-1), statuses.join(' ')).toBe(429);
  const right = identification(owner.link, owner.id_number);
  const refused = await walk.post('/password/start', right);
  expect(refused.status, 'the right number does not help while the wait runs').toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(portal.phone(owner).withCode()).toHaveLength(1);
  expect(portal.phone(thief).withCode(), 'no code went anywhere').toHaveLength(2);
  // A wait is no lock: its owner gets in when it is over.
  await expect.poll(async () => (await walk.post('/password/start', right)).status, { timeout: 40_000 }).toBe(303);
});

test('another address: the old one is told, the new one gets the confirmation and every later link', async ({ portal }) => {
  const member = await join(portal);
  const moved = `moved.${member.email}`;
  portal.note(moved);
  const walk = await new Walk(portal).untilChoice(await forgot(portal, member), member);
  await walk.choose(NEXT_PASSWORD, { email: moved });
  await portal.mailbox(member.email).newest('email_changed');
  await portal.mailbox(moved).newest('password_chosen');
  expect(await portal.mailbox(member.email).of('password_chosen'), 'the first one only').toHaveLength(1);
  await forgot(portal, { ...member, email: moved });
  expect(await portal.mailbox(member.email).of('password_reset')).toHaveLength(1);
});

test('a question of one’s own', async ({ page, portal }) => {
  const registered = await register(portal);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  await walk.into(page.context());
  await page.goto('/password/choose');
  await typeChoice(page, PASSWORD);
  await field(page, 'question').selectOption('own');
  const question = 'Which tree stood before our first window?';
  portal.note(question);
  await field(page, 'own_question').fill(question);
  await send(page);
  await reaches(page, '/password/done');
  expect((await signIn(portal, registered.user_code, PASSWORD)).inside).toBe(true);
});

test('two tabs and a reload: the first choice counts, nothing is chosen twice', async ({ page, portal }) => {
  const registered = await register(portal);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  await walk.into(page.context());
  await page.goto('/password/verify');
  await reaches(page, '/password/choose');
  await page.reload();
  await expect(field(page, 'email')).toHaveValue(registered.email);
  const other = await page.context().newPage();
  await other.goto('/password/choose');
  await typeChoice(page, PASSWORD);
  await typeChoice(other, NEXT_PASSWORD);
  await send(page);
  await reaches(page, '/password/done');
  await send(other);
  await reaches(other, '/password/done');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('password', 'done_title'));
  expect((await signIn(portal, registered.user_code, NEXT_PASSWORD)).raw.status).toBe(422);
  expect((await signIn(portal, registered.user_code, PASSWORD)).inside).toBe(true);
  expect(await portal.mailbox(registered.email).of('password_chosen')).toHaveLength(1);
});

test('save pressed many times at once chooses once', async ({ portal }) => {
  const registered = await register(portal);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  const choice = await walk.choiceForm(PASSWORD);
  const replies = await Promise.all(Array.from({ length: 4 }, () => walk.post('/password/choose', choice)));
  expect(replies.map(leadsTo)).toEqual(replies.map(() => '/password/done'));
  const box = portal.mailbox(registered.email);
  await box.newest('password_chosen');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await box.of('password_chosen')).toHaveLength(1);
});

test('of two browsers with the same link the first to choose wins; the other begins again', async ({ portal }) => {
  const registered = await register(portal);
  const one = await new Walk(portal).untilChoice(registered.link, registered);
  const two = await new Walk(portal).untilChoice(registered.link, registered);
  await one.choose(PASSWORD);
  const raw = await two.post('/password/choose', { password: NEXT_PASSWORD, password_again: NEXT_PASSWORD, question: 'first_job', answer: 'a harbour pilot', email: registered.email });
  expect([raw.status, raw.headers.location]).toEqual([303, '/password/forgot?ended=1']);
  expect((await signIn(portal, registered.user_code, PASSWORD)).inside).toBe(true);
});

test('no step works without the one before it', async ({ portal }) => {
  const nobody = new Walk(portal);
  for (const path of ['/password/verify', '/password/choose', '/password/done']) {
    const posted = path.endsWith('done') ? [] : [await nobody.post(path, { code: '123456', password: PASSWORD })];
    for (const raw of [await nobody.get(path), ...posted]) expect([raw.status, raw.headers.location], path).toEqual([303, '/password/forgot?ended=1']);
  }
  const registered = await register(portal);
  const walk = await new Walk(portal).untilPasswordCode(registered.link, registered);
  const choice = { password: PASSWORD, password_again: PASSWORD, question: 'first_job', answer: 'a harbour pilot', email: registered.email };
  for (const raw of [await walk.get('/password/choose'), await walk.post('/password/choose', choice), await walk.get('/password/done')]) {
    expect([raw.status, leadsTo(raw)]).toEqual([303, '/password/verify']);
  }
  expect((await signIn(portal, registered.user_code, PASSWORD)).raw.status).toBe(422);
});
