// The whole road of a parent who comes for the first time: home page, registration, mail, password, sign-in, personal area.
import { isInside, typePassword } from '../support/flows.ts';
import { userCodeIn } from '../support/inbox.ts';
import { choose } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import {
  ANSWER, PASSWORD, Walk, addressOf, codeGoesTo, consent, field, invitationIn, isDone, isStep, language, reaches, send, typeChoice, typeCode, typeContact, typeWho,
} from '../support/wizards.ts';
import { LOCALES, words } from '../support/words.ts';

const PHONE = { width: 390, height: 844 };
/** What the parents' guide quotes. */
const GUIDE = {
  first: 'סיסמה למערכות משרד החינוך באינטרנט',
  link: 'לקביעת סיסמה לחץ כאן',
  saved: 'פרטיך נשמרו בהצלחה!',
  confirmed: 'אישור סיום תהליך קביעת סיסמה למערכות משרד החינוך באינטרנט',
};

for (const locale of LOCALES) {
  test(`${locale}: from the home page through both wizards into the personal area, on a phone`, async ({ another, portal }) => {
    test.setTimeout(180_000);
    const { page, context } = await another({ viewport: PHONE });
    await choose(context, portal, locale);
    const who = portal.newcomer();
    const phone = portal.phone(who);
    // Wider than the phone, wherever it is shown.
    const email = `the.elder.of.two.parents.${addressOf(portal, who)}`;
    portal.note(email);
    const mailbox = portal.mailbox(email);
    portal.note(PASSWORD, ANSWER);

    await page.goto('/');
    await page.locator('nav.gate a[href="/register"]').click();
    await isStep(page, '/register', locale, 1);
    await typeWho(page, who);
    await send(page);

    await isStep(page, '/register/verify', locale, 2);
    // Whether the number is known is not told: not by the phone either.
    await expect(page.getByRole('main')).not.toContainText(who.phone.slice(-4));
    await typeCode(page, await phone.code());

    await isStep(page, '/register/contact', locale, 3);
    await expect(language(page, locale), 'the page’s language is proposed').toBeChecked();
    await expect(consent(page), 'consent is given, not taken').not.toBeChecked();
    await expect(field(page, 'mobile'), 'the confirmed number, masked').toHaveValue(/•.*\d\d$/);
    await expect(field(page, 'mobile')).not.toHaveValue(new RegExp(who.phone.slice(-7)));
    await typeContact(page, { email });
    await send(page);

    await isStep(page, '/register/finish', locale, 4);
    const main = page.getByRole('main');
    await expect(main).toContainText(email);
    await expect(main, 'numbers are masked').not.toContainText(who.id_number);
    await expect(main.locator('a[href="/register"]').first()).toBeVisible();
    await expect(main.locator('a[href="/register/contact"]').first()).toBeVisible();
    expect(await mailbox.of('first_password'), 'nothing is made before the last word').toEqual([]);
    await send(page);

    // The page turns by itself.
    await isDone(page, locale);
    await expect.poll(() => phone.notices('account_created').length).toBe(1);
    const first = await mailbox.newest('first_password');
    const { user_code: userCode, link } = invitationIn(first, portal);
    expect(first.subject).toBe(words(locale, 'messages', 'first_password_subject'));
    expect(first.html).toContain(`lang="${locale}"`);
    if (locale === 'he') {
      expect(first.subject).toBe(GUIDE.first);
      expect(first.text).toContain(GUIDE.link);
    }
    expect(new URL(link).origin).toBe(portal.origin);

    await page.goto(link);
    await isStep(page, '/password/start', locale, 1);
    await field(page, 'id_number').fill(who.id_number);
    await send(page);

    await isStep(page, '/password/verify', locale, 2);
    await typeCode(page, await phone.code(2));

    await isStep(page, '/password/choose', locale, 3);
    await expect(field(page, 'email')).toHaveValue(email);
    await typeChoice(page, PASSWORD);
    await send(page);

    await isStep(page, '/password/done', locale, 4);
    if (locale === 'he') await expect(main).toContainText(GUIDE.saved);
    const confirmation = await mailbox.newest('password_chosen');
    if (locale === 'he') expect(confirmation.subject).toBe(GUIDE.confirmed);
    expect(userCodeIn(confirmation.text), 'the code is permanent').toBe(userCode);
    expect(confirmation.text + confirmation.html, 'no mail holds a chosen password').not.toContain(PASSWORD);

    await main.locator('a[href="/sign-in"]').click();
    await reaches(page, '/sign-in');
    await typePassword(page, userCodeIn(confirmation.text), PASSWORD);
    await reaches(page, '/me');
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
    await expect(page.getByRole('heading', { name: words(locale, 'me', 'details') })).toBeVisible();
    await expect(main).toContainText(userCode);
    await expect(main).not.toContainText(who.id_number);

    // One of each, and nothing else.
    expect((await mailbox.all()).map((mail) => mail.subject)).toEqual(
      ['registration_link', 'first_password', 'password_chosen'].map((kind) => words(locale, 'messages', `${kind}_subject`)),
    );
    expect(phone.messages()).toHaveLength(3);
  });
}

