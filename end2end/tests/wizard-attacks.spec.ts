// What strangers try with the wizards: walking through numbers, sending messages at others' cost, taking over, forging, listening.
import { comparable } from '../support/alike.ts';
import { ask, cookie, type Raw } from '../support/http.ts';
import { linkIn, tokenOf } from '../support/inbox.ts';
import { type Parent } from '../support/people.ts';
import { expect, test, type Portal } from '../support/test.ts';
import {
  NEXT_PASSWORD, PASSWORD, PASSWORD_FLOW, REGISTRATION, Walk, addressOf, codeGoesTo, field, formOf, join, leadsTo, reaches, register, send, shown, signIn,
  typeWho,
} from '../support/wizards.ts';
import { en } from '../support/words.ts';

const html = { accept: 'text/html', 'accept-language': 'en' };
/** Time in which a message would have come, if there were one. */
const QUIET = 1_500;

/** A browser somewhere else in the world (RFC 5737): the walled server believes the proxy that says so. */
const from = (portal: Portal, address: string): Walk => new Walk(portal, { 'x-forwarded-for': address });

type Step = (who: Parent, portal: Portal) => Promise<Raw[]>;

const byForm: Step = async (who, portal) => {
  const walk = new Walk(portal);
  const steps = [await walk.post('/register', formOf(who)), await walk.get('/register/verify'), await walk.post('/register/verify', { resend: '1' })];
  for (let tries = 0; tries < 6; tries += 1) steps.push(await walk.post('/register/verify', { code: '000000' }));
  steps.push(await walk.get('/register/verify'), await walk.get('/register/contact'), await walk.post('/register/finish'));
  return steps;
};

const byPage: Step = async (who, portal) => {
  const at = `${portal.origin}/api/page/wizard`;
  const begun = await ask(at, { headers: html, json: { path: '/register', fields: Object.entries(formOf(who)) } });
  const headers = { ...html, cookie: `${REGISTRATION}=${cookie(begun, REGISTRATION) ?? ''}` };
  const post = (path: string, fields: [string, string][]): Promise<Raw> => ask(at, { headers, json: { path, fields } });
  const steps = [begun, await post('/register/verify', [['resend', '1']])];
  for (let tries = 0; tries < 6; tries += 1) steps.push(await post('/register/verify', [['code', '000000']]));
  steps.push(await post('/register/contact', [['email', 'a@dugma.example']]), await ask(`${at}-now`, { headers, json: { path: '/register/verify' } }));
  return steps;
};

for (const [road, walk] of Object.entries({ 'the forms': byForm, 'the page’s script': byPage })) {
  test(`a registration answers alike whoever is known, by ${road}`, async ({ portal }) => {
    const [known, other, unknown] = [portal.newcomer(), portal.newcomer(), portal.stranger()];
    const member = await join(portal);
    const reference = await walk(known, portal);
    expect(reference[0]?.status, 'the road was walked').toBeLessThan(400);
    expect(await portal.phone(known).code(), 'who is known got a code').toMatch(/^\d{6}$/);
    const people: [string, Parent][] = [
      ['nobody', unknown],
      ['a child of somebody else', { ...other, child_id: known.child_id }],
      ['another birth date', { ...other, birth_date: '1961-02-03' }],
      ['somebody with an account', member],
    ];
    for (const [what, who] of people) {
      const steps = await walk(who, portal);
      expect(steps.map(comparable), what).toEqual(reference.map(comparable));
      steps.forEach((raw, at) => expect(Math.abs(raw.body.length - (reference[at]?.body.length ?? 0)), `${what}: length of answer ${at}`).toBeLessThanOrEqual(12));
    }
    expect(portal.phone(other).messages(), 'the real parent’s phone stays quiet').toEqual([]);
  });
}

