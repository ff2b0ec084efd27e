// Signing in by a code sent to the phone: the right one, the wrong ones, and everything that people and browsers do to it.
import { wrongCode } from '../support/inbox.ts';
import { mistyped } from '../support/people.ts';
import { answer, askForCode, codeField, forget, idField, isAt, isInside, meStatus, open, passwordField, sendCode, sendId, signInByCode, summary, withoutWasm } from '../support/flows.ts';
import { hydrated } from '../support/guard.ts';
import { tabTo } from '../support/keyboard.ts';
import { expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';

const SENT = en('sign_in', 'code_title');

test('the right code leads to the personal area', async ({ page, portal }) => {
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  await expect(page.getByRole('heading', { level: 1, name: SENT })).toBeVisible();
  await answer(page, await portal.phone(person).code());
  await isInside(page);
  await expect(page.getByRole('main')).toContainText(person.user_code);
  await expect(page.getByRole('main')).not.toContainText(person.id_number);
  await expect(page.getByRole('main')).toContainText(en('me', 'first_sign_in'));
});

test('the message names the service first, then the code, and ends with the line that phones read', async ({ page, portal }) => {
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  const code = await portal.phone(person).code();
  const text = portal.phone(person).messages()[0]?.text ?? '';
  expect(text).toMatch(/^Schoolgate/);
  expect(text.indexOf(code)).toBeGreaterThan('Schoolgate'.length);
  expect(text.trimEnd().split('\n').at(-1)).toBe(`@localhost #${code}`);
  // Hebrew is sent as UCS-2: two parts hold 134 units.
  expect(text.length).toBeLessThanOrEqual(134);
});

test('the input for the code is one that phones fill in', async ({ page, portal }) => {
  await askForCode(page, portal.nobodysNumber());
  await expect(codeField(page)).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(codeField(page)).toHaveAttribute('inputmode', 'numeric');
});

test('five wrong codes kill the code: the right one does not help any more', async ({ page, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  const right = await portal.phone(person).code();
  const wrong = wrongCode(right);
  for (const left of [4, 3, 2, 1]) {
    await answer(page, wrong);
    const words = left === 1 ? /one try left/ : new RegExp(`${left} tries left`);
    await expect(summary(page)).toContainText(words);
    await expect(codeField(page)).toHaveAttribute('aria-invalid', 'true');
  }
  await answer(page, wrong);
  await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
  await answer(page, right);
  await expect(summary(page)).toContainText(en('sign_in', 'code_dead'));
  expect(await meStatus(page.request, portal)).toBe(401);
});

test('a wrong code does no harm to the right one', async ({ page, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  const right = await portal.phone(person).code();
  await answer(page, wrongCode(right));
  await expect(summary(page)).toBeVisible();
  await answer(page, right);
  await isInside(page);
});

test('an unknown number sees the same page in the same words, and gets no message', async ({ page, another, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  const other = await another();
  await askForCode(page, person.id_number);
  await askForCode(other.page, portal.nobodysNumber(), `${portal.origin}/sign-in`);
  await portal.phone(person).code();
  const clock = /\d+:\d\d/g;
  const words = async (of: typeof page) => (await of.locator('main').innerText()).replace(clock, '·');
  await hydrated(page);
  await hydrated(other.page);
  expect(await words(other.page)).toBe(await words(page));
  expect(await other.page.title()).toBe(await page.title());
  await answer(other.page, '123456');
  await expect(summary(other.page)).toContainText(/4 tries left/);
});

test('a code pasted with spaces, dashes and digits of another script is taken', async ({ page, context, portal }) => {
  const paste = [
    (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
    (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
    (code: string) => [...code].map((digit) => String.fromCodePoint(0x0660 + Number(digit))).join(''),
  ];
  for (const form of paste) {
    await forget(context, portal);
    const person = portal.somebody();
    await askForCode(page, person.id_number);
    const code = form(await portal.phone(person).code());
    await codeField(page).focus();
    await page.keyboard.insertText(code);
    await sendCode(page).click();
    await isInside(page);
  }
});

test('an ID number typed with spaces and dashes is taken', async ({ page, portal }) => {
  const person = portal.somebody();
  const number = person.id_number;
  await askForCode(page, ` ${number.slice(0, 4)} ${number.slice(4, 8)}-${number.slice(8)}`);
  await portal.phone(person).code();
});

test('the whole road without JavaScript', async ({ another, portal, guard }) => {
  guard.expects(422);
  const { page, context } = await another({ javaScriptEnabled: false });
  const person = portal.somebody();
  await page.goto('/me/sessions');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await idField(page).fill(mistyped(person.id_number));
  await sendId(page).click();
  await expect(summary(page)).toContainText(en('sign_in', 'id_check'));
  await expect(idField(page)).toHaveValue(mistyped(person.id_number));
  await expect(page).toHaveTitle(/^Error: /);
  await idField(page).fill(person.id_number);
  await sendId(page).click();
  await page.waitForURL('**/sign-in/code');
  const right = await portal.phone(person).code();
  await answer(page, wrongCode(right));
  await expect(summary(page)).toContainText(/4 tries left/);
  await expect(codeField(page)).toHaveValue('');
  await answer(page, right);
  await page.waitForURL('**/me/sessions');
  await expect(page.getByRole('main')).toContainText(en('me', 'this_device'));
  await page.locator('header details.menu').last().locator('summary').click();
  await page.locator('header form[action="/sign-out"] button').click();
  await page.waitForURL(`${portal.origin}/`);
  expect(await meStatus(context.request, portal)).toBe(401);
});

test('what was typed before the WASM arrives stays', async ({ page, portal }) => {
  const person = portal.somebody();
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', async (route) => {
    await arrived;
    await route.continue().catch(() => {
      // The page that asked is gone.
    });
  });
  await askForCode(page, person.id_number);
  await expect(page.locator('main')).not.toHaveAttribute('data-hydrated');
  const code = await portal.phone(person).code();
  await codeField(page).fill(code);
  arrive();
  await hydrated(page);
  await expect(codeField(page)).toHaveValue(code);
  await sendCode(page).click();
  await isInside(page);
});

test('forms sent before the WASM arrives sign in', async ({ page, portal }) => {
  await withoutWasm(page);
  const person = portal.somebody();
  await signInByCode(page, portal, person);
  await isInside(page);
});

test('a double press asks once', async ({ page, portal }) => {
  const person = portal.somebody();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(new URL(request.url()).pathname);
  });
  await page.goto('/sign-in');
  await hydrated(page);
  await idField(page).fill(person.id_number);
  await sendId(page).dblclick();
  await page.waitForURL('**/sign-in/code');
  await hydrated(page);
  await codeField(page).fill(await portal.phone(person).code());
  await sendCode(page).dblclick();
  await isInside(page);
  expect(asked).toEqual(['/api/page/sign-in', '/api/page/sign-in-code']);
  expect(portal.phone(person).messages()).toHaveLength(1);
});

test('a double press before the WASM arrives still signs in', async ({ page, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await withoutWasm(page);
  await open(page, '/sign-in');
  await idField(page).fill(person.id_number);
  await sendId(page).dblclick();
  await isAt(page, '**/sign-in/code');
  // Two presses may have begun two sign-ins; the browser keeps the cookie of the last one, whose code is the newest.
  await expect(async () => {
    for (const code of (await portal.phone(person).codes(1)).reverse()) {
      if (!page.url().endsWith('/me')) {
        await answer(page, code);
        await expect(summary(page).or(page.getByRole('heading', { name: en('me', 'details') }))).toBeVisible();
      }
    }
    expect(page.url()).toMatch(/\/me$/);
  }).toPass({ timeout: 45_000 });
});

test('of two right answers at once exactly one signs in', async ({ page, portal }) => {
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  const code = await portal.phone(person).code();
  const replies = await Promise.all(
    [1, 2].map(() => page.request.post(`${portal.origin}/sign-in/code`, { form: { code }, maxRedirects: 0 })),
  );
  expect(replies.map((reply) => reply.status()).sort()).toEqual([303, 422]);
});

test('a slip in the number is told when the field is left, before anything is sent', async ({ page, portal }) => {
  const person = portal.somebody();
  const sent: string[] = [];
  await page.goto('/sign-in');
  await hydrated(page);
  page.on('request', (request) => sent.push(request.url()));
  await idField(page).fill(mistyped(person.id_number));
  await idField(page).press('Tab');
  const error = page.locator('#id_number-e');
  await expect(error).toContainText(en('sign_in', 'id_check'));
  await expect(idField(page)).toHaveAttribute('aria-invalid', 'true');
  await expect(idField(page)).toHaveAttribute('aria-describedby', /id_number-e/);
  // Whoever went on to the button must stay there: only a form that was sent moves the focus.
  await expect(sendId(page)).toBeFocused();
  expect(sent).toEqual([]);
  await idField(page).fill(person.id_number);
  await idField(page).press('Tab');
  await expect(error).toHaveCount(0);
  await expect(idField(page)).not.toHaveAttribute('aria-invalid', 'true');
});

for (const script of [true, false]) {
  test(`a refused number keeps what was typed, says so in the title and takes the focus, ${script ? 'with' : 'without'} script`, async ({
    another,
    portal,
    guard,
  }) => {
    guard.expects(422);
    const { page } = await another();
    if (!script) await withoutWasm(page);
    const wrong = mistyped(portal.somebody().id_number);
    await open(page, '/sign-in');
    if (script) await hydrated(page);
    await idField(page).fill(wrong);
    await idField(page).press('Enter');
    await expect(summary(page)).toContainText(en('sign_in', 'summary'));
    await expect(summary(page)).toBeFocused();
    await expect(page).toHaveTitle(/^Error: /);
    await expect(idField(page)).toHaveValue(wrong);
    await summary(page).getByRole('link').click();
    await expect(idField(page)).toBeFocused();
  });
}

test('an empty number and letters are told apart', async ({ page, guard }) => {
  guard.expects(422);
  await page.goto('/sign-in');
  await sendId(page).click();
  await expect(summary(page)).toContainText(en('sign_in', 'id_empty'));
  await idField(page).fill('12345678a');
  await sendId(page).click();
  await expect(summary(page)).toContainText(en('sign_in', 'id_digits'));
});

test('the whole road by keyboard alone', async ({ page, portal }) => {
  const person = portal.somebody();
  await page.goto('/sign-in');
  await tabTo(page, '#id_number');
  await page.keyboard.type(person.id_number);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in/code');
  await tabTo(page, '#code');
  await page.keyboard.type(await portal.phone(person).code());
  await page.keyboard.press('Enter');
  await isInside(page);
});

test('the skip link is the first stop and leads to the content', async ({ page }) => {
  await page.goto('/sign-in');
  await page.keyboard.press('Tab');
  await expect(page.locator('a.skip')).toBeFocused();
  await expect(page.locator('a.skip')).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

test('another browser cannot use the code', async ({ page, another, portal, guard }) => {
  guard.expects(422);
  const person = portal.somebody();
  await askForCode(page, person.id_number);
  const code = await portal.phone(person).code();
  const other = await another();
  await askForCode(other.page, portal.nobodysNumber(), `${portal.origin}/sign-in`);
  await answer(other.page, code);
  await expect(summary(other.page)).toContainText(/tries left/);
  expect(await meStatus(other.context.request, portal)).toBe(401);
});

test('the code page without a sign-in leads to the sign-in page', async ({ page }) => {
  await page.goto('/sign-in/code');
  await expect(page).toHaveURL(/\/sign-in$/);
});

test('the page first asked for comes after the code, and no other site does', async ({ page, context, portal }) => {
  const person = portal.somebody();
  await page.goto('/me/sessions');
  await expect(page).toHaveURL(/\/sign-in\?next=(\/|%2F)me(\/|%2F)sessions$/);
  await signInByCode(page, portal, person, page.url());
  await page.waitForURL('**/me/sessions');

  for (const elsewhere of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/%09/evil.example']) {
    await forget(context, portal);
    await signInByCode(page, portal, portal.somebody(), `${portal.origin}/sign-in?next=${elsewhere}`);
    await expect.poll(() => new URL(page.url()).origin).toBe(portal.origin);
    await expect(page).not.toHaveURL(/sign-in/);
  }
});

test('the password form beside it stays empty', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(passwordField(page)).toHaveValue('');
  await expect(passwordField(page)).toHaveAttribute('autocomplete', 'current-password');
});
