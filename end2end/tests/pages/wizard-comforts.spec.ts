// What the wizards' pages do in the browser beyond plain forms, and that they need neither mouse nor script.
import { hydrated } from '../../support/guard.ts';
import { summary, withoutWasm } from '../../support/flows.ts';
import { tabTo } from '../../support/keyboard.ts';
import { expect, test } from '../../support/test.ts';
import {
  ANSWER, PASSWORD, Walk, addressOf, button, consent, field, invitationIn, isDone, reaches, register, send, typeChoice, typeCode, typeContact, typeWho, written,
} from '../../support/wizards.ts';
import { en, pattern } from '../../support/words.ts';

test('both wizards by keyboard alone', async ({ page, portal }) => {
  test.setTimeout(180_000);
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  portal.note(PASSWORD, ANSWER);
  const type = async (selector: string, text: string): Promise<void> => {
    await tabTo(page, selector);
    await page.keyboard.type(text);
  };
  const press = async (): Promise<void> => {
    await tabTo(page, 'form[name="main"] button:not([type="button"])');
    await page.keyboard.press('Enter');
  };
  await page.goto('/register');
  await type('#id_number', who.id_number);
  await type('#birth_date', written(who.birth_date));
  await type('#child_id', who.child_id);
  await page.keyboard.press('Enter');
  await reaches(page, '/register/verify');
  await type('#code', await portal.phone(who).code());
  await page.keyboard.press('Enter');
  await reaches(page, '/register/contact');
  await type('#email', email);
  await tabTo(page, 'input[name="consent"]');
  await page.keyboard.press('Space');
  await expect(consent(page)).toBeChecked();
  await press();
  await reaches(page, '/register/finish');
  await press();
  await isDone(page, 'en');
  const { link } = invitationIn(await portal.mailbox(email).newest('first_password'), portal);
  await page.goto(link);
  await type('#id_number', who.id_number);
  await page.keyboard.press('Enter');
  await reaches(page, '/password/verify');
  await type('#code', await portal.phone(who).code(2));
  await page.keyboard.press('Enter');
  await reaches(page, '/password/choose');
  await type('#password', PASSWORD);
  await type('#password_again', PASSWORD);
  await tabTo(page, '#question');
  await page.keyboard.press('ArrowDown');
  await expect(field(page, 'question')).not.toHaveValue('');
  await type('#answer', ANSWER);
  await press();
  await reaches(page, '/password/done');
  await tabTo(page, 'main a[href="/sign-in"]');
  await page.keyboard.press('Enter');
  await reaches(page, '/sign-in');
});

test('the list beside a new password changes with every letter, the server’s word included', async ({ page, portal }) => {
  const registered = await register(portal);
  await (await new Walk(portal).untilChoice(registered.link, registered)).into(page.context());
  await page.goto('/password/choose');
  await hydrated(page);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  const list = page.locator('.policy-list');
  const missing = list.getByText(pattern('en', 'password', 'missing'));
  const short = list.getByText(pattern('en', 'password', 'un_too_short'));
  await expect(list).toContainText(en('password', 'req_personal'));
  await field(page, 'password').pressSequentially('walnut');
  await expect(missing).toBeVisible();
  await expect(short).toContainText('6');
  await field(page, 'password').pressSequentially(' ladder');
  await expect(short).toContainText('13');
  await field(page, 'password').pressSequentially(' under seven rivers');
  await expect(short).toHaveCount(0);
  await expect(missing).toHaveCount(0);
  await expect(list).toContainText(en('password', 'complete'));
  // What only the server knows: neither the number nor the list of common passwords is in the page.
  await field(page, 'password').fill(`walnut ladder ${registered.id_number}`);
  await expect(list).toContainText(en('password', 'un_id_number'));
  await expect(missing).toBeVisible();
  await field(page, 'password').fill('123456789012345');
  await expect(list).toContainText(en('password', 'un_common'));
  await field(page, 'password').fill(PASSWORD);
  await expect(list).toContainText(en('password', 'complete'));
  await expect(list.locator('+ [role="status"]'), 'it is said aloud when nothing is typed any more').not.toBeEmpty();
  expect(sent.filter((one) => !one.endsWith('/api/page/wizard-password')), 'only the judgement is asked for').toEqual([]);
  expect(sent.length, 'not once for each letter').toBeLessThan(20);
  await expect(summary(page)).toHaveCount(0);
});