test('the whole road without JavaScript', async ({ another, portal }) => {
  test.setTimeout(180_000);
  const { page } = await another({ javaScriptEnabled: false });
  const who = portal.newcomer();
  const phone = portal.phone(who);
  const email = addressOf(portal, who);
  const mailbox = portal.mailbox(email);
  portal.note(PASSWORD, ANSWER);
  await page.goto('/');
  await page.locator('nav.gate a[href="/register"]').click();
  await reaches(page, '/register');
  await typeWho(page, who);
  await send(page);
  await reaches(page, '/register/verify');
  await typeCode(page, await phone.code());
  await reaches(page, '/register/contact');
  await typeContact(page, { email, locale: 'en' });
  await send(page);
  await reaches(page, '/register/finish');
  await send(page);
  await expect.poll(() => phone.notices('account_created').length, { timeout: 30_000 }).toBe(1);
  const { user_code: userCode, link } = invitationIn(await mailbox.newest('first_password'), portal);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(words('en', 'register', 'done_title'), { timeout: 1_000 });
  }, 'a reload shows the progress').toPass({ timeout: 30_000 });

  await page.goto(link);
  await field(page, 'id_number').fill(who.id_number);
  await send(page);
  await reaches(page, '/password/verify');
  await typeCode(page, await phone.code(2));
  await reaches(page, '/password/choose');
  await typeChoice(page, PASSWORD);
  await send(page);
  await reaches(page, '/password/done');
  await page.getByRole('main').locator('a[href="/sign-in"]').click();
  await reaches(page, '/sign-in');
  await typePassword(page, userCode, PASSWORD);
  await isInside(page);
  await expect(page.getByRole('main')).toContainText(userCode);
  // And the other way in, by the phone that was confirmed.
  expect(await codeGoesTo(portal, who.id_number, [who.phone])).toBe(who.phone);
});

test('the mail’s link works from the demo’s inbox', async ({ page, portal }) => {
  test.skip(portal.database !== 'sqlite', 'the inbox reads files, whatever the database');
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  const walk = await new Walk(portal).untilFinish(who, { email });
  await walk.finish();
  const { link } = invitationIn(await portal.mailbox(email).newest('first_password'), portal);
  await page.goto('/demo/inbox?show=mail');
  await page.locator('ul.inbox a').filter({ hasText: email }).first().click();
  const mailed = page.locator(`.mail-text a[href="${link}"]`);
  await expect(mailed).toBeVisible();
  await page.setViewportSize({ width: 390, height: 800 });
  const { wide, room } = await page.locator('html').evaluate((html) => ({ wide: html.scrollWidth, room: html.clientWidth }));
  expect(wide, 'the long link breaks on a phone').toBeLessThanOrEqual(room);
  await mailed.click();
  await reaches(page, '/password/start');
  await expect(field(page, 'id_number')).toBeVisible();
});
