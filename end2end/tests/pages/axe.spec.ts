// axe on every page: four languages, light on a wide screen and dark on a narrow one. No rule is left out.
// The frame that shows a mail is: nothing may run in it, so axe cannot look into it.
import { AxeBuilder } from '@axe-core/playwright';

import { choose, eachLook, looksIn } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';
import { LOCALES } from '../../support/words.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

for (const locale of LOCALES) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing in ${locale}, ${colorScheme}`, async ({ page, context, portal, guard }) => {
      test.setTimeout(300_000);
      const looks = looksIn(locale);
      guard.expects(...looks.flatMap((look) => look.statuses ?? []));
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(colorScheme === 'light' ? { width: 1280, height: 900 } : { width: 390, height: 844 });
      await choose(context, portal, locale);
      await eachLook(looks, page, portal, async (look) => {
        await expect(page.locator('html')).toHaveAttribute('lang', locale);
        const { violations } = await new AxeBuilder({ page }).exclude('iframe.mail-body').withTags(RULES).analyze();
        const found = violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.failureSummary ?? ''}`));
        expect.soft(found, `${look.name} in ${locale}, ${colorScheme}`).toEqual([]);
      });
    });
  }
}
