// What a registration refuses: what cannot be right, wrong and old codes, the code of another browser. How a page shows it: tests/pages/wizard-refused.spec.ts.
import { expireCode } from '../support/database.ts';
import { resend, summary } from '../support/flows.ts';
import { hydrated } from '../support/guard.ts';
import { wrongCode } from '../support/inbox.ts';
import { mistyped } from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import { REGISTRATION, Walk, addressOf, field, formOf, leadsTo, reaches, send, shown, tells, typeCode, typeWho, valueOf } from '../support/wizards.ts';
import { en } from '../support/words.ts';

test('each field is judged by the server: empty, of the wrong form, of a day to come', async ({ portal }) => {
  const who = portal.stranger();
  const good = formOf(who);
  const wrong: [string, string[]][] = [
    ['id_number', ['', mistyped(who.id_number), '12345678a', '1234567890', '0']],
    ['birth_date', ['', '31.2.1985', '1985', '2999-01-01', `${new Date().getUTCFullYear() - 3}-01-01`]],
    ['child_id', ['', mistyped(who.child_id), 'none']],
  ];
  for (const [name, values] of wrong) {
    for (const value of values) {
      const walk = new Walk(portal);
      const raw = await walk.post('/register', { ...good, [name]: value });
      expect(raw.status, `${name}=${value}`).toBe(422);
      expect(['id_number', 'birth_date', 'child_id'].filter((one) => tells(raw, one)), `${name}=${value}`).toEqual([name]);
      for (const kept of ['id_number', 'birth_date', 'child_id']) {
        expect(valueOf(raw, kept), kept).toBe(kept === name ? value : good[kept]);
      }
      expect(walk.has(REGISTRATION), 'no registration has begun').toBe(false);
    }
  }
  const empty = await new Walk(portal).post('/register', { id_number: '', birth_date: '', child_id: '' });
  for (const name of ['id_number', 'birth_date', 'child_id']) expect(tells(empty, name), name).toBe(true);
});

test('five wrong codes kill the code, for people whom nobody knows as well', async ({ page, portal, guard }) => {
  guard.expects(422);
  for (const who of [portal.newcomer(), portal.stranger()]) {
    await page.context().clearCookies({ name: REGISTRATION });
    await page.goto('/register');
    await typeWho(page, who);
    await send(page);
    await reaches(page, '/register/verify');
    const right = who.key.startsWith('newcomer') ? await portal.phone(who).code() : '123456';
    const wrong = wrongCode(right);
    for (const left of [4, 3, 2, 1]) {
      await typeCode(page, wrong);
      await expect(summary(page)).toContainText(left === 1 ? /one try left/ : new RegExp(`${left} tries left`));
      await expect(field(page, 'code')).toHaveAttribute('aria-invalid', 'true');
      await expect(field(page, 'code')).toHaveValue('');
    }
    await typeCode(page, wrong);
    await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
    await typeCode(page, right);
    await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
    await page.goto('/register/contact');
    await reaches(page, '/register/verify');
  }
});

test('what is no code is told as such and costs no try', async ({ portal }) => {
  const walk = new Walk(portal);
  await walk.who(portal.stranger());
  for (const [code, text] of [['', 'code_empty'], ['12345', 'code_format'], ['12345a', 'code_format']] as const) {
    const raw = await walk.post('/register/verify', { code });
    expect([raw.status, shown(raw).includes(en('sign_in', text))], code).toEqual([422, true]);
  }
  expect(shown(await walk.post('/register/verify', { code: '123456' }))).toMatch(/4 tries left/);
});

test('an old code is refused; a new one, and the one before it, can be had after a short wait', async ({ page, quick, guard }) => {
  guard.expects(422, 429);
  const who = quick.newcomer();
  const phone = quick.phone(who);
  const walk = new Walk(quick);
  await walk.who(who);
  await walk.into(page.context());
  await page.goto(`${quick.origin}/register/verify`);
  await hydrated(page);
  await expect(resend(page), 'the wait is counted down').toBeHidden();
  const old = await phone.code();
  expect((await walk.post('/register/verify', { resend: '1' })).status, 'too early').toBe(429);
  await resend(page).click({ timeout: 30_000 });
  await expect(page.getByText(en('sign_in', 'resend_done'))).toBeVisible();
  await phone.codes(2);
  expireCode(quick, walk.token(REGISTRATION));
  await typeCode(page, await phone.code(2));
  await expect(summary(page)).toContainText(en('sign_in', 'code_expired'));
  await expect(async () => {
    await resend(page).click({ timeout: 2_000 });
    await phone.codes(3);
  }).toPass({ timeout: 45_000 });
  const [, , fresh = ''] = await phone.codes(3);
  test.skip(fresh === old, 'two random codes are equal, one time in a million');
  expect((await walk.post('/register/verify', { code: old })).status).toBe(422);
  await typeCode(page, fresh);
  await reaches(page, '/register/contact');
});

test('another browser cannot use the code', async ({ portal }) => {
  const who = portal.newcomer();
  await new Walk(portal).who(who);
  const code = await portal.phone(who).code();
  const other = new Walk(portal);
  await other.who(portal.stranger());
  expect(shown(await other.post('/register/verify', { code }))).toMatch(/tries left/);
});

test('the last step takes nothing from its form: a posted contact or number changes nothing', async ({ portal }) => {
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  const walk = await new Walk(portal).untilFinish(who, { email });
  await walk.takes('/register/finish', { email: 'other@dugma.example', id_number: portal.stranger().id_number, mobile: portal.freeMobile() }, '/register/finish');
  await portal.mailbox(email).newest('first_password');
  expect(leadsTo(await walk.get('/register/contact')), 'it is handed in').toBe('/register/finish');
  expect(await portal.mailbox('other@dugma.example').all()).toEqual([]);
});
