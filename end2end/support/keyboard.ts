// A page by keyboard alone.
import { type Page, expect } from '@playwright/test';

/** Presses Tab until the focus is on what the selector means; the focus must be seen wherever it is on the way. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate((wanted) => {
      const element = document.activeElement as HTMLElement;
      const style = getComputedStyle(element);
      const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      return { there: element.matches(wanted), name: element.outerHTML.slice(0, 80), seen: seen || style.boxShadow !== 'none' };
    }, selector);
    expect(at.seen, `the focus is seen on ${at.name}`).toBe(true);
    if (at.there) return;
  }
  throw new Error(`the keyboard does not reach ${selector}`);
}