test('walking through ID numbers is stopped with 429, alike for all, and hinders nobody elsewhere', async ({ walled }) => {
  test.setTimeout(180_000);
  const known = [walled.newcomer(), walled.newcomer(), walled.newcomer()];
  const answers: unknown[] = [];
  let refused: Raw | undefined;
  for (let at = 0; at < 100 && refused === undefined; at += 1) {
    const who = at % 10 === 0 ? (known[at / 10] ?? walled.stranger()) : walled.stranger();
    const raw = await from(walled, '203.0.113.10').post('/register', formOf(who));
    if (raw.status === 429) refused = raw;
    else answers.push(comparable(raw));
  }
  expect(refused?.status, 'it is stopped').toBe(429);
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
  expect(answers.length, 'a family, and a computer room of families, may register').toBeGreaterThanOrEqual(20);
  expect(new Set(answers.map((one) => JSON.stringify(one))).size, 'one answer for all').toBe(1);
  // Refused alike too, known or not, and nothing is sent.
  const late = walled.newcomer();
  const refusal = async (who: Parent): Promise<unknown> => {
    const raw = await from(walled, '203.0.113.10').post('/register', formOf(who));
    for (const typed of Object.values(formOf(who))) raw.body = Buffer.from(raw.body.toString().replaceAll(typed, '<typed>'));
    return comparable(raw);
  };
  expect(await refusal(late)).toEqual(await refusal(walled.stranger()));
  const raw = await from(walled, '203.0.113.10').post('/register', formOf(walled.stranger()));
  expect([raw.status, shown(raw).includes('class="summary"')]).toEqual([429, true]);
  // Who comes from elsewhere is not kept out.
  await from(walled, '198.51.100.10').untilContact(late);
  expect(walled.phone(late).messages()).toHaveLength(1);
});

test('an address left of the proxy’s own word is not believed', async ({ walled }) => {
  const statuses = new Set<number>();
  for (let at = 0; at < 100 && !statuses.has(429); at += 1) {
    statuses.add((await from(walled, `198.51.100.${at}, 203.0.113.11`).post('/register', formOf(walled.stranger()))).status);
  }
  expect([...statuses].sort()).toEqual([303, 429]);
});

test('messages to many numbers from one address are capped with 429', async ({ walled }) => {
  test.setTimeout(180_000);
  const phones: string[] = [];
  let refused: Raw | undefined;
  for (let at = 0; at < 60 && refused === undefined; at += 1) {
    const walk = from(walled, '203.0.113.20');
    await walk.who(walled.stranger());
    const mobile = walled.freeMobile();
    const raw = await walk.post('/register/verify', { mobile });
    if (raw.status === 429) refused = raw;
    else {
      expect([raw.status, leadsTo(raw)]).toEqual([303, '/register/verify']);
      phones.push(mobile);
    }
  }
  expect(refused?.status, 'it is stopped').toBe(429);
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
  expect(phones.length).toBeGreaterThanOrEqual(3);
  expect(phones.length, 'messages that a stranger can cause').toBeLessThanOrEqual(20);
  const sent = (): number => phones.filter((phone) => walled.phone({ phone }).messages().length > 0).length;
  await expect.poll(sent, { timeout: 30_000 }).toBe(phones.length);
  // By the third step it is no cheaper: the same cap holds there.
  const who = walled.newcomer();
  const walk = await from(walled, '203.0.113.20').untilContact(who);
  const mobile = walled.freeMobile();
  expect((await walk.post('/register/contact', await walk.contactForm({ email: addressOf(walled, who), mobile }))).status).toBe(429);
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  expect(walled.phone({ phone: mobile }).messages()).toEqual([]);
  // Elsewhere it goes on.
  const elsewhere = from(walled, '198.51.100.20');
  await elsewhere.who(walled.stranger());
  await elsewhere.otherMobile(walled.freeMobile());
});

test('one number is not flooded, from however many addresses', async ({ walled }) => {
  const mobile = walled.freeMobile();
  const statuses: number[] = [];
  for (let at = 0; at < 8; at += 1) {
    const walk = from(walled, `198.51.100.${30 + at}`);
    await walk.who(walled.stranger());
    statuses.push((await walk.post('/register/verify', { mobile })).status);
  }
  expect(new Set(statuses.filter((status) => status !== 429)), 'nothing tells who else has asked').toEqual(new Set([303]));
  await walled.phone({ phone: mobile }).codes(1);
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  expect(walled.phone({ phone: mobile }).messages().length).toBeLessThanOrEqual(5);
});

test('one mailbox is not flooded by registrations of strangers', async ({ walled }) => {
  test.setTimeout(180_000);
  const victim = addressOf(walled, { key: 'mailbox-of-a-victim' });
  for (let at = 0; at < 7; at += 1) {
    const who = walled.stranger();
    const walk = from(walled, `198.51.100.${50 + at}`);
    await walk.who(who);
    await walk.otherMobile(who.phone);
    await walk.code(await walled.phone(who).code());
    await walk.contact({ email: victim });
  }
  await walled.mailbox(victim).newest('registration_link');
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  expect((await walled.mailbox(victim).all()).length).toBeLessThanOrEqual(5);
});

