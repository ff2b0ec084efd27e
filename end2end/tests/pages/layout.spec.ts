// Nothing is cut off and nothing scrolls sideways: from 320 px, and with letters twice as large.
//
// Twice as large means the browser's own text size (32 instead of 16 px, as in its settings), so it holds what WCAG 2.2
// SC 1.4.4 asks; 320 px is also a window of 1280 px at 400 % zoom (SC 1.4.10).
import { type Page } from '@playwright/test';

import { choose, eachLook, looksIn } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';
import { LOCALES } from '../../support/words.ts';

/** What sticks out of the window or of a box that cuts it off. */
async function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth}`);
    const name = (element: Element): string => `${element.tagName.toLowerCase()}.${element.className.toString().trim().replace(/\s+/g, '.')} «${(element.textContent ?? '').trim().slice(0, 40)}»`;
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      if (element.closest('svg, .vh, .skip, iframe, pre, [hidden]') || !element.checkVisibility()) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      let scroller: HTMLElement | null = element.parentElement;
      while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowX)) scroller = scroller.parentElement;
      if (!scroller && (box.left < -1 || box.right > root.clientWidth + 1)) found.push(`out of the window (${Math.round(box.left)}…${Math.round(box.right)}): ${name(element)}`);
      const style = getComputedStyle(element);
      // What is typed into a field scrolls within it.
      const cuts = element.tagName !== 'INPUT' && /hidden|clip/.test(style.overflowX) && style.textOverflow !== 'ellipsis';
      if (cuts && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${name(element)}`);
    }
    return found.slice(0, 8);
  });
}

for (const locale of LOCALES) {
  for (const width of [320, 390, 768]) {
    test(`nothing sticks out in ${locale} at ${width} px`, async ({ page, context, portal, guard }) => {
      test.setTimeout(180_000);
      const looks = looksIn(locale);
      guard.expects(...looks.flatMap((look) => look.statuses ?? []));
      await page.setViewportSize({ width, height: 800 });
      await choose(context, portal, locale);
      await eachLook(looks, page, portal, async (look) => {
        expect.soft(await sticksOut(page), `${look.name} in ${locale}`).toEqual([]);
      });
    });
  }

  test(`nothing sticks out in ${locale} with letters twice as large`, async ({ page, context, portal, guard }) => {
    test.setTimeout(180_000);
    const looks = looksIn(locale);
    guard.expects(...looks.flatMap((look) => look.statuses ?? []));
    const browser = await context.newCDPSession(page);
    await browser.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
    await choose(context, portal, locale);
    for (const width of [1280, 640]) {
      await page.setViewportSize({ width, height: 800 });
      await eachLook(looks.filter((look) => width === 1280 || !look.inside), page, portal, async (look) => {
        expect(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize)), 'the setting is honoured').toBeGreaterThanOrEqual(32);
        expect.soft(await sticksOut(page), `${look.name} in ${locale} at ${width} px`).toEqual([]);
      });
      await context.clearCookies({ name: '__Host-session' });
    }
  });
}