test('both passwords can be shown, hidden and pasted; password managers know them', async ({ page, portal }) => {
  const registered = await register(portal);
  await (await new Walk(portal).untilChoice(registered.link, registered)).into(page.context());
  await page.goto('/password/choose');
  await hydrated(page);
  for (const name of ['password', 'password_again']) {
    const input = field(page, name);
    await expect(input).toHaveAttribute('autocomplete', 'new-password');
    await expect(input).not.toHaveAttribute('maxlength');
    await input.focus();
    const refused = await input.evaluate((element, text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      return !element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, PASSWORD);
    expect(refused, 'pasting is not forbidden').toBe(false);
    await page.keyboard.insertText(PASSWORD);
    await expect(input).toHaveValue(PASSWORD);
    const beside = page.locator(`.with:has(#${name}) button[type="button"]`);
    await expect(input).toHaveAttribute('type', 'password');
    await beside.click();
    await expect(input).toHaveAttribute('type', 'text');
    await expect(beside).toHaveAttribute('aria-pressed', 'true');
    await beside.click();
    await expect(input).toHaveAttribute('type', 'password');
    await expect(input).toHaveValue(PASSWORD);
  }
  await expect(page.locator('input[autocomplete="username"]'), 'for managers: whose password it is').toHaveCount(1);
});

test('the code’s input is one that phones fill in, and takes what is pasted with spaces and dashes', async ({ page, portal }) => {
  const who = portal.newcomer();
  await page.goto('/register');
  await typeWho(page, who);
  await send(page);
  await reaches(page, '/register/verify');
  await expect(field(page, 'code')).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(field(page, 'code')).toHaveAttribute('inputmode', 'numeric');
  const code = await portal.phone(who).code();
  expect(portal.phone(who).messages()[0]?.text.trimEnd().split('\n').at(-1)).toBe(`@localhost #${code}`);
  await typeCode(page, ` ${code.slice(0, 3)}-${code.slice(3)} `);
  await reaches(page, '/register/contact');
  await expect(field(page, 'email')).toHaveAttribute('autocomplete', 'email');
  await expect(field(page, 'mobile')).toHaveAttribute('autocomplete', 'tel');
});

test('a double press sends once', async ({ page, portal }) => {
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  const posted: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posted.push(request.postData() ?? '');
  });
  const twice = async (): Promise<void> => {
    await hydrated(page);
    posted.length = 0;
    await button(page).dblclick();
  };
  await page.goto('/register');
  await typeWho(page, who);
  await twice();
  await reaches(page, '/register/verify');
  expect(posted).toHaveLength(1);
  await typeCode(page, await portal.phone(who).code());
  await reaches(page, '/register/contact');
  await typeContact(page, { email });
  await twice();
  await reaches(page, '/register/finish');
  expect(posted).toHaveLength(1);
  await twice();
  await isDone(page, 'en');
  expect(posted.filter((body) => body.includes('fields'))).toHaveLength(1);
  expect(portal.phone(who).withCode()).toHaveLength(1);
  expect(await portal.mailbox(email).of('registration_link')).toHaveLength(1);
});

test('on a line so slow that the WASM never arrives every form works', async ({ page, portal }) => {
  await withoutWasm(page);
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  await page.goto('/register', { waitUntil: 'domcontentloaded' });
  await typeWho(page, who);
  await send(page);
  await reaches(page, '/register/verify');
  await typeCode(page, await portal.phone(who).code());
  await reaches(page, '/register/contact');
  await typeContact(page, { email });
  await send(page);
  await reaches(page, '/register/finish');
  await button(page).dblclick();
  const { link } = invitationIn(await portal.mailbox(email).newest('first_password'), portal);
  await page.goto(link, { waitUntil: 'domcontentloaded' });
  await field(page, 'id_number').fill(who.id_number);
  await send(page);
  await reaches(page, '/password/verify');
  await typeCode(page, await portal.phone(who).code(2));
  await reaches(page, '/password/choose');
  await expect(field(page, 'own_question'), 'without script nothing is folded away').toBeVisible();
  portal.note(PASSWORD, ANSWER);
  await typeChoice(page, PASSWORD);
  await send(page);
  await reaches(page, '/password/done');
  expect(portal.phone(who).notices('account_created')).toHaveLength(1);
});

test('what was typed before the WASM arrives stays', async ({ page, portal }) => {
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', async (route) => {
    await arrived;
    await route.continue().catch(() => {
      // The page that asked is gone.
    });
  });
  const who = portal.stranger();
  await page.goto('/register', { waitUntil: 'domcontentloaded' });
  await typeWho(page, who);
  await page.locator('input[name="child_temporary"]').check();
  arrive();
  await hydrated(page);
  await expect(field(page, 'id_number')).toHaveValue(who.id_number);
  await expect(field(page, 'birth_date')).toHaveValue(written(who.birth_date));
  await expect(field(page, 'child_id')).toHaveValue(who.child_id);
  await expect(page.locator('input[name="child_temporary"]')).toBeChecked();
});

test('the own question opens when it is chosen', async ({ page, portal }) => {
  const registered = await register(portal);
  await (await new Walk(portal).untilChoice(registered.link, registered)).into(page.context());
  await page.goto('/password/choose');
  await hydrated(page);
  await expect(field(page, 'own_question')).toBeHidden();
  await field(page, 'question').selectOption('own');
  await expect(field(page, 'own_question')).toBeVisible();
  await field(page, 'question').selectOption('first_job');
  await expect(field(page, 'own_question')).toBeHidden();
});

test('the server out of reach: the page says so, what was typed stays, and sending again works', async ({ page, context, portal, guard }) => {
  guard.allows(/ERR_INTERNET_DISCONNECTED/);
  const who = portal.newcomer();
  await page.goto('/register');
  await hydrated(page);
  await typeWho(page, who);
  await context.setOffline(true);
  await send(page);
  await expect(summary(page)).toBeVisible();
  await expect(field(page, 'id_number')).toHaveValue(who.id_number);
  await context.setOffline(false);
  await send(page);
  await reaches(page, '/register/verify');
  expect((await portal.phone(who).codes(1)).length).toBe(1);
});