test('one registration sends a handful of messages at most', async ({ walled }) => {
  const walk = from(walled, '198.51.100.70');
  await walk.who(walled.stranger());
  const mobiles = Array.from({ length: 30 }, () => walled.freeMobile());
  let taken = 0;
  for (const mobile of mobiles) {
    const raw = await walk.post('/register/verify', { mobile });
    if (raw.status === 303) taken += 1;
    else expect(raw.status).toBe(429);
  }
  expect(taken).toBeLessThanOrEqual(20);
});

test('a registration by a stranger changes nothing of an account, whatever they know and type', async ({ portal }) => {
  test.setTimeout(180_000);
  const owner = await join(portal);
  const [phone, email] = [portal.freeMobile(), `thief.${owner.email}`];
  portal.note(email);
  // Everything about the owner is known to the thief but the phone on file.
  const walk = await new Walk(portal).untilReview({ ...owner, phone }, { email });
  expect(shown(await walk.get('/register/finish'))).toContain(en('register', 'review_title'));
  await portal.mailbox(owner.email).newest('already_registered');
  expect((await portal.mailbox(email).all()).map((mail) => mail.subject)).not.toContain(en('messages', 'first_password_subject'));
  expect((await signIn(portal, owner.user_code, PASSWORD)).inside).toBe(true);
  expect(await codeGoesTo(portal, owner.id_number, [owner.phone, phone])).toBe(owner.phone);
  await new Walk(portal).takes('/password/forgot', { id_type: 'il_id', id_number: owner.id_number }, '/password/forgot');
  const link = linkIn(await portal.mailbox(owner.email).newest('password_reset'));
  portal.note(tokenOf(link));
  expect(await portal.mailbox(email).of('password_reset')).toEqual([]);
  // Nor does the owner's own phone, found on a table, move the account to another address.
  const second = await new Walk(portal).untilFinish(owner, { email });
  await second.finish();
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  expect(await portal.mailbox(email).of('first_password')).toEqual([]);
  expect((await signIn(portal, owner.user_code, PASSWORD)).inside).toBe(true);
});

test('neither a mailed link nor a phone alone is enough to choose a password', async ({ portal }) => {
  const owner = await register(portal);
  // The mailbox alone: the number is known, the code is not.
  const walk = await new Walk(portal).untilPasswordCode(owner.link, owner);
  const right = await portal.phone(owner).code(2);
  for (let tries = 0; tries < 5; tries += 1) expect((await walk.post('/password/verify', { code: right === '000000' ? '111111' : '000000' })).status).toBe(422);
  expect((await walk.post('/password/verify', { code: right })).status).toBe(422);
  // The phone alone: its code belongs to the browser with the link.
  const other = new Walk(portal, { cookie: `${PASSWORD_FLOW}=${'A'.repeat(43)}` });
  expect((await other.post('/password/verify', { code: right })).headers.location).toBe('/password/forgot?ended=1');
  const choice = { password: NEXT_PASSWORD, password_again: NEXT_PASSWORD, question: 'first_job', answer: 'a harbour pilot', email: owner.email };
  expect(leadsTo(await walk.post('/password/choose', choice))).toBe('/password/verify');
  expect((await signIn(portal, owner.user_code, NEXT_PASSWORD)).raw.status).toBe(422);
});

