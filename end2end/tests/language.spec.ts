// Language and direction: right in the first bytes, chosen by the person, remembered.
import { enter, typePassword } from '../support/flows.ts';
import { ask, cookie } from '../support/http.ts';
import { expect, test } from '../support/test.ts';
import { DIRECTION, LOCALES, words } from '../support/words.ts';

const OWN_NAMES = { he: 'עברית', ar: 'العربية', ru: 'Русский', en: 'English' } as const;
const PAGES = ['/', '/topics/exams', '/about/registration', '/accessibility', '/privacy', '/sign-in', '/sign-in/password', '/nothing-here'];

for (const locale of LOCALES) {
  test(`${locale}: language and direction stand in the first bytes of every page`, async ({ portal }) => {
    for (const path of PAGES) {
      const { body, headers } = await ask(`${portal.origin}${path}`, { headers: { 'accept-language': locale, accept: 'text/html' } });
      expect(body.subarray(0, 120).toString(), path).toMatch(new RegExp(`^<!DOCTYPE html><html lang="${locale}" dir="${DIRECTION[locale]}">`, 'i'));
      expect(headers.vary ?? '', path).toMatch(/accept-language/i);
    }
  });

  test(`${locale}: the menu switches, keeps the page, and the choice is remembered`, async ({ another }) => {
    const { page } = await another({ locale: locale === 'en' ? 'he-IL' : 'en-US' });
    await page.goto('/sign-in?next=/me/sessions');
    await page.locator('header details.menu summary').first().click();
    await page.getByRole('link', { name: OWN_NAMES[locale] }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
    await expect(page.locator('html')).toHaveAttribute('dir', DIRECTION[locale]);
    const url = new URL(page.url());
    expect(url.pathname).toBe('/sign-in');
    expect(url.searchParams.get('next')).toBe('/me/sessions');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(words(locale, 'sign_in', 'title'));
    await page.goto('/');
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
  });
}

test('the browser is asked by its preferences, in their order; Hebrew when it speaks none of ours', async ({ portal }) => {
  const spoken: [string, string][] = [
    ['ar-IL,ar;q=0.9,en;q=0.8', 'ar'],
    ['en;q=0.2, ru;q=0.9', 'ru'],
    ['iw', 'he'],
    ['fr-FR,fr;q=0.9', 'he'],
    ['de, ru;q=0', 'he'],
    ['', 'he'],
    ['rubbish;;q=x,,', 'he'],
  ];
  for (const [line, locale] of spoken) {
    const { body } = await ask(`${portal.origin}/`, { headers: { 'accept-language': line } });
    expect(body.subarray(0, 80).toString(), line).toContain(`lang="${locale}"`);
  }
});

test('the address wins over the cookie, the cookie over the browser; a language that does not exist changes nothing', async ({ portal }) => {
  const lang = async (path: string, headers: Record<string, string>) => {
    const raw = await ask(`${portal.origin}${path}`, { headers });
    return { lang: /lang="(\w+)"/.exec(raw.body.subarray(0, 80).toString())?.[1], set: cookie(raw, '__Host-lang') };
  };
  const browser = { 'accept-language': 'en', cookie: '__Host-lang=ru' };
  expect(await lang('/', browser)).toEqual({ lang: 'ru', set: undefined });
  expect(await lang('/?lang=ar', browser)).toEqual({ lang: 'ar', set: 'ar' });
  expect(await lang('/?lang=xx', browser)).toEqual({ lang: 'ru', set: undefined });
  expect(await lang('/', { 'accept-language': 'en', cookie: '__Host-lang=xx' })).toEqual({ lang: 'en', set: undefined });
});

test('the account keeps its language for browsers that have not chosen', async ({ context, another, portal }) => {
  const person = portal.somebody();
  await enter(context, portal, person);
  const reply = await context.request.post(`${portal.origin}/me/language`, { form: { lang: 'ru' }, maxRedirects: 0 });
  expect(reply.status()).toBe(303);
  const other = await another({ locale: 'en-US' });
  await other.page.goto('/sign-in/password');
  await expect(other.page.locator('html')).toHaveAttribute('lang', 'en');
  await typePassword(other.page, person.user_code, person.password);
  await other.page.waitForURL('**/me');
  await expect(other.page.locator('html')).toHaveAttribute('lang', 'ru');
});
