// What the password wizard refuses: each bad password with its reason, answers and addresses that cannot be right, wrong codes.
import { summary } from '../support/flows.ts';
import { wrongCode } from '../support/inbox.ts';
import { national } from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import { PASSWORD, Walk, form, register, shown, signIn, tells, typeCode, valueOf } from '../support/wizards.ts';
import { en, pattern } from '../support/words.ts';

const WORDS = 'walnut ladder under seven';

test('a password that is short, common or personal is refused with its reason, and nothing changes', async ({ portal }) => {
  const registered = await register(portal);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  expect(registered.name.length, 'a name to look for').toBeGreaterThan(3);
  const bad: [string, string, RegExp | string][] = [
    ['empty', '', en('password', 'password_empty')],
    ['14 characters', 'walnut ladder!', pattern('en', 'password', 'un_too_short')],
    ['257 characters', `${PASSWORD} `.repeat(10).slice(0, 257), pattern('en', 'password', 'un_too_long')],
    ['common', '123456789012345', en('password', 'un_common')],
    ['a common one twice', 'passwordpassword', ''],
    ['one character many times', 'z'.repeat(24), ''],
    ['keys side by side', 'qwertyuiopasdfghjkl', ''],
    ['the ID number', `${WORDS} ${registered.id_number}`, en('password', 'un_id_number')],
    ['the phone', `${WORDS} ${national(registered.phone)}`, en('password', 'un_mobile')],
    ['the birth date', `${WORDS} ${registered.birth_date}`, en('password', 'un_birth_date')],
    ['the birth date in digits', `${WORDS} ${registered.birth_date.replaceAll('-', '')}`, en('password', 'un_birth_date')],
    ['the user code', `${WORDS} ${registered.user_code}`, en('password', 'un_user_code')],
    ['the user code in small letters', `${WORDS} ${registered.user_code.toLowerCase().replace('-', '')}`, en('password', 'un_user_code')],
    ['the name', `${WORDS} ${registered.name}`, en('password', 'un_name')],
    ['the service', `${WORDS} schoolgate`, en('password', 'un_service')],
  ];
  for (const [what, password, reason] of bad) {
    const raw = await walk.post('/password/choose', await walk.choiceForm(password));
    const body = shown(raw);
    expect(raw.status, what).toBe(422);
    expect(tells(raw, 'password'), what).toBe(true);
    if (typeof reason === 'string') expect(body, what).toContain(reason);
    else expect(body, what).toMatch(reason);
    if (password !== '') expect(raw.body.toString(), 'a refused password does not come back').not.toContain(password);
  }
  expect(await portal.mailbox(registered.email).of('password_chosen')).toEqual([]);
  for (const [what, password] of bad.slice(7, 9)) expect((await signIn(portal, registered.user_code, password)).inside, what).toBe(false);
  // The same words without what was refused in them are good.
  await walk.choose(`${WORDS} rivers`);
  expect((await signIn(portal, registered.user_code, `${WORDS} rivers`)).inside).toBe(true);
});

test('passwords of any script, with spaces, and as long as is allowed are taken', async ({ portal }) => {
  let state = 7;
  const letter = (): string => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (state % 26));
  };
  const long = Array.from({ length: 64 }, () => letter() + letter() + letter()).join(' ');
  expect(long).toHaveLength(255);
  for (const password of ['שלושה סנאים על גג הצריף הישן', 'семь рек под старым мостом у мельницы', long]) {
    const registered = await register(portal);
    const walk = await new Walk(portal).untilChoice(registered.link, registered);
    await walk.choose(password);
    expect((await signIn(portal, registered.user_code, password)).inside, password.slice(0, 12)).toBe(true);
  }
});

test('every other field is judged too: what was typed stays, passwords and answers do not', async ({ portal }) => {
  const registered = await register(portal);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  const good = await walk.choiceForm(PASSWORD);
  const own = { question: 'own', own_question: 'Which tree stood before our first window?' };
  const cases: [string, Record<string, string>, string][] = [
    ['password_again', { password_again: `${PASSWORD}!` }, 'again_differs'],
    ['password_again', { password_again: '' }, 'again_empty'],
    ['question', { question: '' }, 'question_empty'],
    ['question', { question: 'no_such_question' }, 'question_empty'],
    ['own_question', { question: 'own', own_question: '' }, 'own_empty'],
    ['own_question', { question: 'own', own_question: 'Eh?' }, 'own_short'],
    ['own_question', { question: 'own', own_question: 'e'.repeat(151) }, 'own_long'],
    ['answer', { ...own, answer: '' }, 'answer_empty'],
    ['answer', { ...own, answer: ' a ' }, 'answer_short'],
    ['answer', { ...own, answer: 'a'.repeat(101) }, 'answer_long'],
  ];
  for (const [name, change, key] of cases) {
    const raw = await walk.post('/password/choose', { ...good, ...change });
    const body = shown(raw);
    expect(raw.status, key).toBe(422);
    expect(tells(raw, name), key).toBe(true);
    expect(body, key).toMatch(pattern('en', 'password', key));
    expect(valueOf(raw, 'email'), key).toBe(registered.email);
    for (const secret of ['password', 'password_again', 'answer']) expect(valueOf(raw, secret), `${key}: ${secret}`).toBe('');
    expect(raw.body.toString(), key).not.toContain(PASSWORD);
    if (change.question === 'own' && change.own_question !== '') expect(valueOf(raw, 'own_question'), key).toBe(change.own_question);
  }
  for (const email of ['', 'parent@', 'parent dugma.example']) {
    const raw = await walk.post('/password/choose', { ...good, email });
    expect([raw.status, tells(raw, 'email'), valueOf(raw, 'email')], email).toEqual([422, true, email]);
  }
  const empty = await walk.post('/password/choose', {});
  for (const name of ['password', 'question', 'answer', 'email']) expect(tells(empty, name), name).toBe(true);
  await walk.choose(PASSWORD);
});

test('five wrong codes kill the code: no password can be chosen with it', async ({ page, portal, guard }) => {
  guard.expects(422);
  const registered = await register(portal);
  const walk = await new Walk(portal).untilPasswordCode(registered.link, registered);
  await walk.into(page.context());
  await page.goto('/password/verify');
  const right = await portal.phone(registered).code(2);
  const wrong = wrongCode(right, ...(await portal.phone(registered).codes(2)));
  for (const left of [4, 3, 2, 1]) {
    await typeCode(page, wrong);
    await expect(summary(page)).toContainText(left === 1 ? /one try left/ : new RegExp(`${left} tries left`));
  }
  await typeCode(page, wrong);
  await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
  await typeCode(page, right);
  await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
  await expect(form(page, 'resend')).toBeVisible();
  await page.goto('/password/choose');
  await page.waitForURL('**/password/verify');
});