test('every change of the wizards that another site asks for is refused with 403, and nothing has changed', async ({ portal }) => {
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  const walk = await new Walk(portal).untilFinish(who, { email });
  const owner = await register(portal);
  const chooser = await new Walk(portal).untilChoice(owner.link, owner);
  const cookies = `${REGISTRATION}=${walk.token(REGISTRATION)}; ${PASSWORD_FLOW}=${chooser.token(PASSWORD_FLOW)}`;
  const choice = { password: NEXT_PASSWORD, password_again: NEXT_PASSWORD, question: 'first_job', answer: 'a harbour pilot', email: 'thief@dugma.example' };
  const forms: [string, Record<string, string>][] = [
    ['/register', formOf(portal.stranger())],
    ['/register/verify', { resend: '1' }],
    ['/register/contact', { email: 'thief@dugma.example', consent: '1' }],
    ['/register/finish', {}],
    ['/password/forgot', { id_type: 'il_id', id_number: who.id_number }],
    ['/password/start', { ticket: tokenOf(owner.link), id_type: 'il_id', id_number: owner.id_number }],
    ['/password/verify', { resend: '1' }],
    ['/password/choose', choice],
  ];
  const forged: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of forged) {
    for (const [path, form] of forms) {
      const raw = await ask(`${portal.origin}${path}`, { headers: { ...headers, ...html, cookie: cookies }, form });
      expect([raw.status, raw.headers['set-cookie']], `${path} with ${JSON.stringify(headers)}`).toEqual([403, undefined]);
    }
    for (const [name, json] of [
      ['wizard', { path: '/password/choose', fields: Object.entries(choice) }],
      ['wizard', { path: '/register/finish', fields: [] }],
      ['wizard-now', { path: '/register/finish' }],
      ['wizard-password', { password: NEXT_PASSWORD }],
    ] as [string, unknown][]) {
      const raw = await ask(`${portal.origin}/api/page/${name}`, { headers: { ...headers, accept: 'application/json', cookie: cookies }, json });
      expect([raw.status, raw.headers['set-cookie']], `${name} with ${JSON.stringify(headers)}`).toEqual([403, undefined]);
    }
  }
  expect((await signIn(portal, owner.user_code, NEXT_PASSWORD)).raw.status).toBe(422);
  expect(await portal.mailbox(email).of('first_password')).toEqual([]);
  expect(shown(await walk.get('/register/finish'))).toContain(email);
  await chooser.choose(PASSWORD);
});

test('a form of another site registers nobody, in a real browser', async ({ page, portal, guard }) => {
  guard.expects(403);
  guard.allowsOrigin('http://evil.test');
  const who = portal.newcomer();
  await (await new Walk(portal).untilFinish(who, { email: addressOf(portal, who) })).into(page.context());
  await page.route('http://evil.test/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${portal.origin}/register/finish"><button>Win</button></form>` }),
  );
  await page.goto('http://evil.test/');
  const [reply] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${portal.origin}/register/finish`),
    page.getByRole('button').click(),
  ]);
  expect(reply.status()).toBe(403);
  await page.goto('/register/finish');
  await expect(page.locator('form[name="main"]'), 'it is still to be handed in').toBeVisible();
});

test('nothing that was typed is in an address, and no page of the wizards is kept or passed on', async ({ page, portal }) => {
  const who = portal.newcomer();
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.goto('/register');
  await typeWho(page, who);
  await send(page);
  await reaches(page, '/register/verify');
  await page.goto('/password/forgot');
  await field(page, 'id_number').fill(who.id_number);
  await send(page);
  await page.waitForURL('**/password/forgot?sent=1');
  for (const address of addresses) for (const secret of [who.id_number, who.child_id, who.birth_date]) expect(address).not.toContain(secret);
  const walk = new Walk(portal);
  await walk.who(portal.stranger());
  for (const path of ['/register', '/register/verify', '/password/forgot', '/password/start?ticket=x', '/register?draft=x']) {
    const { headers } = await walk.get(path);
    expect(headers['cache-control'], path).toBe('no-store');
    expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'");
    expect(headers['referrer-policy'], path).toMatch(/^(same-origin|no-referrer|strict-origin)$/);
  }
});

test('the wizards’ cookies are locked to this host, to https, kept from scripts, and end with the browser', async ({ portal }) => {
  const owner = await register(portal);
  const begun = await ask(`${portal.origin}/register`, { headers: html, form: formOf(portal.stranger()) });
  const identified = await ask(`${portal.origin}/password/start`, {
    headers: html,
    form: { ticket: tokenOf(owner.link), id_type: 'il_id', id_number: owner.id_number },
  });
  const lines = [...(begun.headers['set-cookie'] ?? []), ...(identified.headers['set-cookie'] ?? [])];
  expect(lines.map((line) => line.split('=')[0])).toEqual([REGISTRATION, PASSWORD_FLOW]);
  for (const line of lines) {
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) expect(line.split(/;\s*/)).toContain(attribute);
    expect(line).not.toMatch(/domain=|max-age|expires/i);
  }
  portal.note(cookie(begun, REGISTRATION) ?? '', cookie(identified, PASSWORD_FLOW) ?? '');
});
