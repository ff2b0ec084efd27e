// What axe finds on a page.
import { createRequire } from 'node:module';

import type { Page } from '@playwright/test';
import type axe from 'axe-core';

/** The small build: every page that is looked at has to read it. */
const { source } = createRequire(import.meta.url)('axe-core/axe.min.js') as typeof axe;

/** Rules by their tags; none of them is left out. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The rules whose findings depend on the colours: a dark page is laid out like a light one. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Runs axe: all rules, or those named. Its script is put into the page once. */
export async function axeFinds(page: Page, rules?: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  const runOnly: axe.RunOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS };
  return page.evaluate(async (runOnly) => {
    const inPage = (window as unknown as { axe: typeof axe }).axe;
    const { violations } = await inPage.run({ exclude: ['iframe.mail-body'] }, { runOnly, resultTypes: ['violations'] });
    return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.failureSummary ?? ''}`));
  }, runOnly);
}
