// A page, looked at in every way that matters:
// - axe, with no rule left out: light on a wide screen and dark on a narrow one;
// - closely: what it finds in colours, the other way round too;
// - nothing is cut off and nothing scrolls sideways: from 320 px, and with letters twice as large.
//
// Colours depend on no language, and where letters stand depends on no database: `Care` says what is worth while.
//
// The frame that shows a mail is left out of axe: nothing may run in it, so axe cannot look into it.
// Twice as large means the browser's own text size (32 instead of 16 px, as in its settings), so it holds what WCAG 2.2
// SC 1.4.4 asks; 320 px is also a window of 1280 px at 400 % zoom (SC 1.4.10).
import { type CDPSession, type Page, expect } from '@playwright/test';

import { COLOURS, axeFinds } from './axe.ts';
import { hydrated } from './guard.ts';
import type { Locale } from './words.ts';

/** What is looked at beside what axe finds by itself. */
interface Care {
  /** Colours in all four of light and dark, wide and narrow, instead of two. */
  closely: boolean;
  /** What sticks out, at every width and size of letters. */
  widths: boolean;
}

/** A language of each direction of writing, in which colours are looked at closely. */
const CLOSELY: Locale[] = ['he', 'ru'];

/** What is worth while in a language. */
function careOf(locale: Locale): Care {
  return { closely: CLOSELY.includes(locale), widths: true };
}

/** How a look begins, and how axe sees it first. */
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const WIDTHS = [320, 390, 768];
const WIDTHS_OF_LARGE_LETTERS = [1280, 640];

/** Gives the window another size, and returns once the page has taken it and nothing moves any more. */
async function resize(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  await page.evaluate(async (width) => {
    // A page on which nothing changes may be drawn no more: then there is no frame to wait for.
    const within = (what: Promise<unknown>, ms: number): Promise<unknown> => Promise.race([what, new Promise((over) => setTimeout(over, ms))]);
    const frame = (): Promise<unknown> => within(new Promise((drawn) => requestAnimationFrame(drawn)), 250);
    for (let frames = 0; frames < 2 || innerWidth !== width; frames += 1) {
      if (frames > 600) throw new Error(`the window stays ${innerWidth} px wide instead of ${width}`);
      await frame();
    }
  }, size.width);
  await still(page);
}

/** What moves is taken to where it ends, and what begins with that, too. */
async function still(page: Page): Promise<void> {
  await page.evaluate(() => {
    const moving = (): Animation[] => document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    for (let round = 0; round < 10 && moving().length > 0; round += 1) {
      for (const animation of moving()) animation.finish();
    }
  });
}

/** Other colours; the page keeps its size, so there is no frame to wait for. */
async function recolour(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await still(page);
}

/** What sticks out of the window or of a box that cuts it off. */
async function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth}`);
    const name = (element: Element): string => `${element.tagName.toLowerCase()}.${element.className.toString().trim().replace(/\s+/g, '.')} «${(element.textContent ?? '').trim().slice(0, 40)}»`;
    // From the outside in, so that what holds for an element is known for all within it.
    const look = (element: Element, scrolls: boolean): void => {
      if (element.matches('svg, .skip, iframe, pre, [hidden]')) return;
      const style = getComputedStyle(element);
      // What only ears get is clipped to nothing.
      if (style.display === 'none' || style.clipPath === 'inset(50%)') return;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0 && element.checkVisibility()) {
        if (!scrolls && (box.left < -1 || box.right > root.clientWidth + 1)) found.push(`out of the window (${Math.round(box.left)}…${Math.round(box.right)}): ${name(element)}`);
        // What is typed into a field scrolls within it.
        const cuts = element.tagName !== 'INPUT' && /hidden|clip/.test(style.overflowX) && style.textOverflow !== 'ellipsis';
        if (cuts && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${name(element)}`);
      }
      for (const child of element.children) look(child, scrolls || /auto|scroll/.test(style.overflowX));
    };
    for (const child of document.body.children) look(child, false);
    return found.slice(0, 8);
  });
}

/** The text size in the browser's settings: of ordinary letters, and of those that are all of one width. */
async function letters(browser: CDPSession, standard: number, fixed: number): Promise<void> {
  await browser.send('Page.setFontSizes', { fontSizes: { standard, fixed } });
}

/** Looks at the page that is open; `begin` comes before it. */
export class Onlooker {
  private constructor(
    private readonly page: Page,
    private readonly browser: CDPSession,
  ) {}

  /** Gives the window the size with which every look begins. */
  static async begin(page: Page): Promise<Onlooker> {
    const browser = await page.context().newCDPSession(page);
    await page.setViewportSize(WIDE);
    return new Onlooker(page, browser);
  }

  async lookAt(name: string, locale: Locale, care: Care = careOf(locale)): Promise<void> {
    const { page } = this;
    const where = (how: string): string => `${name} in ${locale}, ${how}`;
    await page.waitForLoadState();
    // Otherwise the page's script might start in the middle.
    if ((await page.locator('link[rel="modulepreload"]').count()) > 0) await hydrated(page);
    await expect(page.locator('html')).toHaveAttribute('lang', locale);

    await resize(page, WIDE);
    expect.soft(await axeFinds(page), where('light and wide')).toEqual([]);
    await recolour(page, 'dark');
    if (care.closely) expect.soft(await axeFinds(page, COLOURS), where('dark and wide')).toEqual([]);
    await resize(page, NARROW);
    expect.soft(await axeFinds(page), where('dark and narrow')).toEqual([]);
    await recolour(page, 'light');
    if (care.closely) expect.soft(await axeFinds(page, COLOURS), where('light and narrow')).toEqual([]);

    if (care.widths) await this.measure(where);
    await page.setViewportSize(WIDE);
  }

  private async measure(where: (how: string) => string): Promise<void> {
    const { page, browser } = this;
    for (const width of WIDTHS) {
      await resize(page, { width, height: 800 });
      expect.soft(await sticksOut(page), where(`${width} px`)).toEqual([]);
    }
    await letters(browser, 32, 26);
    for (const width of WIDTHS_OF_LARGE_LETTERS) {
      await resize(page, { width, height: 800 });
      expect(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize)), 'the setting is honoured').toBeGreaterThanOrEqual(32);
      expect.soft(await sticksOut(page), where(`${width} px with letters twice as large`)).toEqual([]);
    }
    await letters(browser, 16, 13);
  }
}
