// How the wizards' pages show a refusal: in place, with the focus on it, with everything that was typed but the secrets.
import { summary, withoutWasm } from '../../support/flows.ts';
import { hydrated } from '../../support/guard.ts';
import { mistyped } from '../../support/people.ts';
import { expect, test } from '../../support/test.ts';
import { PASSWORD, Walk, addressOf, consent, field, form, reaches, register, send, shown, told, typeChoice, typeContact, typeWho } from '../../support/wizards.ts';
import { en } from '../../support/words.ts';

test('a slip in a number is told when the field is left, before anything is sent', async ({ page, portal }) => {
  const who = portal.stranger();
  const sent: string[] = [];
  await page.goto('/register');
  await hydrated(page);
  page.on('request', (request) => sent.push(request.url()));
  for (const name of ['id_number', 'child_id'] as const) {
    await field(page, name).fill(mistyped(who[name]));
    await field(page, name).press('Tab');
    await expect(told(page, name)).not.toBeEmpty();
    await expect(field(page, name)).toHaveAttribute('aria-invalid', 'true');
    await expect(field(page, name)).toHaveAttribute('aria-describedby', new RegExp(`${name}-e`));
    // Whoever goes on stays where they went: only a form that was sent moves the focus.
    await expect(field(page, name)).not.toBeFocused();
    await field(page, name).fill(who[name]);
    await field(page, name).press('Tab');
    await expect(told(page, name)).toHaveCount(0);
    await expect(field(page, name)).not.toHaveAttribute('aria-invalid', 'true');
  }
  for (const wrong of ['31.2.1985', '1985', 'spring']) {
    await field(page, 'birth_date').fill(wrong);
    await field(page, 'birth_date').press('Tab');
    await expect(told(page, 'birth_date'), wrong).not.toBeEmpty();
  }
  await expect(told(page, 'id_number')).toHaveCount(0);
  expect(sent).toEqual([]);
});

for (const script of [true, false]) {
  test(`a refused first step keeps what was typed, names every mistake and takes the focus, ${script ? 'with' : 'without'} script`, async ({ page, portal, guard }) => {
    guard.expects(422);
    const who = portal.stranger();
    const wrong = { ...who, id_number: mistyped(who.id_number), child_id: mistyped(who.child_id) };
    if (!script) await withoutWasm(page);
    await page.goto('/register', { waitUntil: 'domcontentloaded' });
    if (script) await hydrated(page);
    await typeWho(page, wrong);
    await field(page, 'birth_date').fill('31.2.1985');
    await field(page, 'birth_date').press('Enter');
    await expect(summary(page)).toBeFocused();
    await expect(summary(page).getByRole('link')).toHaveCount(3);
    await expect(summary(page)).toContainText(en('sign_in', 'id_check'));
    await expect(page).toHaveTitle(/^Error: /);
    await expect(field(page, 'id_number')).toHaveValue(wrong.id_number);
    await expect(field(page, 'birth_date')).toHaveValue('31.2.1985');
    await expect(field(page, 'child_id')).toHaveValue(wrong.child_id);
    for (const name of ['id_number', 'birth_date', 'child_id']) await expect(field(page, name)).toHaveAttribute('aria-invalid', 'true');
    await summary(page).getByRole('link').last().click();
    await expect(field(page, 'child_id')).toBeFocused();
    // Mended, it goes on.
    await typeWho(page, who);
    await send(page);
    await reaches(page, '/register/verify');
  });
}

test('a number that cannot get a message is refused where it is typed', async ({ page, portal, guard }) => {
  guard.expects(422);
  const walk = new Walk(portal);
  await walk.who(portal.stranger());
  await walk.into(page.context());
  await page.goto('/register/verify');
  await field(page, 'mobile').fill('02-6234567');
  await send(page, 'mobile');
  await expect(summary(page)).toContainText(en('register', 'mobile_landline'));
  await expect(told(page, 'mobile')).toHaveText(en('register', 'mobile_landline'));
  await expect(field(page, 'mobile')).toHaveValue('02-6234567');
  for (const [mobile, key] of [['', 'mobile_empty'], ['*6552', 'mobile_star']] as const) {
    const raw = await walk.post('/register/verify', { mobile });
    expect([raw.status, shown(raw).includes(en('register', key))], mobile).toEqual([422, true]);
  }
});

for (const script of [true, false]) {
  test(`contact details that cannot be right, ${script ? 'with' : 'without'} script: named, kept, and no message goes out`, async ({ page, portal, guard }) => {
    guard.expects(422);
    const who = portal.newcomer();
    const email = addressOf(portal, who);
    const walk = await new Walk(portal).untilContact(who);
    await walk.into(page.context());
    if (!script) await withoutWasm(page);
    await page.goto('/register/contact', { waitUntil: 'domcontentloaded' });
    if (script) await hydrated(page);
    await field(page, 'email').fill('parent@');
    await field(page, 'mobile').fill('03-5551234');
    await page.locator('input[name="locale"][value="ar"]').check();
    await send(page);
    await expect(summary(page)).toBeFocused();
    await expect(summary(page).getByRole('link')).toHaveCount(3);
    await expect(page).toHaveTitle(/^Error: /);
    await expect(field(page, 'email')).toHaveValue('parent@');
    await expect(field(page, 'mobile')).toHaveValue('03-5551234');
    await expect(page.locator('input[name="locale"][value="ar"]')).toBeChecked();
    await expect(consent(page), 'nobody ticks it but the person').not.toBeChecked();
    for (const name of ['email', 'mobile', 'consent']) await expect(told(page, name), name).not.toBeEmpty();
    // One mistake less.
    await consent(page).check();
    await field(page, 'email').fill(email);
    await send(page);
    await expect(summary(page).getByRole('link')).toHaveCount(1);
    await expect(consent(page)).toBeChecked();
    await expect(field(page, 'email')).toHaveValue(email);
    expect(portal.phone(who).messages()).toHaveLength(1);
    expect(await portal.mailbox(email).all()).toEqual([]);
    await typeContact(page, { email, mobile: '' });
    await send(page);
    await reaches(page, '/register/finish');
    await expect(form(page)).toBeVisible();
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`a refused choice, ${javaScriptEnabled ? 'with' : 'without'} script: told in place, the focus on what is wrong`, async ({ another, portal, guard }) => {
    guard.expects(422);
    const { page, context } = await another({ javaScriptEnabled });
    const registered = await register(portal);
    await (await new Walk(portal).untilChoice(registered.link, registered)).into(context);
    await page.goto('/password/choose');
    if (javaScriptEnabled) await hydrated(page);
    await typeChoice(page, PASSWORD, `${PASSWORD}, no`);
    await field(page, 'question').selectOption('favourite_book');
    await send(page);
    await expect(summary(page)).toContainText(en('password', 'again_differs'));
    await expect(told(page, 'password_again')).toHaveText(en('password', 'again_differs'));
    await expect(page).toHaveTitle(/^Error: /);
    if (javaScriptEnabled) await expect(summary(page)).toBeFocused();
    for (const secret of ['password', 'password_again', 'answer']) await expect(field(page, secret)).toHaveValue('');
    await expect(field(page, 'question')).toHaveValue('favourite_book');
    await expect(field(page, 'email')).toHaveValue(registered.email);
    await typeChoice(page, PASSWORD);
    await send(page);
    await page.waitForURL('**/password/done');
  });
}
